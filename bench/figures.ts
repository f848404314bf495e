/**
 * What a user feels, measured on real mounts from another process: time from `start` to the first byte of the trace (first
 * and later starts), memory of the idle server with 4 and with 64 CPUs, reads of `state` a second against a real sysfs
 * file in the same run. `node dist/bench/figures.js`
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixturesDirectory } from '../test/support/fixtures.js';
import { Mounted } from './mounted.js';
import { median } from './statistics.js';

const REAL = '/sys/kernel/uevent_seqnum';
const ROUNDS = 5;

const onMount = <T>(options: readonly string[], use: (board: Mounted) => T): Promise<T> =>
  Mounted.with(join(fixturesDirectory, 'out/le'), options, use);

/** open, read, close; a second. */
function reads(file: string): number {
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < 1000) {
    readFileSync(file);
    count++;
  }
  return count;
}

for (const cpus of ['4', '64'])
  await onMount(['--cpus', cpus], (board) => {
    const { resident, own, threads } = board.memory();
    const used = `${resident.toFixed(0)} MiB resident, ${own.toFixed(0)} MiB its own, ${threads} threads`;
    console.log(`idle, ${Number(cpus) - 1} remote processors: ${used}`);
  });

const first: number[] = [];
for (let i = 0; i < ROUNDS; i++) first.push(await onMount([], (board) => board.startToTrace('hello.elf')));
console.log(`first start to first byte of trace0: median ${median(first).toFixed(0)} ms of ${ROUNDS}`);

await onMount([], (board) => {
  board.startToTrace('hello.elf');
  const later = Array.from({ length: 50 }, () => board.startToTrace('hello.elf'));
  console.log(`later starts: median ${median(later).toFixed(1)} ms of 50`);
  const pairs = Array.from({ length: ROUNDS }, () => [reads(board.stateFile()), reads(REAL)]);
  const ours = median(pairs.map(([mine = NaN]) => mine));
  const ratio = median(pairs.map(([mine = NaN, real = NaN]) => mine / real));
  console.log(`open+read+close of state: ${ours} a second, ${ratio.toFixed(3)} of a real sysfs file's`);
});
