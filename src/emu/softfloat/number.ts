/** The formats of IEEE 754 as exact numbers, and rounding an exact number to a format. */

export interface Format {
  readonly width: 16 | 32 | 64;
  /** Bits of the stored significand. */
  readonly fraction: bigint;
  readonly bias: number;
}

/** binary16 (MSA only), binary32, binary64. */
export const H: Format = { width: 16, fraction: 10n, bias: 15 };
export const S: Format = { width: 32, fraction: 23n, bias: 127 };
export const D: Format = { width: 64, fraction: 52n, bias: 1023 };

/** Cause, Enables and Flags of FCSR and MSACSR have these five bits in this order. */
export const FLAG = { inexact: 1, underflow: 2, overflow: 4, divideByZero: 8, invalid: 16 } as const;

/** The field RM of FCSR and MSACSR. */
export const ROUND = { nearest: 0, zero: 1, up: 2, down: 3 } as const;

export interface Environment {
  readonly rounding: number;
  /** FS: a result that is tiny before rounding becomes 0. */
  readonly flushToZero: boolean;
  /** What that signals: nothing on the FPU, as on QEMU; underflow and inexact in MSA. */
  readonly flushFlags?: number;
  /** Enables.Underflow: a tiny result signals even when it is exact. */
  readonly underflowEnabled: boolean;
  /** NaNs and conversions to integers as of IEEE 754-2008, not as MIPS had them before (nan.ts). */
  readonly nan2008?: boolean;
}

export interface Outcome {
  readonly bits: bigint;
  readonly flags: number;
}

export type Value =
  /** `payload` is the whole stored fraction, which says by its top bit whether the NaN is quiet. */
  | { readonly kind: 'nan'; readonly negative: boolean; readonly payload: bigint }
  | { readonly kind: 'infinite'; readonly negative: boolean }
  /** ± significand × 2^exponent; zero has significand 0. */
  | { readonly kind: 'finite'; readonly negative: boolean; readonly significand: bigint; readonly exponent: number };

export type NaNValue = Extract<Value, { kind: 'nan' }>;
export type Finite = Extract<Value, { kind: 'finite' }>;

const exponentMask = (format: Format): number => 2 * format.bias + 1;
export const signBit = (format: Format): bigint => 1n << BigInt(format.width - 1);

export function unpack(format: Format, bits: bigint): Value {
  const negative = (bits & signBit(format)) !== 0n;
  const exponent = Number((bits >> format.fraction) & BigInt(exponentMask(format)));
  const fraction = bits & ((1n << format.fraction) - 1n);
  if (exponent === exponentMask(format))
    return fraction === 0n ? { kind: 'infinite', negative } : { kind: 'nan', negative, payload: fraction };
  const unit = 1 - format.bias - Number(format.fraction);
  if (exponent === 0) return { kind: 'finite', negative, significand: fraction, exponent: unit };
  return { kind: 'finite', negative, significand: fraction | (1n << format.fraction), exponent: unit + exponent - 1 };
}

export const withSign = (format: Format, negative: boolean, magnitude: bigint): bigint =>
  negative ? magnitude | signBit(format) : magnitude;

export const zero = (format: Format, negative: boolean): bigint => withSign(format, negative, 0n);
export const infinity = (format: Format, negative: boolean): bigint =>
  withSign(format, negative, BigInt(exponentMask(format)) << format.fraction);

export const isZero = (value: Value): boolean => value.kind === 'finite' && value.significand === 0n;
export const isDenormal = (format: Format, value: Value): boolean =>
  value.kind === 'finite' && value.significand !== 0n && value.significand >> format.fraction === 0n;

export const exactly = (bits: bigint): Outcome => ({ bits, flags: 0 });

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
  const { rounding, flushFlags = 0 } = environment;
  const precision = Number(format.fraction) + 1;
  const smallest = 1 - format.bias;
  const length = bitLength(significand);
  const magnitude = length - 1 + exponent;
  if (environment.flushToZero && magnitude < smallest) return { bits: zero(format, negative), flags: flushFlags };
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
