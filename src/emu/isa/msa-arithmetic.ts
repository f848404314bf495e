/** MSA: sums, differences, averages, comparisons, extremes, division of integers. */
import type { Instruction } from './encoding.js';
import {
  and,
  constant,
  divS,
  divU,
  eq,
  eqz,
  field,
  i32,
  ltS,
  or,
  remS,
  remU,
  select,
  signedField,
  xor,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';
import { FORMATS, row, splat, three, type Format, type Three } from './msa-common.js';
import {
  choose,
  everywhere,
  extreme,
  lanewise,
  lessOrEqual,
  lessThan,
  limitOf,
  on,
  saturated,
  type Sign,
} from './vector.js';

const SUM = '010000';
const DIFFERENCE = '010001';
const PLAIN = '001110';
const COMPARISON = '001111';
const IMMEDIATE = '000110';
const COMPARISON_IMMEDIATE = '000111';
const PRODUCT = '010010';

const plus: Three = (_, format, s, t) => on(format, 'add', s, t);
const minus: Three = (_, format, s, t) => on(format, 'sub', s, t);

const limited =
  (operation: 'add' | 'sub', sign: Sign): Three =>
  (m, format, s, t) =>
    saturated(format, operation, sign, s, t, m.let(on(format, operation, s, t)));

const largest = ({ width }: Format): bigint => (1n << BigInt(width - 1)) - 1n;
const absolute = (m: Meaning, format: Format, value: Expr): Expr => m.let(on(format, 'abs', value));

const addAbsolute: Three = (_, format, s, t) => on(format, 'add', on(format, 'abs', s), on(format, 'abs', t));

/** The absolute value of the least number is one too large; as unsigned ones, neither sum overflows after that. */
const addAbsoluteSaturated: Three = (m, format, s, t) => {
  const limit = everywhere(format, largest(format));
  const magnitude = (value: Expr): Expr => m.let(extreme(format, 'min', 'u', absolute(m, format, value), limit));
  return extreme(format, 'min', 'u', m.let(on(format, 'add', magnitude(s), magnitude(t))), limit);
};

/** Unsigned minus signed. */
const subtractSigned: Three = (m, format, s, t) => {
  const negative = m.let(on(format, 'neg', t));
  const more = saturated(format, 'add', 'u', s, negative, m.let(on(format, 'add', s, negative)));
  const less = saturated(format, 'sub', 'u', s, t, m.let(on(format, 'sub', s, t)));
  return choose(lessThan(format, 's', t, everywhere(format, 0)), more, less);
};

/** Of unsigned numbers, as a signed one. */
const subtractToSigned: Three = (m, format, s, t) => {
  const difference = m.let(on(format, 'sub', s, t));
  const negative = m.let(lessThan(format, 'u', s, t));
  const looksNegative = lessThan(format, 's', difference, everywhere(format, 0));
  return choose(xor(negative, looksNegative), limitOf(format, negative), difference);
};

const distance =
  (sign: Sign): Three =>
  (_, format, s, t) =>
    choose(lessThan(format, sign, s, t), on(format, 'sub', t, s), on(format, 'sub', s, t));

/** Without the bit that a sum has more. */
const average =
  (sign: Sign, carry: (a: Expr, b: Expr) => Expr): Three =>
  (_, format, s, t) => {
    const half = (value: Expr): Expr => on(format, `shr_${sign}`, value, i32(1));
    return on(format, 'add', on(format, 'add', half(s), half(t)), and(carry(s, t), everywhere(format, 1)));
  };

const extremeOf =
  (which: 'min' | 'max', sign: Sign): Three =>
  (_, format, s, t) =>
    extreme(format, which, sign, s, t);

/** The one with the larger or smaller absolute value; of two alike, wt's. */
const extremeByMagnitude =
  (which: 'min' | 'max'): Three =>
  (m, format, s, t) => {
    const [a, b] = [absolute(m, format, s), absolute(m, format, t)];
    return choose(which === 'min' ? lessThan(format, 'u', a, b) : lessThan(format, 'u', b, a), s, t);
  };

const equal: Three = (_, format, s, t) => on(format, 'eq', s, t);
const less =
  (sign: Sign): Three =>
  (_, format, s, t) =>
    lessThan(format, sign, s, t);
const notMore =
  (sign: Sign): Three =>
  (_, format, s, t) =>
    lessOrEqual(format, sign, s, t);

/** Of signed or unsigned elements with a number of five bits. */
const immediate = (name: string, op: string, minor: string, of: Three, sign: Sign): Instruction[] =>
  FORMATS.map((format) =>
    row(
      `${name}.${format.name}`,
      `${op} ${format.df} imm<4:0> ws wd ${minor}`,
      sign === 's' ? 'wd,ws,imm' : 'wd,ws,uimm',
      (m, { imm, ws, wd }) => {
        const number = (given: Field): Expr => (sign === 's' ? signedField(given) : field(given));
        m.setVector(wd, of(m, format, m.let(m.vector(ws)), m.let(splat(format, number(imm))), m.let(m.vector(wd))));
      },
    ),
  );

/** Division by zero is unpredictable: here, as on QEMU, the quotient is 1 or -1, and the remainder the dividend. */
const quotient: Three = (m, format, s, t) =>
  lanewise(m, format, 's', [s, t], (a, b) => {
    const ofZero = select(ltS(a, 0), constant(a.type, 1), constant(a.type, -1));
    return select(eqz(b), ofZero, divS(a, divisor(m, format, a, b)));
  });
const remainder: Three = (m, format, s, t) =>
  lanewise(m, format, 's', [s, t], (a, b) => select(eqz(b), a, remS(a, divisor(m, format, a, b))));
const unsignedQuotient: Three = (m, format, s, t) =>
  lanewise(m, format, 'u', [s, t], (a, b) =>
    select(eqz(b), constant(a.type, -1), divU(a, select(eqz(b), constant(b.type, 1), b))),
  );
const unsignedRemainder: Three = (m, format, s, t) =>
  lanewise(m, format, 'u', [s, t], (a, b) => select(eqz(b), a, remU(a, select(eqz(b), constant(b.type, 1), b))));

/** 1 where WebAssembly would trap; the least number divided by -1 is itself. */
function divisor(m: Meaning, { width }: Format, a: Expr, b: Expr): Expr {
  const least = a.type === 'i64' ? constant('i64', -(1n << 63n)) : constant('i32', -0x80000000);
  const overflows = width < 32 ? constant('i32', 0) : and(eq(a, least), eq(b, constant(b.type, -1)));
  return m.let(select(or(eqz(b), overflows), constant(b.type, 1), b));
}

export const MSA_ARITHMETIC: readonly Instruction[] = [
  ...three('addv', '000', PLAIN, plus),
  ...three('subv', '001', PLAIN, minus),
  ...three('max_s', '010', PLAIN, extremeOf('max', 's')),
  ...three('max_u', '011', PLAIN, extremeOf('max', 'u')),
  ...three('min_s', '100', PLAIN, extremeOf('min', 's')),
  ...three('min_u', '101', PLAIN, extremeOf('min', 'u')),
  ...three('max_a', '110', PLAIN, extremeByMagnitude('max')),
  ...three('min_a', '111', PLAIN, extremeByMagnitude('min')),
  ...three('ceq', '000', COMPARISON, equal),
  ...three('clt_s', '010', COMPARISON, less('s')),
  ...three('clt_u', '011', COMPARISON, less('u')),
  ...three('cle_s', '100', COMPARISON, notMore('s')),
  ...three('cle_u', '101', COMPARISON, notMore('u')),
  ...three('add_a', '000', SUM, addAbsolute),
  ...three('adds_a', '001', SUM, addAbsoluteSaturated),
  ...three('adds_s', '010', SUM, limited('add', 's')),
  ...three('adds_u', '011', SUM, limited('add', 'u')),
  ...three('ave_s', '100', SUM, average('s', and)),
  ...three('ave_u', '101', SUM, average('u', and)),
  ...three('aver_s', '110', SUM, average('s', or)),
  ...three('aver_u', '111', SUM, average('u', or)),
  ...three('subs_s', '000', DIFFERENCE, limited('sub', 's')),
  ...three('subs_u', '001', DIFFERENCE, limited('sub', 'u')),
  ...three('subsus_u', '010', DIFFERENCE, subtractSigned),
  ...three('subsuu_s', '011', DIFFERENCE, subtractToSigned),
  ...three('asub_s', '100', DIFFERENCE, distance('s')),
  ...three('asub_u', '101', DIFFERENCE, distance('u')),
  ...three('div_s', '100', PRODUCT, quotient),
  ...three('div_u', '101', PRODUCT, unsignedQuotient),
  ...three('mod_s', '110', PRODUCT, remainder),
  ...three('mod_u', '111', PRODUCT, unsignedRemainder),
  ...immediate('addvi', '000', IMMEDIATE, plus, 'u'),
  ...immediate('subvi', '001', IMMEDIATE, minus, 'u'),
  ...immediate('maxi_s', '010', IMMEDIATE, extremeOf('max', 's'), 's'),
  ...immediate('maxi_u', '011', IMMEDIATE, extremeOf('max', 'u'), 'u'),
  ...immediate('mini_s', '100', IMMEDIATE, extremeOf('min', 's'), 's'),
  ...immediate('mini_u', '101', IMMEDIATE, extremeOf('min', 'u'), 'u'),
  ...immediate('ceqi', '000', COMPARISON_IMMEDIATE, equal, 's'),
  ...immediate('clti_s', '010', COMPARISON_IMMEDIATE, less('s'), 's'),
  ...immediate('clti_u', '011', COMPARISON_IMMEDIATE, less('u'), 'u'),
  ...immediate('clei_s', '100', COMPARISON_IMMEDIATE, notMore('s'), 's'),
  ...immediate('clei_u', '101', COMPARISON_IMMEDIATE, notMore('u'), 'u'),
];
