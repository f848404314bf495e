/** Between formats, integers and fixed-point numbers. */
import { convertNaN, propagate } from './nan.js';
import {
  exactly,
  FLAG,
  infinity,
  pack,
  roundShift,
  unpack,
  zero,
  type Environment,
  type Format,
  type Outcome,
  type Value,
} from './number.js';

export interface Integer {
  readonly width: number;
  readonly signed: boolean;
}

export const W: Integer = { width: 32, signed: true };
export const L: Integer = { width: 64, signed: true };

const rangeOf = ({ width, signed }: Integer): { least: bigint; greatest: bigint } =>
  signed
    ? { least: -(1n << BigInt(width - 1)), greatest: (1n << BigInt(width - 1)) - 1n }
    : { least: 0n, greatest: (1n << BigInt(width)) - 1n };

/** Rounded to an integer that need not fit anywhere; undefined for infinities and NaNs. */
function rounded(value: Value, rounding: number): { value: bigint; inexact: boolean } | undefined {
  if (value.kind !== 'finite') return undefined;
  const { value: magnitude, inexact } = roundShift(value.significand, -value.exponent, rounding, value.negative);
  return { value: value.negative ? -magnitude : magnitude, inexact };
}

/**
 * What does not fit is invalid. With 2008 NaNs it gives the nearest integer that does, and a NaN gives 0; before, every
 * such operand gave the greatest integer.
 */
export function toInteger(
  from: Format,
  to: Integer,
  rounding: number,
  { nan2008 = false }: Environment,
  bits: bigint,
): Outcome {
  const value = unpack(from, bits);
  const { least, greatest } = rangeOf(to);
  const whole = rounded(value, rounding);
  if (whole !== undefined && whole.value >= least && whole.value <= greatest)
    return { bits: BigInt.asUintN(to.width, whole.value), flags: whole.inexact ? FLAG.inexact : 0 };
  const saturated = !nan2008 ? greatest : value.kind === 'nan' ? 0n : value.negative ? least : greatest;
  return { bits: BigInt.asUintN(to.width, saturated), flags: FLAG.invalid };
}

/** integer × 2^exponent; without an exponent an integer, with a negative one a fixed-point number. */
export function fromInteger(
  to: Format,
  { width, signed }: Integer,
  environment: Environment,
  bits: bigint,
  exponent = 0,
): Outcome {
  const value = signed ? BigInt.asIntN(width, bits) : BigInt.asUintN(width, bits);
  if (value === 0n) return exactly(0n);
  const negative = value < 0n;
  return pack(to, environment, { kind: 'finite', negative, significand: negative ? -value : value, exponent });
}

/** To a fixed-point number between -1 and 1 (Q15, Q31): saturates, which is an overflow; a NaN is invalid and gives 0. */
export function toFixedPoint(from: Format, width: 16 | 32, { rounding }: Environment, bits: bigint): Outcome {
  const value = unpack(from, bits);
  if (value.kind === 'nan') return { bits: 0n, flags: FLAG.invalid };
  const { least, greatest } = rangeOf({ width, signed: true });
  const scaled: Value = value.kind === 'finite' ? { ...value, exponent: value.exponent + width - 1 } : value;
  const whole = rounded(scaled, rounding);
  if (whole !== undefined && whole.value >= least && whole.value <= greatest)
    return { bits: BigInt.asUintN(width, whole.value), flags: whole.inexact ? FLAG.inexact : 0 };
  const saturated = value.negative ? least : greatest;
  return { bits: BigInt.asUintN(width, saturated), flags: FLAG.overflow | FLAG.inexact };
}

export function betweenFormats(from: Format, to: Format, environment: Environment, bits: bigint): Outcome {
  const value = unpack(from, bits);
  if (value.kind === 'infinite') return exactly(infinity(to, value.negative));
  if (value.kind === 'nan') return convertNaN(from, to, environment, value);
  return value.significand === 0n ? exactly(zero(to, value.negative)) : pack(to, environment, value);
}

/** To an integer in the same format (RINT.fmt): a zero keeps the operand's sign. */
export function roundToIntegral(format: Format, environment: Environment, bits: bigint): Outcome {
  const value = unpack(format, bits);
  const nan = propagate(format, environment, [value]);
  if (nan !== undefined) return nan;
  const whole = rounded(value, environment.rounding);
  if (value.kind !== 'finite' || whole?.inexact !== true) return exactly(bits);
  if (whole.value === 0n) return { bits: zero(format, value.negative), flags: FLAG.inexact };
  const significand = whole.value < 0n ? -whole.value : whole.value;
  const { bits: result } = pack(format, environment, { ...value, significand, exponent: 0 });
  return { bits: result, flags: FLAG.inexact };
}
