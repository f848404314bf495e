/** The operations of the FPU by name (../isa/fp-operations.ts): operands and results are bit patterns. */
import {
  add,
  divide,
  fused,
  multiply,
  reciprocal,
  reciprocalSquareRoot,
  squareRoot,
  subtract,
  unfused,
  type Binary,
  type Ternary,
  type Unary,
} from './arithmetic.js';
import { classify, extreme } from './comparisons.js';
import { betweenFormats, fromInteger, L, roundToIntegral, toInteger, W } from './conversions.js';
import { invalid } from './nan.js';
import { D, exactly, ROUND, S, signBit, unpack, type Environment, type Format, type Outcome } from './number.js';

export { compare } from './comparisons.js';

type Operation = (environment: Environment, operands: readonly bigint[]) => Outcome;

const operand = (operands: readonly bigint[], index: number): bigint => operands[index] ?? 0n;

const FORMATS = [
  ['s', S],
  ['d', D],
] as const;

const INTEGERS = [
  ['w', W],
  ['l', L],
] as const;

const ROUNDINGS: readonly (readonly [name: string, rounding: number | undefined])[] = [
  ['cvt', undefined],
  ['round', ROUND.nearest],
  ['trunc', ROUND.zero],
  ['ceil', ROUND.up],
  ['floor', ROUND.down],
];

const UNARY: Readonly<Record<string, Unary>> = {
  sqrt: squareRoot,
  recip: reciprocal,
  rsqrt: reciprocalSquareRoot,
};

const BINARY: Readonly<Record<string, Binary>> = { add, sub: subtract, mul: multiply, div: divide };

/** The first two operands are multiplied. */
const TERNARY: Readonly<Record<string, Ternary>> = {
  madd: unfused(add, false),
  msub: unfused(subtract, false),
  nmadd: unfused(add, true),
  nmsub: unfused(subtract, true),
  maddf: fused(false),
  msubf: fused(true),
};

const EXTREMES = [
  ['min', 'min', false],
  ['max', 'max', false],
  ['mina', 'min', true],
  ['maxa', 'max', true],
] as const;

/** Where FCSR.ABS2008 = 0 these are arithmetic, and any NaN is invalid (MIPS64 volume II, ABS.fmt, NEG.fmt). */
const SIGNS: readonly (readonly [name: string, change: (format: Format, bits: bigint) => bigint])[] = [
  ['abs', (format, bits) => bits & ~signBit(format)],
  ['neg', (format, bits) => bits ^ signBit(format)],
];

function* inFormat(name: string, format: Format): Generator<readonly [string, Operation]> {
  const value = (operands: readonly bigint[], index: number) => unpack(format, operand(operands, index));
  for (const [operation, of] of Object.entries(UNARY))
    yield [`${operation}.${name}`, (environment, x) => of(format, environment, value(x, 0))];
  for (const [operation, of] of Object.entries(BINARY))
    yield [`${operation}.${name}`, (environment, x) => of(format, environment, value(x, 0), value(x, 1))];
  for (const [operation, of] of Object.entries(TERNARY))
    yield [`${operation}.${name}`, (environment, x) => of(format, environment, value(x, 0), value(x, 1), value(x, 2))];
  for (const [operation, pick, byMagnitude] of EXTREMES)
    yield [
      `${operation}.${name}`,
      (environment, x) => extreme(format, environment, pick, byMagnitude, operand(x, 0), operand(x, 1)),
    ];
  for (const [operation, change] of SIGNS)
    yield [
      `${operation}.${name}`,
      (environment, x) =>
        value(x, 0).kind === 'nan' ? invalid(format, environment) : exactly(change(format, operand(x, 0))),
    ];
  yield [`rint.${name}`, (environment, x) => roundToIntegral(format, environment, operand(x, 0))];
  yield [`class.${name}`, (environment, x) => exactly(classify(format, environment, operand(x, 0)))];
  for (const [integer, to] of INTEGERS) {
    for (const [how, rounding] of ROUNDINGS)
      yield [
        `${how}.${integer}.${name}`,
        (environment, x) => toInteger(format, to, rounding ?? environment.rounding, environment, operand(x, 0)),
      ];
    yield [`cvt.${name}.${integer}`, (environment, x) => fromInteger(format, to, environment, operand(x, 0))];
  }
}

const SINGLE = 0xffffffffn;

/** The same on both halves of paired singles; what either signals is signalled. */
const paired =
  (single: Operation): Operation =>
  (environment, operands) => {
    const low = single(
      environment,
      operands.map((pair) => pair & SINGLE),
    );
    const high = single(
      environment,
      operands.map((pair) => pair >> 32n),
    );
    return { bits: (high.bits << 32n) | low.bits, flags: low.flags | high.flags };
  };

const PAIRED = ['add', 'sub', 'mul', 'madd', 'msub', 'nmadd', 'nmsub', 'abs', 'neg'];

function* operations(): Generator<readonly [string, Operation]> {
  for (const [name, format] of FORMATS)
    for (const [operation, of] of inFormat(name, format)) {
      yield [operation, of];
      const [base = ''] = operation.split('.');
      if (format === S && PAIRED.includes(base)) yield [`${base}.ps`, paired(of)];
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
