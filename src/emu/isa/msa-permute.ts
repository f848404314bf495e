/** MSA: elements in another order, single elements, and copies between vectors and general registers. */
import type { Instruction } from './encoding.js';
import { and, apply, field, i32, or, signedField, wrap, type Expr, type Field, type Meaning } from './ir.js';
import { B, D, ELEMENT_NUMBER, FORMATS, H, row, splat, three, W, type Format, type Three } from './msa-common.js';
import { andNot, arrangeLanes, choose, countOf, eachLane, everywhere, lanesOf, on, ZERO } from './vector.js';

const ELEMENT = '011001';
const PERMUTE = '010100';
const SHUFFLE = '010101';

/** Bytes of a vector by the numbers in another; a number of 16 or more gives 0. */
const bytesOf = (vector: Expr, indices: Expr): Expr => apply('i8x16.swizzle', vector, indices);
const bytePositions = eachLane(B, (i) => i);

/** From numbers of elements, in elements of that format, to numbers of bytes. */
function toBytes(format: Format, numbers: Expr): Expr {
  const bytes = format.width / 8;
  const ones = Array.from({ length: bytes }, (_, i) => 1n << BigInt(8 * i)).reduce((a, b) => a | b);
  const positions = Array.from({ length: bytes }, (_, i) => BigInt(i) << BigInt(8 * i)).reduce((a, b) => a | b);
  if (format === B) return numbers;
  return on(
    format,
    'add',
    on(format, 'mul', numbers, everywhere(format, ones * BigInt(bytes))),
    everywhere(format, positions),
  );
}

/** Elements of wt, and behind them of ws, in a fixed order. */
const fixed = (name: string, op: string, order: (count: number) => (i: number) => number): Instruction[] =>
  three(name, op, PERMUTE, (_, format, s, t) => {
    const count = countOf(format);
    return arrangeLanes(
      format,
      t,
      s,
      Array.from({ length: count }, (_, i) => order(count)(i)),
    );
  });

const fixedOrders: readonly Instruction[] = [
  ...fixed('pckev', '010', () => (i) => 2 * i),
  ...fixed('pckod', '011', () => (i) => 2 * i + 1),
  ...fixed('ilvl', '100', (count) => (i) => (i % 2) * count + Math.floor(i / 2) + count / 2),
  ...fixed('ilvr', '101', (count) => (i) => (i % 2) * count + Math.floor(i / 2)),
  ...fixed('ilvev', '110', (count) => (i) => (i % 2) * count + i - (i % 2)),
  ...fixed('ilvod', '111', (count) => (i) => (i % 2) * count + i - (i % 2) + 1),
];

/** wd numbers elements of wt and ws; with bit 6 or 7 set an element becomes 0. */
const shuffle: Three = (m, format, s, t, d) => {
  const numbers = and(d, everywhere(format, 2 * countOf(format) - 1));
  const bytes = m.let(toBytes(format, numbers));
  const chosen = or(bytesOf(t, bytes), bytesOf(s, on(B, 'sub', bytes, everywhere(B, 16))));
  return andNot(chosen, on(format, 'ne', and(d, everywhere(format, 0xc0)), ZERO));
};

/** Every four elements in the order that four numbers of two bits give. */
const shuffleFours = ([B, H, W] as const).map((format) =>
  row(`shf.${format.name}`, `${format.df} imm<7:0> ws wd 000010`, 'wd,ws,uimm', (m, { imm, ws, wd }) => {
    // each number in a word of its own, at the same place in it
    const apart = on(W, 'mul', and(splat(W, field(imm)), lanesOf(W, [3, 12, 48, 192])), lanesOf(W, [64, 16, 4, 1]));
    const words = m.let(on(W, 'shr_u', apart, i32(6)));
    const halves = m.let(format === W ? words : apply('i16x8.narrow_i32x4_u', words, words));
    const numbers = format === B ? apply('i8x16.narrow_i16x8_u', halves, halves) : halves;
    const inFours =
      format === W
        ? numbers
        : on(
            format,
            'add',
            numbers,
            eachLane(format, (i) => i - (i % 4)),
          );
    m.setVector(wd, bytesOf(m.vector(ws), toBytes(format, inFours)));
  }),
);

/**
 * Slides: with elements of 2^n bytes the vectors are 2^n rows, of which wd and ws are the left and the right half; each row
 * moves right by so many bytes, and its right half is the result.
 */
function slide(m: Meaning, format: Format, s: Expr, d: Expr, number: Expr): Expr {
  const row = countOf(format);
  const by = m.let(on(B, 'splat', and(number, row - 1)));
  const from = m.let(on(B, 'add', bytePositions, by));
  const inRow = on(
    B,
    'add',
    eachLane(B, (i) => i % row),
    by,
  );
  const stays = on(B, 'lt_u', inRow, everywhere(B, row));
  return choose(stays, bytesOf(s, from), bytesOf(d, on(B, 'sub', from, everywhere(B, row))));
}

/** One element everywhere. */
const replicate = (format: Format, s: Expr, number: Expr): Expr =>
  bytesOf(s, toBytes(format, splat(format, and(number, countOf(format) - 1))));

const element = (
  format: Format,
  name: string,
  op: string,
  operands: string,
  describe: (m: Meaning, fields: { n: Field; ws: Field; wd: Field; rs: Field; rd: Field }) => void,
): Instruction => {
  const [source, target] = [operands.includes('rs') ? 'rs' : 'ws', operands.startsWith('rd') ? 'rd' : 'wd'];
  return row(
    `${name}.${format.name}`,
    `${op} ${ELEMENT_NUMBER[format.name]} ${source} ${target} ${ELEMENT}`,
    operands,
    describe,
  );
};

/** A general register with an element, sign-extended or not. */
const copy = (format: Format, sign: 's' | 'u'): Instruction =>
  element(format, `copy_${sign}`, sign === 's' ? '0010' : '0011', 'rd,ws[n]', (m, { n, ws, rd }) => {
    const moved = bytesOf(m.vector(ws), toBytes(format, splat(format, field(n))));
    const extract = format.width < 32 ? `extract_lane_${sign} 0` : 'extract_lane 0';
    const value = on(format, extract, moved);
    if (format === W && sign === 'u') m.set(rd, apply('i64.extend_i32_u', value));
    else if (format === D) m.set(rd, value);
    else m.setWord(rd, value);
  });

const valueFor = (m: Meaning, format: Format, register: Field): Expr =>
  format === D ? m.reg(register) : wrap(m.reg(register));

const replaced = (format: Format, number: Expr, value: Expr, d: Expr): Expr =>
  choose(
    on(
      format,
      'eq',
      eachLane(format, (i) => i),
      splat(format, number),
    ),
    value,
    d,
  );

const insert = (format: Format): Instruction =>
  element(format, 'insert', '0100', 'wd[n],rs', (m, { n, rs, wd }) =>
    m.setVector(wd, replaced(format, field(n), splat(format, valueFor(m, format, rs)), m.vector(wd))),
  );

const fill = (format: Format): Instruction =>
  row(`fill.${format.name}`, `11000 000 ${format.df} rs wd 011110`, 'wd,rs', (m, { rs, wd }) =>
    m.setVector(wd, splat(format, valueFor(m, format, rs))),
  );

const NARROW = [B, H, W] as const;

export const MSA_PERMUTE: readonly Instruction[] = [
  ...fixedOrders,
  ...three('vshf', '000', SHUFFLE, shuffle),
  ...shuffleFours,
  ...FORMATS.flatMap((format) => [
    row(`sld.${format.name}`, `000 ${format.df} rt ws wd ${PERMUTE}`, 'wd,ws[rt]', (m, { rt, ws, wd }) =>
      m.setVector(wd, slide(m, format, m.let(m.vector(ws)), m.let(m.vector(wd)), m.word(rt))),
    ),
    row(`splat.${format.name}`, `001 ${format.df} rt ws wd ${PERMUTE}`, 'wd,ws[rt]', (m, { rt, ws, wd }) =>
      m.setVector(wd, replicate(format, m.vector(ws), m.word(rt))),
    ),
    element(format, 'sldi', '0000', 'wd,ws[n]', (m, { n, ws, wd }) =>
      m.setVector(wd, slide(m, format, m.let(m.vector(ws)), m.let(m.vector(wd)), field(n))),
    ),
    element(format, 'splati', '0001', 'wd,ws[n]', (m, { n, ws, wd }) =>
      m.setVector(wd, replicate(format, m.vector(ws), field(n))),
    ),
    element(format, 'insve', '0101', 'wd[n],ws[0]', (m, { n, ws, wd }) =>
      m.setVector(wd, replaced(format, field(n), replicate(format, m.vector(ws), i32(0)), m.vector(wd))),
    ),
    row(`ldi.${format.name}`, `110 ${format.df} imm<9:0> wd 000111`, 'wd,imm', (m, { imm, wd }) =>
      m.setVector(wd, splat(format, signedField(imm))),
    ),
  ]),
  ...NARROW.map(fill),
  ...NARROW.map(insert),
  ...NARROW.map((format) => copy(format, 's')),
  copy(B, 'u'),
  copy(H, 'u'),
  row('move.v', `0010 111110 ws wd ${ELEMENT}`, 'wd,ws', (m, { ws, wd }) => m.setVector(wd, m.vector(ws))),
];

/** With general registers of 64 bits. */
export const MSA_PERMUTE_64: readonly Instruction[] = [copy(D, 's'), copy(W, 'u'), insert(D), fill(D)];
