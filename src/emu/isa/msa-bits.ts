/** MSA: logic, shifts, single bits, bit fields, saturation to a number of bits, counts of bits. */
import type { Instruction } from './encoding.js';
import {
  add,
  and,
  apply,
  clz,
  constant,
  field,
  i32,
  not,
  or,
  shl,
  shrS,
  shrU,
  sub,
  xor,
  type Expr,
  type Meaning,
} from './ir.js';
import { BIT_NUMBER, FORMATS, row, splat, three, B, type Format, type Three } from './msa-common.js';
import { ALL_ONES, andNot, choose, everywhere, extreme, lanewise, on, shiftRightRounded, type Sign } from './vector.js';

const SHIFT = '001101';
const ROUNDED_SHIFT = '010101';
const SHIFT_IMMEDIATE = '001001';
const MORE_SHIFT_IMMEDIATE = '001010';
const WHOLE = '011110';

/** A lane of `s` and an amount below the width, from a lane of `t`. */
const byLane =
  (sign: Sign, of: (value: Expr, amount: Expr) => Expr): Three =>
  (m, format, s, t) =>
    lanewise(m, format, sign, [s, t], (value, amount) => of(value, and(amount, format.width - 1)));

const rounded =
  (shift: (value: Expr, amount: Expr) => Expr) =>
  (value: Expr, amount: Expr): Expr =>
    add(shift(value, amount), and(shrU(shl(value, 1), amount), 1));

/** 1 shifted left, and a mask of so many bits and one more, at the left or at the right end. */
const bitOf: Three = byLane('u', (value, amount) => shl(constant(value.type, 1), amount));
const leftMask: Three = (m, format, s, t) =>
  lanewise(m, format, 'u', [s, t], (value, amount) =>
    shl(constant(value.type, -1), sub(constant(value.type, format.width - 1), and(amount, format.width - 1))),
  );
const rightMask: Three = byLane('u', (value, amount) => not(shl(constant(value.type, -2), amount)));

const withBit =
  (change: (value: Expr, bit: Expr) => Expr): Three =>
  (m, format, s, t, d) =>
    change(s, bitOf(m, format, s, t, d));
const insertion =
  (mask: Three): Three =>
  (m, format, s, t, d) =>
    choose(mask(m, format, s, t, d), s, d);

/** A number in the instruction, below the width. */
type WithNumber = (m: Meaning, format: Format, s: Expr, number: Expr, d: Expr) => Expr;

const immediate = (name: string, op: string, minor: string, of: WithNumber): Instruction[] =>
  FORMATS.map((format) =>
    row(`${name}.${format.name}`, `${op} ${BIT_NUMBER[format.name]} ws wd ${minor}`, 'wd,ws,sa', (m, { sa, ws, wd }) =>
      m.setVector(wd, of(m, format, m.let(m.vector(ws)), m.let(field(sa)), m.let(m.vector(wd)))),
    ),
  );

const shift =
  (name: 'shl' | 'shr_s' | 'shr_u'): WithNumber =>
  (_, format, s, number) =>
    on(format, name, s, number);
const roundedShift =
  (sign: Sign): WithNumber =>
  (_, format, s, number) =>
    shiftRightRounded(format, sign, s, number);
const withBitNumber =
  (change: (value: Expr, bit: Expr) => Expr): WithNumber =>
  (_, format, s, number) =>
    change(s, on(format, 'shl', everywhere(format, 1), number));
const insertionOf =
  (shiftName: 'shl' | 'shr_u'): WithNumber =>
  (_, format, s, number, d) =>
    choose(on(format, shiftName, ALL_ONES, sub(i32(format.width - 1), number)), s, d);

const saturateSigned: WithNumber = (m, format, s, number) => {
  const least = m.let(on(format, 'shl', ALL_ONES, number));
  return extreme(format, 'min', 's', m.let(extreme(format, 'max', 's', s, least)), m.let(not(least)));
};
const saturateUnsigned: WithNumber = (m, format, s, number) =>
  extreme(format, 'min', 'u', s, m.let(on(format, 'shr_u', ALL_ONES, sub(i32(format.width - 1), number))));

/** All 128 bits alike: the value of wd from ws, wt and the old wd. */
type Whole = (s: Expr, t: Expr, d: Expr) => Expr;
const whole = (name: string, op: string, of: Whole): Instruction =>
  row(`${name}.v`, `${op} wt ws wd ${WHOLE}`, 'wd,ws,wt', (m, { wt, ws, wd }) =>
    m.setVector(wd, of(m.vector(ws), m.vector(wt), m.vector(wd))),
  );
const wholeImmediate = (name: string, op: string, minor: string, of: Whole): Instruction =>
  row(`${name}.b`, `${op} imm<7:0> ws wd ${minor}`, 'wd,ws,uimm', (m, { imm, ws, wd }) =>
    m.setVector(wd, of(m.vector(ws), splat(B, field(imm)), m.vector(wd))),
  );

const nor: Whole = (s, t) => not(or(s, t));
const moveIfOne: Whole = (s, t, d) => choose(t, s, d);
const moveIfZero: Whole = (s, t, d) => choose(t, d, s);
const select: Whole = (s, t, d) => choose(d, t, s);

const count = (name: string, op: string, of: (m: Meaning, format: Format, s: Expr) => Expr): Instruction[] =>
  FORMATS.map((format) =>
    row(`${name}.${format.name}`, `11000 0${op} ${format.df} ws wd ${WHOLE}`, 'wd,ws', (m, { ws, wd }) =>
      m.setVector(wd, of(m, format, m.let(m.vector(ws)))),
    ),
  );

function ones(m: Meaning, { width }: Format, s: Expr): Expr {
  const ofBytes = apply('i8x16.popcnt', s);
  if (width === 8) return ofBytes;
  const ofHalves = apply('i16x8.extadd_pairwise_i8x16_u', ofBytes);
  if (width === 16) return ofHalves;
  const ofWords = apply('i32x4.extadd_pairwise_i16x8_u', ofHalves);
  if (width === 32) return ofWords;
  const words = m.let(ofWords);
  return apply('i64x2.add', apply('i64x2.shr_u', words, i32(32)), and(words, constant('v128', WORD_OF_EACH)));
}
const WORD_OF_EACH = 0x00000000ffffffff00000000ffffffffn;

/** Elements narrower than 32 bits are counted in words, whose upper bits are 0. */
const leadingZeros = (m: Meaning, format: Format, s: Expr): Expr =>
  lanewise(m, format, 'u', [s], (value) => sub(clz(value), format.width < 32 ? 32 - format.width : 0));

export const MSA_BITS: readonly Instruction[] = [
  ...three('sll', '000', SHIFT, byLane('u', shl)),
  ...three('sra', '001', SHIFT, byLane('s', shrS)),
  ...three('srl', '010', SHIFT, byLane('u', shrU)),
  ...three('bclr', '011', SHIFT, withBit(andNot)),
  ...three('bset', '100', SHIFT, withBit(or)),
  ...three('bneg', '101', SHIFT, withBit(xor)),
  ...three('binsl', '110', SHIFT, insertion(leftMask)),
  ...three('binsr', '111', SHIFT, insertion(rightMask)),
  ...three('srar', '001', ROUNDED_SHIFT, byLane('s', rounded(shrS))),
  ...three('srlr', '010', ROUNDED_SHIFT, byLane('u', rounded(shrU))),
  ...immediate('slli', '000', SHIFT_IMMEDIATE, shift('shl')),
  ...immediate('srai', '001', SHIFT_IMMEDIATE, shift('shr_s')),
  ...immediate('srli', '010', SHIFT_IMMEDIATE, shift('shr_u')),
  ...immediate('bclri', '011', SHIFT_IMMEDIATE, withBitNumber(andNot)),
  ...immediate('bseti', '100', SHIFT_IMMEDIATE, withBitNumber(or)),
  ...immediate('bnegi', '101', SHIFT_IMMEDIATE, withBitNumber(xor)),
  ...immediate('binsli', '110', SHIFT_IMMEDIATE, insertionOf('shl')),
  ...immediate('binsri', '111', SHIFT_IMMEDIATE, insertionOf('shr_u')),
  ...immediate('sat_s', '000', MORE_SHIFT_IMMEDIATE, saturateSigned),
  ...immediate('sat_u', '001', MORE_SHIFT_IMMEDIATE, saturateUnsigned),
  ...immediate('srari', '010', MORE_SHIFT_IMMEDIATE, roundedShift('s')),
  ...immediate('srlri', '011', MORE_SHIFT_IMMEDIATE, roundedShift('u')),
  whole('and', '00000', and),
  whole('or', '00001', or),
  whole('nor', '00010', nor),
  whole('xor', '00011', xor),
  whole('bmnz', '00100', moveIfOne),
  whole('bmz', '00101', moveIfZero),
  whole('bsel', '00110', select),
  wholeImmediate('andi', '00', '000000', and),
  wholeImmediate('ori', '01', '000000', or),
  wholeImmediate('nori', '10', '000000', nor),
  wholeImmediate('xori', '11', '000000', xor),
  wholeImmediate('bmnzi', '00', '000001', moveIfOne),
  wholeImmediate('bmzi', '01', '000001', moveIfZero),
  wholeImmediate('bseli', '10', '000001', select),
  ...count('pcnt', '01', ones),
  ...count('nloc', '10', (m, format, s) => leadingZeros(m, format, m.let(not(s)))),
  ...count('nlzc', '11', leadingZeros),
];
