/** Exact arithmetic on unpacked operands, rounded once; a multiply-add with two roundings is two operations. */
import { invalid, propagate } from './nan.js';
import {
  bitLength,
  exactly,
  FLAG,
  infinity,
  isZero,
  pack,
  ROUND,
  signBit,
  unpack,
  zero,
  type Environment,
  type Finite,
  type Format,
  type Outcome,
  type Value,
} from './number.js';

export type Unary = (format: Format, environment: Environment, a: Value) => Outcome;
export type Binary = (format: Format, environment: Environment, a: Value, b: Value) => Outcome;
export type Ternary = (format: Format, environment: Environment, a: Value, b: Value, c: Value) => Outcome;

const negate = (value: Value): Value => (value.kind === 'nan' ? value : { ...value, negative: !value.negative });

/** Flags of both, result of the second. */
const both = (first: Outcome, second: Outcome): Outcome => ({ bits: second.bits, flags: first.flags | second.flags });

const scaledTo = (exponent: number, { negative, significand, exponent: own }: Finite): bigint => {
  const magnitude = significand << BigInt(own - exponent);
  return negative ? -magnitude : magnitude;
};

/** Neither is a NaN. An exact zero is negative only when rounding down, unless both operands have one sign. */
function sum(format: Format, environment: Environment, a: Value, b: Value): Outcome {
  if (a.kind === 'infinite' && b.kind === 'infinite')
    return a.negative === b.negative ? exactly(infinity(format, a.negative)) : invalid(format, environment);
  if (a.kind !== 'finite' || b.kind !== 'finite')
    return exactly(infinity(format, a.kind === 'infinite' ? a.negative : b.negative));
  const exponent = Math.min(a.exponent, b.exponent);
  const total = scaledTo(exponent, a) + scaledTo(exponent, b);
  if (total === 0n)
    return exactly(zero(format, a.negative === b.negative ? a.negative : environment.rounding === ROUND.down));
  const negative = total < 0n;
  return pack(format, environment, { kind: 'finite', negative, significand: negative ? -total : total, exponent });
}

/** Neither is a NaN; undefined for 0 × ∞. */
function exactProduct(a: Value, b: Value): Value | undefined {
  const negative = a.negative !== b.negative;
  if (a.kind === 'finite' && b.kind === 'finite')
    return {
      kind: 'finite',
      negative,
      significand: a.significand * b.significand,
      exponent: a.exponent + b.exponent,
    };
  return isZero(a) || isZero(b) ? undefined : { kind: 'infinite', negative };
}

export const add: Binary = (format, environment, a, b) =>
  propagate(format, environment, [a, b]) ?? sum(format, environment, a, b);

export const subtract: Binary = (format, environment, a, b) => add(format, environment, a, negate(b));

export const multiply: Binary = (format, environment, a, b) => {
  const nan = propagate(format, environment, [a, b]);
  if (nan !== undefined) return nan;
  const product = exactProduct(a, b);
  if (product === undefined) return invalid(format, environment);
  if (product.kind !== 'finite') return exactly(infinity(format, product.negative));
  return isZero(product) ? exactly(zero(format, product.negative)) : pack(format, environment, product);
};

/** Enough further bits that the last one, made sticky, decides every rounding. */
const GUARD = 70;

export const divide: Binary = (format, environment, a, b) => {
  const nan = propagate(format, environment, [a, b]);
  if (nan !== undefined) return nan;
  const negative = a.negative !== b.negative;
  if (a.kind === 'infinite')
    return b.kind === 'infinite' ? invalid(format, environment) : exactly(infinity(format, negative));
  if (b.kind === 'infinite') return exactly(zero(format, negative));
  if (a.kind === 'nan' || b.kind === 'nan') throw new Error('unreachable: NaNs are propagated');
  if (isZero(b))
    return isZero(a) ? invalid(format, environment) : { bits: infinity(format, negative), flags: FLAG.divideByZero };
  if (isZero(a)) return exactly(zero(format, negative));
  const shift = GUARD + Math.max(0, bitLength(b.significand) - bitLength(a.significand));
  const dividend = a.significand << BigInt(shift);
  const quotient = dividend / b.significand;
  const sticky = quotient * b.significand === dividend ? 0n : 1n;
  const exponent = a.exponent - b.exponent - shift - 1;
  return pack(format, environment, { kind: 'finite', negative, significand: (quotient << 1n) | sticky, exponent });
};

/** Largest integer whose square is at most `value` (Newton's iteration from above). */
function integerSquareRoot(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(bitLength(value) / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

export const squareRoot: Unary = (format, environment, a) => {
  const nan = propagate(format, environment, [a]);
  if (nan !== undefined) return nan;
  if (isZero(a)) return exactly(zero(format, a.negative));
  if (a.negative) return invalid(format, environment);
  if (a.kind !== 'finite') return exactly(infinity(format, false));
  const even = a.exponent % 2 === 0 ? 0 : 1;
  const shift = 2 * GUARD + even;
  const radicand = a.significand << BigInt(shift);
  const root = integerSquareRoot(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  const exponent = (a.exponent - shift) / 2 - 1;
  return pack(format, environment, { kind: 'finite', negative: false, significand: (root << 1n) | sticky, exponent });
};

const ONE: Value = { kind: 'finite', negative: false, significand: 1n, exponent: 0 };

/** Correctly rounded, though the architecture would allow an approximation. */
export const reciprocal: Unary = (format, environment, a) => divide(format, environment, ONE, a);

/** As QEMU does it: two roundings. */
export const reciprocalSquareRoot: Unary = (format, environment, a) => {
  const root = squareRoot(format, environment, a);
  return both(root, reciprocal(format, environment, unpack(format, root.bits)));
};

/**
 * a × b combined with c, as Releases 1 to 5 have it (MADD.fmt …): with two roundings, as a multiplication and an addition
 * would. A negated result is negated even when it is a NaN.
 */
export const unfused =
  (combine: Binary, negated: boolean): Ternary =>
  (format, environment, a, b, c) => {
    const product = multiply(format, environment, a, b);
    const result = both(product, combine(format, environment, unpack(format, product.bits), c));
    return negated ? { ...result, bits: result.bits ^ signBit(format) } : result;
  };

/**
 * c ± a × b with one rounding (MADDF.fmt, FMADD.df). NaNs are propagated in the order c, a, b; 0 × ∞ with a NaN c is invalid
 * and gives c.
 */
export const fused =
  (negatedProduct: boolean): Ternary =>
  (format, environment, a, b, c) => {
    const product = a.kind === 'nan' || b.kind === 'nan' ? undefined : exactProduct(a, b);
    const undefinedProduct = product === undefined && a.kind !== 'nan' && b.kind !== 'nan';
    const nan = propagate(format, environment, [c, a, b]);
    if (nan !== undefined) return undefinedProduct ? { ...nan, flags: nan.flags | FLAG.invalid } : nan;
    if (product === undefined) return invalid(format, environment);
    return sum(format, environment, c, negatedProduct ? negate(product) : product);
  };
