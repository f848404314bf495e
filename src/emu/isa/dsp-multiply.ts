/** DSP ASE: products of lanes that go to a register. Fractions (Q15, Q31) are products shifted left by one. */
import {
  collect,
  FUNCTION,
  flag,
  flagDifference,
  OVERFLOW,
  part,
  PH,
  PW,
  QH,
  row,
  spread,
  vectorOf,
  W,
  type DspRow,
  type Lanes,
} from './dsp-lanes.js';
import {
  add,
  and,
  apply,
  constant,
  eq,
  i32,
  mul,
  select,
  shl,
  shrS,
  shrU,
  signExtend64,
  wrap,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';
import { ZERO, anyLane, everywhere, on } from './vector.js';

const MULTIPLY = '011000';
const Q15_MIN = -0x8000;
const Q31_MIN = -0x80000000;

/** The left or right half of a register, the other half 0. */
function half(m: Meaning, bits: 32 | 64, side: 'l' | 'r', register: Field): Expr {
  const value = part(m, bits, register);
  if (bits === 32) return side === 'l' ? shrU(value, 16) : and(value, 0xffff);
  return side === 'l' ? shrU(value, 32) : zeroExtend64(wrap(value));
}

const sides = (
  of: (side: 'l' | 'r', op: string) => DspRow,
  [left, right]: readonly [string, string],
): readonly DspRow[] => [of('l', left), of('r', right)];

/** Bytes of rs times half words of rt. */
const bytesByHalves = (lanes: Lanes, bytes: string): readonly DspRow[] =>
  sides(
    (side, op) =>
      row(
        1,
        lanes.bits,
        `muleu_s.${lanes.name}.${bytes}${side}`,
        `011111 rs rt rd ${op} ${FUNCTION.add[lanes.bits]}`,
        'rd,rs,rt',
        (m, { rs, rt, rd }) => {
          const a = apply('i16x8.extend_low_i8x16_u', vectorOf(half(m, lanes.bits, side, rs)));
          const products = m.let(apply('i32x4.extmul_low_i16x8_u', a, spread(m, lanes, rt)));
          flag(m, OVERFLOW.multiply, anyLane(apply('i32x4.gt_u', products, everywhere(W, 0xffff))));
          collect(m, lanes.bits, rd, apply('i16x8.narrow_i32x4_u', products, ZERO));
        },
      ),
    ['00110', '00111'],
  );

/** Half words to words. Only -1 × -1 is out of range: one less than its 0x80000000 is the largest number. */
const fractionsOfHalf = (result: Lanes, halves: string): readonly DspRow[] =>
  sides(
    (side, op) =>
      row(
        1,
        result.bits,
        `muleq_s.${result.name}.${halves}${side}`,
        `011111 rs rt rd ${op} ${FUNCTION.add[result.bits]}`,
        'rd,rs,rt',
        (m, { rs, rt, rd }) => {
          const chosen = (register: Field): Expr => vectorOf(half(m, result.bits, side, register));
          const products = m.let(apply('i32x4.extmul_low_i16x8_s', chosen(rs), chosen(rt)));
          const wrong = m.let(on(result, 'eq', products, everywhere(result, 0x40000000)));
          flag(m, OVERFLOW.multiply, anyLane(wrong));
          collect(m, result.bits, rd, on(result, 'add', on(result, 'shl', products, i32(1)), wrong));
        },
      ),
    ['11100', '11101'],
  );

const bothLeast = (lanes: Lanes, a: Expr, b: Expr): Expr =>
  anyLane(and(on(lanes, 'eq', a, everywhere(lanes, Q15_MIN)), on(lanes, 'eq', b, everywhere(lanes, Q15_MIN))));

/** The upper halves of fractions' products. */
const fractions = (
  revision: 1 | 2,
  name: string,
  lanes: Lanes,
  op: string,
  product: (a: Expr, b: Expr) => Expr,
): DspRow =>
  row(
    revision,
    lanes.bits,
    `${name}.${lanes.name}`,
    `011111 rs rt rd ${op} ${FUNCTION.add[lanes.bits]}`,
    'rd,rs,rt',
    (m, { rs, rt, rd }) => {
      const [a, b] = [spread(m, lanes, rs), spread(m, lanes, rt)];
      flag(m, OVERFLOW.multiply, bothLeast(lanes, a, b));
      collect(m, lanes.bits, rd, product(a, b));
    },
  );

const rounded = (a: Expr, b: Expr): Expr => apply('i16x8.q15mulr_sat_s', a, b);
const truncated = (a: Expr, b: Expr): Expr =>
  apply('i16x8.narrow_i32x4_s', apply('i32x4.shr_s', apply('i32x4.extmul_low_i16x8_s', a, b), i32(15)), ZERO);

/** Integers: the lower halves of products. */
const integers = (name: string, op: string, saturates: boolean): DspRow =>
  row(2, 32, name, `011111 rs rt rd ${op} ${MULTIPLY}`, 'rd,rs,rt', (m, { rs, rt, rd }) => {
    const [a, b] = [spread(m, PH, rs), spread(m, PH, rt)];
    const products = m.let(apply('i32x4.extmul_low_i16x8_s', a, b));
    const limited = m.let(apply('i16x8.narrow_i32x4_s', products, ZERO));
    flagDifference(m, OVERFLOW.multiply, apply('i32x4.extend_low_i16x8_s', limited), products);
    collect(m, 32, rd, saturates ? limited : on(PH, 'mul', a, b));
  });

/** The upper half of the product of two words as fractions. */
const wordFraction = (name: string, op: string, rounding: number): DspRow =>
  row(2, 32, name, `011111 rs rt rd ${op} ${MULTIPLY}`, 'rd,rs,rt', (m, { rs, rt, rd }) => {
    const [a, b] = [m.let(m.word(rs)), m.let(m.word(rt))];
    const wrong = m.let(and(eq(a, Q31_MIN), eq(b, Q31_MIN)));
    flag(m, OVERFLOW.multiply, wrong);
    const product = shl(mul(signExtend64(a), signExtend64(b)), 1);
    const upper = wrap(shrS(add(product, constant('i64', rounding)), 32));
    m.setWord(rd, select(wrong, i32(0x7fffffff), upper));
  });

export const DSP_MULTIPLY: readonly DspRow[] = [
  ...bytesByHalves(PH, 'qb'),
  ...bytesByHalves(QH, 'ob'),
  ...fractionsOfHalf(W, 'ph'),
  ...fractionsOfHalf(PW, 'qh'),
  fractions(2, 'mulq_s', PH, '11110', truncated),
  fractions(1, 'mulq_rs', PH, '11111', rounded),
  fractions(1, 'mulq_rs', QH, '11111', rounded),
  integers('mul.ph', '01100', false),
  integers('mul_s.ph', '01110', true),
  wordFraction('mulq_s.w', '10110', 0),
  wordFraction('mulq_rs.w', '10111', 0x80000000),
];
