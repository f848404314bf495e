/**
 * The server dies by SIGKILL at some instant while sixteen clients use it. MIPS_FAULT_ROUNDS says how often, MIPS_FAULT_SEED
 * when.
 */
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Random } from '../emu/random-program.js';
import { run, sh } from '../fs/mounted.js';
import { Board, mipsRprocfs, mountsBelow, scratch, within } from '../support/board.js';
import { startAs, survivors } from '../support/run.js';
import { Hammer } from './hammer.js';

const ROUNDS = Number(process.env['MIPS_FAULT_ROUNDS'] ?? 1);
const SEED = Number(process.env['MIPS_FAULT_SEED'] ?? Date.now() % 100_000);
/** ms */
const LATEST = 500;

t.setTimeout(0);
t.comment(`MIPS_FAULT_SEED=${SEED}`);

/** A machine that has something to do for everybody. */
async function busyBoard(t: Test, root: string, fuse: string): Promise<Board> {
  const board = await Board.mount(t, { root, args: ['--fuse', fuse] });
  await board.start(0, 'rpmsg-echo');
  await board.start(1, 'tick');
  await board.install('hello');
  await board.out('echo hello.elf > $C/remoteproc2/firmware');
  await board.until('[ -e $ROOT/dev/rpmsg0 ]');
  return board;
}

for (const fuse of ['direct', 'native'])
  t.test(`kill -9 of a server that is busy, ${fuse}`, async (t) => {
    const root = await scratch(t);
    const random = new Random(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const board = await busyBoard(t, root, fuse);
      const hammer = new Hammer(t, board);
      await hammer.going();
      await delay(random.below(LATEST));
      board.server.kill('SIGKILL');
      await within(board.exited, () => 'the server to die');
      await hammer.ended();
      t.match((await sh('cat "$1"/sys/class/remoteproc/remoteproc0/state', root)).err, 'endpoint is not connected');
    }
    const last = await Board.mount(t, { root, args: ['--fuse', fuse] });
    await last.start(1, 'tick');
    t.equal((await mountsBelow(root)).length, 2, 'what the killed ones left is gone');
    t.equal(await last.out('cat $C/remoteproc1/state'), 'running\n', 'and ROOT can be used again');
    t.strictSame(await mipsRprocfs('umount', root), { out: '', err: '', status: 0 });
    t.strictSame(await mountsBelow(root), []);
  });

t.test('kill -9 of a run that is busy', async (t) => {
  const random = new Random(SEED);
  const work = `echo ready; while :; do echo start > /sys/class/remoteproc/remoteproc0/state
    cat /sys/kernel/debug/remoteproc/*/name /dev/kmsg & ls -lR /sys/class/remoteproc; kill $!; done > /dev/null 2>&1`;
  for (let round = 0; round < ROUNDS; round++) {
    const mark = `FAULT_TEST=${process.pid}-${round}`;
    const started = await startAs(t, 'root', '--', 'env', mark, 'bash', '-c', work.replace('> /dev/null 2>&1', '2>&1'));
    await delay(random.below(LATEST));
    process.kill(started.pid, 'SIGKILL');
    await started.ended;
    t.strictSame(await survivors(mark), [], 'nobody survives it');
    t.equal((await run('grep', '-c', `mips-rprocfs@${started.pid} `, '/proc/self/mountinfo')).out, '0\n');
  }
});
