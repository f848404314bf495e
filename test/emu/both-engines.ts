/** Programs whose results have to be the same with the interpreter and with every place translated. */
import type { Test } from 'tap';
import { asm, CoreBench, PROGRAM_PA, type CoreBenchOptions } from './core-bench.js';

export const ENGINES = ['interpreter', 'translator'] as const;

export const END = asm('wait');
export const addiu = (rt: number, rs: number, imm: number): number => asm('addiu', { rt, rs, imm });
export const branch = (name: string, fields: Record<string, number>, words: number): number =>
  asm(name, { ...fields, offset: words & 0xffff });
export const jump = (name: string, address: number): number => asm(name, { target: (address >>> 2) & 0x3ffffff });

export function both(
  t: Test,
  words: readonly number[],
  look: (bench: CoreBench) => unknown,
  options: CoreBenchOptions = {},
): void {
  const [interpreted, translated] = ENGINES.map((engine) => {
    const bench = new CoreBench({ ...options, engine });
    bench.put(PROGRAM_PA, words);
    bench.run(500);
    return JSON.stringify([look(bench), bench.core.retired, bench.faults]);
  });
  t.equal(translated, interpreted);
}
