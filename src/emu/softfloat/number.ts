/** IEEE 754 binary32 and binary64 as exact numbers, MIPS's legacy NaN encoding, and rounding. */

export interface Format {
  readonly width: 32 | 64;
  /** Bits of the stored significand. */
  readonly fraction: bigint;
  readonly bias: number;
  /** The quiet NaN that operations make (legacy encoding: the fraction's top bit is 0 in a quiet NaN). */
  readonly defaultNaN: bigint;
}

export const S: Format = { width: 32, fraction: 23n, bias: 127, defaultNaN: 0x7fbfffffn };
export const D: Format = { width: 64, fraction: 52n, bias: 1023, defaultNaN: 0x7ff7ffffffffffffn };

/** FCSR.Cause, Enables and Flags have these five bits in this order. */
export const FLAG = { inexact: 1, underflow: 2, overflow: 4, divideByZero: 8, invalid: 16 } as const;

/** FCSR.RM */
export const ROUND = { nearest: 0, zero: 1, up: 2, down: 3 } as const;

export interface Environment {
  readonly rounding: number;
  readonly flushToZero: boolean;
  /** Enables.Underflow: a tiny result signals even when it is exact. */
  readonly underflowEnabled: boolean;
}

export interface Outcome {
  readonly bits: bigint;
  readonly flags: number;
}

export type Value =
  | { readonly kind: 'nan'; readonly negative: boolean; readonly signalling: boolean }
  | { readonly kind: 'infinite'; readonly negative: boolean }
  /** ± significand × 2^exponent; zero has significand 0. */
  | { readonly kind: 'finite'; readonly negative: boolean; readonly significand: bigint; readonly exponent: number };

export type Finite = Extract<Value, { kind: 'finite' }>;

const exponentMask = (format: Format): number => 2 * format.bias + 1;
const signBit = (format: Format): bigint => 1n << BigInt(format.width - 1);

export function unpack(format: Format, bits: bigint): Value {
  const negative = (bits & signBit(format)) !== 0n;
  const exponent = Number((bits >> format.fraction) & BigInt(exponentMask(format)));
  const fraction = bits & ((1n << format.fraction) - 1n);
  if (exponent === exponentMask(format)) {
    if (fraction === 0n) return { kind: 'infinite', negative };
    return { kind: 'nan', negative, signalling: fraction >> (format.fraction - 1n) === 1n };
  }
  const unit = 1 - format.bias - Number(format.fraction);
  if (exponent === 0) return { kind: 'finite', negative, significand: fraction, exponent: unit };
  return { kind: 'finite', negative, significand: fraction | (1n << format.fraction), exponent: unit + exponent - 1 };
}

const withSign = (format: Format, negative: boolean, magnitude: bigint): bigint =>
  negative ? magnitude | signBit(format) : magnitude;

export const zero = (format: Format, negative: boolean): bigint => withSign(format, negative, 0n);
export const infinity = (format: Format, negative: boolean): bigint =>
  withSign(format, negative, BigInt(exponentMask(format)) << format.fraction);

export const invalid = (format: Format): Outcome => ({ bits: format.defaultNaN, flags: FLAG.invalid });

export function bitLength(value: bigint): number {
  const hex = value.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(parseInt(hex.charAt(0), 16)));
}

/** Drops `shift` low bits. */
export function roundShift(
  value: bigint,
  shift: number,
  rounding: number,
  negative: boolean,
): { readonly value: bigint; readonly inexact: boolean } {
  if (shift <= 0) return { value: value << BigInt(-shift), inexact: false };
  const kept = value >> BigInt(shift);
  const rest = value - (kept << BigInt(shift));
  if (rest === 0n) return { value: kept, inexact: false };
  const half = 1n << BigInt(shift - 1);
  const up =
    rounding === ROUND.nearest
      ? rest > half || (rest === half && (kept & 1n) === 1n)
      : rounding === ROUND.up
        ? !negative
        : rounding === ROUND.down && negative;
  return { value: up ? kept + 1n : kept, inexact: true };
}

/** ± significand × 2^exponent as the nearest number of the format that the rounding mode allows. Not for zero. */
export function pack(format: Format, environment: Environment, number: Finite): Outcome {
  const { negative, significand, exponent } = number;
  const { rounding } = environment;
  const precision = Number(format.fraction) + 1;
  const smallest = 1 - format.bias;
  const length = bitLength(significand);
  const magnitude = length - 1 + exponent;
  // as on QEMU: what is tiny before rounding is flushed, and nothing is signalled
  if (environment.flushToZero && magnitude < smallest) return { bits: zero(format, negative), flags: 0 };
  const shift = Math.max(length - precision, smallest - (precision - 1) - exponent);
  const rounded = roundShift(significand, shift, rounding, negative);
  const unit = exponent + shift;
  // tininess is detected after rounding, with the exponent unbounded
  const tiny =
    magnitude < smallest &&
    !(
      magnitude === smallest - 1 &&
      bitLength(roundShift(significand, length - precision, rounding, negative).value) > precision
    );
  const inexact = rounded.inexact ? FLAG.inexact : 0;
  const underflow = tiny && (rounded.inexact || environment.underflowEnabled) ? FLAG.underflow : 0;
  if (rounded.value === 0n) return { bits: zero(format, negative), flags: inexact | underflow };
  // the stored exponent of a number whose unit is `unit`: adding the significand carries into the exponent by itself
  const stored = BigInt(unit - (smallest - (precision - 1)));
  const bits = (stored << format.fraction) + rounded.value;
  if (bits >= infinity(format, false)) {
    const toInfinity =
      rounding === ROUND.nearest || (rounding === ROUND.up && !negative) || (rounding === ROUND.down && negative);
    const overflowed = toInfinity ? infinity(format, false) : infinity(format, false) - 1n;
    return { bits: withSign(format, negative, overflowed), flags: FLAG.overflow | FLAG.inexact };
  }
  return { bits: withSign(format, negative, bits), flags: inexact | underflow };
}

/** A NaN among the operands gives the default NaN, as on QEMU; it is invalid if one signals. */
export function propagate(format: Format, operands: readonly Value[]): Outcome | undefined {
  const nans = operands.flatMap((operand) => (operand.kind === 'nan' ? [operand] : []));
  if (nans.length === 0) return undefined;
  return nans.some((nan) => nan.signalling) ? invalid(format) : { bits: format.defaultNaN, flags: 0 };
}
