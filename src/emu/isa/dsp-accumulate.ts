/**
 * DSP ASE: products of lanes that are added to an accumulator of 64 bits or subtracted from it. A product of fractions is
 * shifted left by one; -1 × -1, the only one that is out of range, becomes the largest fraction.
 */
import { accumulated, setAccumulated } from './accumulators.js';
import { accumulatorFlag, flag, FUNCTION, row, type DspRow } from './dsp-lanes.js';
import {
  add,
  and,
  constant,
  eq,
  extend16,
  field,
  ltS,
  mul,
  ne,
  select,
  shl,
  shrS,
  shrU,
  signExtend64,
  sub,
  wrap,
  xor,
  zeroExtend64,
  type Expr,
  type Meaning,
} from './ir.js';

const LARGEST = 0x7fffffff;
const Q31_MIN = -0x80000000;
const LARGEST_64 = 0x7fffffffffffffffn;

/** A number with its sign in all bits, inverted in all bits but the sign's: the limit on that side. */
export const limit64 = (like: Expr): Expr => xor(shrS(like, 63), constant('i64', LARGEST_64));
const limit32 = (like: Expr): Expr => xor(shrS(like, 63), LARGEST);

type Part = 'l' | 'r' | 0 | 1 | 2 | 3;

/** Half words are signed, bytes unsigned. */
function partOf(word: Expr, part: Part): Expr {
  if (part === 'l') return shrS(word, 16);
  if (part === 'r') return extend16(word);
  return and(shrU(word, 8 * part), 0xff);
}

/** What is added, or subtracted: a product of a part of rs and a part of rt. */
type Term = readonly [sign: '+' | '-', a: Part, b: Part];

export type Product = (m: Meaning, ac: Expr, a: Expr, b: Expr) => Expr;

export const integer: Product = (_, __, a, b) => signExtend64(mul(a, b));

export const fraction: Product = (m, ac, a, b) => {
  const product = m.let(mul(a, b));
  const wrong = m.let(eq(product, 0x40000000));
  flag(m, accumulatorFlag(ac), wrong);
  return signExtend64(sub(shl(product, 1), wrong));
};

type Finish = (m: Meaning, ac: Expr, value: Expr) => Expr;
const whole: Finish = (_, __, value) => value;

/** As a signed word, if the whole number is none. */
const toWord: Finish = (m, ac, value) => {
  const wrong = m.let(ne(value, signExtend64(wrap(value))));
  flag(m, accumulatorFlag(ac), wrong);
  return select(wrong, limit32(value), value);
};

/** As a signed word, judged by bits 32 and 31 alone; bits above are lost. */
export const toWordByTwoBits: Finish = (m, ac, value) => {
  const low = m.let(shrS(shl(value, 31), 31));
  const wrong = m.let(ne(low, signExtend64(wrap(value))));
  flag(m, accumulatorFlag(ac), wrong);
  return select(wrong, limit32(low), signExtend64(wrap(value)));
};

const dot = (
  revision: 1 | 2,
  name: string,
  op: string,
  terms: readonly Term[],
  product: Product,
  finish: Finish = whole,
): DspRow =>
  row(revision, 32, name, `011111 rs rt 000 ac ${op} ${FUNCTION.accumulate[32]}`, 'ac,rs,rt', (m, { rs, rt, ac }) => {
    const number = field(ac);
    const [a, b] = [m.let(m.word(rs)), m.let(m.word(rt))];
    const value = terms.reduce<Expr>(
      (sum, [sign, left, right]) => {
        const each = product(m, number, partOf(a, left), partOf(b, right));
        return sign === '+' ? add(sum, each) : sub(sum, each);
      },
      accumulated(m, ac),
    );
    setAccumulated(m, ac, finish(m, number, m.let(value)));
  });

const SUM: readonly Term[] = [
  ['+', 'l', 'l'],
  ['+', 'r', 'r'],
];
const DIFFERENCE: readonly Term[] = [
  ['-', 'l', 'l'],
  ['-', 'r', 'r'],
];
const LEFT_MINUS_RIGHT: readonly Term[] = [
  ['+', 'l', 'l'],
  ['-', 'r', 'r'],
];
const CROSSED: readonly Term[] = [
  ['+', 'l', 'r'],
  ['+', 'r', 'l'],
];
const CROSSED_DIFFERENCE: readonly Term[] = [
  ['-', 'l', 'r'],
  ['-', 'r', 'l'],
];

/** The product of two words as fractions, which has 64 bits. */
export function wordFraction(m: Meaning, ac: Expr, a: Expr, b: Expr): Expr {
  const leastTwice = m.let(and(eq(a, Q31_MIN), eq(b, Q31_MIN)));
  flag(m, accumulatorFlag(ac), leastTwice);
  return sub(shl(mul(signExtend64(a), signExtend64(b)), 1), zeroExtend64(leastTwice));
}

/** Words as fractions, saturated to 64 bits at both steps. */
const words = (name: string, op: string, sign: '+' | '-'): DspRow =>
  row(1, 32, name, `011111 rs rt 000 ac ${op} ${FUNCTION.accumulate[32]}`, 'ac,rs,rt', (m, { rs, rt, ac }) => {
    const product = m.let(wordFraction(m, field(ac), m.let(m.word(rs)), m.let(m.word(rt))));
    const before = m.let(accumulated(m, ac));
    const after = m.let(sign === '+' ? add(before, product) : sub(before, product));
    const signs =
      sign === '+' ? and(xor(before, after), xor(product, after)) : and(xor(before, product), xor(before, after));
    const wrong = m.let(ltS(signs, 0));
    flag(m, accumulatorFlag(field(ac)), wrong);
    setAccumulated(m, ac, select(wrong, limit64(before), after));
  });

export const DSP_ACCUMULATE: readonly DspRow[] = [
  dot(2, 'dpa.w.ph', '00000', SUM, integer),
  dot(2, 'dps.w.ph', '00001', DIFFERENCE, integer),
  dot(2, 'mulsa.w.ph', '00010', LEFT_MINUS_RIGHT, integer),
  dot(2, 'dpax.w.ph', '01000', CROSSED, integer),
  dot(2, 'dpsx.w.ph', '01001', CROSSED_DIFFERENCE, integer),
  dot(
    1,
    'dpau.h.qbl',
    '00011',
    [
      ['+', 3, 3],
      ['+', 2, 2],
    ],
    integer,
  ),
  dot(
    1,
    'dpau.h.qbr',
    '00111',
    [
      ['+', 1, 1],
      ['+', 0, 0],
    ],
    integer,
  ),
  dot(
    1,
    'dpsu.h.qbl',
    '01011',
    [
      ['-', 3, 3],
      ['-', 2, 2],
    ],
    integer,
  ),
  dot(
    1,
    'dpsu.h.qbr',
    '01111',
    [
      ['-', 1, 1],
      ['-', 0, 0],
    ],
    integer,
  ),
  dot(1, 'dpaq_s.w.ph', '00100', SUM, fraction),
  dot(1, 'dpsq_s.w.ph', '00101', DIFFERENCE, fraction),
  dot(1, 'mulsaq_s.w.ph', '00110', LEFT_MINUS_RIGHT, fraction),
  dot(2, 'dpaqx_s.w.ph', '11000', CROSSED, fraction),
  dot(2, 'dpsqx_s.w.ph', '11001', CROSSED_DIFFERENCE, fraction),
  dot(2, 'dpaqx_sa.w.ph', '11010', CROSSED, fraction, toWord),
  dot(2, 'dpsqx_sa.w.ph', '11011', CROSSED_DIFFERENCE, fraction, toWord),
  dot(1, 'maq_s.w.phl', '10100', [['+', 'l', 'l']], fraction),
  dot(1, 'maq_s.w.phr', '10110', [['+', 'r', 'r']], fraction),
  dot(1, 'maq_sa.w.phl', '10000', [['+', 'l', 'l']], fraction, toWordByTwoBits),
  dot(1, 'maq_sa.w.phr', '10010', [['+', 'r', 'r']], fraction, toWordByTwoBits),
  words('dpaq_sa.l.w', '01100', '+'),
  words('dpsq_sa.l.w', '01101', '-'),
];
