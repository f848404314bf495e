/** MADDF and MSUBF of Release 6: a product and a sum with one rounding, which WebAssembly has no operator for. */
import { insn, type Instruction } from './encoding.js';
import { comfortable, D, fastOrExactly, FORMATS, need, S, signBit, toBits, toFloat } from './fpu-common.js';
import {
  add,
  and,
  apply,
  constant,
  eq,
  eqz,
  ltU,
  ne,
  or,
  select,
  shl,
  shrU,
  sub,
  wrap,
  xor,
  type Expr,
  type Meaning,
  type Temp,
} from './ir.js';

interface Fused {
  readonly result: Expr;
  /** Whether `result` is right. */
  readonly sure: Expr;
}

/**
 * A single-precision product is exact in double precision, and so is the sum unless it is rounded there; rounding a second
 * time is only wrong if the first one ended on a point half way between two singles.
 */
function fusedSingle(m: Meaning, a: Expr, b: Expr, c: Expr): Fused {
  const double = (bits: Expr): Expr => apply('f64.promote_f32', toFloat(S, bits));
  const sum = m.let(toBits(D, apply('f64.add', double(c), apply('f64.mul', double(a), double(b)))));
  const result = m.let(toBits(S, apply('f32.demote_f64', toFloat(D, sum))));
  const belowSingle = and(wrap(sum), 0x1fffffff);
  return { result, sure: and(comfortable(S, result), ne(belowSingle, 0x10000000)) };
}

const plus = (a: Expr, b: Expr): Expr => apply('f64.add', a, b);
const minus = (a: Expr, b: Expr): Expr => apply('f64.sub', a, b);
const times = (a: Expr, b: Expr): Expr => apply('f64.mul', a, b);

/** A number and what was lost when it was rounded: together exact. */
interface Pair {
  readonly high: Temp;
  readonly low: Temp;
}

/** Knuth's sum. */
function exactSum(m: Meaning, a: Expr, b: Expr): Pair {
  const high = m.let(plus(a, b));
  const second = m.let(minus(high, a));
  const low = m.let(plus(minus(a, minus(high, second)), minus(b, second)));
  return { high, low };
}

/** Veltkamp's halves of a significand, 26 bits each, and Dekker's product of them. */
function exactProduct(m: Meaning, a: Expr, b: Expr): Pair {
  const halves = (value: Expr): Pair => {
    const scaled = m.let(times(value, constant('f64', 2 ** 27 + 1)));
    const high = m.let(minus(scaled, minus(scaled, value)));
    return { high, low: m.let(minus(value, high)) };
  };
  const [x, y] = [halves(a), halves(b)];
  const high = m.let(times(a, b));
  const cross = plus(plus(minus(times(x.high, y.high), high), times(x.high, y.low)), times(x.low, y.high));
  return { high, low: m.let(plus(cross, times(x.low, y.low))) };
}

/** The sum rounded to odd: if it is inexact, to the one of its two neighbours whose last bit is 1. */
function oddSum(m: Meaning, a: Expr, b: Expr): Expr {
  const { high, low } = exactSum(m, a, b);
  const bits = m.let(toBits(D, high));
  const zero = constant('f64', 0);
  const sameSign = eq(apply('f64.gt', low, zero), apply('f64.gt', high, zero));
  const towards = select(sameSign, constant('i64', 1), constant('i64', -1));
  const isEven = eqz(and(bits, 1));
  return toFloat(D, select(and(isEven, apply('f64.ne', low, zero)), add(bits, towards), bits));
}

/** Zero, or of an exponent between -limit and limit: the intermediate results neither overflow nor lose bits. */
function moderate(bits: Expr, limit: number): Expr {
  const exponent = and(wrap(shrU(bits, 52)), 0x7ff);
  return or(ltU(sub(exponent, 1023 - limit), 2 * limit + 1), eqz(shl(bits, 1)));
}

/**
 * After S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd"
 * (IEEE Transactions on Computers 57, 2008).
 */
function fusedDouble(m: Meaning, a: Expr, b: Expr, c: Expr): Fused {
  const product = exactProduct(m, toFloat(D, a), toFloat(D, b));
  const small = exactSum(m, toFloat(D, c), product.low);
  const great = exactSum(m, product.high, small.high);
  const result = m.let(toBits(D, plus(great.high, oddSum(m, small.low, great.low))));
  const sure = and(and(moderate(a, 400), moderate(b, 400)), and(moderate(c, 900), comfortable(D, result)));
  return { result, sure };
}

export const FUSED_MULTIPLY_ADDS: readonly Instruction[] = [
  { name: 'maddf', funct: '011000', negated: false },
  { name: 'msubf', funct: '011001', negated: true },
].flatMap(({ name, funct, negated }) =>
  FORMATS.map((format) => {
    const full = `${name}.${format.name}`;
    return insn(full, `010001 ${format.fmt} ft fs fd ${funct}`, 'fd,fs,ft', (m, { ft, fs, fd }) => {
      need(m, format, fd, fs, ft);
      const a = m.let(m.fpr(format.bits, fs));
      const b = m.let(m.fpr(format.bits, ft));
      const c = m.let(m.fpr(format.bits, fd));
      const factor = negated ? m.let(xor(a, signBit(format))) : a;
      const fused = (format === S ? fusedSingle : fusedDouble)(m, factor, b, c);
      fastOrExactly(m, full, [fd, fs, ft, fd], { ...fused, operands: [a, b, c] });
    });
  }),
);
