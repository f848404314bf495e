/** DSP ASE: sums, differences and absolute values, wrapped, saturated or halved. */
import {
  CARRY,
  collect,
  FUNCTION,
  flag,
  flagDifference,
  OB,
  OVERFLOW,
  part,
  PH,
  PW,
  QB,
  QH,
  row,
  spread,
  vectorOf,
  W,
  type DspRow,
  type Lanes,
} from './dsp-lanes.js';
import {
  add,
  and,
  apply,
  eqz,
  i32,
  ne,
  select,
  shrU,
  signExtend64,
  sub,
  wrap,
  xor,
  zeroExtend64,
  type Expr,
  type Meaning,
} from './ir.js';
import { everywhere, on, saturated } from './vector.js';

type Operation = 'add' | 'sub';

const sum = (
  revision: 1 | 2,
  operation: Operation,
  sign: 's' | 'u',
  saturates: boolean,
  lanes: Lanes,
  op: string,
): DspRow =>
  row(
    revision,
    lanes.bits,
    `${operation}${sign === 'u' ? 'u' : 'q'}${saturates ? '_s' : ''}.${lanes.name}`,
    `011111 rs rt rd ${op} ${FUNCTION.add[lanes.bits]}`,
    'rd,rs,rt',
    (m, { rs, rt, rd }) => {
      const [a, b] = [spread(m, lanes, rs), spread(m, lanes, rt)];
      const wrapped = m.let(on(lanes, operation, a, b));
      const limited = m.let(saturated(lanes, operation, sign, a, b, wrapped));
      flagDifference(m, OVERFLOW.add, limited, wrapped);
      collect(m, lanes.bits, rd, saturates ? limited : wrapped);
    },
  );

const sums: readonly DspRow[] = [QB, OB].flatMap((lanes) => [
  sum(1, 'add', 'u', false, lanes, '00000'),
  sum(1, 'sub', 'u', false, lanes, '00001'),
  sum(1, 'add', 'u', true, lanes, '00100'),
  sum(1, 'sub', 'u', true, lanes, '00101'),
]);
const halfWordSums: readonly DspRow[] = [PH, QH].flatMap((lanes) => [
  sum(2, 'add', 'u', false, lanes, '01000'),
  sum(2, 'sub', 'u', false, lanes, '01001'),
  sum(1, 'add', 's', false, lanes, '01010'),
  sum(1, 'sub', 's', false, lanes, '01011'),
  sum(2, 'add', 'u', true, lanes, '01100'),
  sum(2, 'sub', 'u', true, lanes, '01101'),
  sum(1, 'add', 's', true, lanes, '01110'),
  sum(1, 'sub', 's', true, lanes, '01111'),
]);
const wordSums: readonly DspRow[] = [
  sum(1, 'add', 's', false, PW, '10010'),
  sum(1, 'sub', 's', false, PW, '10011'),
  ...[W, PW].flatMap((lanes) => [sum(1, 'add', 's', true, lanes, '10110'), sum(1, 'sub', 's', true, lanes, '10111')]),
];

/**
 * Half of a sum or difference. a + b is the bits in which they differ plus twice those that both have; a - b is the bits in
 * which they differ minus twice those that only b has. So nothing needs a bit more than a lane has.
 */
const halved = (operation: Operation, rounded: boolean, lanes: Lanes, op: string, funct: string): DspRow =>
  row(
    2,
    lanes.bits,
    `${operation}${lanes.width === 8 ? 'u' : 'q'}h${rounded ? '_r' : ''}.${lanes.name}`,
    `011111 rs rt rd ${op} ${funct}`,
    'rd,rs,rt',
    (m, { rs, rt, rd }) => {
      const [a, b] = [spread(m, lanes, rs), spread(m, lanes, rt)];
      const differing = m.let(xor(a, b));
      const half = on(lanes, lanes.width === 8 ? 'shr_u' : 'shr_s', differing, i32(1));
      const rest = operation === 'add' ? and(a, b) : apply('v128.andnot', b, a);
      const floor = on(lanes, operation, half, rest);
      collect(m, lanes.bits, rd, rounded ? on(lanes, 'add', floor, and(differing, everywhere(lanes, 1))) : floor);
    },
  );

const HALVING = '011000';
const halves: readonly DspRow[] = [
  ...(
    [
      [QB, '000', HALVING],
      [PH, '010', HALVING],
      [W, '100', HALVING],
      [OB, '110', FUNCTION.add[64]],
    ] as const
  ).flatMap(([lanes, op, funct]) => [
    halved('add', false, lanes, `${op}00`, funct),
    halved('sub', false, lanes, `${op}01`, funct),
    halved('add', true, lanes, `${op}10`, funct),
    halved('sub', true, lanes, `${op}11`, funct),
  ]),
];

const absolute = (revision: 1 | 2, lanes: Lanes, op: string): DspRow =>
  row(
    revision,
    lanes.bits,
    `absq_s.${lanes.name}`,
    `011111 00000 rt rd ${op} ${FUNCTION.absolute[lanes.bits]}`,
    'rd,rt',
    (m, { rt, rd }) => {
      // the smallest number has no absolute value: as an unsigned one it is larger than the largest
      const value = m.let(on(lanes, 'abs', spread(m, lanes, rt)));
      const limited = m.let(on(lanes, 'min_u', value, everywhere(lanes, 2 ** (lanes.width - 1) - 1)));
      flagDifference(m, OVERFLOW.add, limited, value);
      collect(m, lanes.bits, rd, limited);
    },
  );

/** The sum of all bytes. */
function sumOfBytes(m: Meaning, value: Expr): Expr {
  const halves = apply('i16x8.extadd_pairwise_i8x16_u', vectorOf(value));
  const words = m.let(apply('i32x4.extadd_pairwise_i16x8_u', halves));
  return add(apply('i32x4.extract_lane 0', words), apply('i32x4.extract_lane 1', words));
}

const scalars: readonly DspRow[] = [
  row(1, 32, 'raddu.w.qb', `011111 rs 00000 rd 10100 ${FUNCTION.add[32]}`, 'rd,rs', (m, { rs, rd }) =>
    m.setWord(rd, sumOfBytes(m, m.word(rs))),
  ),
  row(1, 64, 'raddu.l.ob', `011111 rs 00000 rd 10100 ${FUNCTION.add[64]}`, 'rd,rs', (m, { rs, rd }) =>
    m.setWord(rd, sumOfBytes(m, part(m, 64, rs))),
  ),
  row(1, 32, 'addsc', `011111 rs rt rd 10000 ${FUNCTION.add[32]}`, 'rd,rs,rt', (m, { rs, rt, rd }) => {
    const result = m.let(add(zeroExtend64(m.word(rs)), zeroExtend64(m.word(rt))));
    m.setSpecial('dspControl', and(m.special('dspControl'), ~(1 << CARRY)));
    flag(m, CARRY, wrap(shrU(result, 32)));
    m.setWord(rd, wrap(result));
  }),
  row(1, 32, 'addwc', `011111 rs rt rd 10001 ${FUNCTION.add[32]}`, 'rd,rs,rt', (m, { rs, rt, rd }) => {
    const carry = and(shrU(m.special('dspControl'), CARRY), 1);
    const result = m.let(add(add(signExtend64(m.word(rs)), signExtend64(m.word(rt))), zeroExtend64(carry)));
    flag(m, OVERFLOW.add, ne(result, signExtend64(wrap(result))));
    m.setWord(rd, wrap(result));
  }),
  row(1, 32, 'modsub', `011111 rs rt rd 10010 ${FUNCTION.add[32]}`, 'rd,rs,rt', (m, { rs, rt, rd }) => {
    const index = m.let(m.reg(rs));
    const amounts = m.let(m.reg(rt));
    m.set(rd, select(eqz(wrap(index)), and(shrU(amounts, 8), 0xffff), sub(index, and(amounts, 0xff))));
  }),
];

export const DSP_ADD: readonly DspRow[] = [
  ...sums,
  ...halfWordSums,
  ...wordSums,
  ...halves,
  ...scalars,
  absolute(2, QB, '00001'),
  absolute(1, PH, '01001'),
  absolute(1, W, '10001'),
  absolute(2, OB, '00001'),
  absolute(1, QH, '01001'),
  absolute(1, PW, '10001'),
];
