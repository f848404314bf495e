/** Fetches instructions, words at even addresses and half words at odd ones, and finds their rows in the table, and what they mean. */
import { instructions, type Encoding, type Instruction, type Isa } from '../isa/index.js';
import { isLong } from '../isa/compressed.js';
import { isWordOf } from '../isa/encoding.js';
import type { Statement } from '../isa/ir.js';

const SPECIAL = 0;
const MAJOR_OPCODES = 64;
const MAJOR_SHIFT = { 2: 10, 4: 26 } as const;
const bitsOf = (mask: number): number => (mask >>> 0).toString(2).replaceAll('0', '').length;
/** Which words of the classic set a row can be among: by major opcode; those of SPECIAL by function. */
const classicKey = (word: number): number =>
  word >>> 26 === SPECIAL ? MAJOR_OPCODES + (word & 63) : word >>> MAJOR_SHIFT[4];
/** By bytes and the six highest bits, which a row does not always have all of. */
const compressedKey = (word: number, bytes: 2 | 4): number => bytes * MAJOR_OPCODES + (word >>> MAJOR_SHIFT[bytes]);

function compressedKeys({ bytes, mask, match }: Instruction): number[] {
  const shift = MAJOR_SHIFT[bytes];
  return Array.from({ length: MAJOR_OPCODES }, (_, opcode) => opcode)
    .filter((opcode) => ((opcode ^ (match >>> shift)) & (mask >>> shift)) === 0)
    .map((opcode) => bytes * MAJOR_OPCODES + opcode);
}

/** The word or half words of an instruction. */
export interface Fetched {
  readonly word: number;
  readonly bytes: 2 | 4;
}

/** The aligned words in memory that an instruction is read from. */
export function wordsAt(pc: number, bytes: 2 | 4): readonly number[] {
  const first = pc & ~3;
  const last = ((pc & ~1) + bytes - 1) & ~3;
  return first === last ? [first] : [first, last];
}

/** Gives the aligned word at an address, if it may be fetched from there. */
export type Read = (address: number) => number | undefined;

export class InstructionDecoder {
  readonly #classic: ReadonlyMap<number, readonly Instruction[]>;
  readonly #compressed: ReadonlyMap<number, readonly Instruction[]>;
  readonly #meanings = new Map<Instruction, readonly Statement[]>();

  constructor(private readonly isa: Isa) {
    this.#classic = this.#table('classic', ({ match }) => [classicKey(match)]);
    this.#compressed =
      isa.compressed === 'none' ? new Map<number, Instruction[]>() : this.#table('compressed', compressedKeys);
  }

  /** Bit 0 of the address is the ISA mode. Undefined: not to be fetched. */
  fetch(pc: number, read: Read): Fetched | undefined {
    if ((pc & 1) !== 0) return this.#halfWords(pc - 1, read);
    const word = (pc & 3) === 0 ? read(pc) : undefined;
    return word === undefined ? undefined : { word, bytes: 4 };
  }

  /** What has been fetched from there. Undefined: reserved. */
  row(pc: number, { word, bytes }: Fetched): Instruction | undefined {
    const rows =
      (pc & 1) === 0 ? this.#classic.get(classicKey(word)) : this.#compressed.get(compressedKey(word, bytes));
    return rows?.find((row) => isWordOf(row, word));
  }

  meaning(row: Instruction): readonly Statement[] {
    const known = this.#meanings.get(row);
    if (known !== undefined) return known;
    const { statements } = row.meaning(this.isa);
    this.#meanings.set(row, statements);
    return statements;
  }

  #halfWords(address: number, read: Read): Fetched | undefined {
    const { isa } = this;
    const half = (at: number): number | undefined => {
      const word = read(at & ~3);
      if (word === undefined) return undefined;
      const isUpper = ((at & 2) === 0) === (isa.endian === 'be');
      return isUpper ? word >>> 16 : word & 0xffff;
    };
    const first = half(address);
    if (first === undefined) return undefined;
    if (!isLong(isa, first)) return { word: first, bytes: 2 };
    const second = half(address + 2);
    return second === undefined ? undefined : { word: ((first << 16) | second) >>> 0, bytes: 4 };
  }

  #table(encoding: Encoding, keysOf: (row: Instruction) => readonly number[]): Map<number, Instruction[]> {
    const table = new Map<number, Instruction[]>();
    for (const row of instructions(this.isa, encoding))
      for (const key of keysOf(row)) {
        const rows = table.get(key);
        if (rows === undefined) table.set(key, [row]);
        else rows.push(row);
      }
    // one that is decided by more bits is a special case of one that is decided by fewer
    for (const rows of table.values()) rows.sort((a, b) => bitsOf(b.mask) - bitsOf(a.mask));
    return table;
  }
}
