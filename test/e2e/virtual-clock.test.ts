/** `--clock virtual`: a run is repeatable to the instruction. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Endian } from '../../src/emu/hardware.js';
import { Board, scratch } from '../support/board.js';

interface Run {
  readonly trace: Buffer;
  /** All memory of the firmware, and its registers. */
  readonly core: Buffer;
  readonly registers: readonly string[];
}

const TIMED = /^\[[^\]]*\] /;

/** Runs ticks, which fails by itself in the end, on a machine of its own, on remoteproc<n>. */
async function run(t: Test, endian: Endian, clock: string, n = 0): Promise<Run> {
  const board = await Board.mount(t, { endian, args: ['--clock', clock] });
  const directory = await scratch(t);
  await board.out(`cd $C/remoteproc${n}; echo disabled > recovery; echo enabled > coredump`);
  const said = await board.log.during(() => board.start(n, 'ticks'), /handling crash #1/);
  await board.until(`grep -q crashed $C/remoteproc${n}/state`);
  await board.out(`cat $D/remoteproc${n}/trace0 > ${directory}/trace`);
  await board.out(`echo recover > $C/remoteproc${n}/recovery`);
  await board.out(`cat $C/remoteproc${n}/devcoredump/data > ${directory}/core`);
  await board.out(`echo stop > $C/remoteproc${n}/state`);
  return {
    trace: await readFile(join(directory, 'trace')),
    core: await readFile(join(directory, 'core')),
    registers: said
      .map((line) => line.replace(TIMED, ''))
      .filter((line) => / (\$ ?\d+|Hi|Lo|epc|pc|ra) +: /.test(line)),
  };
}

for (const endian of ['le', 'be'] as const)
  t.test(`two runs, ${endian}`, async (t) => {
    const [first, second] = [await run(t, endian, 'virtual'), await run(t, endian, 'virtual')];
    t.equal(first.trace.toString('latin1').split('\n').length, 24 + 2);
    t.equal(first.trace.toString('latin1'), second.trace.toString('latin1'), 'the trace');
    t.ok(first.registers.length > 10);
    t.strictSame(first.registers, second.registers, 'the final registers');
    t.ok(first.core.equals(second.core), 'all of its memory');
  });

t.test('neighbours change nothing', async (t) => {
  const alone = await run(t, 'le', 'virtual');
  const board = await Board.mount(t, { args: ['--clock', 'virtual'] });
  await board.out('echo disabled > $C/remoteproc0/recovery');
  await board.start(1, 'spin');
  await board.start(2, 'tick');
  await board.start(0, 'ticks');
  await board.until('grep -q " made " $D/remoteproc0/trace0');
  t.equal(await board.out('cat $D/remoteproc0/trace0'), alone.trace.toString('latin1'));
});

t.test('the real clock tells one run from another', async (t) => {
  const [first, second] = [await run(t, 'le', 'real'), await run(t, 'le', 'real')];
  t.notOk(first.trace.equals(second.trace), 'or the test above would prove nothing');
});
