/** Clients, firmware and files that do not keep to what anybody would expect of them, on one machine a channel. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Random } from '../emu/random-program.js';
import { Board, within } from '../support/board.js';
import { AS_USER } from '../support/environment.js';
import { Hammer } from './hammer.js';

const SEED = Number(process.env['MIPS_FAULT_SEED'] ?? Date.now() % 100_000);
const KILLS = 10;
/** About as long as a start takes, ms. */
const LATEST = 30;

/** What a start of an image that changes meanwhile may say: nothing, or one of these. */
const REFUSALS = /^$|: (Invalid argument|No such file or directory|Input\/output error)$/m;

const CHANGING = `while [ ! -e $ROOT/enough ]; do
  cp $FW/hello.elf $FW/new && mv $FW/new $FW/changing.elf
  : > $FW/changing.elf; cp $FW/spin.elf $FW/changing.elf; truncate -s 5000 $FW/changing.elf; rm $FW/changing.elf
done`;

/** Runs for ever, jumps into nothing, or spoils its rings: each on its processor until it is stopped. */
const HOSTILE = [
  ['crash-loop', 'crash-jump', 'crash-nowhere'],
  ['hostile-used-runaway', 'hostile-scribble', 'hostile-kicks'],
] as const;

for (const fuse of ['direct', 'native'])
  t.test(fuse, async (t) => {
    t.comment(`MIPS_FAULT_SEED=${SEED}`);
    const random = new Random(SEED);
    const board = await Board.mount(t, { args: ['--fuse', fuse] });
    await board.start(1, 'tick');
    await board.install('hello', 'spin');

    await t.test('killed in the middle of a start', async (t) => {
      await board.out('echo hello.elf > $C/remoteproc0/firmware');
      const state = `${board.root}/sys/class/remoteproc/remoteproc0/state`;
      for (let round = 0; round < KILLS; round++) {
        const [env = '', ...rest] = AS_USER;
        const client = spawn(env, [...rest, 'bash', '-c', `printf start > ${state}`], { stdio: 'ignore' });
        const ended = once(client, 'exit');
        await delay(random.below(LATEST));
        client.kill('SIGKILL');
        await within(ended, () => 'a killed client to end');
        // whatever has become of the start, a stop takes it back or finds nothing
        const left = await board.out('cat $C/remoteproc0/state');
        t.match(left, /^(offline|running)\n$/);
        const { status } = await board.sh('echo stop > $C/remoteproc0/state');
        t.equal(status === 0, left === 'running\n', 'its state is what it says');
        t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n');
      }
      t.equal(await board.out('cat $C/remoteproc1/state'), 'running\n', 'nobody else minds');
    });

    await t.test('a trace that is open over a stop', async (t) => {
      await board.start(0, 'spin');
      const { out, err } = await board.sh(
        'exec 3< $D/remoteproc0/trace0; head -c 5 <&3; echo stop > $C/remoteproc0/state; cat <&3; cat $C/remoteproc0/state',
      );
      t.equal(out, 'spin offline\n');
      // of the native adapter cat hears it from fstat(2): docs/differences.md
      t.match(err, /^cat: -: (Input\/output error|No such file or directory)\n$/);
    });

    await t.test('firmware that changes while it is loaded', async (t) => {
      const changing = board.sh(CHANGING);
      const starts = `for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
        /bin/echo changing.elf > $C/remoteproc0/firmware; /bin/echo start > $C/remoteproc0/state && echo stop > $C/remoteproc0/state; done`;
      const { err } = await board.sh(starts);
      await board.out(': > $ROOT/enough');
      t.strictSame(
        err.split('\n').filter((line) => !REFUSALS.test(line)),
        [],
        'is started, or refused with a reason',
      );
      await changing;
      await board.start(0, 'hello');
      await board.until('grep -q linked $D/remoteproc0/trace0');
      await board.out('echo stop > $C/remoteproc0/state');
    });

    await t.test('hostile firmware while everybody is busy', async (t) => {
      await board.install(...HOSTILE.flat());
      await board.out('echo hello.elf > $C/remoteproc2/firmware; for r in $D/*; do echo disabled > $r/recovery; done');
      for (const names of HOSTILE) {
        const hammer = new Hammer(t, board, ['reads', 'trace', 'debugfs', 'log', 'starts', 'nonsense']);
        await hammer.going();
        for (const name of names) {
          await board.out(`echo ${name}.elf > $C/remoteproc0/firmware; echo start > $C/remoteproc0/state`);
          t.match(await board.out('cat $C/remoteproc0/state'), /^(running|crashed)\n$/, name);
          await board.out('echo stop > $C/remoteproc0/state');
        }
        hammer.kill();
        await hammer.ended();
      }
      t.equal(await board.out('cat $C/remoteproc1/state'), 'running\n', 'another one still runs');
    });
  });
