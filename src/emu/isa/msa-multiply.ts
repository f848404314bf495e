/** MSA: products, sums of neighbouring products, and fixed point. */
import type { Instruction } from './encoding.js';
import { and, apply, i32, or, type Expr, type Meaning } from './ir.js';
import { D, H, row, three, W, type Format, type Three } from './msa-common.js';
import { arrangeLanes, choose, everywhere, on, type Sign } from './vector.js';

const PRODUCT = '010010';
const DOT = '010011';
const NEIGHBOURS = '010101';
const FIXED_POINT = '011100';
const WIDE_FORMATS = [H, W, D] as const;

/** WebAssembly multiplies no bytes: those at even and at odd places are half words in turn. */
function multiply(format: Format, a: Expr, b: Expr): Expr {
  if (format.width > 8) return on(format, 'mul', a, b);
  const low = apply('i16x8.mul', a, b);
  const high = apply('i16x8.mul', on(H, 'shr_u', a, i32(8)), and(b, everywhere(H, 0xff00)));
  return or(and(low, everywhere(H, 0x00ff)), high);
}

const product: Three = (_, format, s, t) => multiply(format, s, t);
const productAdded: Three = (_, format, s, t, d) => on(format, 'add', d, multiply(format, s, t));
const productSubtracted: Three = (_, format, s, t, d) => on(format, 'sub', d, multiply(format, s, t));

/** The lower and the upper half of each element. */
const even = (format: Format, sign: Sign, value: Expr): Expr =>
  on(format, `shr_${sign}`, on(format, 'shl', value, i32(format.width / 2)), i32(format.width / 2));
const odd = (format: Format, sign: Sign, value: Expr): Expr => on(format, `shr_${sign}`, value, i32(format.width / 2));

function dot(format: Format, sign: Sign, s: Expr, t: Expr): Expr {
  if (format.width === 32 && sign === 's') return apply('i32x4.dot_i16x8_s', s, t);
  return on(
    format,
    'add',
    multiply(format, even(format, sign, s), even(format, sign, t)),
    multiply(format, odd(format, sign, s), odd(format, sign, t)),
  );
}

const dotOf =
  (sign: Sign): Three =>
  (_, format, s, t) =>
    dot(format, sign, s, t);
const dotWith =
  (sign: Sign, operation: 'add' | 'sub'): Three =>
  (_, format, s, t, d) =>
    on(format, operation, d, dot(format, sign, s, t));
/** An odd half of ws and an even one of wt. */
const neighbours =
  (sign: Sign, operation: 'add' | 'sub'): Three =>
  (_, format, s, t) =>
    on(format, operation, odd(format, sign, s), even(format, sign, t));

/** Elements twice as wide as the format's, of its lower or upper half. */
const widerOf = (format: Format): Format => (format.width === 16 ? W : D);

/** The nearest number that the narrower elements have. */
function narrow(m: Meaning, format: Format, low: Expr, high: Expr): Expr {
  if (format.width === 16) return apply('i16x8.narrow_i32x4_s', low, high);
  const [least, most] = [everywhere(D, -0x80000000), everywhere(D, 0x7fffffff)];
  const limited = (value: Expr): Expr => {
    const given = m.let(value);
    const notAbove = m.let(choose(on(D, 'gt_s', given, most), most, given));
    return choose(on(D, 'lt_s', notAbove, least), least, notAbove);
  };
  return arrangeLanes(W, limited(low), limited(high), [0, 2, 4, 6]);
}

/** Fractions: the product is shifted right by one bit less than the width, after it is added to the old value's fraction. */
const fixedPoint = (name: string, op: string, accumulate: 'add' | 'sub' | undefined, rounds: boolean): Instruction[] =>
  [H, W].map((format) => {
    const wider = widerOf(format);
    const shift = i32(format.width - 1);
    const half = (m: Meaning, which: 'low' | 'high', s: Expr, t: Expr, d: Expr): Expr => {
      const products = on(wider, `extmul_${which}_${format.shape}_s`, s, t);
      const before = on(wider, 'shl', on(wider, `extend_${which}_${format.shape}_s`, d), shift);
      const sum = accumulate === undefined ? products : on(wider, accumulate, before, products);
      const rounded = rounds ? on(wider, 'add', sum, everywhere(wider, 2 ** (format.width - 2))) : sum;
      return m.let(on(wider, 'shr_s', rounded, shift));
    };
    return row(
      `${name}.${format.name}`,
      `${op} ${format === H ? '0' : '1'} wt ws wd ${FIXED_POINT}`,
      'wd,ws,wt',
      (m, { wt, ws, wd }) => {
        const [s, t, d] = [m.let(m.vector(ws)), m.let(m.vector(wt)), m.let(m.vector(wd))];
        m.setVector(wd, narrow(m, format, half(m, 'low', s, t, d), half(m, 'high', s, t, d)));
      },
    );
  });

export const MSA_MULTIPLY: readonly Instruction[] = [
  ...three('mulv', '000', PRODUCT, product),
  ...three('maddv', '001', PRODUCT, productAdded),
  ...three('msubv', '010', PRODUCT, productSubtracted),
  ...three('dotp_s', '000', DOT, dotOf('s'), WIDE_FORMATS),
  ...three('dotp_u', '001', DOT, dotOf('u'), WIDE_FORMATS),
  ...three('dpadd_s', '010', DOT, dotWith('s', 'add'), WIDE_FORMATS),
  ...three('dpadd_u', '011', DOT, dotWith('u', 'add'), WIDE_FORMATS),
  ...three('dpsub_s', '100', DOT, dotWith('s', 'sub'), WIDE_FORMATS),
  ...three('dpsub_u', '101', DOT, dotWith('u', 'sub'), WIDE_FORMATS),
  ...three('hadd_s', '100', NEIGHBOURS, neighbours('s', 'add'), WIDE_FORMATS),
  ...three('hadd_u', '101', NEIGHBOURS, neighbours('u', 'add'), WIDE_FORMATS),
  ...three('hsub_s', '110', NEIGHBOURS, neighbours('s', 'sub'), WIDE_FORMATS),
  ...three('hsub_u', '111', NEIGHBOURS, neighbours('u', 'sub'), WIDE_FORMATS),
  ...fixedPoint('mul_q', '0100', undefined, false),
  ...fixedPoint('madd_q', '0101', 'add', false),
  ...fixedPoint('msub_q', '0110', 'sub', false),
  ...fixedPoint('mulr_q', '1100', undefined, true),
  ...fixedPoint('maddr_q', '1101', 'add', true),
  ...fixedPoint('msubr_q', '1110', 'sub', true),
];
