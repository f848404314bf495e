/** Release 6: linked loads and conditional stores with short offsets, and in pairs; EVA: memory as the user sees it. */
import { insn, type Instruction } from './encoding.js';
import { wide } from './integer-64.js';
import { extend16, extend8, halves, field, or, shl, shrU, wrap, zeroExtend64, type Expr, type Size } from './ir.js';
import { address } from './memory.js';

const PAIR = '0000 1';

/** A pair of words in the order of memory, which the byte order decides. */
const first = (endian: 'le' | 'be', pair: Expr): Expr => wrap(endian === 'le' ? pair : shrU(pair, 32));
const second = (endian: 'le' | 'be', pair: Expr): Expr => wrap(endian === 'le' ? shrU(pair, 32) : pair);

export const LINKED_FROM_RELEASE_6: readonly Instruction[] = [
  insn('ll', '011111 base rt offset<8:0> 0 110110', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.setWord(rt, m.loadLinked(4, address(m, base, offset))),
  ),
  insn('sc', '011111 base rt offset<8:0> 0 100110', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.setWord(rt, m.storeConditional(4, address(m, base, offset), m.word(rt))),
  ),
];

/** Where Config5.XNP is 0. */
export const LINKED_PAIRS: readonly Instruction[] = [
  insn('llwp', `011111 base rt rd ${PAIR} 110110`, 'rt,rd,base', (m, { base, rt, rd }) => {
    const pair = m.loadLinked(8, m.reg(base));
    m.setWord(rt, first(m.isa.endian, pair));
    m.setWord(rd, second(m.isa.endian, pair));
  }),
  insn('scwp', `011111 base rt rd ${PAIR} 100110`, 'rt,rd,base', (m, { base, rt, rd }) => {
    const [low, high] = m.isa.endian === 'le' ? [rt, rd] : [rd, rt];
    const pair = or(zeroExtend64(m.word(low)), shl(zeroExtend64(m.word(high)), 32));
    m.setWord(rt, m.storeConditional(8, m.reg(base), pair));
  }),
];

export const LINKED_64_FROM_RELEASE_6: readonly Instruction[] = [
  wide('lld', '011111 base rt offset<8:0> 0 110111', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.set(rt, m.loadLinked(8, address(m, base, offset))),
  ),
  wide('scd', '011111 base rt offset<8:0> 0 100111', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.setWord(rt, m.storeConditional(8, address(m, base, offset), m.reg(rt))),
  ),
];

const same = (value: Expr): Expr => value;
const form = (funct: string): string => `011111 base rt offset<8:0> 0 ${funct}`;

const load = (name: string, funct: string, size: Size, extend: (value: Expr) => Expr): Instruction =>
  insn(name, form(funct), 'rt,offset(base)', (m, { base, rt, offset }) => {
    m.host('privileged');
    m.setWord(rt, extend(m.load(size, address(m, base, offset), 'user')));
  });

const store = (name: string, funct: string, size: Size): Instruction =>
  insn(name, form(funct), 'rt,offset(base)', (m, { base, rt, offset }) => {
    m.host('privileged');
    m.store(size, address(m, base, offset), m.word(rt), undefined, 'user');
  });

export const EVA: readonly Instruction[] = [
  load('lbe', '101100', 1, extend8),
  load('lhe', '101101', 2, extend16),
  load('lwe', '101111', 4, same),
  load('lbue', '101000', 1, same),
  load('lhue', '101001', 2, same),
  store('sbe', '011100', 1),
  store('she', '011101', 2),
  store('swe', '011111', 4),
  insn('lle', form('101110'), 'rt,offset(base)', (m, { base, rt, offset }) => {
    m.host('privileged');
    m.setWord(rt, m.loadLinked(4, address(m, base, offset), 'user'));
  }),
  insn('sce', form('011110'), 'rt,offset(base)', (m, { base, rt, offset }) => {
    m.host('privileged');
    m.setWord(rt, m.storeConditional(4, address(m, base, offset), m.word(rt), 'user'));
  }),
  insn('cachee', '011111 base op offset<8:0> 0 011011', 'op,offset(base)', (m, { base, op, offset }) =>
    m.host('cache', field(op), ...halves(m.let(address(m, base, offset)))),
  ),
  insn('prefe', '011111 base op offset<8:0> 0 100011', 'op,offset(base)', (m) => m.host('privileged')),
];
