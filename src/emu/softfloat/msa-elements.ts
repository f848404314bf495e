/** The floating-point operations of MSA, element by element, with their flags: what msa.ts applies to whole registers. */
import {
  add,
  divide,
  fused,
  multiply,
  reciprocal,
  reciprocalSquareRoot,
  squareRoot,
  subtract,
  type Binary,
  type Ternary,
  type Unary,
} from './arithmetic.js';
import { classify, compare, extreme } from './comparisons.js';
import { betweenFormats, fromInteger, roundToIntegral, toFixedPoint, toInteger } from './conversions.js';
import { floorLogarithm, scale } from './exponents.js';
import {
  D,
  exactly,
  FLAG,
  H,
  isDenormal,
  ROUND,
  S,
  unpack,
  zero,
  type Environment,
  type Format,
  type Outcome,
} from './number.js';

/** One element of each operand as bits: of ws, wt, wd. */
type Element = (environment: Environment, s: bigint, t: bigint, d: bigint) => Outcome;

export interface VectorOperation {
  /** Bits of an element of the result. */
  readonly width: 16 | 32 | 64;
  /** Where element i of the result finds its operands. */
  readonly operands: (i: number, ws: bigint, wt: bigint, wd: bigint) => readonly [s: bigint, t: bigint, d: bigint];
  readonly element: Element;
  /** Causes nothing, not even clears Cause. */
  readonly silent: boolean;
}

const elementOf = (register: bigint, i: number, width: number): bigint =>
  BigInt.asUintN(width, register >> BigInt(i * width));

/** A denormal operand reads as zero when FS is set; that is inexact, except to a comparison. */
const flushing =
  (formats: readonly (Format | undefined)[], element: Element, flag: number = FLAG.inexact): Element =>
  (environment, ...operands) => {
    if (!environment.flushToZero) return element(environment, ...operands);
    let flags = 0;
    const [s = 0n, t = 0n, d = 0n] = operands.map((bits, i) => {
      const format = formats[i];
      if (format === undefined) return bits;
      const value = unpack(format, bits);
      if (!isDenormal(format, value)) return bits;
      flags |= flag;
      return zero(format, value.negative);
    });
    const outcome = element(environment, s, t, d);
    return { bits: outcome.bits, flags: outcome.flags | flags };
  };

const unary =
  (of: Unary) =>
  (format: Format): Element =>
    flushing([format], (environment, s) => of(format, environment, unpack(format, s)));

const binary =
  (of: Binary) =>
  (format: Format): Element =>
    flushing([format, format], (environment, s, t) => of(format, environment, unpack(format, s), unpack(format, t)));

const ternary =
  (of: Ternary) =>
  (format: Format): Element =>
    flushing([format, format, format], (environment, s, t, d) =>
      of(format, environment, unpack(format, s), unpack(format, t), unpack(format, d)),
    );

/** An approximation may stand for these: inexact and nothing else, unless the operation is invalid, by zero or of infinity. */
const approximate =
  (of: Unary) =>
  (format: Format): Element => {
    const exact = unary(of)(format);
    return (environment, s, t, d) => {
      const outcome = exact(environment, s, t, d);
      const special = unpack(format, s).kind !== 'finite' || (outcome.flags & (FLAG.invalid | FLAG.divideByZero)) !== 0;
      return special ? outcome : { bits: outcome.bits, flags: FLAG.inexact };
    };
  };

const extremeOf =
  (pick: 'min' | 'max', byMagnitude: boolean) =>
  (format: Format): Element =>
    flushing([format, format], (environment, s, t) => extreme(format, environment, pick, byMagnitude, s, t));

const toIntegerOf =
  (signed: boolean, rounding?: number) =>
  (format: Format): Element =>
    flushing([format], (environment, s) =>
      toInteger(format, { width: format.width, signed }, rounding ?? environment.rounding, environment, s),
    );

const fromIntegerOf =
  (signed: boolean) =>
  (format: Format): Element =>
  (environment, s) =>
    fromInteger(format, { width: format.width, signed }, environment, s);

/** Instructions whose operands and result are of one width: `fadd` is `fadd.w` and `fadd.d`. */
const SAME_WIDTH: Readonly<Record<string, (format: Format) => Element>> = {
  fadd: binary(add),
  fsub: binary(subtract),
  fmul: binary(multiply),
  fdiv: binary(divide),
  fmadd: ternary(fused(false)),
  fmsub: ternary(fused(true)),
  fsqrt: unary(squareRoot),
  frcp: approximate(reciprocal),
  frsqrt: approximate(reciprocalSquareRoot),
  flog2: unary(floorLogarithm),
  fexp2: (format) =>
    flushing([format], (environment, s, t) =>
      scale(format, environment, unpack(format, s), BigInt.asIntN(format.width, t)),
    ),
  frint: (format) => flushing([format], (environment, s) => roundToIntegral(format, environment, s)),
  fmin: extremeOf('min', false),
  fmax: extremeOf('max', false),
  fmin_a: extremeOf('min', true),
  fmax_a: extremeOf('max', true),
  ftint_s: toIntegerOf(true),
  ftint_u: toIntegerOf(false),
  ftrunc_s: toIntegerOf(true, ROUND.zero),
  ftrunc_u: toIntegerOf(false, ROUND.zero),
  ffint_s: fromIntegerOf(true),
  ffint_u: fromIntegerOf(false),
};

/** `fc` + name is quiet, `fs` + name is invalid for quiet NaNs too; the numbers are those of `compare`. */
const CONDITIONS = { af: 0, un: 1, eq: 2, ueq: 3, lt: 4, ult: 5, le: 6, ule: 7, or: 17, une: 18, ne: 19 } as const;

const comparison = (format: Format, condition: number): Element =>
  flushing(
    [format, format],
    (environment, s, t) => {
      const { holds, flags } = compare(format, condition, s, t, environment);
      return { bits: holds ? (1n << BigInt(format.width)) - 1n : 0n, flags };
    },
    0,
  );

const WORDS = [
  ['w', S],
  ['d', D],
] as const;

/** A narrower format and the wider one: by the suffix of instructions that narrow and of those that widen. */
const PAIRS = [
  { narrowing: 'h', widening: 'w', narrow: H, wide: S, fixed: 16 },
  { narrowing: 'w', widening: 'd', narrow: S, wide: D, fixed: 32 },
] as const;

const each = (width: 16 | 32 | 64, element: Element, silent = false): VectorOperation => ({
  width,
  operands: (i, ws, wt, wd) => [elementOf(ws, i, width), elementOf(wt, i, width), elementOf(wd, i, width)],
  element,
  silent,
});

/** ws gives the upper half of the result, wt the lower. */
const narrowing = (width: 16 | 32, element: Element): VectorOperation => {
  const half = 64 / width;
  return {
    width,
    operands: (i, ws, wt) => [elementOf(i < half ? wt : ws, i % half, width * 2), 0n, 0n],
    element,
    silent: false,
  };
};

/** The upper ('l', left) or lower ('r', right) half of ws. */
const widening = (width: 32 | 64, side: 'l' | 'r', element: Element, silent = false): VectorOperation => ({
  width,
  operands: (i, ws) => [elementOf(ws, i + (side === 'l' ? 128 / width : 0), width / 2), 0n, 0n],
  element,
  silent,
});

export function* vectorOperations(): Generator<readonly [string, VectorOperation]> {
  for (const [suffix, format] of WORDS) {
    const { width } = format;
    for (const [name, of] of Object.entries(SAME_WIDTH)) yield [`${name}.${suffix}`, each(width, of(format))];
    yield [`fclass.${suffix}`, each(width, (environment, s) => exactly(classify(format, environment, s)), true)];
    for (const [name, condition] of Object.entries(CONDITIONS)) {
      yield [`fc${name}.${suffix}`, each(width, comparison(format, condition))];
      yield [`fs${name}.${suffix}`, each(width, comparison(format, condition | 8))];
    }
  }
  for (const { narrowing: less, widening: more, narrow, wide, fixed } of PAIRS) {
    yield [
      `fexdo.${less}`,
      narrowing(
        fixed,
        flushing([wide], (environment, s) => betweenFormats(wide, narrow, environment, s)),
      ),
    ];
    yield [
      `ftq.${less}`,
      narrowing(
        fixed,
        flushing([wide], (environment, s) => toFixedPoint(wide, fixed, environment, s)),
      ),
    ];
    for (const side of ['l', 'r'] as const) {
      const widen = flushing([narrow], (environment, s) => betweenFormats(narrow, wide, environment, s));
      const unfix: Element = (environment, s) =>
        fromInteger(wide, { width: fixed, signed: true }, environment, s, 1 - fixed);
      yield [`fexup${side}.${more}`, widening(fixed === 16 ? 32 : 64, side, widen)];
      yield [`ffq${side}.${more}`, widening(fixed === 16 ? 32 : 64, side, unfix, true)];
    }
  }
}
