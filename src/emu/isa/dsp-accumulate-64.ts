/** DSP ASE on double words: products of lanes that are added to an accumulator of 128 bits or subtracted from it. */
import { fraction, integer, limit64, toWordByTwoBits, wordFraction, type Product } from './dsp-accumulate.js';
import { accumulatorFlag, flag, FUNCTION, row, type DspRow } from './dsp-lanes.js';
import { accumulator, difference, extended, setAccumulator, sum, type Wide } from './dsp-wide.js';
import type { Fields } from './encoding.js';
import {
  add,
  and,
  constant,
  extend16,
  field,
  mul,
  ne,
  select,
  shl,
  shrS,
  shrU,
  signExtend64,
  wrap,
  zeroExtend64,
  type Expr,
  type Meaning,
} from './ir.js';

const accumulate = (
  revision: 1 | 2,
  name: string,
  op: string,
  describe: (m: Meaning, fields: Fields, a: Expr, b: Expr) => void,
): DspRow =>
  row(revision, 64, name, `011111 rs rt 000 ac ${op} ${FUNCTION.accumulate[64]}`, 'ac,rs,rt', (m, f) =>
    describe(m, f, m.let(m.reg(f.rs)), m.let(m.reg(f.rt))),
  );

/** Lanes from the right, half words and words signed. */
const byte = (value: Expr, lane: number): Expr => and(wrap(shrU(value, 8 * lane)), 0xff);
const half = (value: Expr, lane: number): Expr => extend16(wrap(shrU(value, 16 * lane)));
const word = (value: Expr, lane: number): Expr => wrap(shrU(value, 32 * lane));

type Lane = (value: Expr, lane: number) => Expr;
type Term = readonly [sign: '+' | '-', lane: number];

const dot = (revision: 1 | 2, name: string, op: string, lane: Lane, terms: readonly Term[], product: Product): DspRow =>
  accumulate(revision, name, op, (m, { ac }, a, b) => {
    const result = terms.reduce(
      (total, [sign, number]) => {
        const each = extended(m, product(m, field(ac), lane(a, number), lane(b, number)));
        return sign === '+' ? sum(m, total, each) : difference(m, total, each);
      },
      accumulator(m, ac),
    );
    setAccumulator(m, ac, result);
  });

const all = (sign: '+' | '-', ...lanes: readonly number[]): readonly Term[] => lanes.map((lane) => [sign, lane]);

const product64: Product = (_, __, a, b) => mul(signExtend64(a), signExtend64(b));

/** The sum of two products of unsigned words has a bit more than a double word. */
const unsignedWords = (name: string, op: string, combine: typeof sum): DspRow =>
  accumulate(1, name, op, (m, { ac }, a, b) => {
    const each = (lane: number): Wide => ({
      high: constant('i64', 0),
      low: m.let(mul(zeroExtend64(word(a, lane)), zeroExtend64(word(b, lane)))),
    });
    setAccumulator(m, ac, combine(m, combine(m, accumulator(m, ac), each(1)), each(0)));
  });

/** Saturated to 64 bits, judged by bits 64 and 63 of the sum. */
const saturatedWords = (name: string, op: string, combine: typeof sum): DspRow =>
  accumulate(1, name, op, (m, { ac }, a, b) => {
    const product = (lane: number): Wide =>
      extended(m, wordFraction(m, field(ac), m.let(word(a, lane)), m.let(word(b, lane))));
    const { high, low } = combine(m, accumulator(m, ac), sum(m, product(1), product(0)));
    const sign = m.let(shrS(shl(high, 63), 63));
    const wrong = m.let(ne(sign, shrS(low, 63)));
    flag(m, accumulatorFlag(field(ac)), wrong);
    setAccumulator(m, ac, { high: select(wrong, sign, high), low: select(wrong, limit64(sign), low) });
  });

/** One half word, added to LO and saturated to a word. */
const halfToWord = (name: string, op: string, lane: number): DspRow =>
  accumulate(1, name, op, (m, { ac }, a, b) => {
    const product = fraction(m, field(ac), half(a, lane), half(b, lane));
    const total = m.let(add(m.accumulator('lo', field(ac)), product));
    setAccumulator(m, ac, extended(m, toWordByTwoBits(m, field(ac), total)));
  });

export const DSP_ACCUMULATE_64: readonly DspRow[] = [
  dot(2, 'dpa.w.qh', '00000', half, all('+', 3, 2, 1, 0), integer),
  dot(2, 'dps.w.qh', '00001', half, all('-', 3, 2, 1, 0), integer),
  dot(1, 'dpau.h.obl', '00011', byte, all('+', 7, 6, 5, 4), integer),
  dot(1, 'dpau.h.obr', '00111', byte, all('+', 3, 2, 1, 0), integer),
  dot(1, 'dpsu.h.obl', '01011', byte, all('-', 7, 6, 5, 4), integer),
  dot(1, 'dpsu.h.obr', '01111', byte, all('-', 3, 2, 1, 0), integer),
  dot(1, 'dpaq_s.w.qh', '00100', half, all('+', 3, 2, 1, 0), fraction),
  dot(1, 'dpsq_s.w.qh', '00101', half, all('-', 3, 2, 1, 0), fraction),
  dot(
    1,
    'mulsaq_s.w.qh',
    '00110',
    half,
    [
      ['+', 3],
      ['-', 2],
      ['+', 1],
      ['-', 0],
    ],
    fraction,
  ),
  dot(
    1,
    'mulsaq_s.l.pw',
    '01110',
    word,
    [
      ['+', 1],
      ['-', 0],
    ],
    wordFraction,
  ),
  dot(1, 'maq_s.w.qhll', '10100', half, [['+', 3]], fraction),
  dot(1, 'maq_s.w.qhlr', '10101', half, [['+', 2]], fraction),
  dot(1, 'maq_s.w.qhrl', '10110', half, [['+', 1]], fraction),
  dot(1, 'maq_s.w.qhrr', '10111', half, [['+', 0]], fraction),
  halfToWord('maq_sa.w.qhll', '10000', 3),
  halfToWord('maq_sa.w.qhlr', '10001', 2),
  halfToWord('maq_sa.w.qhrl', '10010', 1),
  halfToWord('maq_sa.w.qhrr', '10011', 0),
  dot(1, 'maq_s.l.pwl', '11100', word, [['+', 1]], wordFraction),
  dot(1, 'maq_s.l.pwr', '11110', word, [['+', 0]], wordFraction),
  saturatedWords('dpaq_sa.l.pw', '01100', sum),
  saturatedWords('dpsq_sa.l.pw', '01101', difference),
  dot(1, 'dmadd', '11001', word, all('+', 1, 0), product64),
  dot(1, 'dmsub', '11011', word, all('-', 1, 0), product64),
  unsignedWords('dmaddu', '11101', sum),
  unsignedWords('dmsubu', '11111', difference),
];
