/** A program as regions are found in it: nothing is known of its functions. */
import { MIPS32R2 } from '../../src/emu/isa/index.js';
import { InstructionReader } from '../../src/emu/translator/reader.js';
import type { Source } from '../../src/emu/translator/source.js';

export function sourceOf(
  words: readonly number[],
  start: number,
  others: Partial<Source> = {},
  isKernel = true,
): Source {
  const reader = new InstructionReader(MIPS32R2);
  const fetch = (address: number): number | undefined => words[(address - start) / 4];
  return {
    read: (pc, branchPc) => reader.read(fetch, pc, branchPc, { status: 0, isKernel }),
    word: fetch,
    isFunction: () => false,
    data: () => undefined,
    sizeOf: () => Infinity,
    mayInterpret: true,
    isElsewhere: () => false,
    returningTo: () => [],
    placesOf: () => new Set(),
    ...others,
  };
}
