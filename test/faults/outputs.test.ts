/** Whoever reads what the program prints has no room, has gone, or does not read: one line says so, and no client waits. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import t, { type Test } from 'tap';
import { run, sh } from '../fs/mounted.js';
import { Board, mountsBelow, PROGRAM, scratch } from '../support/board.js';
import { AS_USER } from '../support/environment.js';
import { fixture, installed } from '../support/fixtures.js';

t.test('verbs whose output nobody takes', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '2'] });
  await board.start(0, 'tick');
  await board.until('grep -q tick $D/remoteproc0/trace0');
  const { root } = board;
  const reason = 'mips-rprocfs: the output could not be written: No space left on device (ENOSPC)\n';
  const endless = [
    ['dmesg', '-w', root],
    ['trace', '-f', root, '0'],
  ];
  for (const verb of [...endless, ['status', root], ['why', root, '0'], ['inspect', fixture('le', 'hello')], ['help']])
    t.strictSame(
      await run('sh', '-c', '"$@" > /dev/full', 'sh', process.execPath, PROGRAM, ...verb),
      { out: '', err: reason, status: 1 },
      `${verb.join(' ')}, on a full disk`,
    );
  for (const verb of [...endless, ['help']])
    t.strictSame(
      await run('bash', '-c', '"$@" | true; echo ${PIPESTATUS[0]}', 'bash', process.execPath, PROGRAM, ...verb),
      { out: '0\n', err: '', status: 0 },
      `${verb.join(' ')}, and its reader has gone`,
    );
});

const SAY_NONSENSE =
  'i=0; while [ $i -lt 2000 ]; do echo nonsense; i=$((i+1)); done > $C/state 2> /dev/null; cat $C/state';

/** The state of processor 0 after more lines than any buffer on the way of the log holds. */
const stateAfterNonsense = async (root: string): Promise<string> =>
  (await sh(`C=$1/sys/class/remoteproc/remoteproc0; ${SAY_NONSENSE}`, root)).out;

t.test('a log on a full disk', async (t) => {
  const root = await scratch(t);
  const [env = '', ...rest] = AS_USER;
  const script = 'exec "$@" > /dev/full 2>&1';
  const server = spawn(env, [...rest, 'sh', '-c', script, 'sh', process.execPath, PROGRAM, 'mount', root], {
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  await sh('until mountpoint -q "$1/dev"; do sleep 0.05; done', root);
  t.equal(await stateAfterNonsense(root), 'offline\n', 'the mount works on');
  server.kill('SIGTERM');
  t.strictSame(await ended, [0, null]);
  t.strictSame(await mountsBelow(root), []);
});

/** `mount` on a terminal of its own, which shows nothing as long as its output is not read. */
async function mountOnTerminal(t: Test, root: string): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const [env = '', ...rest] = AS_USER;
  const command = `exec ${process.execPath} ${PROGRAM} mount ${root}`;
  const terminal = spawn(env, [...rest, 'script', '-qec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(terminal, 'exit');
  t.teardown(async () => {
    terminal.kill('SIGKILL');
    await ended;
  });
  t.equal((await sh('until mountpoint -q "$1/dev"; do sleep 0.05; done', root)).status, 0);
  return terminal;
}

const noScript = !installed('script') && 'script(1) is not installed: no terminal was tried';

t.test('a terminal that is stopped, then closed', { skip: noScript }, async (t) => {
  const root = await scratch(t);
  const terminal = await mountOnTerminal(t, root);
  t.equal(await stateAfterNonsense(root), 'offline\n', 'nobody waits for a terminal that shows nothing');
  terminal.kill('SIGKILL');
  const gone = 'while mountpoint -q "$1/sys" || mountpoint -q "$1/dev"; do sleep 0.05; done';
  t.equal((await sh(gone, root)).status, 0, 'the server ends in order with its terminal');
  t.strictSame(await mountsBelow(root), []);
});
