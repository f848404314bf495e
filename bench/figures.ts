/**
 * What a user feels, measured on real mounts from another process: time from `start` to the first byte of the trace (first
 * and later starts), memory of the idle server with 4 and with 64 CPUs, reads of `state` a second against a real sysfs
 * file in the same run. `node dist/bench/figures.js`
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = here('bin/mips-rprocfs');
const REAL = '/sys/kernel/uevent_seqnum';
const ROUNDS = 5;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
const command = (...args: string[]): string => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });

function onMount<T>(options: readonly string[], use: (root: string, pid: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'mips-rprocfs-bench-'));
  command('mount', root, '--daemon', '--firmware-dir', here('fixtures/out/le'), ...options);
  try {
    const mounted = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find((line) => line.includes(root));
    return use(root, /mips-rprocfs@(\d+)/.exec(mounted ?? '')?.[1] ?? '');
  } finally {
    command('umount', root);
    rmSync(root, { recursive: true });
  }
}

/** Of one process, MiB: VmRSS, and what is its own alone. */
function memory(pid: string): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (text: string, name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) / 1024;
  const own = mib(rollup, 'Private_Clean') + mib(rollup, 'Private_Dirty');
  const threads = readdirSync(`/proc/${pid}/task`).length;
  return `${mib(status, 'VmRSS').toFixed(0)} MiB resident, ${own.toFixed(0)} MiB its own, ${threads} threads`;
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
