/**
 * What a user feels, measured on real mounts from another process: time from `start` to the first byte of the trace (first
 * and later starts), memory of the idle server with 4 and with 64 CPUs, reads of `state` a second against a real sysfs
 * file in the same run. `node dist/bench/figures.js`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, memoryOf, mountProgram } from './mounted.js';

const REAL = '/sys/kernel/uevent_seqnum';
const ROUNDS = 5;

function onMount<T>(options: readonly string[], use: (root: string, pid: string) => T): T {
  const mounted = mountProgram(...options);
  try {
    return use(mounted.root, mounted.pid);
  } finally {
    mounted.end();
  }
}

function memory(pid: string): string {
  const { residentMib, ownMib, threads } = memoryOf(pid);
  return `${residentMib.toFixed(0)} MiB resident, ${ownMib.toFixed(0)} MiB its own, ${threads} threads`;
}

function startToTrace(root: string): number {
  const device = join(root, 'sys/class/remoteproc/remoteproc0');
  const trace = join(root, 'sys/kernel/debug/remoteproc/remoteproc0/trace0');
  writeFileSync(join(device, 'firmware'), 'hello.elf');
  const began = performance.now();
  writeFileSync(join(device, 'state'), 'start');
  while (readFileSync(trace).length === 0);
  const took = performance.now() - began;
  writeFileSync(join(device, 'state'), 'stop');
  return took;
}

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
  onMount(['--cpus', cpus], (_root, pid) => console.log(`idle, ${Number(cpus) - 1} remote processors: ${memory(pid)}`));

const first = Array.from({ length: ROUNDS }, () => onMount([], startToTrace));
console.log(`first start to first byte of trace0: median ${median(first).toFixed(0)} ms of ${ROUNDS}`);

onMount([], (root) => {
  startToTrace(root);
  const later = Array.from({ length: 50 }, () => startToTrace(root));
  console.log(`later starts: median ${median(later).toFixed(1)} ms of 50`);
  const pairs = Array.from({ length: ROUNDS }, () => [
    reads(join(root, 'sys/class/remoteproc/remoteproc0/state')),
    reads(REAL),
  ]);
  const ours = median(pairs.map(([mine = NaN]) => mine));
  const ratio = median(pairs.map(([mine = NaN, real = NaN]) => mine / real));
  console.log(`open+read+close of state: ${ours} a second, ${ratio.toFixed(3)} of a real sysfs file's`);
});
