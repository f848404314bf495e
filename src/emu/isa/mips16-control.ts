/** MIPS16e: branches, which have no delay slot; jumps; SAVE and RESTORE, which make and undo the frame of a function. */
import { inRegion, near, RA, returnAddress, same, SP, type Same } from './compressed.js';
import { insn, type Fields, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import { add, eq, field, gtS, i32, ne, select, shl, sub, type Expr, type Field, type Meaning } from './ir.js';
import { eight, T } from './mips16.js';

type AgainstZero = (a: Expr, zero: number) => Expr;

/** A branch with a short offset, and with one of 16 bits after EXTEND; both count half words. */
const branch = (
  name: string,
  before: string,
  bits: 8 | 11,
  operands: string,
  condition?: (m: Meaning, fields: Fields) => Expr,
): Instruction[] =>
  [`${before} offset<${bits}:1>`, `11110 offset<11:6> offset<16:12> ${before} ${'0'.repeat(bits - 5)} offset<5:1>`].map(
    (pattern) =>
      insn(
        name,
        pattern,
        operands,
        (m, fields) => m.compactBranch(near(m, fields.offset), condition?.(m, fields)),
        before.includes('rs') ? eight('rs') : {},
      ),
  );

const ofRegister =
  (compare: AgainstZero) =>
  (m: Meaning, { rs }: Fields) =>
    compare(m.reg(rs), 0);
const ofT = (compare: AgainstZero) => (m: Meaning) => compare(m.reg(T), 0);

const branches: readonly Instruction[] = [
  ...branch('b', '00010', 11, 'near'),
  ...branch('beqz', '00100 rs<2:0>', 8, 'rs,near', ofRegister(eq)),
  ...branch('bnez', '00101 rs<2:0>', 8, 'rs,near', ofRegister(ne)),
  ...branch('bteqz', '01100 000', 8, 'near', ofT(eq)),
  ...branch('btnez', '01100 001', 8, 'near', ofT(ne)),
];

const TARGET = 'target<22:18> target<27:23> target<17:2>';

const call = (name: string, opcode: string, operand: string, mode: 0 | 1): Instruction =>
  insn(name, `${opcode} ${TARGET}`, operand, (m, { target }) => {
    m.set(RA, returnAddress(m, 2));
    m.jump(inRegion(m, target, 28, mode));
  });

/** Bits 7-5: no delay slot; links; the register is ra. */
const jumpRegister = (name: string, bits: string, register: string): Instruction =>
  insn(
    name,
    `11101 ${register} ${bits} 00000`,
    'rs',
    (m, { rs }) => {
      const target = m.let(m.reg(rs));
      const isCompact = bits.startsWith('1');
      if (bits[1] === '1') m.set(RA, returnAddress(m, isCompact ? 0 : 2));
      if (isCompact) m.compactBranch(target);
      else m.jump(target);
    },
    register.includes('rs') ? eight('rs') : { rs: RA },
  );

const jumps: readonly Instruction[] = [
  call('jal', '00011 0', 'jump28', 1),
  call('jalx', '00011 1', 'jalx', 0),
  jumpRegister('jr', '000', 'rs<2:0>'),
  jumpRegister('jr', '001', '000'),
  jumpRegister('jalr', '010', 'rs<2:0>'),
  jumpRegister('jrc', '100', 'rs<2:0>'),
  jumpRegister('jrc', '101', '000'),
  jumpRegister('jalrc', '110', 'rs<2:0>'),
];

/** Of the argument registers a0 to a3: how many of the first are arguments, and how many of the last are saved as statics. */
const ARGUMENTS = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 0, 3, 3, 4, 0];
const STATIC_ARGUMENTS = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 4, 0, 1, 0, 0];
const RESERVED_ARGUMENTS = 15;
const A0 = 4;
const A3 = 7;
const S0 = 16;
const S1 = 17;
/** s2 to s8. */
const STATICS = [18, 19, 20, 21, 22, 23, 30];

/** The registers of a frame from its top down, each with the condition that it is in it, and its address. */
function forFrame(m: Meaning, f: Fields, top: Expr, act: (register: number, at: Expr) => void): void {
  let at: Expr = top;
  const next = (isIn: Expr, register: number): void => {
    at = m.let(select(isIn, sub(at, 4), at));
    m.if(isIn, () => act(register, at));
  };
  next(field(f.ra), RA);
  [...STATICS.entries()].reverse().forEach(([i, register]) => next(gtS(field(f.statics), i), register));
  next(field(f.s1), S1);
  next(field(f.s0), S0);
  const saved = { ...f.args, list: STATIC_ARGUMENTS };
  for (let i = 0; i < 4; i++) next(gtS(field(saved), i), A3 - i);
}

const EXTENDED = '11110 statics frame<7:4> args 01100 100';

/** In bytes: units of 8; the short form has 128 in the place of 0. */
function frameSize(m: Meaning, frame: Field, isExtended: boolean): Expr {
  const size = shl(field(frame), 3);
  return m.fromWord(isExtended ? size : m.let(select(size, size, i32(128))));
}

const save = (isExtended: boolean): Instruction =>
  insn(
    'save',
    `${isExtended ? EXTENDED : '01100 100'} 1 ra s0 s1 frame<3:0>`,
    'frame',
    (m, f) => {
      const top = m.let(m.reg(SP));
      m.raiseIf(eq(field(f.args), RESERVED_ARGUMENTS), EXCEPTION.RI);
      const args = { ...f.args, list: ARGUMENTS };
      for (let i = 0; i < 4; i++) m.if(gtS(field(args), i), () => m.store(4, add(top, 4 * i), m.word(A0 + i)));
      forFrame(m, f, top, (register, at) => m.store(4, at, m.word(register)));
      m.set(SP, sub(top, frameSize(m, f.frame, isExtended)));
    },
    isExtended ? {} : { statics: 0, args: 0 },
  );

const restore = (isExtended: boolean): Instruction =>
  insn(
    'restore',
    `${isExtended ? EXTENDED : '01100 100'} 0 ra s0 s1 frame<3:0>`,
    'frame',
    (m, f) => {
      const top = m.let(add(m.reg(SP), frameSize(m, f.frame, isExtended)));
      m.raiseIf(eq(field(f.args), RESERVED_ARGUMENTS), EXCEPTION.RI);
      forFrame(m, f, top, (register, at) => m.setWord(register, m.load(4, at)));
      m.set(SP, top);
    },
    isExtended ? {} : { statics: 0, args: 0 },
  );

export const MIPS16_CONTROL: readonly (Instruction | Same)[] = [
  ...branches,
  ...jumps,
  save(false),
  save(true),
  restore(false),
  restore(true),
  same('break', '11101 code20<5:0> 00101', 'code20?'),
  same('sdbbp', '11101 code20<5:0> 00001', 'code20?'),
];
