/** DSP ASE: shifts of lanes, by a number in the instruction or in a register. */
import {
  collect,
  flagDifference,
  FUNCTION,
  OB,
  OVERFLOW,
  PH,
  PW,
  QB,
  QH,
  row,
  spread,
  W,
  type DspRow,
  type Lanes,
} from './dsp-lanes.js';
import { field, type Expr, type Meaning } from './ir.js';
import { choose, everywhere, limitOf, on, shiftRightRounded } from './vector.js';

type Shift = (m: Meaning, lanes: Lanes, value: Expr, amount: Expr) => Expr;

/** Bytes are unsigned, other lanes signed. */
const back = (lanes: Lanes, value: Expr, amount: Expr): Expr =>
  on(lanes, lanes.width === 8 ? 'shr_u' : 'shr_s', value, amount);

const left: Shift = (m, lanes, value, amount) => {
  const shifted = m.let(on(lanes, 'shl', value, amount));
  flagDifference(m, OVERFLOW.shift, back(lanes, shifted, amount), value);
  return shifted;
};

const leftSaturated: Shift = (m, lanes, value, amount) => {
  const shifted = m.let(on(lanes, 'shl', value, amount));
  const same = m.let(on(lanes, 'eq', back(lanes, shifted, amount), value));
  flagDifference(m, OVERFLOW.shift, same, everywhere(lanes, -1));
  return choose(same, shifted, limitOf(lanes, value));
};

const right: Shift = (_, lanes, value, amount) => on(lanes, 'shr_u', value, amount);
const rightSigned: Shift = (_, lanes, value, amount) => on(lanes, 'shr_s', value, amount);
const rightRounded: Shift = (m, lanes, value, amount) => shiftRightRounded(lanes, 's', value, m.let(amount));

/** The amount in a register counts modulo the width, as WebAssembly's shifts take it. */
const shift = (
  revision: 1 | 2,
  name: string,
  lanes: Lanes,
  [immediate, variable]: readonly [string, string],
  of: Shift,
): DspRow[] => {
  const bits = Math.log2(lanes.width);
  const operation = (suffix: string): string => {
    const [stem = '', how] = name.split('_');
    return `${stem}${suffix}${how === undefined ? '' : `_${how}`}.${lanes.name}`;
  };
  return [
    row(
      revision,
      lanes.bits,
      operation(''),
      `011111 ${'0'.repeat(5 - bits)}${bits < 5 ? ' ' : ''}sa<${bits - 1}:0> rt rd ${immediate} ${FUNCTION.shift[lanes.bits]}`,
      'rd,rt,sa',
      (m, { sa, rt, rd }) => collect(m, lanes.bits, rd, of(m, lanes, spread(m, lanes, rt), field(sa))),
    ),
    row(
      revision,
      lanes.bits,
      operation('v'),
      `011111 rs rt rd ${variable} ${FUNCTION.shift[lanes.bits]}`,
      'rd,rt,rs',
      (m, { rs, rt, rd }) => collect(m, lanes.bits, rd, of(m, lanes, spread(m, lanes, rt), m.let(m.word(rs)))),
    ),
  ];
};

const bytes = (lanes: Lanes): DspRow[] => [
  ...shift(1, 'shll', lanes, ['00000', '00010'], left),
  ...shift(1, 'shrl', lanes, ['00001', '00011'], right),
  ...shift(2, 'shra', lanes, ['00100', '00110'], rightSigned),
  ...shift(2, 'shra_r', lanes, ['00101', '00111'], rightRounded),
];

const halfWords = (lanes: Lanes): DspRow[] => [
  ...shift(1, 'shll', lanes, ['01000', '01010'], left),
  ...shift(1, 'shra', lanes, ['01001', '01011'], rightSigned),
  ...shift(1, 'shll_s', lanes, ['01100', '01110'], leftSaturated),
  ...shift(1, 'shra_r', lanes, ['01101', '01111'], rightRounded),
  ...shift(2, 'shrl', lanes, ['11001', '11011'], right),
];

const words = (lanes: Lanes): DspRow[] => [
  ...shift(1, 'shll_s', lanes, ['10100', '10110'], leftSaturated),
  ...shift(1, 'shra_r', lanes, ['10101', '10111'], rightRounded),
];

export const DSP_SHIFT: readonly DspRow[] = [
  ...[QB, OB].flatMap(bytes),
  ...[PH, QH].flatMap(halfWords),
  ...[W, PW].flatMap(words),
  ...shift(1, 'shll', PW, ['10000', '10010'], left),
  ...shift(1, 'shra', PW, ['10001', '10011'], rightSigned),
];
