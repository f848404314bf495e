import { instructions, type Instruction, type Isa } from '../isa/index.js';
import { isWordOf } from '../isa/encoding.js';
import type { Statement } from '../isa/ir.js';

const SPECIAL = 0;
const bitsOf = (mask: number): number => (mask >>> 0).toString(2).replaceAll('0', '').length;
/** Which words a row can be among: by major opcode; those of SPECIAL by function. */
const keyOf = (word: number): number => (word >>> 26 === SPECIAL ? 64 + (word & 63) : word >>> 26);

/** Finds the row of the table that a word of the classic set is, and what it means. */
export class WordDecoder {
  readonly #rows = new Map<number, Instruction[]>();
  readonly #meanings = new Map<Instruction, readonly Statement[]>();

  constructor(private readonly isa: Isa) {
    for (const row of instructions(isa, 'classic')) {
      const key = keyOf(row.match);
      const rows = this.#rows.get(key);
      if (rows === undefined) this.#rows.set(key, [row]);
      else rows.push(row);
    }
    // one that is decided by more bits is a special case of one that is decided by fewer
    for (const rows of this.#rows.values()) rows.sort((a, b) => bitsOf(b.mask) - bitsOf(a.mask));
  }

  /** Undefined: reserved. */
  row(word: number): Instruction | undefined {
    return this.#rows.get(keyOf(word))?.find((row) => isWordOf(row, word));
  }

  meaning(row: Instruction): readonly Statement[] {
    const known = this.#meanings.get(row);
    if (known !== undefined) return known;
    const { statements } = row.meaning(this.isa);
    this.#meanings.set(row, statements);
    return statements;
  }
}
