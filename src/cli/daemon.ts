import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CommandError } from './command-error.js';

/** Tells a background process which descriptor its starter listens on. */
const REPORT_TO = 'MIPS_RPROCFS_REPORT_TO';
const REPORT_FD = 3;
const READY = 'ready';

/** How a background process tells its starter what became of it; only the first call counts. */
export interface Report {
  ready(): void;
  /** `message` is one line. */
  failed(message: string): void;
}

/**
 * Runs Node with `command` (a script and its arguments) in the background: in a session of its own, in /, without
 * standard streams. Returns when that process reports that it is ready; throws CommandError with the line that it
 * reports instead.
 */
export async function startDaemon(command: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, ...command], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, [REPORT_TO]: String(REPORT_FD) },
  });
  const pipe = child.stdio[REPORT_FD];
  if (pipe === null || pipe === undefined || !('readable' in pipe))
    throw new Error('no pipe to the background process');
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      const how = signal ?? `status ${status}`;
      reject(
        new CommandError(
          `the background process ended (${how}) before it was ready: run it in the foreground to see why`,
        ),
      );
    });
  });
  const reported = createInterface({ input: pipe })[Symbol.asyncIterator]().next();
  const line = await Promise.race([reported.then(({ value, done }) => (done === true ? ended : value)), ended]);
  if (line !== READY) throw new CommandError(line);
  // nothing of the child keeps this process
  pipe.destroy();
  child.unref();
}

let report: Report | undefined;

/** The report of this process, when startDaemon started it: the same one whoever asks. */
export function backgroundReport(): Report | undefined {
  if (process.env[REPORT_TO] === undefined) return report;
  Reflect.deleteProperty(process.env, REPORT_TO);
  let open = true;
  const tell = (line: string): void => {
    if (!open) return;
    open = false;
    try {
      writeSync(REPORT_FD, `${line.replace(/\s*\n\s*/g, ' ')}\n`);
    } finally {
      closeSync(REPORT_FD);
    }
  };
  report = { ready: () => tell(READY), failed: tell };
  return report;
}
