/** DSP ASE: lanes to wider or narrower ones, copies of lanes, and parts of two registers together. */
import {
  collect,
  countOf,
  FUNCTION,
  flag,
  OB,
  OVERFLOW,
  pair,
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
import { apply, field, i32, signedField, type Expr, type Meaning } from './ir.js';
import { ZERO, anyLane, arrange, everywhere, on, shiftRightRounded } from './vector.js';

type Half = 'low' | 'high';

/** A register of 64 bits as one lane. */
const L = { name: 'l', bits: 64, width: 64 } as const;
type Source = Pick<Lanes, 'name' | 'bits'> & { readonly width: 8 | 16 | 32 | 64 };

/** Where the bytes of one half of each lane are, in two registers. */
const halfOfLanes = ({ bits, width }: Source, half: Half): readonly number[] => {
  const bytes = width / 8;
  const offset = half === 'high' ? bytes / 2 : 0;
  const lanes = Array.from({ length: (2 * bits) / width }, (_, lane) => lane * bytes + offset);
  return lanes.flatMap((at) => Array.from({ length: bytes / 2 }, (_, i) => at + i));
};

/** Lanes of rs and rt to half as wide ones, those of rs on the left. */
const narrow = (
  revision: 1 | 2,
  name: string,
  to: Lanes,
  from: Source,
  op: string,
  of: (m: Meaning, lanes: Expr) => Expr,
): DspRow =>
  row(
    revision,
    to.bits,
    `${name}.${to.name}.${from.name}`,
    `011111 rs rt rd ${op} ${FUNCTION.compare[to.bits]}`,
    'rd,rs,rt',
    (m, { rs, rt, rd }) => collect(m, to.bits, rd, of(m, pair(m, to.bits, rs, rt))),
  );

const halvesOf =
  (from: Source, half: Half) =>
  (_: Meaning, lanes: Expr): Expr =>
    arrange(lanes, halfOfLanes(from, half));

/** Q15 to unsigned bytes: bits 14…7; what is negative or would be rounded up beyond 255 saturates. */
const toBytes = (m: Meaning, lanes: Expr): Expr => {
  flag(m, OVERFLOW.shift, anyLane(apply('i16x8.gt_u', lanes, everywhere(PH, 0x7f80))));
  return apply('i8x16.narrow_i16x8_u', apply('i16x8.shr_s', lanes, i32(7)), ZERO);
};

/** Q31 to Q15. */
const toHalves = (m: Meaning, lanes: Expr): Expr => {
  flag(m, OVERFLOW.shift, anyLane(apply('i32x4.gt_s', lanes, everywhere(W, 0x7fff7fff))));
  return apply('i16x8.narrow_i32x4_s', shiftRightRounded(W, 's', lanes, i32(16)), ZERO);
};

const narrowing: readonly DspRow[] = (
  [
    [QB, PH],
    [OB, QH],
  ] as const
).flatMap(([to, from]) => [
  narrow(1, 'precrq', to, from, '01100', halvesOf(from, 'high')),
  narrow(2, 'precr', to, from, '01101', halvesOf(from, 'low')),
  narrow(1, 'precrqu_s', to, from, '01111', toBytes),
]);

const narrowingWords: readonly DspRow[] = (
  [
    [PH, W],
    [QH, PW],
  ] as const
).flatMap(([to, from]) => [
  narrow(1, 'precrq', to, from, '10100', halvesOf(from, 'high')),
  narrow(1, 'precrq_rs', to, from, '10101', toHalves),
  shiftAndNarrow('precr_sra', to, from, '11110', (lanes, amount) => on(from, 'shr_s', lanes, amount)),
  shiftAndNarrow('precr_sra_r', to, from, '11111', (lanes, amount) => shiftRightRounded(from, 's', lanes, amount)),
]);

/** The amount takes rd's place, so rt is the result as well. */
function shiftAndNarrow(
  name: string,
  to: Lanes,
  from: Lanes,
  op: string,
  shift: (lanes: Expr, amount: Expr) => Expr,
): DspRow {
  return row(
    2,
    to.bits,
    `${name}.${to.name}.${from.name}`,
    `011111 rs rt sa ${op} ${FUNCTION.compare[to.bits]}`,
    'rt,rs,sa',
    (m, { rs, rt, sa }) =>
      collect(m, to.bits, rt, arrange(shift(pair(m, to.bits, rt, rs), field(sa)), halfOfLanes(from, 'low'))),
  );
}

/** Which lanes become wider: those of the left or right half, or every second one. */
const CHOSEN: Readonly<Record<'l' | 'r' | 'la' | 'ra', (count: number) => (i: number) => number>> = {
  l: (count) => (i) => count / 2 + i,
  r: () => (i) => i,
  la: () => (i) => 2 * i + 1,
  ra: () => (i) => 2 * i,
};
type Chosen = keyof typeof CHOSEN;

/** Some lanes as the low or high halves of wider ones, the other halves 0. */
function widened(value: Expr, from: Lanes, chosen: Chosen, half: Half): Expr {
  const bytes = from.width / 8;
  const lane = CHOSEN[chosen](countOf(from));
  const zeros = Array.from({ length: bytes }, () => undefined);
  return arrange(
    value,
    Array.from({ length: countOf(from) / 2 }, (_, i) => {
      const taken = zeros.map((_, byte) => lane(i) * bytes + byte);
      return half === 'low' ? [...taken, ...zeros] : [...zeros, ...taken];
    }).flat(),
  );
}

const widen = (name: string, from: Lanes, op: string, of: (value: Expr) => Expr): DspRow =>
  row(1, from.bits, name, `011111 00000 rt rd ${op} ${FUNCTION.absolute[from.bits]}`, 'rd,rt', (m, { rt, rd }) =>
    collect(m, from.bits, rd, of(spread(m, from, rt))),
  );

const widening: readonly DspRow[] = (
  [
    [QB, PH],
    [OB, QH],
  ] as const
).flatMap(([from, to]) =>
  (
    [
      ['l', '00'],
      ['r', '01'],
      ['la', '10'],
      ['ra', '11'],
    ] as const
  ).flatMap(([chosen, low]) => [
    // unsigned fractions: the sign bit stays 0
    widen(`precequ.${to.name}.${from.name}${chosen}`, from, `001 ${low}`, (value) =>
      on(to, 'shl', widened(value, from, chosen, 'low'), i32(7)),
    ),
    widen(`preceu.${to.name}.${from.name}${chosen}`, from, `111 ${low}`, (value) =>
      widened(value, from, chosen, 'low'),
    ),
  ]),
);

const fraction = (to: Pick<Lanes, 'name'>, from: Lanes, chosen: Chosen, op: string): DspRow =>
  widen(`preceq.${to.name}.${from.name}${chosen}`, from, op, (value) => widened(value, from, chosen, 'high'));

const wideningHalves: readonly DspRow[] = [
  fraction(W, PH, 'l', '01100'),
  fraction(W, PH, 'r', '01101'),
  fraction(PW, QH, 'l', '01100'),
  fraction(PW, QH, 'r', '01101'),
  fraction(PW, QH, 'la', '01110'),
  fraction(PW, QH, 'ra', '01111'),
  fraction(L, PW, 'l', '10100'),
  fraction(L, PW, 'r', '10101'),
];

/** One number in all lanes. */
const replicate = (lanes: Lanes, immediate: string, variable: string): DspRow[] => [
  row(
    1,
    lanes.bits,
    `repl.${lanes.name}`,
    `011111 ${lanes.width === 8 ? '00 imm<7:0>' : 'imm<9:0>'} rd ${immediate} ${FUNCTION.absolute[lanes.bits]}`,
    lanes.width === 8 ? 'rd,uimm' : 'rd,imm',
    (m, { imm, rd }) => collect(m, lanes.bits, rd, on(lanes, 'splat', signedField(imm))),
  ),
  row(
    1,
    lanes.bits,
    `replv.${lanes.name}`,
    `011111 00000 rt rd ${variable} ${FUNCTION.absolute[lanes.bits]}`,
    'rd,rt',
    (m, { rt, rd }) => collect(m, lanes.bits, rd, on(lanes, 'splat', m.word(rt))),
  ),
];

/** The low half of rs beside the high half of rt. */
const pack = (lanes: Lanes): DspRow =>
  row(
    1,
    lanes.bits,
    `packrl.${lanes.name}`,
    `011111 rs rt rd 01110 ${FUNCTION.compare[lanes.bits]}`,
    'rd,rs,rt',
    (m, { rs, rt, rd }) => {
      const bytes = lanes.width / 8;
      collect(
        m,
        lanes.bits,
        rd,
        arrange(
          pair(m, lanes.bits, rs, rt),
          Array.from({ length: 2 * bytes }, (_, i) => bytes + i),
        ),
      );
    },
  );

export const DSP_CONVERT: readonly DspRow[] = [
  ...narrowing,
  ...narrowingWords,
  narrow(1, 'precrq', PW, L, '11100', halvesOf(L, 'high')),
  pack(PH),
  pack(PW),
  ...widening,
  ...wideningHalves,
  ...replicate(QB, '00010', '00011'),
  ...replicate(PH, '01010', '01011'),
  ...replicate(OB, '00010', '00011'),
  ...replicate(QH, '01010', '01011'),
  ...replicate(PW, '10010', '10011'),
];
