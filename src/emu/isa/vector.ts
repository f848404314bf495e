/** Operations on vectors of integers, for the rows of the DSP ASE and of MSA: WebAssembly's, and those that it lacks. */
import { and, apply, constant, i32, or, xor, type Expr, type Meaning } from './ir.js';

/** How 128 bits are divided. */
export interface Lanes {
  readonly width: 8 | 16 | 32 | 64;
  /** WebAssembly's name for lanes of this width. */
  readonly shape: 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2';
}

export type Sign = 's' | 'u';

/** The operator of that name on lanes. */
export const on = ({ shape }: Lanes, name: string, ...args: Expr[]): Expr => apply(`${shape}.${name}`, ...args);

export const ZERO = constant('v128', 0n);
export const ALL_ONES = constant('v128', -1n);

/** A constant from the numbers of its lanes. */
export const lanesOf = ({ width }: Lanes, numbers: readonly (number | bigint)[]): Expr =>
  constant(
    'v128',
    numbers.reduce<bigint>((all, each, i) => all | (BigInt.asUintN(width, BigInt(each)) << BigInt(i * width)), 0n),
  );

/** The number of each lane, from `of`. */
export const eachLane = (lanes: Lanes, of: (i: number) => number | bigint): Expr =>
  lanesOf(
    lanes,
    Array.from({ length: 128 / lanes.width }, (_, i) => of(i)),
  );

/** The same number in every lane. */
export const everywhere = (lanes: Lanes, value: number | bigint): Expr => eachLane(lanes, () => value);

export const anyLane = (vector: Expr): Expr => apply('v128.any_true', vector);

/** Bits of `then` where the mask has ones, of `otherwise` elsewhere. */
export const choose = (mask: Expr, then: Expr, otherwise: Expr): Expr => apply('v128.bitselect', then, otherwise, mask);
export const andNot = (a: Expr, b: Expr): Expr => apply('v128.andnot', a, b);

/** The bytes of two vectors, numbered from 0 and from 16 on, in another order; undefined: byte 0 of the second. */
export function arrange(first: Expr, bytes: readonly (number | undefined)[], second: Expr = ZERO): Expr {
  const indices = Array.from({ length: 16 }, (_, i) => bytes[i] ?? 16);
  return apply(`i8x16.shuffle ${indices.join(' ')}`, first, second);
}

/** Lanes of two vectors, those of the second numbered from the number of lanes on. */
export const arrangeLanes = ({ width }: Lanes, first: Expr, second: Expr, lanes: readonly number[]): Expr =>
  arrange(
    first,
    lanes.flatMap((lane) => Array.from({ length: width / 8 }, (_, byte) => (lane * width) / 8 + byte)),
    second,
  );

export const countOf = ({ width }: Lanes): number => 128 / width;

/** The least number of lanes as signed ones. */
const least = (lanes: Lanes): Expr => everywhere(lanes, 1n << BigInt(lanes.width - 1));

/** The largest number of the sign that lanes have. */
export const limitOf = (lanes: Lanes, like: Expr): Expr =>
  xor(on(lanes, 'shr_s', like, i32(lanes.width - 1)), everywhere(lanes, (1n << BigInt(lanes.width - 1)) - 1n));

/** Lanes of -1 where a < b. WebAssembly compares double words as signed numbers only. */
export function lessThan(lanes: Lanes, sign: Sign, a: Expr, b: Expr): Expr {
  if (lanes.width !== 64 || sign === 's') return on(lanes, `lt_${sign}`, a, b);
  return on(lanes, 'lt_s', xor(a, least(lanes)), xor(b, least(lanes)));
}

export function lessOrEqual(lanes: Lanes, sign: Sign, a: Expr, b: Expr): Expr {
  if (lanes.width !== 64 || sign === 's') return on(lanes, `le_${sign}`, a, b);
  return on(lanes, 'le_s', xor(a, least(lanes)), xor(b, least(lanes)));
}

/** @param a, b temporaries or constants */
export function extreme(lanes: Lanes, which: 'min' | 'max', sign: Sign, a: Expr, b: Expr): Expr {
  if (lanes.width !== 64) return on(lanes, `${which}_${sign}`, a, b);
  return which === 'min' ? choose(lessThan(lanes, sign, a, b), a, b) : choose(lessThan(lanes, sign, b, a), a, b);
}

/**
 * Sum or difference as the nearest number that there is. WebAssembly has it for lanes of 8 and 16 bits; signed lanes
 * overflow where the sign of the result is impossible.
 *
 * @param a, b, wrapped temporaries; `wrapped` is the sum or difference modulo 2^width
 */
export function saturated(lanes: Lanes, operation: 'add' | 'sub', sign: Sign, a: Expr, b: Expr, wrapped: Expr): Expr {
  if (lanes.width < 32) return on(lanes, `${operation}_sat_${sign}`, a, b);
  if (sign === 's') {
    const wrong = operation === 'add' ? and(xor(a, wrapped), xor(b, wrapped)) : and(xor(a, b), xor(a, wrapped));
    return choose(on(lanes, 'shr_s', wrong, i32(lanes.width - 1)), limitOf(lanes, a), wrapped);
  }
  return operation === 'add'
    ? or(wrapped, lessThan(lanes, 'u', wrapped, a))
    : andNot(wrapped, lessThan(lanes, 'u', a, b));
}

/** Shifts right, and adds the last bit that went out. */
export const shiftRightRounded = (lanes: Lanes, sign: Sign, value: Expr, amount: Expr): Expr =>
  on(
    lanes,
    'add',
    on(lanes, `shr_${sign}`, value, amount),
    and(on(lanes, 'shr_u', on(lanes, 'shl', value, i32(1)), amount), everywhere(lanes, 1)),
  );

/**
 * What WebAssembly has for no lanes, worked out lane by lane: `each` gets one lane of every operand, as i32 or i64.
 *
 * @param operands temporaries
 */
export function lanewise(
  m: Meaning,
  lanes: Lanes,
  sign: Sign,
  operands: readonly Expr[],
  each: (...lane: Expr[]) => Expr,
): Expr {
  const extract = lanes.width < 32 ? `extract_lane_${sign}` : 'extract_lane';
  return Array.from({ length: countOf(lanes) }).reduce<Expr>((result, _, i) => {
    const lane = operands.map((operand) => m.let(on(lanes, `${extract} ${i}`, operand)));
    return on(lanes, `replace_lane ${i}`, result, each(...lane));
  }, ZERO);
}
