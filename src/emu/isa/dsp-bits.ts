/** DSP ASE: bit fields at a variable place, bytes of two registers together, indexed loads, and the branch on `pos`. */
import { branchTarget } from './control.js';
import { FUNCTION, row, type DspRow } from './dsp-lanes.js';
import {
  add,
  and,
  constant,
  eqz,
  extend16,
  field,
  geS,
  i32,
  ltS,
  ne,
  not,
  or,
  select,
  shl,
  shrU,
  sub,
  zeroExtend64,
  type Expr,
  type Size,
} from './ir.js';

const APPEND = FUNCTION.append[32];
const DAPPEND = FUNCTION.append[64];

/** Bits of the mask from 0 on, 0 to 31. */
const lowBits = (count: Expr): Expr => sub(shl(i32(1), count), 1);

/** Reverses the order of 16 bits. */
function reversed(word: Expr): Expr {
  const swap = (value: Expr, by: number, mask: number): Expr =>
    or(and(shrU(value, by), mask), shl(and(value, mask), by));
  return swap(swap(swap(swap(word, 8, 0x00ff), 4, 0x0f0f), 2, 0x3333), 1, 0x5555);
}

const indexedLoad = (name: string, op: string, size: Size, extend: (value: Expr) => Expr): DspRow =>
  row(1, 32, name, `011111 base index rd ${op} 001010`, 'rd,index(base)', (m, { base, index, rd }) =>
    m.setWord(rd, extend(m.load(size, add(m.reg(base), m.reg(index))))),
  );

/** 1, 3, 5, 6 and 7, by bit. */
const BYTES_TO_ALIGN = 0b11101010;

const prependDouble = (name: string, op: string, more: 0 | 32): DspRow =>
  row(2, 64, name, `011111 rs rt sa ${op} ${DAPPEND}`, 'rt,rs,sa', (m, { rs, rt, sa }) => {
    const by = m.let(zeroExtend64(add(field(sa), more)));
    // by 64, when there is nothing to prepend
    const moved = shl(shl(m.reg(rs), 1), sub(constant('i64', 63), by));
    m.set(rt, or(moved, shrU(m.reg(rt), by)));
  });

const same = (value: Expr): Expr => value;

export const DSP_BITS: readonly DspRow[] = [
  row(1, 32, 'bitrev', `011111 00000 rt rd 11011 ${FUNCTION.absolute[32]}`, 'rd,rt', (m, { rt, rd }) =>
    m.setWord(rd, reversed(and(m.word(rt), 0xffff))),
  ),
  // a field that reaches over the end of the register is unpredictable: here nothing is written
  row(1, 32, 'insv', `011111 rs rt 00000 00000 ${FUNCTION.insert[32]}`, 'rt,rs', (m, { rs, rt }) => {
    const control = m.let(m.special('dspControl'));
    const low = m.let(and(control, 0x1f));
    const size = m.let(and(shrU(control, 7), 0x3f));
    const inRange = and(ne(size, 0), ltS(add(low, size), 33));
    m.if(inRange, () => {
      const mask = m.let(shl(shrU(i32(-1), sub(i32(32), size)), low));
      m.setWord(rt, or(and(m.word(rt), not(mask)), and(shl(m.word(rs), low), mask)));
    });
  }),
  row(2, 32, 'append', `011111 rs rt sa 00000 ${APPEND}`, 'rt,rs,sa', (m, { rs, rt, sa }) =>
    m.setWord(rt, or(shl(m.word(rt), field(sa)), and(m.word(rs), lowBits(field(sa))))),
  ),
  row(2, 32, 'prepend', `011111 rs rt sa 00001 ${APPEND}`, 'rt,rs,sa', (m, { rs, rt, sa }) => {
    const moved = select(eqz(field(sa)), i32(0), shl(m.word(rs), sub(i32(32), field(sa))));
    m.setWord(rt, or(moved, shrU(m.word(rt), field(sa))));
  }),
  // 0 and 2 bytes are unpredictable: here the register keeps its value
  row(2, 32, 'balign', `011111 rs rt 000 sa<1:0> 10000 ${APPEND}`, 'rt,rs,sa', (m, { rs, rt, sa }) =>
    m.if(and(field(sa), 1), () => {
      const bits = m.let(shl(field(sa), 3));
      m.setWord(rt, or(shl(m.word(rt), bits), shrU(m.word(rs), sub(i32(32), bits))));
    }),
  ),
  row(1, 64, 'dinsv', `011111 rs rt 00000 00000 ${FUNCTION.insert[64]}`, 'rt,rs', (m, { rs, rt }) => {
    const control = m.let(m.special('dspControl'));
    const low = m.let(and(control, 0x7f));
    const size = m.let(and(shrU(control, 7), 0x3f));
    m.if(and(ne(size, 0), ltS(add(low, size), 65)), () => {
      const by = m.let(zeroExtend64(low));
      const mask = m.let(shl(shrU(constant('i64', -1), zeroExtend64(sub(i32(64), size))), by));
      m.set(rt, or(and(m.reg(rt), not(mask)), and(shl(m.reg(rs), by), mask)));
    });
  }),
  row(2, 64, 'dappend', `011111 rs rt sa 00000 ${DAPPEND}`, 'rt,rs,sa', (m, { rs, rt, sa }) => {
    const by = m.let(zeroExtend64(field(sa)));
    m.set(rt, or(shl(m.reg(rt), by), and(m.reg(rs), sub(shl(constant('i64', 1), by), 1))));
  }),
  prependDouble('prependw', '00001', 0),
  prependDouble('prependd', '00011', 32),
  // 0, 2 and 4 bytes are unpredictable
  row(2, 64, 'dbalign', `011111 rs rt 00 sa<2:0> 10000 ${DAPPEND}`, 'rt,rs,sa', (m, { rs, rt, sa }) => {
    const bytes = m.let(field(sa));
    m.if(and(shrU(i32(BYTES_TO_ALIGN), bytes), 1), () => {
      const bits = m.let(zeroExtend64(shl(bytes, 3)));
      m.set(rt, or(shl(m.reg(rt), bits), shrU(m.reg(rs), sub(constant('i64', 64), bits))));
    });
  }),
  row(1, 64, 'ldx', '011111 base index rd 01000 001010', 'rd,index(base)', (m, { base, index, rd }) =>
    m.set(rd, m.load(8, add(m.reg(base), m.reg(index)))),
  ),
  row(1, 64, 'bposge64', '000001 00000 11101 offset', 'branch', (m, { offset }) =>
    m.branch(geS(and(m.special('dspControl'), 0x7f), 64), branchTarget(m, offset)),
  ),
  indexedLoad('lwx', '00000', 4, same),
  indexedLoad('lhx', '00100', 2, extend16),
  indexedLoad('lbux', '00110', 1, same),
  row(1, 32, 'bposge32', '000001 00000 11100 offset', 'branch', (m, { offset }) =>
    m.branch(geS(and(m.special('dspControl'), m.isa.bits === 64 ? 0x7f : 0x3f), 32), branchTarget(m, offset)),
  ),
];
