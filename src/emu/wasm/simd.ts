/**
 * WebAssembly's vector operators on integers: core specification 5.4.9. Immediates, the numbers of lanes, follow the name
 * after a blank each: `i32x4.extract_lane 2`.
 */
import type { Operator, Type } from './opcodes.js';

const SHAPES = {
  i8x16: { lane: 'i32', extends: true, splat: 0x0f, extract: 0x15, compare: 0x23, first: 0x60 },
  i16x8: { lane: 'i32', extends: true, splat: 0x10, extract: 0x18, compare: 0x2d, first: 0x80 },
  i32x4: { lane: 'i32', extends: false, splat: 0x11, extract: 0x1b, compare: 0x37, first: 0xa0 },
  i64x2: { lane: 'i64', extends: false, splat: 0x12, extract: 0x1d, compare: 0xd6, first: 0xc0 },
} as const satisfies Readonly<
  Record<string, { lane: Type; extends: boolean; splat: number; extract: number; compare: number; first: number }>
>;

const COMPARISONS = ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'] as const;
/** Lanes of 64 bits have no unsigned comparisons. */
const COMPARISONS_64 = ['eq', 'ne', 'lt_s', 'gt_s', 'le_s', 'ge_s'] as const;

/** By their distance from the first operator of the shape. */
const UNARY = { abs: 0x00, neg: 0x01 } as const;
const TESTS = { all_true: 0x03, bitmask: 0x04 } as const;
const SHIFTS = { shl: 0x0b, shr_s: 0x0c, shr_u: 0x0d } as const;
const BINARY = { add: 0x0e, sub: 0x11 } as const;
const SATURATING = { add_sat_s: 0x0f, add_sat_u: 0x10, sub_sat_s: 0x12, sub_sat_u: 0x13, avgr_u: 0x1b } as const;
const EXTREMES = { min_s: 0x16, min_u: 0x17, max_s: 0x18, max_u: 0x19 } as const;
const EXTENSIONS = { low: 0x07, high: 0x08 } as const;
const PRODUCTS = { low: 0x1c, high: 0x1d } as const;

const WIDER = [
  ['i8x16', 'i16x8'],
  ['i16x8', 'i32x4'],
  ['i32x4', 'i64x2'],
] as const;

const OTHERS: readonly (readonly [name: string, code: number, args: readonly Type[], result: Type])[] = [
  ['v128.not', 0x4d, ['v128'], 'v128'],
  ['v128.and', 0x4e, ['v128', 'v128'], 'v128'],
  ['v128.andnot', 0x4f, ['v128', 'v128'], 'v128'],
  ['v128.or', 0x50, ['v128', 'v128'], 'v128'],
  ['v128.xor', 0x51, ['v128', 'v128'], 'v128'],
  ['v128.bitselect', 0x52, ['v128', 'v128', 'v128'], 'v128'],
  ['v128.any_true', 0x53, ['v128'], 'i32'],
  ['i8x16.shuffle', 0x0d, ['v128', 'v128'], 'v128'],
  ['i8x16.swizzle', 0x0e, ['v128', 'v128'], 'v128'],
  ['i8x16.popcnt', 0x62, ['v128'], 'v128'],
  ['i8x16.narrow_i16x8_s', 0x65, ['v128', 'v128'], 'v128'],
  ['i8x16.narrow_i16x8_u', 0x66, ['v128', 'v128'], 'v128'],
  ['i16x8.narrow_i32x4_s', 0x85, ['v128', 'v128'], 'v128'],
  ['i16x8.narrow_i32x4_u', 0x86, ['v128', 'v128'], 'v128'],
  ['i16x8.q15mulr_sat_s', 0x82, ['v128', 'v128'], 'v128'],
  ['i16x8.mul', 0x95, ['v128', 'v128'], 'v128'],
  ['i32x4.mul', 0xb5, ['v128', 'v128'], 'v128'],
  ['i64x2.mul', 0xd5, ['v128', 'v128'], 'v128'],
  ['i32x4.dot_i16x8_s', 0xba, ['v128', 'v128'], 'v128'],
  ['i16x8.extadd_pairwise_i8x16_s', 0x7c, ['v128'], 'v128'],
  ['i16x8.extadd_pairwise_i8x16_u', 0x7d, ['v128'], 'v128'],
  ['i32x4.extadd_pairwise_i16x8_s', 0x7e, ['v128'], 'v128'],
  ['i32x4.extadd_pairwise_i16x8_u', 0x7f, ['v128'], 'v128'],
];

const PREFIX = 0xfd;

const vector = (code: number, args: readonly Type[], result: Type = 'v128'): Operator => ({
  // the number after the prefix is LEB128
  code: code < 0x80 ? [PREFIX, code] : [PREFIX, code, 0x01],
  args,
  result,
});

const ONE = ['v128'] as const;
const TWO = ['v128', 'v128'] as const;

/** Every vector operator by name. */
export function* vectorOperators(): Generator<[string, Operator]> {
  for (const [name, code, args, result] of OTHERS) yield [name, vector(code, args, result)];
  for (const [shape, { lane, extends: signs, splat, extract, compare, first }] of Object.entries(SHAPES)) {
    yield [`${shape}.splat`, vector(splat, [lane])];
    const extracts = signs ? ['extract_lane_s', 'extract_lane_u'] : ['extract_lane'];
    for (const [i, name] of extracts.entries()) yield [`${shape}.${name}`, vector(extract + i, ONE, lane)];
    yield [`${shape}.replace_lane`, vector(extract + extracts.length, ['v128', lane])];
    const comparisons = shape === 'i64x2' ? COMPARISONS_64 : COMPARISONS;
    for (const [i, name] of comparisons.entries()) yield [`${shape}.${name}`, vector(compare + i, TWO)];
    for (const [name, at] of Object.entries(UNARY)) yield [`${shape}.${name}`, vector(first + at, ONE)];
    for (const [name, at] of Object.entries(TESTS)) yield [`${shape}.${name}`, vector(first + at, ONE, 'i32')];
    for (const [name, at] of Object.entries(SHIFTS)) yield [`${shape}.${name}`, vector(first + at, ['v128', 'i32'])];
    for (const [name, at] of Object.entries(BINARY)) yield [`${shape}.${name}`, vector(first + at, TWO)];
    if (shape !== 'i64x2')
      for (const [name, at] of Object.entries(EXTREMES)) yield [`${shape}.${name}`, vector(first + at, TWO)];
    if (signs) for (const [name, at] of Object.entries(SATURATING)) yield [`${shape}.${name}`, vector(first + at, TWO)];
  }
  for (const [narrow, wide] of WIDER)
    for (const [i, sign] of ['s', 'u'].entries()) {
      const { first } = SHAPES[wide];
      for (const [half, at] of Object.entries(EXTENSIONS))
        yield [`${wide}.extend_${half}_${narrow}_${sign}`, vector(first + at + 2 * i, ONE)];
      for (const [half, at] of Object.entries(PRODUCTS))
        yield [`${wide}.extmul_${half}_${narrow}_${sign}`, vector(first + at + 2 * i, TWO)];
    }
}
