// Runs one compiled test. tap's own command is not used: it puts loaders into the test and into every Node that the test starts,
// and each of these takes three times as long to come up.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Seconds that a file may take unless it says otherwise. */
const LIMIT = 1800;
/** Seconds to say what was going on when the time was over. */
const LAST_WORDS = 10;

/** What it printed, whether all was well, and how many assertions there were. */
export function runFile(file) {
  const began = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, TAP_TIMEOUT: String(LIMIT) },
  });
  const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve(status ?? signal)));

  let clock;
  const allow = (seconds) => {
    clearTimeout(clock);
    if (seconds === 0) return;
    clock = setTimeout(() => {
      child.kill('SIGALRM');
      clock = setTimeout(() => child.kill('SIGKILL'), LAST_WORDS * 1000);
    }, seconds * 1000);
  };
  allow(LIMIT);
  // t.setTimeout(milliseconds) of the file
  child.on('message', ({ setTimeout: milliseconds }) => {
    if (typeof milliseconds === 'number') allow(milliseconds / 1000);
  });

  const lines = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return ended.then((status) => {
    clearTimeout(clock);
    if (status !== 0) lines.push(`it ended with ${status}`);
    const summary = lines.findLast((line) => /^# \{ total: /.test(line));
    const count = (word) => Number(new RegExp(`${word}: (\\d+)`).exec(summary ?? '')?.[1] ?? 0);
    return {
      // who could not even count has failed, whatever the exit status
      ok: status === 0 && summary !== undefined && count('fail') === 0,
      lines,
      seconds: (performance.now() - began) / 1000,
      passed: count('pass'),
      failed: count('fail'),
      skipped: count('skip') + count('todo'),
    };
  });
}
