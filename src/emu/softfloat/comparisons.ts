/** Order of numbers: conditions, the smaller and the greater of two, classes. */
import { isSignalling, propagate } from './nan.js';
import {
  exactly,
  FLAG,
  isDenormal,
  isZero,
  unpack,
  zero,
  type Environment,
  type Finite,
  type Format,
  type Outcome,
  type Value,
} from './number.js';

const rank = (value: Value): number => (value.kind === 'infinite' ? (value.negative ? -1 : 1) : 0);

function compareFinite(a: Finite, b: Finite): number {
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = ({ negative, significand, exponent: own }: Finite) =>
    (negative ? -significand : significand) << BigInt(own - exponent);
  const difference = scaled(a) - scaled(b);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** Negative, 0 or positive as a is less than, equal to or greater than b. Neither is a NaN; the zeros are equal. */
function order(a: Value, b: Value): number {
  const difference = rank(a) - rank(b);
  return difference !== 0 || a.kind !== 'finite' || b.kind !== 'finite' ? difference : compareFinite(a, b);
}

/**
 * The conditions of C.cond.fmt and, with bit 4, those of CMP.condn.fmt and of MSA: bit 0 unordered, bit 1 equal, bit 2 less,
 * bit 3 a quiet NaN is invalid too, bit 4 the opposite holds.
 */
export function compare(
  format: Format,
  condition: number,
  a: bigint,
  b: bigint,
  environment: Pick<Environment, 'nan2008'> = {},
): { readonly holds: boolean; readonly flags: number } {
  const operands = [unpack(format, a), unpack(format, b)] as const;
  const [x, y] = operands;
  const opposite = (condition & 16) !== 0;
  if (x.kind === 'nan' || y.kind === 'nan') {
    const signals = (condition & 8) !== 0 || operands.some((value) => isSignalling(format, environment, value));
    return { holds: ((condition & 1) !== 0) !== opposite, flags: signals ? FLAG.invalid : 0 };
  }
  const difference = order(x, y);
  const holds = ((condition & 2) !== 0 && difference === 0) || ((condition & 4) !== 0 && difference < 0);
  return { holds: holds !== opposite, flags: 0 };
}

const absolute = (value: Value): Value => (value.kind === 'nan' ? value : { ...value, negative: false });

/**
 * MIN, MAX and, by magnitude, MINA, MAXA: minNum and maxNum of IEEE 754-2008, so that a number goes before a quiet NaN.
 * -0 is less than +0; of two numbers of one magnitude, MINA and MAXA give what MIN and MAX give. With FS a denormal result
 * becomes 0 without a signal, as on QEMU.
 */
export function extreme(
  format: Format,
  environment: Environment,
  pick: 'min' | 'max',
  byMagnitude: boolean,
  a: bigint,
  b: bigint,
): Outcome {
  const [x, y] = [unpack(format, a), unpack(format, b)];
  const signals = isSignalling(format, environment, x) || isSignalling(format, environment, y);
  const chosen = (value: Value, bits: bigint): Outcome =>
    exactly(environment.flushToZero && isDenormal(format, value) ? zero(format, value.negative) : bits);
  if (!signals && x.kind === 'nan' && y.kind !== 'nan') return chosen(y, b);
  if (!signals && y.kind === 'nan' && x.kind !== 'nan') return chosen(x, a);
  const nan = propagate(format, environment, [x, y]);
  if (nan !== undefined) return nan;
  const byValue = order(x, y) || Number(y.negative) - Number(x.negative);
  const difference = (byMagnitude ? order(absolute(x), absolute(y)) : 0) || byValue;
  return difference < 0 === (pick === 'min') ? chosen(x, a) : chosen(y, b);
}

/** CLASS.fmt: one of ten bits; signalling NaN, quiet NaN, then infinity, normal, denormal, zero: negative, positive. */
export function classify(format: Format, environment: Pick<Environment, 'nan2008'>, bits: bigint): bigint {
  const value = unpack(format, bits);
  if (value.kind === 'nan') return isSignalling(format, environment, value) ? 1n : 2n;
  const bit = value.kind === 'infinite' ? 2n : isZero(value) ? 5n : isDenormal(format, value) ? 4n : 3n;
  return 1n << (value.negative ? bit : bit + 4n);
}
