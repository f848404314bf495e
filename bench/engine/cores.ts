/** Many cores on one mount, none busy and all busy: memory, CPU time, instructions, and how long a file read takes meanwhile. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fixturesDirectory } from '../../test/support/fixtures.js';
import { MAX_CPUS } from '../../src/emu/hardware.js';
import { Mounted, type Memory } from '../mounted.js';
import { percentile } from '../statistics.js';
import { machineEngine } from './machine-engine.js';
import { table } from './table.js';

/** CPU 0 is Linux. */
const MOST_CORES = MAX_CPUS - 1;
/** Numbers of cores; of those that a machine cannot have, its most. */
const COUNTS = [...new Set([1, 4, 16, 64, 256].map((count) => Math.min(count, MOST_CORES)))];
const FIRMWARE = { idle: 'wait.elf', busy: 'spin.elf' } as const;
const SETTLE_MS = 2000;
const MEASURED_MS = 4000;
const READS = 400;
/** Between reads, as they come from a script. */
const PAUSE_MS = 2;

export interface Cores {
  readonly engine: string;
  readonly cores: number;
  readonly state: keyof typeof FIRMWARE;
  readonly memory: Memory;
  /** Of one processor of the host, percent. */
  readonly cpu: number;
  /** All cores together. */
  readonly millionInstructionsPerSecond: number;
  /** open, read, close of a `state`, milliseconds. */
  readonly read: { readonly p50: number; readonly p99: number };
}

/** Of all cores, since their starts. */
function instructions(board: Mounted, cores: number): number {
  const status = (n: number): string =>
    readFileSync(join(board.root, `sys/kernel/debug/mips-rproc/remoteproc${n}/status`), 'utf8');
  return Array.from({ length: cores }, (_, n) => Number(/^instructions (\d+)$/m.exec(status(n))?.[1])).reduce(
    (sum, each) => sum + each,
  );
}

async function reads(board: Mounted): Promise<Cores['read']> {
  const times: number[] = [];
  for (let i = 0; i < READS; i++) {
    const began = performance.now();
    readFileSync(board.stateFile());
    times.push(performance.now() - began);
    await delay(PAUSE_MS);
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

async function measured(board: Mounted, engine: string, cores: number, state: Cores['state']): Promise<Cores> {
  for (let n = 0; n < cores; n++) board.start(FIRMWARE[state], n);
  await delay(SETTLE_MS);
  // first, since to ask for them costs CPU time as well
  const executed = instructions(board, cores);
  const before = { at: performance.now(), cpu: board.cpuSeconds() };
  await delay(MEASURED_MS);
  const seconds = (performance.now() - before.at) / 1000;
  const cpu = ((board.cpuSeconds() - before.cpu) / seconds) * 100;
  const rate = (instructions(board, cores) - executed) / seconds / 1e6;
  const row = { engine, cores, state, memory: board.memory(), cpu, millionInstructionsPerSecond: rate };
  const read = await reads(board);
  for (let n = 0; n < cores; n++) board.stop(n);
  return { ...row, read };
}

export async function manyCores(engines: readonly string[], say: (line: string) => void): Promise<Cores[]> {
  const rows: Cores[] = [];
  if (MOST_CORES < 256) say(`a machine has ${MOST_CORES} cores at most: more are not measured`);
  for (const engine of engines)
    for (const cores of COUNTS) {
      const options = ['--cpus', String(cores + 1), '--mem', '64', ...machineEngine(engine).mount];
      await Mounted.with(join(fixturesDirectory, 'out/le'), options, async (board) => {
        for (const state of ['idle', 'busy'] as const) rows.push(await measured(board, engine, cores, state));
      });
      say(`${engine}: ${cores} cores`);
    }
  return rows;
}

export const coresTable = (rows: readonly Cores[]): string =>
  `Many cores\n${table([
    ['', 'MiB own', 'MiB RSS', 'threads', 'CPU %', 'Minstr/s', 'read p50 ms', 'p99 ms'],
    ...rows.map(({ engine, cores, state, memory, cpu, millionInstructionsPerSecond, read }) => [
      `${engine}, ${cores} ${state}`,
      memory.own.toFixed(0),
      memory.resident.toFixed(0),
      String(memory.threads),
      cpu.toFixed(1),
      millionInstructionsPerSecond.toFixed(0),
      read.p50.toFixed(2),
      read.p99.toFixed(2),
    ]),
  ])}`;
