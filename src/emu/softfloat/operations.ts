/** Exact floating-point arithmetic by operation name (../isa/fp-operations.ts): operands and results are bit patterns. */
import {
  bitLength,
  D,
  FLAG,
  infinity,
  invalid,
  pack,
  propagate,
  ROUND,
  roundShift,
  S,
  unpack,
  zero,
  type Environment,
  type Finite,
  type Format,
  type Outcome,
  type Value,
} from './number.js';

type Operation = (environment: Environment, operands: readonly bigint[]) => Outcome;
type Numbers = (format: Format, environment: Environment, a: Value, b: Value) => Outcome;

const negate = (value: Value): Value => ({ ...value, negative: !value.negative });
const isZero = (value: Value): boolean => value.kind === 'finite' && value.significand === 0n;
const operand = (operands: readonly bigint[], index: number): bigint => operands[index] ?? 0n;

/** ± 0 of an exact sum: negative only when rounding down, unless both were. */
function exactZero(format: Format, environment: Environment, a: Finite, b: Finite): Outcome {
  const bothNegative = a.negative && b.negative;
  const negative = a.negative === b.negative ? bothNegative : environment.rounding === ROUND.down;
  return { bits: zero(format, negative), flags: 0 };
}

const addition: Numbers = (format, environment, a, b) => {
  const nan = propagate(format, [a, b]);
  if (nan !== undefined) return nan;
  if (a.kind === 'infinite' && b.kind === 'infinite')
    return a.negative === b.negative ? { bits: infinity(format, a.negative), flags: 0 } : invalid(format);
  if (a.kind === 'infinite' || b.kind === 'infinite')
    return { bits: infinity(format, a.kind === 'infinite' ? a.negative : b.negative), flags: 0 };
  if (a.kind === 'nan' || b.kind === 'nan') return invalid(format);
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = ({ negative, significand, exponent: own }: Finite): bigint => {
    const magnitude = significand << BigInt(own - exponent);
    return negative ? -magnitude : magnitude;
  };
  const sum = scaled(a) + scaled(b);
  if (sum === 0n) return exactZero(format, environment, a, b);
  return pack(format, environment, {
    kind: 'finite',
    negative: sum < 0n,
    significand: sum < 0n ? -sum : sum,
    exponent,
  });
};

const subtraction: Numbers = (format, environment, a, b) =>
  addition(format, environment, a, b.kind === 'nan' ? b : negate(b));

const multiplication: Numbers = (format, environment, a, b) => {
  const nan = propagate(format, [a, b]);
  if (nan !== undefined) return nan;
  const negative = a.negative !== b.negative;
  if (a.kind !== 'finite' || b.kind !== 'finite')
    return isZero(a) || isZero(b) ? invalid(format) : { bits: infinity(format, negative), flags: 0 };
  const significand = a.significand * b.significand;
  if (significand === 0n) return { bits: zero(format, negative), flags: 0 };
  return pack(format, environment, { kind: 'finite', negative, significand, exponent: a.exponent + b.exponent });
};

/** Enough further bits that the last one, made sticky, decides every rounding. */
const GUARD = 70;

const division: Numbers = (format, environment, a, b) => {
  const nan = propagate(format, [a, b]);
  if (nan !== undefined) return nan;
  const negative = a.negative !== b.negative;
  if (a.kind === 'infinite')
    return b.kind === 'infinite' ? invalid(format) : { bits: infinity(format, negative), flags: 0 };
  if (b.kind === 'infinite') return { bits: zero(format, negative), flags: 0 };
  if (a.kind === 'nan' || b.kind === 'nan') return invalid(format);
  if (isZero(b)) return isZero(a) ? invalid(format) : { bits: infinity(format, negative), flags: FLAG.divideByZero };
  if (isZero(a)) return { bits: zero(format, negative), flags: 0 };
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

function squareRoot(format: Format, environment: Environment, a: Value): Outcome {
  const nan = propagate(format, [a]);
  if (nan !== undefined) return nan;
  if (a.kind === 'nan') return invalid(format);
  if (isZero(a)) return { bits: zero(format, a.negative), flags: 0 };
  if (a.negative) return invalid(format);
  if (a.kind === 'infinite') return { bits: infinity(format, false), flags: 0 };
  const even = a.exponent % 2 === 0 ? 0 : 1;
  const shift = 2 * GUARD + even;
  const radicand = a.significand << BigInt(shift);
  const root = integerSquareRoot(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  const exponent = (a.exponent - shift) / 2 - 1;
  return pack(format, environment, { kind: 'finite', negative: false, significand: (root << 1n) | sticky, exponent });
}

const ONE: Value = { kind: 'finite', negative: false, significand: 1n, exponent: 0 };

const both = (first: Outcome, second: Outcome): Outcome => ({ bits: second.bits, flags: first.flags | second.flags });

/** Two roundings, as before Release 6; a NaN result keeps its sign. */
const multiplyAdd =
  (format: Format, combine: Numbers, negated: boolean): Operation =>
  (environment, operands) => {
    const [a, b, c] = [0, 1, 2].map((i) => unpack(format, operand(operands, i)));
    if (a === undefined || b === undefined || c === undefined) throw new RangeError('three operands are needed');
    const product = multiplication(format, environment, a, b);
    const sum = both(product, combine(format, environment, unpack(format, product.bits), c));
    const sign = 1n << BigInt(format.width - 1);
    return negated ? { ...sum, bits: sum.bits ^ sign } : sum;
  };

function toInteger(from: Format, width: 32 | 64, rounding: number, bits: bigint): Outcome {
  const value = unpack(from, bits);
  const largest = (1n << BigInt(width - 1)) - 1n;
  if (value.kind !== 'finite') return { bits: largest, flags: FLAG.invalid };
  const { value: magnitude, inexact } = roundShift(value.significand, -value.exponent, rounding, value.negative);
  if (magnitude > (value.negative ? largest + 1n : largest)) return { bits: largest, flags: FLAG.invalid };
  return { bits: BigInt.asUintN(width, value.negative ? -magnitude : magnitude), flags: inexact ? FLAG.inexact : 0 };
}

function fromInteger(to: Format, width: 32 | 64, environment: Environment, bits: bigint): Outcome {
  const value = BigInt.asIntN(width, bits);
  if (value === 0n) return { bits: 0n, flags: 0 };
  return pack(to, environment, {
    kind: 'finite',
    negative: value < 0n,
    significand: value < 0n ? -value : value,
    exponent: 0,
  });
}

function betweenFormats(from: Format, to: Format, environment: Environment, bits: bigint): Outcome {
  const value = unpack(from, bits);
  if (value.kind === 'infinite') return { bits: infinity(to, value.negative), flags: 0 };
  if (value.kind === 'nan') return value.signalling ? invalid(to) : { bits: to.defaultNaN, flags: 0 };
  return value.significand === 0n ? { bits: zero(to, value.negative), flags: 0 } : pack(to, environment, value);
}

const FORMATS = [
  ['s', S],
  ['d', D],
] as const;

const INTEGERS = [
  ['w', 32],
  ['l', 64],
] as const;

const ROUNDINGS: readonly (readonly [name: string, rounding: number | undefined])[] = [
  ['cvt', undefined],
  ['round', ROUND.nearest],
  ['trunc', ROUND.zero],
  ['ceil', ROUND.up],
  ['floor', ROUND.down],
];

function* operations(): Generator<readonly [string, Operation]> {
  for (const [name, format] of FORMATS) {
    const two =
      (numbers: Numbers): Operation =>
      (environment, operands) =>
        numbers(format, environment, unpack(format, operand(operands, 0)), unpack(format, operand(operands, 1)));
    yield [`add.${name}`, two(addition)];
    yield [`sub.${name}`, two(subtraction)];
    yield [`mul.${name}`, two(multiplication)];
    yield [`div.${name}`, two(division)];
    yield [
      `sqrt.${name}`,
      (environment, operands) => squareRoot(format, environment, unpack(format, operand(operands, 0))),
    ];
    yield [
      `recip.${name}`,
      (environment, operands) => division(format, environment, ONE, unpack(format, operand(operands, 0))),
    ];
    yield [
      `rsqrt.${name}`,
      (environment, operands) => {
        const root = squareRoot(format, environment, unpack(format, operand(operands, 0)));
        return both(root, division(format, environment, ONE, unpack(format, root.bits)));
      },
    ];
    yield [`madd.${name}`, multiplyAdd(format, addition, false)];
    yield [`msub.${name}`, multiplyAdd(format, subtraction, false)];
    yield [`nmadd.${name}`, multiplyAdd(format, addition, true)];
    yield [`nmsub.${name}`, multiplyAdd(format, subtraction, true)];
    for (const [integer, width] of INTEGERS) {
      for (const [how, rounding] of ROUNDINGS)
        yield [
          `${how}.${integer}.${name}`,
          (environment, operands) => toInteger(format, width, rounding ?? environment.rounding, operand(operands, 0)),
        ];
      yield [
        `cvt.${name}.${integer}`,
        (environment, operands) => fromInteger(format, width, environment, operand(operands, 0)),
      ];
    }
  }
  yield ['cvt.s.d', (environment, operands) => betweenFormats(D, S, environment, operand(operands, 0))];
  yield ['cvt.d.s', (environment, operands) => betweenFormats(S, D, environment, operand(operands, 0))];
}

const OPERATIONS: ReadonlyMap<string, Operation> = new Map(operations());

/** Result and flags of `name` (`add.d`, `cvt.w.s` …). */
export function operate(name: string, environment: Environment, operands: readonly bigint[]): Outcome {
  const operation = OPERATIONS.get(name);
  if (operation === undefined) throw new RangeError(`no floating-point operation ${name}`);
  return operation(environment, operands);
}

/** C.cond.fmt: bit 0 unordered, bit 1 equal, bit 2 less, bit 3 a quiet NaN is invalid too. */
export function compare(format: Format, condition: number, a: bigint, b: bigint): { holds: boolean; flags: number } {
  const [x, y] = [unpack(format, a), unpack(format, b)];
  if (x.kind === 'nan' || y.kind === 'nan') {
    const signals = (condition & 8) !== 0 || [x, y].some((value) => value.kind === 'nan' && value.signalling);
    return { holds: (condition & 1) !== 0, flags: signals ? FLAG.invalid : 0 };
  }
  const order = rank(x) - rank(y);
  const difference = order !== 0 || x.kind !== 'finite' || y.kind !== 'finite' ? order : compareFinite(x, y);
  return { holds: ((condition & 2) !== 0 && difference === 0) || ((condition & 4) !== 0 && difference < 0), flags: 0 };
}

const rank = (value: Value): number => (value.kind === 'infinite' ? (value.negative ? -1 : 1) : 0);

function compareFinite(a: Finite, b: Finite): number {
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = ({ negative, significand, exponent: own }: Finite) =>
    (negative ? -significand : significand) << BigInt(own - exponent);
  const difference = scaled(a) - scaled(b);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}
