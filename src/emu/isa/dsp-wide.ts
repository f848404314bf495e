/** DSP ASE on double words: numbers of 128 bits, as HI and LO of an accumulator hold them. */
import {
  add,
  field,
  ltU,
  or,
  shl,
  shrS,
  shrU,
  sub,
  zeroExtend64,
  constant,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';

export interface Wide {
  readonly high: Expr;
  readonly low: Expr;
}

export const accumulator = (m: Meaning, ac: Field): Wide => ({
  high: m.let(m.accumulator('hi', field(ac))),
  low: m.let(m.accumulator('lo', field(ac))),
});

export function setAccumulator(m: Meaning, ac: Field, { high, low }: Wide): void {
  m.setAccumulator('hi', high, field(ac));
  m.setAccumulator('lo', low, field(ac));
}

/** A signed number of 64 bits. */
export function extended(m: Meaning, value: Expr): Wide {
  const low = m.let(value);
  return { high: m.let(shrS(low, 63)), low };
}

export function sum(m: Meaning, a: Wide, b: Wide): Wide {
  const low = m.let(add(a.low, b.low));
  return { high: m.let(add(add(a.high, b.high), zeroExtend64(ltU(low, a.low)))), low };
}

export function difference(m: Meaning, a: Wide, b: Wide): Wide {
  const low = m.let(sub(a.low, b.low));
  return { high: m.let(sub(sub(a.high, b.high), zeroExtend64(ltU(a.low, b.low)))), low };
}

/** The bits of `high` that come down into the low double word; WebAssembly would shift by 64 as by 0. */
const comingDown = (high: Expr, by: Expr): Expr => shl(shl(high, 1), sub(constant('i64', 63), by));

/** @param by 0 to 63, of 64 bits */
export const shiftedRight = (m: Meaning, { high, low }: Wide, by: Expr, sign: 's' | 'u'): Wide => ({
  high: m.let(sign === 's' ? shrS(high, by) : shrU(high, by)),
  low: m.let(or(shrU(low, by), comingDown(high, by))),
});

/** @param by 1 to 64, of 64 bits */
export const shiftedLeft = (m: Meaning, { high, low }: Wide, by: Expr): Wide => {
  const rest = m.let(sub(by, 1));
  return {
    high: m.let(or(shl(shl(high, 1), rest), shrU(low, sub(constant('i64', 64), by)))),
    low: m.let(shl(shl(low, 1), rest)),
  };
};
