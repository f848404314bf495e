/** From `echo start` to the first byte of the trace, against a QEMU process from its start to its first byte of output. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { environment, Mounted } from '../mounted.js';
import { median } from '../statistics.js';
import { qemuKseg0 } from './engines.js';
import { machineEngine } from './machine-engine.js';
import { table } from './table.js';

/** Any will do: it says that it is ready before it works. */
export const STARTED = 'mix';
const LATER_STARTS = 15;
/** A mount makes its interpreter and a thread ahead of the first start. */
const SETTLED_MS = 2000;

export interface StartUp {
  readonly what: string;
  /** Milliseconds: median of the rounds, and how many times as fast as QEMU in the same round. */
  readonly ms: number;
  readonly ratio: number;
}

async function qemu(out: string): Promise<number> {
  const [program = '', ...args] = qemuKseg0(out, STARTED);
  const began = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: environment() });
  const ended = once(child, 'close');
  const said = once(child.stdout, 'data').then(() => performance.now() - began);
  try {
    return await Promise.race([
      said,
      ended.then(([status]: unknown[]) => {
        throw new Error(`${program} ended with ${String(status)} before it said anything`);
      }),
    ]);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/** The first start, so long after the mount, and later ones. */
const ours = (out: string, options: readonly string[], afterMs: number): Promise<readonly [number, number]> =>
  Mounted.with(join(out, 'kuseg'), options, async (board) => {
    await delay(afterMs);
    const start = (): number => board.startToTrace(`${STARTED}.elf`);
    return [start(), median(Array.from({ length: LATER_STARTS }, start))];
  });

export async function startUp(out: string, engines: readonly string[], rounds: number): Promise<StartUp[]> {
  const times = new Map<string, number[]>();
  const note = (what: string, ms: number): void => {
    times.set(what, [...(times.get(what) ?? []), ms]);
  };
  for (let round = 0; round < rounds; round++) {
    note('qemu', await qemu(out));
    for (const engine of engines) {
      const { mount } = machineEngine(engine);
      const [atOnce] = await ours(out, mount, 0);
      const [first, later] = await ours(out, mount, SETTLED_MS);
      note(`${engine}, first start, directly after the mount`, atOnce);
      note(`${engine}, first start, two seconds after it`, first);
      note(`${engine}, later starts`, later);
    }
  }
  const peer = times.get('qemu') ?? [];
  return [...times].map(([what, all]) => ({
    what,
    ms: median(all),
    ratio: median(all.map((ms, round) => (peer[round] ?? NaN) / ms)),
  }));
}

export const startUpTable = (rows: readonly StartUp[]): string =>
  `Start to first output\n${table([
    ['', 'ms', 'ratio'],
    ...rows.map(({ what, ms, ratio }) => [what, ms.toFixed(1), ratio.toFixed(2)]),
  ])}`;
