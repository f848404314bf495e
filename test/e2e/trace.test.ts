/** `trace`: what there is, and what comes: over stops, starts and a cleared buffer, until the end of the mount. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { Board, mipsRprocfs, PROGRAM, within } from '../support/board.js';
import { AS_USER } from '../support/environment.js';

/** `trace -f` in the background, with what it has printed so far. */
function follow(t: Test, ...args: string[]) {
  const [env = '', ...rest] = AS_USER;
  const child = spawn(env, [...rest, process.execPath, PROGRAM, 'trace', '-f', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let text = '';
  let tell = (): void => undefined;
  const add = (part: string): void => {
    text += part;
    tell();
  };
  child.stdout.setEncoding('latin1').on('data', add);
  child.stderr.setEncoding('utf8').on('data', add);
  const until = async (wanted: (text: string) => boolean): Promise<string> => {
    while (!wanted(text)) await within(new Promise<void>((resolve) => (tell = resolve)), () => `more than:\n${text}`);
    return text;
  };
  return { child, exited, until };
}

const times = (text: string, part: string): number => text.split(part).length - 1;

t.test('what there is', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '3'] });
  t.match(await mipsRprocfs('trace', board.root, '0'), {
    ...{ status: 1, out: '' },
    err: /^mips-rprocfs: remoteproc0 has no trace0: it is offline, and traces are there only while a firmware is loaded\n$/,
  });
  await board.start(0, 'hello');
  await board.until('grep -q linked $D/remoteproc0/trace0');
  t.strictSame(await mipsRprocfs('trace', board.root, '0'), {
    ...{ status: 0, err: '' },
    out: await board.out('cat $D/remoteproc0/trace0'),
  });
  t.match(await mipsRprocfs('trace', board.root, '0', '--buffer', '1'), {
    status: 1,
    err: /has no trace1: it is running: either the resource table of its firmware has no entry for it/,
  });
  t.match(await mipsRprocfs('trace', board.root, '0', '-b', 'one'), { status: 2 });
});

t.test('what comes', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '2'] });
  const { root } = board;
  const trace = follow(t, root, '0');
  await board.start(0, 'hello');
  await trace.until((text) => text.includes('linked at'));
  await board.out('echo stop > $C/remoteproc0/state; echo start > $C/remoteproc0/state');
  // the second start says the same
  const twice = await trace.until((text) => times(text, 'linked at') === 2);
  t.equal(times(twice, 'hello from mips-cpu1'), 2);

  // firmware that clears its buffer, writes on, and drops its oldest lines: played by whoever may write its memory
  const memory = '$ROOT/sys/kernel/debug/mips-rproc/remoteproc0/mem';
  const at = await board.out(`grep -abo "hello from mips-cpu1" ${memory} | tail -n 1 | cut -d : -f 1`);
  const put = (text: string) =>
    board.out(
      `printf '${text}\\0' | dd of=${memory} bs=4096 seek=${at.trim()} oflag=seek_bytes conv=notrunc 2> /dev/null`,
    );
  await put('cleared\\n');
  await trace.until((text) => text.endsWith('cleared\n'));
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i} of many\\n`);
  await put(lines.slice(0, 16).join(''));
  await trace.until((text) => text.endsWith('line 15 of many\n'));
  await put(lines.slice(8).join(''));
  const all = await trace.until((text) => text.endsWith('line 19 of many\n'));
  for (let i = 0; i < 20; i++) t.equal(times(all, `line ${i} of many`), 1, `line ${i} once`);

  await board.out('echo stop > $C/remoteproc0/state');

  t.strictSame(await mipsRprocfs('umount', root), { status: 0, out: '', err: '' });
  t.strictSame(await within(trace.exited, () => 'the end of trace -f'), [0, null]);
});
