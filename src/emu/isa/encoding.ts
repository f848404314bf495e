/**
 * One row of the instruction table: `insn(name, pattern, operands, meaning)`.
 *
 * pattern   the encoding of 16 or 32 bits, most significant bit first, in words separated by blanks: bits (`000000`), a
 *           field (`rs`), a part of one (`imm<10:5>`; low bits that no part has are 0), or bits that are not looked at
 *           (`-5` for five of them).
 * operands  as the assembler writes them (disassembler.ts).
 * meaning   statements over the fields (ir.ts).
 */
import { fieldValue, type Bits, type Field } from './field.js';
import type { Isa } from './isa.js';
import { Meaning } from './ir.js';

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
  ac: 2,
  wd: 5,
  ws: 5,
  wt: 5,
  /** Control registers of MSA. */
  cs: 5,
  cd: 5,
  /** An element's number. */
  n: 4,
  /** Of LWM and SWM: how many of the saved registers; ra. */
  list: 5,
  /** Of MOVEP: which two registers. */
  pair: 3,
  /** Of SAVE and RESTORE: size of the frame, the registers in it. */
  frame: 4,
  args: 4,
  statics: 3,
  ra: 1,
  s0: 1,
  s1: 1,
} as const;

export type FieldName = keyof typeof WIDTH;

/** What fields are in an encoding that has no bits for them. */
const ABSENT: FieldExtras = { ac: 0 };
const isFieldName = (name: string): name is FieldName => name in WIDTH;

/** Every field by name; reading one that the pattern does not have throws. */
export type Fields = Readonly<Record<FieldName, Field>>;

/** A relation that must hold between a field and another field or a number; some encodings of Release 6 differ in nothing else. */
export type Constraint = readonly [a: FieldName, relation: '==' | '!=' | '<' | '>=', b: FieldName | number];

/**
 * What a field is besides runs of bits: the numbers that the bits stand for, a number without bits, never negative, or the
 * same as another field.
 */
type Extra = readonly number[] | number | 'unsigned' | FieldName;
export type FieldExtras = Readonly<Partial<Record<FieldName, Extra>>>;

interface Encoded {
  /** 2 or 4. */
  readonly bytes: 2 | 4;
  /** Bits that decide, and their values: `(word & mask) >>> 0 === match`. Both unsigned. */
  readonly mask: number;
  readonly match: number;
  readonly fields: Fields;
  readonly fieldNames: ReadonlySet<FieldName>;
}

type Describe = (m: Meaning, fields: Fields) => void;

/** A part of the core that executes instructions of one kind. */
export type Unit = 'fpu' | 'dsp' | 'msa';

export interface Instruction extends Encoded {
  readonly name: string;
  readonly where: readonly Constraint[];
  readonly unit: Unit | undefined;
  readonly operands: string;
  readonly describe: Describe;
  /** What it does on a core with this instruction set. */
  meaning(isa: Isa): Meaning;
}

/** Rows that belong together, and the cores that have them. */
export interface Group {
  readonly has: (isa: Isa) => boolean;
  readonly rows: readonly Instruction[];
}

export const group = (has: (isa: Isa) => boolean, rows: readonly Instruction[]): Group => ({ has, rows });

/** Groups whose rows another part of the core executes. */
export const ofUnit = (unit: Unit, groups: readonly Group[]): Group[] =>
  groups.map(({ has, rows }) =>
    group(
      has,
      rows.map((row) => ({ ...row, unit })),
    ),
  );

/** The fields of one pattern, each under its name. */
class FieldTable {
  constructor(
    private readonly pattern: string,
    private readonly found: ReadonlyMap<FieldName, Field>,
  ) {}

  static {
    // once for all patterns: there are more than a thousand
    for (const name of Object.keys(WIDTH).filter(isFieldName))
      Object.defineProperty(this.prototype, name, {
        get(this: FieldTable) {
          return this.field(name);
        },
      });
  }

  private field(name: FieldName): Field {
    const field = this.found.get(name);
    if (field === undefined) throw new Error(`the pattern '${this.pattern}' has no field ${name}`);
    return field;
  }
}

const isComplete = (table: object): table is Fields => 'rs' in table;

function fieldsOf(pattern: string, found: ReadonlyMap<FieldName, Field>): Fields {
  const fields = new FieldTable(pattern, found);
  if (!isComplete(fields)) throw new Error('unreachable: every name has a getter');
  return fields;
}

/** A run of bits in the instruction, and the number's bit that its lowest bit is. */
interface Run extends Bits {
  readonly at: number;
}

function field(name: FieldName, runs: readonly Run[], extra: Extra | undefined): Field {
  const sorted = [...runs].sort((a, b) => b.at - a.at);
  const [top] = sorted;
  const width = top === undefined ? 0 : top.at + top.width;
  const isWhole = sorted.every((run, i) => run.at + run.width === (sorted[i - 1]?.at ?? width));
  if (!isWhole) throw new Error(`the parts of the field ${name} leave a gap or overlap`);
  return {
    name,
    width,
    runs: sorted.map(({ low, width }) => ({ low, width })),
    fixed: typeof extra === 'number' ? extra : 0,
    list: typeof extra === 'object' ? extra : undefined,
    unsigned: extra === 'unsigned',
  };
}

/** A word of a pattern: fixed bits, bits of no meaning, or bits of a field. */
interface Word {
  readonly width: number;
  /** Of fixed bits. */
  readonly value?: number;
  readonly name?: FieldName;
  /** The field's bit that the lowest one is. */
  readonly at?: number;
}

/** Those that have been seen: a few hundred, in thousands of patterns. */
const knownWords = new Map<string, Word>();

function wordOf(text: string): Word | undefined {
  const known = knownWords.get(text) ?? parseWord(text);
  if (known !== undefined) knownWords.set(text, known);
  return known;
}

function parseWord(text: string): Word | undefined {
  if (/^[01]+$/.test(text)) return { width: text.length, value: parseInt(text, 2) };
  if (/^-\d+$/.test(text)) return { width: Number(text.slice(1)) };
  const [, name = text, high, low = high] = /^(\w+)<(\d+)(?::(\d+))?>$/.exec(text) ?? [];
  if (!isFieldName(name)) return undefined;
  if (high === undefined || low === undefined) return { name, at: 0, width: WIDTH[name] };
  return { name, at: Number(low), width: Number(high) - Number(low) + 1 };
}

function parsePattern(pattern: string, extras: FieldExtras): Encoded {
  const runs = new Map<FieldName, Run[]>();
  let mask = 0;
  let match = 0;
  let position = 0;
  for (const text of pattern.split(' ').reverse()) {
    const word = wordOf(text);
    if (word === undefined) throw new Error(`the pattern '${pattern}' has an unknown word '${text}'`);
    const { width, value, name, at = 0 } = word;
    if (value !== undefined) {
      mask += (2 ** width - 1) * 2 ** position;
      match += value * 2 ** position;
    }
    if (name !== undefined) {
      const run = { low: position, width, at };
      const others = runs.get(name);
      if (others === undefined) runs.set(name, [run]);
      else others.push(run);
    }
    position += width;
  }
  if (position !== 16 && position !== 32) throw new Error(`the pattern '${pattern}' is ${position} bits long`);
  const found = new Map<FieldName, Field>();
  for (const [name, its] of runs) found.set(name, field(name, its, extras[name]));
  const others = Object.entries({ ...ABSENT, ...extras });
  for (const [name, extra] of others)
    if (isFieldName(name) && typeof extra === 'number' && !runs.has(name)) found.set(name, field(name, [], extra));
  for (const [name, extra] of others) {
    const other = typeof extra === 'string' && isFieldName(extra) ? found.get(extra) : undefined;
    if (other !== undefined && isFieldName(name)) found.set(name, { ...other, name });
  }
  return {
    bytes: position === 16 ? 2 : 4,
    mask,
    match,
    fields: fieldsOf(pattern, found),
    fieldNames: new Set(runs.keys()),
  };
}

const RELATIONS: Readonly<Record<Constraint[1], (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
};

/** Whether a word is this row's instruction. */
export const isWordOf = ({ mask, match, where, fields }: Instruction, word: number): boolean =>
  (word & mask) >>> 0 === match &&
  where.every(([a, relation, b]) =>
    RELATIONS[relation](fieldValue(word, fields[a]), typeof b === 'number' ? b : fieldValue(word, fields[b])),
  );

/** The same row for the words in which relations between its fields hold. */
export const where = (row: Instruction, ...constraints: readonly Constraint[]): Instruction => ({
  ...row,
  where: [...row.where, ...constraints],
});

export function insn(
  name: string,
  pattern: string,
  operands: string,
  describe: Describe,
  extras: FieldExtras = {},
): Instruction {
  const encoded = parsePattern(pattern, extras);
  return {
    name,
    ...encoded,
    where: [],
    unit: undefined,
    operands,
    describe,
    meaning: (isa) => {
      const meaning = new Meaning(isa, encoded.bytes);
      describe(meaning, encoded.fields);
      return meaning;
    },
  };
}
