/** Operations of MSA on exponents. */
import { propagate, invalid } from './nan.js';
import {
  bitLength,
  exactly,
  FLAG,
  infinity,
  isZero,
  pack,
  ROUND,
  zero,
  type Environment,
  type Format,
  type Outcome,
  type Value,
} from './number.js';

/** FLOG2: the integer at or below the logarithm to base 2, never inexact. */
export function floorLogarithm(format: Format, environment: Environment, a: Value): Outcome {
  const nan = propagate(format, environment, [a]);
  if (nan !== undefined) return nan;
  if (isZero(a)) return { bits: infinity(format, true), flags: FLAG.divideByZero };
  if (a.negative) return invalid(format, environment);
  if (a.kind !== 'finite') return exactly(infinity(format, false));
  const logarithm = bitLength(a.significand) - 1 + a.exponent;
  if (logarithm === 0) return exactly(0n);
  const significand = BigInt(Math.abs(logarithm));
  return pack(
    format,
    { ...environment, rounding: ROUND.down },
    { kind: 'finite', negative: logarithm < 0, significand, exponent: 0 },
  );
}

/** FEXP2: a × 2^power, the power any integer. */
export function scale(format: Format, environment: Environment, a: Value, power: bigint): Outcome {
  const nan = propagate(format, environment, [a]);
  if (nan !== undefined) return nan;
  if (a.kind !== 'finite') return exactly(infinity(format, a.negative));
  if (isZero(a)) return exactly(zero(format, a.negative));
  // farther than from the least number to the greatest nothing changes any more
  const farthest = 4 * format.bias + 2 * Number(format.fraction);
  const bounded = Math.max(-farthest, Math.min(farthest, Number(power)));
  return pack(format, environment, { ...a, exponent: a.exponent + bounded });
}
