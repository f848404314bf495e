/**
 * WebAssembly's operators (core specification 5.4, threads proposal): name, opcode, operand and result types. Those on
 * vectors are in simd.ts.
 */
import { vectorOperators } from './simd.js';

export type Type = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export interface Operator {
  readonly code: readonly number[];
  readonly args: readonly Type[];
  readonly result: Type;
}

const INTEGER_COMPARE = ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'] as const;
const FLOAT_COMPARE = ['eq', 'ne', 'lt', 'gt', 'le', 'ge'] as const;
const INTEGER_UNARY = ['clz', 'ctz', 'popcnt'] as const;
const INTEGER_BINARY = [
  'add',
  'sub',
  'mul',
  'div_s',
  'div_u',
  'rem_s',
  'rem_u',
  'and',
  'or',
  'xor',
  'shl',
  'shr_s',
  'shr_u',
  'rotl',
  'rotr',
] as const;
const FLOAT_UNARY = ['abs', 'neg', 'ceil', 'floor', 'trunc', 'nearest', 'sqrt'] as const;
const FLOAT_BINARY = ['add', 'sub', 'mul', 'div', 'min', 'max', 'copysign'] as const;

/** Conversions in opcode order from 0xa7; those that trap are left out of the generated names by their users. */
const CONVERSIONS: readonly (readonly [name: string, from: Type, to: Type])[] = [
  ['i32.wrap_i64', 'i64', 'i32'],
  ['i32.trunc_f32_s', 'f32', 'i32'],
  ['i32.trunc_f32_u', 'f32', 'i32'],
  ['i32.trunc_f64_s', 'f64', 'i32'],
  ['i32.trunc_f64_u', 'f64', 'i32'],
  ['i64.extend_i32_s', 'i32', 'i64'],
  ['i64.extend_i32_u', 'i32', 'i64'],
  ['i64.trunc_f32_s', 'f32', 'i64'],
  ['i64.trunc_f32_u', 'f32', 'i64'],
  ['i64.trunc_f64_s', 'f64', 'i64'],
  ['i64.trunc_f64_u', 'f64', 'i64'],
  ['f32.convert_i32_s', 'i32', 'f32'],
  ['f32.convert_i32_u', 'i32', 'f32'],
  ['f32.convert_i64_s', 'i64', 'f32'],
  ['f32.convert_i64_u', 'i64', 'f32'],
  ['f32.demote_f64', 'f64', 'f32'],
  ['f64.convert_i32_s', 'i32', 'f64'],
  ['f64.convert_i32_u', 'i32', 'f64'],
  ['f64.convert_i64_s', 'i64', 'f64'],
  ['f64.convert_i64_u', 'i64', 'f64'],
  ['f64.promote_f32', 'f32', 'f64'],
  ['i32.reinterpret_f32', 'f32', 'i32'],
  ['i64.reinterpret_f64', 'f64', 'i64'],
  ['f32.reinterpret_i32', 'i32', 'f32'],
  ['f64.reinterpret_i64', 'i64', 'f64'],
  ['i32.extend8_s', 'i32', 'i32'],
  ['i32.extend16_s', 'i32', 'i32'],
  ['i64.extend8_s', 'i64', 'i64'],
  ['i64.extend16_s', 'i64', 'i64'],
  ['i64.extend32_s', 'i64', 'i64'],
];

function* operators(): Generator<[string, Operator]> {
  const run = function* (
    type: Type,
    names: readonly string[],
    first: number,
    args: readonly Type[],
    result: Type,
  ): Generator<[string, Operator]> {
    for (const [i, name] of names.entries()) yield [`${type}.${name}`, { code: [first + i], args, result }];
  };
  yield ['i32.eqz', { code: [0x45], args: ['i32'], result: 'i32' }];
  yield* run('i32', INTEGER_COMPARE, 0x46, ['i32', 'i32'], 'i32');
  yield ['i64.eqz', { code: [0x50], args: ['i64'], result: 'i32' }];
  yield* run('i64', INTEGER_COMPARE, 0x51, ['i64', 'i64'], 'i32');
  yield* run('f32', FLOAT_COMPARE, 0x5b, ['f32', 'f32'], 'i32');
  yield* run('f64', FLOAT_COMPARE, 0x61, ['f64', 'f64'], 'i32');
  yield* run('i32', INTEGER_UNARY, 0x67, ['i32'], 'i32');
  yield* run('i32', INTEGER_BINARY, 0x6a, ['i32', 'i32'], 'i32');
  yield* run('i64', INTEGER_UNARY, 0x79, ['i64'], 'i64');
  yield* run('i64', INTEGER_BINARY, 0x7c, ['i64', 'i64'], 'i64');
  yield* run('f32', FLOAT_UNARY, 0x8b, ['f32'], 'f32');
  yield* run('f32', FLOAT_BINARY, 0x92, ['f32', 'f32'], 'f32');
  yield* run('f64', FLOAT_UNARY, 0x99, ['f64'], 'f64');
  yield* run('f64', FLOAT_BINARY, 0xa0, ['f64', 'f64'], 'f64');
  for (const [i, [name, from, to]] of CONVERSIONS.entries())
    yield [name, { code: [0xa7 + i], args: [from], result: to }];
  yield ['i32.atomic.rmw8.and_u', { code: [0xfe, 0x2e, 0, 0], args: ['i32', 'i32'], result: 'i32' }];
  yield ['i32.atomic.rmw8.or_u', { code: [0xfe, 0x35, 0, 0], args: ['i32', 'i32'], result: 'i32' }];
  yield ['i32.atomic.rmw.cmpxchg', { code: [0xfe, 0x48, 2, 0], args: ['i32', 'i32', 'i32'], result: 'i32' }];
  yield ['i64.atomic.rmw.cmpxchg', { code: [0xfe, 0x49, 3, 0], args: ['i32', 'i64', 'i64'], result: 'i64' }];
}

/** By name; with immediates those that have been asked for. */
const OPERATORS = new Map<string, Operator>([...operators(), ...vectorOperators()]);

/**
 * The operator called `name`; a name that does not exist is a defect of the caller. Bytes that follow the opcode are
 * written after the name: `i8x16.extract_lane_u 3`.
 */
export function operator(name: string): Operator {
  const known = OPERATORS.get(name);
  if (known !== undefined) return known;
  const [plain = '', ...immediates] = name.split(' ');
  const found = OPERATORS.get(plain);
  if (found === undefined) throw new Error(`no WebAssembly operator is called ${name}`);
  const complete = { ...found, code: [...found.code, ...immediates.map(Number)] };
  OPERATORS.set(name, complete);
  return complete;
}

/** Memory accesses: opcode, natural alignment (log2), the type on the stack. Offsets and alignment are immediates. */
export const MEMORY = {
  'i32.load': { code: [0x28], align: 2, type: 'i32' },
  'i64.load': { code: [0x29], align: 3, type: 'i64' },
  'i32.load8_u': { code: [0x2d], align: 0, type: 'i32' },
  'i32.load16_u': { code: [0x2f], align: 1, type: 'i32' },
  'v128.load': { code: [0xfd, 0x00], align: 4, type: 'v128' },
  'i32.store': { code: [0x36], align: 2, type: 'i32' },
  'i64.store': { code: [0x37], align: 3, type: 'i64' },
  'i32.store8': { code: [0x3a], align: 0, type: 'i32' },
  'i32.store16': { code: [0x3b], align: 1, type: 'i32' },
  'v128.store': { code: [0xfd, 0x0b], align: 4, type: 'v128' },
} as const satisfies Record<string, { code: readonly number[]; align: number; type: Type }>;

export type MemoryOperator = keyof typeof MEMORY;
