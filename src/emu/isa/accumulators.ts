/**
 * HI and LO: multiplication into them, and moves. On a core with the DSP ASE they are the first of four accumulators, which
 * these instructions name.
 */
import { insn, type Fields, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import type { Combine } from './integer.js';
import {
  add,
  and,
  eqz,
  field,
  mul,
  ne,
  or,
  shl,
  shrU,
  signExtend64,
  sub,
  wrap,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';

const STATUS_MX = 1 << 24;

export const dspDisabled = (m: Meaning): Expr => eqz(and(m.special('status'), STATUS_MX));

/** Accumulators but the first one belong to the DSP ASE. */
function need(m: Meaning, ac: Field): void {
  if (ac.runs.length > 0) m.raiseIf(and(ne(field(ac), 0), dspDisabled(m)), EXCEPTION.DSPDis);
}

/** Low words of HI and LO as one number of 64 bits. */
export const accumulated = (m: Meaning, ac: Field): Expr =>
  or(shl(zeroExtend64(wrap(m.accumulator('hi', field(ac)))), 32), zeroExtend64(wrap(m.accumulator('lo', field(ac)))));

/** HI and LO from a number of 64 bits. */
export function setAccumulated(m: Meaning, ac: Field, value: Expr): void {
  const whole = m.let(value);
  m.setAccumulator('lo', m.fromWord(wrap(whole)), field(ac));
  m.setAccumulator('hi', m.fromWord(wrap(shrU(whole, 32))), field(ac));
}

type Extend = (a: Expr) => Expr;

const product = (m: Meaning, { rs, rt }: Fields, extend: Extend): Expr => mul(extend(m.word(rs)), extend(m.word(rt)));

const multiply = (name: string, ac: string, funct: string, extend: Extend): Instruction =>
  insn(name, `000000 rs rt ${ac} 00000 ${funct}`, 'ac?,rs,rt', (m, f) => {
    need(m, f.ac);
    setAccumulated(m, f.ac, product(m, f, extend));
  });

const accumulate = (name: string, ac: string, funct: string, extend: Extend, combine: Combine): Instruction =>
  insn(name, `011100 rs rt ${ac} 00000 ${funct}`, 'ac?,rs,rt', (m, f) => {
    need(m, f.ac);
    setAccumulated(m, f.ac, combine(accumulated(m, f.ac), product(m, f, extend)));
  });

const moveFrom = (name: string, ac: string, funct: string, half: 'hi' | 'lo'): Instruction =>
  insn(name, `000000 ${ac} 00000 rd 00000 ${funct}`, 'rd,ac?', (m, f) => {
    need(m, f.ac);
    m.set(f.rd, m.accumulator(half, field(f.ac)));
  });

const moveTo = (name: string, ac: string, funct: string, half: 'hi' | 'lo'): Instruction =>
  insn(name, `000000 rs 00000 ${ac} 00000 ${funct}`, 'rs,ac?', (m, f) => {
    need(m, f.ac);
    m.setAccumulator(half, m.reg(f.rs), field(f.ac));
  });

/** @param ac the five bits in which an accumulator is named */
const rows = (ac: string): readonly Instruction[] => [
  multiply('mult', ac, '011000', signExtend64),
  multiply('multu', ac, '011001', zeroExtend64),
  accumulate('madd', ac, '000000', signExtend64, add),
  accumulate('maddu', ac, '000001', zeroExtend64, add),
  accumulate('msub', ac, '000100', signExtend64, sub),
  accumulate('msubu', ac, '000101', zeroExtend64, sub),
  moveFrom('mfhi', ac, '010000', 'hi'),
  moveFrom('mflo', ac, '010010', 'lo'),
  moveTo('mthi', ac, '010001', 'hi'),
  moveTo('mtlo', ac, '010011', 'lo'),
];

export const HI_AND_LO: readonly Instruction[] = rows('00000');
export const ACCUMULATORS: readonly Instruction[] = rows('000 ac');
