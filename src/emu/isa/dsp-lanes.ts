/**
 * What the rows of the DSP ASE are made with. A register is a vector of lanes that are worked on all at once, in a v128
 * whose other lanes are 0; an operation that is wrong for some lane says so in a flag of DSPControl.
 */
import { dspDisabled } from './accumulators.js';
import { insn, type Fields, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import { need64 } from './integer-64.js';
import { add, and, apply, constant, i32, or, shl, xor, type Expr, type Field, type Meaning } from './ir.js';

/** How a register of `bits` bits is divided, by the name that instructions end in. */
export interface Lanes {
  readonly name: string;
  readonly bits: 32 | 64;
  readonly width: 8 | 16 | 32;
  /** WebAssembly's name for lanes of this width. */
  readonly shape: 'i8x16' | 'i16x8' | 'i32x4';
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

export const isAccumulatorRow = ({ fieldNames }: Instruction): boolean => fieldNames.has('ac');

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

/** The operator of that name on lanes. */
export const on = ({ shape }: Lanes, name: string, ...args: Expr[]): Expr => apply(`${shape}.${name}`, ...args);

export const ZERO = constant('v128', 0n);

/** The same number in every lane, also in those beyond the register. */
export const everywhere = ({ width }: Lanes, value: number): Expr => {
  const lane = BigInt.asUintN(width, BigInt(value));
  return constant(
    'v128',
    Array.from({ length: 128 / width }, (_, i) => lane << BigInt(i * width)).reduce((a, b) => a | b, 0n),
  );
};

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

/** The bytes of a vector in another order; undefined: 0. */
export function arrange(vector: Expr, bytes: readonly (number | undefined)[]): Expr {
  const indices = Array.from({ length: 16 }, (_, i) => bytes[i] ?? 16);
  return apply(`i8x16.shuffle ${indices.join(' ')}`, vector, ZERO);
}

export const anyLane = (vector: Expr): Expr => apply('v128.any_true', vector);
export const choose = (mask: Expr, then: Expr, otherwise: Expr): Expr => apply('v128.bitselect', then, otherwise, mask);

/** Sets a flag of DSPControl if the condition, 0 or 1, holds. */
export const flag = (m: Meaning, bit: number | Expr, condition: Expr): void =>
  m.setSpecial('dspControl', or(m.special('dspControl'), shl(condition, bit)));

export const accumulatorFlag = (ac: Expr): Expr => add(ac, OVERFLOW.accumulator);

/** Sets a flag if a lane that was saturated would be another without. */
export const flagDifference = (m: Meaning, bit: number, saturated: Expr, wrapped: Expr): void =>
  flag(m, bit, anyLane(xor(saturated, wrapped)));

/** Where lanes of -1 are wrong: the largest number of the sign that `like` has. */
export const limitOf = (lanes: Lanes, like: Expr): Expr =>
  xor(on(lanes, 'shr_s', like, i32(lanes.width - 1)), everywhere(lanes, 2 ** (lanes.width - 1) - 1));

/** Shifts right, and adds the last bit that went out. */
export const shiftRightRounded = (lanes: Lanes, value: Expr, amount: Expr): Expr =>
  on(
    lanes,
    'add',
    on(lanes, 'shr_s', value, amount),
    and(on(lanes, 'shr_u', on(lanes, 'shl', value, i32(1)), amount), everywhere(lanes, 1)),
  );
