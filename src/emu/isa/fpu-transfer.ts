/** Between floating-point registers, general registers, control registers and memory. */
import { insn, type Instruction } from './encoding.js';
import { need, needFpu, needPairs, needWideRegisters, S } from './fpu-common.js';
import { need64 } from './integer-64.js';
import {
  add,
  and,
  constant,
  field,
  or,
  shl,
  shrU,
  wrap,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';
import { address } from './memory.js';

export const TRANSFERS: readonly Instruction[] = [
  insn('mfc1', '010001 00000 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    need(m, S);
    m.setWord(rt, m.fpr('i32', fs));
  }),
  insn('mtc1', '010001 00100 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    need(m, S);
    m.setFpr(fs, m.word(rt));
  }),
  insn('cfc1', '010001 00010 rt fs 00000 000000', 'rt,c1', (m, { rt, fs }) => {
    needFpu(m);
    m.setWord(rt, m.hostValue('cfc1', field(fs)));
  }),
  insn('ctc1', '010001 00110 rt fs 00000 000000', 'rt,c1', (m, { rt, fs }) => {
    needFpu(m);
    m.host('ctc1', field(fs), m.word(rt), field(rt));
  }),
  insn('lwc1', '110001 base ft offset', 'ft,offset(base)', (m, { base, ft, offset }) => {
    need(m, S);
    m.setFpr(ft, m.load(4, address(m, base, offset)));
  }),
  insn('swc1', '111001 base ft offset', 'ft,offset(base)', (m, { base, ft, offset }) => {
    need(m, S);
    m.store(4, address(m, base, offset), m.fpr('i32', ft));
  }),
  insn('ldc1', '110101 base ft offset', 'ft,offset(base)', (m, { base, ft, offset }) => {
    needFpu(m);
    m.setFpr(ft, m.load(8, address(m, base, offset)));
  }),
  insn('sdc1', '111101 base ft offset', 'ft,offset(base)', (m, { base, ft, offset }) => {
    needFpu(m);
    m.store(8, address(m, base, offset), m.fpr('i64', ft));
  }),
];

/** The upper halves of 64-bit registers. */
export const UPPER_HALVES: readonly Instruction[] = [
  insn('mfhc1', '010001 00011 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    needFpu(m);
    m.setWord(rt, wrap(shrU(m.fpr('i64', fs), 32)));
  }),
  insn('mthc1', '010001 00111 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    needFpu(m);
    m.setFpr(fs, or(zeroExtend64(wrap(m.fpr('i64', fs))), shl(zeroExtend64(m.word(rt)), 32)));
  }),
];

export const DOUBLE_WORD_TRANSFERS: readonly Instruction[] = [
  insn('dmfc1', '010001 00001 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    needFpu(m);
    need64(m);
    m.set(rt, m.fpr('i64', fs));
  }),
  insn('dmtc1', '010001 00101 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    needFpu(m);
    need64(m);
    m.setFpr(fs, m.reg(rt));
  }),
];

const indexed = (m: Meaning, base: Field, index: Field): Expr => add(m.reg(base), m.reg(index));
/** "Unaligned": the low three bits of the address are dropped. */
const aligned = (m: Meaning, base: Field, index: Field): Expr => and(indexed(m, base, index), constant(m.width, -8));

export const INDEXED: readonly Instruction[] = [
  insn('lwxc1', '010011 base index 00000 fd 000000', 'fd,index(base)', (m, { base, index, fd }) => {
    need(m, S);
    m.setFpr(fd, m.load(4, indexed(m, base, index)));
  }),
  insn('ldxc1', '010011 base index 00000 fd 000001', 'fd,index(base)', (m, { base, index, fd }) => {
    needFpu(m);
    needPairs(m, fd);
    m.setFpr(fd, m.load(8, indexed(m, base, index)));
  }),
  insn('swxc1', '010011 base index fs 00000 001000', 'fs,index(base)', (m, { base, index, fs }) => {
    need(m, S);
    m.store(4, indexed(m, base, index), m.fpr('i32', fs));
  }),
  insn('sdxc1', '010011 base index fs 00000 001001', 'fs,index(base)', (m, { base, index, fs }) => {
    needFpu(m);
    needPairs(m, fs);
    m.store(8, indexed(m, base, index), m.fpr('i64', fs));
  }),
  insn('luxc1', '010011 base index 00000 fd 000101', 'fd,index(base)', (m, { base, index, fd }) => {
    needFpu(m);
    needWideRegisters(m);
    m.setFpr(fd, m.load(8, aligned(m, base, index)));
  }),
  insn('suxc1', '010011 base index fs 00000 001101', 'fs,index(base)', (m, { base, index, fs }) => {
    needFpu(m);
    needWideRegisters(m);
    m.store(8, aligned(m, base, index), m.fpr('i64', fs));
  }),
  insn('prefx', '010011 base index op 00000 001111', 'op,index(base)', (m) => needFpu(m)),
];
