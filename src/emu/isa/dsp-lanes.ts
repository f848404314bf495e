/**
 * What the rows of the DSP ASE are made with. A register is a vector of lanes that are worked on all at once, in a v128
 * whose other lanes are 0; an operation that is wrong for some lane says so in a flag of DSPControl.
 */
import { dspDisabled } from './accumulators.js';
import { insn, type Fields, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import { need64 } from './integer-64.js';
import { anyLane, ZERO, type Lanes as Vector } from './vector.js';
import { add, apply, or, shl, xor, type Expr, type Field, type Meaning } from './ir.js';

/** How a register of `bits` bits is divided, by the name that instructions end in. */
export interface Lanes extends Vector {
  readonly name: string;
  readonly bits: 32 | 64;
  readonly width: 8 | 16 | 32;
}

export const QB: Lanes = { name: 'qb', bits: 32, width: 8, shape: 'i8x16' };
export const PH: Lanes = { name: 'ph', bits: 32, width: 16, shape: 'i16x8' };
export const W: Lanes = { name: 'w', bits: 32, width: 32, shape: 'i32x4' };
export const OB: Lanes = { name: 'ob', bits: 64, width: 8, shape: 'i8x16' };
export const QH: Lanes = { name: 'qh', bits: 64, width: 16, shape: 'i16x8' };
export const PW: Lanes = { name: 'pw', bits: 64, width: 32, shape: 'i32x4' };

export const countOf = ({ bits, width }: Lanes): number => bits / width;

/** Flags of DSPControl by the kind of operation; those of accumulators come first. */
export const OVERFLOW = { accumulator: 16, add: 20, multiply: 21, shift: 22, extract: 23 } as const;
export const CARRY = 13;

/** A row of the DSP ASE and the revision that brought it. */
export interface DspRow extends Instruction {
  readonly revision: 1 | 2;
  /** It needs registers of 64 bits. */
  readonly wide: boolean;
}

/** Major opcode SPECIAL3: five bits and the function that decide, by whether it works on words or double words. */
export const FUNCTION = {
  add: { 32: '010000', 64: '010100' },
  compare: { 32: '010001', 64: '010101' },
  absolute: { 32: '010010', 64: '010110' },
  shift: { 32: '010011', 64: '010111' },
  accumulate: { 32: '110000', 64: '110100' },
  append: { 32: '110001', 64: '110101' },
  extract: { 32: '111000', 64: '111100' },
  insert: { 32: '001100', 64: '001101' },
} as const;

/** A row that raises DSPDis while Status.MX is clear. */
export function row(
  revision: 1 | 2,
  bits: 32 | 64,
  name: string,
  pattern: string,
  operands: string,
  describe: (m: Meaning, fields: Fields) => void,
): DspRow {
  const instruction = insn(name, pattern, operands, (m, fields) => {
    if (bits === 64) need64(m);
    m.raiseIf(dspDisabled(m), EXCEPTION.DSPDis);
    describe(m, fields);
  });
  return { ...instruction, revision, wide: bits === 64 };
}

/** A word or double word as a vector. */
export const vectorOf = (value: Expr): Expr =>
  value.type === 'i64' ? apply('i64x2.replace_lane 0', ZERO, value) : apply('i32x4.replace_lane 0', ZERO, value);

/** The part of a register that an instruction works on. */
export const part = (m: Meaning, bits: 32 | 64, register: Field): Expr =>
  bits === 64 ? m.reg(register) : m.word(register);

export const spread = (m: Meaning, { bits }: Lanes, register: Field): Expr => m.let(vectorOf(part(m, bits, register)));

/** Two registers as one vector, `low` in its low lanes. */
export const pair = (m: Meaning, bits: 32 | 64, high: Field, low: Field): Expr =>
  m.let(
    apply(
      bits === 64 ? 'i64x2.replace_lane 1' : 'i32x4.replace_lane 1',
      vectorOf(part(m, bits, low)),
      part(m, bits, high),
    ),
  );

/** Sets a register from the low lanes of a vector. */
export function collect(m: Meaning, bits: 32 | 64, to: Field, vector: Expr): void {
  if (bits === 64) m.set(to, apply('i64x2.extract_lane 0', vector));
  else m.setWord(to, apply('i32x4.extract_lane 0', vector));
}

/** Sets a flag of DSPControl if the condition, 0 or 1, holds. */
export const flag = (m: Meaning, bit: number | Expr, condition: Expr): void =>
  m.setSpecial('dspControl', or(m.special('dspControl'), shl(condition, bit)));

export const accumulatorFlag = (ac: Expr): Expr => add(ac, OVERFLOW.accumulator);

/** Sets a flag if a lane that was saturated would be another without. */
export const flagDifference = (m: Meaning, bit: number, saturated: Expr, wrapped: Expr): void =>
  flag(m, bit, anyLane(xor(saturated, wrapped)));
