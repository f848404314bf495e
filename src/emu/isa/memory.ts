/** MIPS32 Release 2: loads and stores of the general registers. */
import { insn, type Instruction } from './encoding.js';
import {
  add,
  and,
  extend16,
  extend8,
  i32,
  not,
  or,
  shl,
  shrU,
  signedField,
  sub,
  wrap,
  xor,
  type Expr,
  type Field,
  type Meaning,
  type Size,
} from './ir.js';

export const address = (m: Meaning, base: Field, offset: Field): Expr =>
  add(m.reg(base), m.fromWord(signedField(offset)));

const same = (value: Expr): Expr => value;

const load = (name: string, opcode: string, size: Size, extend: (value: Expr) => Expr): Instruction =>
  insn(name, `${opcode} base rt offset`, 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.setWord(rt, extend(m.load(size, address(m, base, offset)))),
  );

const store = (name: string, opcode: string, size: Size): Instruction =>
  insn(name, `${opcode} base rt offset`, 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.store(size, address(m, base, offset), m.word(rt)),
  );

/** Byte lanes: 0 for the byte at the little end of its word, 24 for the one at the other end (in bits). */
const lane = (m: Meaning, at: Expr): Expr => {
  const bytes = and(wrap(at), 3);
  return shl(m.isa.endian === 'le' ? bytes : xor(bytes, 3), 3);
};

/**
 * LWL, LWR, SWL, SWR: the part of a word on one side of an unaligned address. In terms of the byte's lane the two byte
 * orders are alike: "left" is the part from the word's most significant byte down to that lane.
 */
const unaligned: readonly Instruction[] = [
  insn('lwl', '100010 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) => {
    const at = m.let(address(m, base, offset));
    const kept = m.let(sub(i32(24), lane(m, at)));
    const memory = m.load(4, at, 'partial');
    const keepMask = sub(shl(i32(1), kept), 1);
    m.setWord(rt, or(shl(memory, kept), and(m.word(rt), keepMask)));
  }),
  insn('lwr', '100110 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) => {
    const at = m.let(address(m, base, offset));
    const dropped = m.let(lane(m, at));
    const memory = m.load(4, at, 'partial');
    m.setWord(rt, or(shrU(memory, dropped), and(m.word(rt), not(shrU(i32(-1), dropped)))));
  }),
  insn('swl', '101010 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) => {
    const at = m.let(address(m, base, offset));
    const dropped = m.let(sub(i32(24), lane(m, at)));
    m.store(4, at, shrU(m.word(rt), dropped), shrU(i32(-1), dropped), 'partial');
  }),
  insn('swr', '101110 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) => {
    const at = m.let(address(m, base, offset));
    const kept = m.let(lane(m, at));
    m.store(4, at, shl(m.word(rt), kept), shl(i32(-1), kept), 'partial');
  }),
];

const linked: readonly Instruction[] = [
  insn('ll', '110000 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.setWord(rt, m.loadLinked(4, address(m, base, offset))),
  ),
  insn('sc', '111000 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.setWord(rt, m.storeConditional(4, address(m, base, offset), m.word(rt))),
  ),
];

export const LOADS_AND_STORES: readonly Instruction[] = [
  load('lb', '100000', 1, extend8),
  load('lh', '100001', 2, extend16),
  load('lw', '100011', 4, same),
  load('lbu', '100100', 1, same),
  load('lhu', '100101', 2, same),
  store('sb', '101000', 1),
  store('sh', '101001', 2),
  store('sw', '101011', 4),
];

/** Until Release 6, which has unaligned accesses in hardware and other encodings of the linked ones. */
export const UNALIGNED: readonly Instruction[] = unaligned;
export const LINKED: readonly Instruction[] = linked;
