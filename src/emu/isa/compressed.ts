/**
 * Rows of the compressed sets. Most mean what a classic instruction means: `same` names it and gives its fields other places,
 * so that a core has the compressed row exactly if it has the classic one.
 */
import { insn, type Fields, type FieldExtras, type Instruction, type Unit } from './encoding.js';
import type { Isa } from './isa.js';
import { add, and, constant, field, or, signedField, zeroExtend64, type Expr, type Field, type Meaning } from './ir.js';

/** A row that is yet to get the meaning of the classic instruction of that name. */
export interface Same {
  readonly classic: string;
  readonly like: (classic: Instruction) => Instruction;
}

export interface CompressedGroup {
  readonly has: (isa: Isa) => boolean;
  readonly rows: readonly (Instruction | Same)[];
}

/** @param operands those of the classic instruction, if they are not written otherwise */
export const same = (
  name: string,
  pattern: string,
  operands?: string,
  extras: FieldExtras = {},
  classic: string = name,
): Same => ({
  classic,
  like: ({ operands: usual, describe }) => insn(name, pattern, operands ?? usual, describe, extras),
});

/** Rows that another part of the core executes. */
export const executedBy = (unit: Unit, rows: readonly (Instruction | Same)[]): readonly (Instruction | Same)[] =>
  rows.map((row) =>
    'like' in row ? { ...row, like: (classic: Instruction) => ({ ...row.like(classic), unit }) } : { ...row, unit },
  );

/** The rows of a core with these classic instructions. */
export function compressedRows(
  groups: readonly CompressedGroup[],
  isa: Isa,
  classic: readonly Instruction[],
): readonly Instruction[] {
  const byName = new Map(classic.map((row) => [row.name, row]));
  return groups
    .filter(({ has }) => has(isa))
    .flatMap(({ rows }) => rows)
    .flatMap((row) => {
      if (!('like' in row)) return row;
      const meant = byName.get(row.classic);
      return meant === undefined ? [] : row.like(meant);
    });
}

/** Whether a half word begins an instruction of two: EXTEND and JAL(X); or by the low bits of the major opcode of microMIPS, which are 1, 2 or 3 in a short one. */
export const isLong = ({ compressed }: Isa, half: number): boolean =>
  compressed === 'mips16' ? [0b11110, 0b00011].includes(half >>> 11) : (((half >>> 10) - 1) & 7) >= 3;

/** Three bits stand for these registers, in most places. */
export const EIGHT_REGISTERS: readonly number[] = [16, 17, 2, 3, 4, 5, 6, 7];

export const SP = 29;
export const RA = 31;

/** A fixed part of an encoding. */
export const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0');

/** Where a branch goes: the offset is in bytes from the end of the instruction, whose address carries the ISA mode. */
export const near = (m: Meaning, offset: Field): Expr => add(add(m.pc, m.bytes), m.fromWord(signedField(offset)));

/** The address after the instruction and its delay slot, if it has one. */
export const returnAddress = (m: Meaning, slot: 0 | 2 | 4): Expr => add(m.pc, m.bytes + slot);
export const link = (m: Meaning, slot: 0 | 2 | 4): void => m.set(RA, returnAddress(m, slot));

/** An address in the region of 2^width bytes that the delay slot stands in. */
export function inRegion(m: Meaning, target: Field, width: 27 | 28, mode: 0 | 1): Expr {
  const low = or(field(target), mode);
  return or(and(add(m.pc, m.bytes), constant(m.width, -(2 ** width))), m.width === 'i64' ? zeroExtend64(low) : low);
}

/** JALX of the classic set: calls code of the compressed one. */
export const JALX: readonly Instruction[] = [
  insn('jalx', '011101 target<27:2>', 'jalx', (m: Meaning, { target }: Fields) => {
    link(m, 4);
    m.jump(inRegion(m, target, 28, 1));
  }),
];
