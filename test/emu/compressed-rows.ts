/** What random programs make of the rows of the compressed sets: which ones, of which kind, with which operands. */
import type { FieldName, Instruction } from '../../src/emu/isa/encoding.js';
import { fieldValue } from '../../src/emu/isa/field.js';
import { instructions, type Isa } from '../../src/emu/isa/index.js';
import { statementsOf } from './random-program.js';

const RA = 31;

/**
 * Would raise an exception, shows what differs between machines, or has a sequence of its own. SWM: QEMU 7.2 stores only the
 * low half words of registers (compressed.test.ts has it).
 */
const EXCLUDED =
  /^(t(ge|lt|eq|ne)i?u?|add|addi|sub|syscall|break|sdbbp|sigrie|rdhwr|m[ft]h?c0|rdpgpr|wrpgpr|di|ei|dvp|evp|tlb.*|eret.*|deret|wait|cache|synci|sc|[cd]?[cf]tc1|cfc1|ctc1|swm|([ls][bhw]u?|[ls]w[lr]|cache|pref|ll|sc)e)$/;
/** Delay slots of these must have 4 bytes, or 2. */
const LONG_SLOT = /^(jal|jalx|jalr(\.hb)?|b(ltz|gez)al)$/;
const SHORT_SLOT = /^(jals|jalrs(\.hb)?|b(ltz|gez)als)$/;

/** Bytes that the instruction in the delay slot must have; undefined: any. */
export function slotBytes(branch: Instruction, isa: Isa): 2 | 4 | undefined {
  if (isa.compressed === 'mips16' || SHORT_SLOT.test(branch.name)) return 2;
  return LONG_SLOT.test(branch.name) ? 4 : undefined;
}

export interface Sorted {
  readonly plain: readonly Instruction[];
  readonly memory: readonly Instruction[];
  readonly branches: readonly Instruction[];
  readonly jumps: readonly Instruction[];
  readonly delayed: ReadonlySet<Instruction>;
}

function sort(isa: Isa): Sorted {
  const rows = instructions(isa, 'compressed').filter(({ name }) => !EXCLUDED.test(name));
  const kinds = new Map(
    rows.map((row) => [row, new Set([...statementsOf(row.meaning(isa).statements)].map(({ kind }) => kind))]),
  );
  const is = (row: Instruction, ...which: readonly string[]): boolean =>
    [...(kinds.get(row) ?? [])].some((kind) => which.includes(kind));
  const flow = rows.filter((row) => is(row, 'branch', 'jump', 'compactBranch'));
  const memory = rows.filter((row) => is(row, 'load', 'store'));
  return {
    plain: rows.filter((row) => !flow.includes(row) && !memory.includes(row)),
    memory,
    branches: flow.filter(({ operands }) => operands.endsWith('near')),
    jumps: flow.filter(({ operands }) => !operands.endsWith('near')),
    delayed: new Set(flow.filter((row) => is(row, 'branch', 'jump'))),
  };
}

const sorted = new Map<string, Sorted>();
export function sortedRows(isa: Isa): Sorted {
  const key = JSON.stringify(isa);
  const known = sorted.get(key) ?? sort(isa);
  sorted.set(key, known);
  return known;
}

/** Not unpredictable, and without an exception. */
export function isDefined(row: Instruction, word: number): boolean {
  const value = (name: FieldName): number => fieldValue(word, row.fields[name]);
  switch (row.name) {
    case 'ext':
      return value('lsb') + value('msb') < 32;
    case 'ins':
      return value('msb') >= value('lsb');
    case 'lwp':
      return value('rt') !== RA && value('rt') !== value('base');
    case 'swp':
      return value('rt') !== RA;
    case 'pref':
      return value('op') < 24;
    case 'lwm': {
      const listed = [16, 17, 18, 19, 20, 21, 22, 23, 30].slice(0, value('list') % 16);
      return ![...listed, RA].includes(value('base'));
    }
    case 'save':
    case 'restore':
      return value('args') !== 15;
    case 'bovc':
    case 'bnvc':
      return value('rs') !== 0; // $0 and $0: QEMU links
    default:
      return !/^b\w+zalc$/.test(row.name) || value('rt') !== RA;
  }
}
