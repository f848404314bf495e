/** Words of the instruction table's rows, and numbers in the texts that disassemblers write for them. */
import { isWordOf, type Instruction } from '../../src/emu/isa/encoding.js';
import type { Random } from './random-program.js';

/** Any word of a row. */
export function wordOf(random: Random, row: Instruction): number {
  for (;;) {
    const bits = row.bytes === 2 ? random.word() & 0xffff : random.word();
    const word = ((bits & ~row.mask) | row.match) >>> 0;
    if (isWordOf(row, word)) return word;
    // register numbers alike are rare
    const alike = ((word & ~0x1f0000) | ((word >>> 5) & 0x1f0000)) >>> 0;
    if (isWordOf(row, alike)) return alike;
  }
}

/** A number in any base, as a signed word in decimal. */
export const asWord = (number: string): string => {
  const value = number.startsWith('-') ? -BigInt(number.slice(1)) : BigInt(number);
  return String(BigInt.asIntN(32, value));
};
