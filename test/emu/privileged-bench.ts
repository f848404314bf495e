/** Hand-assembled programs in KSEG0 with exception vectors that tell where they were entered. */
import type { Test } from 'tap';
import { CAUSE, CP0, STATUS } from '../../src/emu/cpu/cp0.js';
import { asm, CoreBench, KSEG0, li, PROGRAM, PROGRAM_PA, type CoreBenchOptions } from './core-bench.js';

export const VECTORS_PA = 0x200000;
export const VECTORS = KSEG0 + VECTORS_PA;
export const EBASE_WG = 0x800;
export const USER = 2 << 3;
export const DATA_PA = 0x180000;
export const K0 = 26;
export const T0 = 8;
export const T1 = 9;
export const T2 = 10;

/** UHI exit with a code. */
export const exit = (code: number): number[] => [...li(4, code), ...li(25, 1), asm('sdbbp', { code20: 1 })];
export const mtc0 = (rt: number, rd: number, sel = 0): number => asm('mtc0', { rt, rd, sel });
export const mfc0 = (rt: number, rd: number, sel = 0): number => asm('mfc0', { rt, rd, sel });
export const skip = [mfc0(K0, 14), asm('addiu', { rs: K0, rt: K0, imm: 4 }), mtc0(K0, 14), asm('eret')];
export const AT = { refill: 0, general: 0x180, interrupt: 0x200 };

export interface Setting extends CoreBenchOptions {
  readonly status?: number;
  /** Words at offsets from EBase; by default every vector exits with its own offset. */
  readonly vectors?: Readonly<Record<number, readonly number[]>>;
}

/** A core about to execute `words`, with vectors in KSEG0. */
export function prepare(words: readonly number[], setting: Setting = {}): CoreBench {
  const bench = new CoreBench(setting);
  bench.put(PROGRAM_PA, words);
  for (const offset of Object.values(AT)) bench.put(VECTORS_PA + offset, exit(offset));
  for (const [offset, handler] of Object.entries(setting.vectors ?? {}))
    bench.put(VECTORS_PA + Number(offset), handler);
  bench.core.cp0.put(CP0.ebase, VECTORS | 1);
  bench.core.cp0.status = setting.status ?? 0;
  return bench;
}
export const run = (words: readonly number[], setting: Setting = {}): CoreBench => prepare(words, setting).run();

export const code = (bench: CoreBench): number => (bench.cp0(13) & CAUSE.EXC) >>> 2;

export interface Expected {
  readonly code: number;
  readonly epc: number;
  readonly bd?: boolean;
  readonly badVAddr?: number;
  readonly vector?: number;
  readonly unit?: number;
}

export function raised(t: Test, name: string, bench: CoreBench, expected: Expected): void {
  const { code: exception, epc, bd = false, badVAddr, vector = AT.general, unit = 0 } = expected;
  t.strictSame(
    {
      code: code(bench),
      epc: bench.cp0(14),
      bd: (bench.cp0(13) & CAUSE.BD) !== 0,
      vector: bench.exits[0],
      exl: bench.core.cp0.status & STATUS.EXL,
      unit: (bench.cp0(13) >>> CAUSE.CE_SHIFT) & 3,
      badVAddr: badVAddr === undefined ? undefined : bench.cp0(8),
    },
    { code: exception, epc: epc >>> 0, bd, vector, exl: STATUS.EXL, unit, badVAddr },
    name,
  );
}

export const at = (index: number): number => PROGRAM + index * 4;

export const interrupts = (lines: number): number => STATUS.IE | (lines << 8);

/** EntryHi, EntryLo0, EntryLo1, PageMask to the TLB entry of Index. */
export const tlbWrite = (index: number, hi: number, lo0: number, lo1: number, mask = 0): number[] => [
  ...[...li(T0, index), mtc0(T0, 0), ...li(T0, hi), mtc0(T0, 10), ...li(T0, lo0), mtc0(T0, 2)],
  ...[...li(T0, lo1), mtc0(T0, 3), ...li(T0, mask), mtc0(T0, 5), asm('tlbwi')],
];
export const lo = (pa: number, flags: number): number => ((pa >>> 12) << 6) | (3 << 3) | flags;
export const [G, V, D] = [1, 2, 4];
export const load = (address: number, rt = T2): number[] => [...li(T1, address), asm('lw', { base: T1, rt })];
export const store = (address: number): number[] => [...li(T1, address), asm('sw', { base: T1, rt: T1 })];
export const asid = (value: number, page = 0): number[] => [...li(T0, page | value), mtc0(T0, 10)];
