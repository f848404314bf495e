/** The engines on a mount: what firmware does is the same as with the interpreter, also when it has been translated. */
import t, { type Test } from 'tap';
import { Board } from '../support/board.js';

/** Instructions after which the hot code of a firmware has been translated. */
const MANY: Readonly<Record<string, number>> = { auto: 150_000_000, translator: 150_000_000, verify: 10_000_000 };
const PROGRAM = new URL('../../../bin/mips-rprocfs', import.meta.url).pathname;

async function hasExecuted(board: Board, least: number): Promise<void> {
  const count = `${process.execPath} ${PROGRAM} status --json $ROOT | sed -n 's/.*"instructions": \\([0-9]*\\).*/\\1/p' | sort -n | tail -n 1`;
  await board.until(`[ "$(${count})" -gt ${least} ]`);
}

async function session(t: Test, engine: string, endian: 'le' | 'be'): Promise<string[]> {
  const board = await Board.mount(t, {
    endian,
    args: ['--engine', engine, '--clock', 'virtual', '--translation-cache', 'none'],
  });
  await board.start(0, 'work');
  await hasExecuted(board, MANY[engine] ?? 1);
  const running = await board.out(
    'cat $C/remoteproc0/state; echo stop > $C/remoteproc0/state; cat $C/remoteproc0/state',
  );
  await board.start(1, 'rpmsg-echo');
  await board.until('[ -e $ROOT/dev/rpmsg0 ]');
  const echo = await board.out(
    'exec 3<> $ROOT/dev/rpmsg0; for n in 1 2 3 4 5; do printf "message $n" >&3; dd bs=512 count=1 <&3 2> /dev/null; echo; done',
  );
  await board.out('echo disabled > $D/remoteproc0/recovery');
  await board.start(0, 'crash-null');
  await board.until('[ "$(cat $C/remoteproc0/state)" = crashed ]');
  const trace = await board.out('cat $D/remoteproc0/trace0; echo stop > $C/remoteproc1/state');
  return [running, echo, trace];
}

for (const endian of ['le', 'be'] as const)
  t.test(endian, async (t) => {
    const interpreted = await session(t, 'interpreter', endian);
    t.match(interpreted, ['running\noffline\n', /^message 1\n/]);
    for (const engine of Object.keys(MANY)) t.same(await session(t, engine, endian), interpreted, engine);
  });
