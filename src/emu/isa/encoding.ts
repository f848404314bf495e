/**
 * One row of the instruction table: `insn(name, pattern, operands, meaning)`.
 *
 * pattern   the encoding, most significant bit first, in words separated by blanks: bits (`000000`), a field (`rs`), or
 *           bits that are not looked at (`-5` for five of them).
 * operands  as the assembler writes them (disassembler.ts).
 * meaning   statements over the fields (ir.ts).
 */
import { Meaning, type Field } from './ir.js';

const WIDTH = {
  rs: 5,
  rt: 5,
  rd: 5,
  sa: 5,
  fs: 5,
  ft: 5,
  fd: 5,
  fr: 5,
  base: 5,
  index: 5,
  op: 5,
  msb: 5,
  lsb: 5,
  stype: 5,
  imm: 16,
  offset: 16,
  target: 26,
  code10: 10,
  code20: 20,
  code19: 19,
  sel: 3,
  cc: 3,
  cond: 4,
} as const;

export type FieldName = keyof typeof WIDTH;
const isFieldName = (name: string): name is FieldName => name in WIDTH;

/** Every field by name; reading one that the pattern does not have throws. */
export type Fields = Readonly<Record<FieldName, Field>>;

interface Encoding {
  /** Bits that decide, and their values: `(word & mask) >>> 0 === match`. Both unsigned. */
  readonly mask: number;
  readonly match: number;
  readonly fields: Fields;
}

export interface Instruction extends Encoding {
  readonly name: string;
  readonly operands: string;
  /** What it does on a core whose registers are 'i32' or 'i64' wide. */
  meaning(width: 'i32' | 'i64'): Meaning;
}

function fieldsOf(pattern: string, found: ReadonlyMap<FieldName, Field>): Fields {
  const get = (name: FieldName): Field => {
    const field = found.get(name);
    if (field === undefined) throw new Error(`the pattern '${pattern}' has no field ${name}`);
    return field;
  };
  const isComplete = (object: object): object is Fields => Object.keys(WIDTH).every((name) => name in object);
  const fields = {};
  for (const name of Object.keys(WIDTH).filter(isFieldName))
    Object.defineProperty(fields, name, { enumerable: true, get: () => get(name) });
  if (!isComplete(fields)) throw new Error('unreachable: every name has a getter');
  return fields;
}

function parsePattern(pattern: string): Encoding {
  let position = 32;
  let mask = 0;
  let match = 0;
  const found = new Map<FieldName, Field>();
  for (const word of pattern.split(' ')) {
    if (/^[01]+$/.test(word)) {
      position -= word.length;
      mask += (2 ** word.length - 1) * 2 ** position;
      match += parseInt(word, 2) * 2 ** position;
    } else if (isFieldName(word)) {
      position -= WIDTH[word];
      found.set(word, { name: word, low: position, width: WIDTH[word] });
    } else if (/^-\d+$/.test(word)) {
      position -= Number(word.slice(1));
    } else throw new Error(`the pattern '${pattern}' has an unknown word '${word}'`);
  }
  if (position !== 0) throw new Error(`the pattern '${pattern}' is ${32 - position} bits long, not 32`);
  return { mask, match, fields: fieldsOf(pattern, found) };
}

export function insn(
  name: string,
  pattern: string,
  operands: string,
  describe: (m: Meaning, fields: Fields) => void,
): Instruction {
  const encoding = parsePattern(pattern);
  return {
    name,
    ...encoding,
    operands,
    meaning: (width) => {
      const meaning = new Meaning(width);
      describe(meaning, encoding.fields);
      return meaning;
    },
  };
}
