/** MIPS32: arithmetic, logic, shifts, multiplication, traps. */
import { insn, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import {
  add,
  and,
  clz,
  divS,
  divU,
  eq,
  eqz,
  extend16,
  extend8,
  field,
  geS,
  geU,
  i32,
  leS,
  ltS,
  ltU,
  mul,
  ne,
  not,
  or,
  remS,
  remU,
  rotr,
  select,
  shl,
  shrS,
  shrU,
  signedField,
  sub,
  xor,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';

const INT_MIN = -0x80000000;

export type Combine = (a: Expr, b: Expr) => Expr;

export const immediate = (m: Meaning, imm: Field): Expr => m.fromWord(signedField(imm));
const zeroExtended = (m: Meaning, imm: Field): Expr => (m.width === 'i64' ? zeroExtend64(field(imm)) : field(imm));

export const overflowOfAdd = (a: Expr, b: Expr, sum: Expr): Expr => ltS(and(xor(a, sum), xor(b, sum)), 0);
export const overflowOfSub = (a: Expr, b: Expr, difference: Expr): Expr => ltS(and(xor(a, b), xor(a, difference)), 0);

/** 32-bit arithmetic on two registers. */
const word3 = (name: string, funct: string, combine: Combine): Instruction =>
  insn(name, `000000 rs rt rd 00000 ${funct}`, 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.setWord(rd, combine(m.word(rs), m.word(rt))),
  );

/** Logic on whole registers. */
const logic3 = (name: string, funct: string, combine: Combine): Instruction =>
  insn(name, `000000 rs rt rd 00000 ${funct}`, 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.set(rd, combine(m.reg(rs), m.reg(rt))),
  );

const compare3 = (name: string, funct: string, compare: Combine): Instruction =>
  insn(name, `000000 rs rt rd 00000 ${funct}`, 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.set(rd, m.fromWord(compare(m.reg(rs), m.reg(rt)))),
  );

export type Overflow = (a: Expr, b: Expr, result: Expr) => Expr;

/** The result, unless it raises integer overflow. */
export function trapping(m: Meaning, left: Expr, right: Expr, combine: Combine, overflow: Overflow): Expr {
  const a = m.let(left);
  const b = m.let(right);
  const result = m.let(combine(a, b));
  m.raiseIf(overflow(a, b, result), EXCEPTION.Ov);
  return result;
}

const trapping3 = (name: string, funct: string, combine: Combine, overflow: Overflow): Instruction =>
  insn(name, `000000 rs rt rd 00000 ${funct}`, 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.setWord(rd, trapping(m, m.word(rs), m.word(rt), combine, overflow)),
  );

const arithmetic: readonly Instruction[] = [
  word3('addu', '100001', add),
  word3('subu', '100011', sub),
  trapping3('add', '100000', add, overflowOfAdd),
  trapping3('sub', '100010', sub, overflowOfSub),
  logic3('and', '100100', and),
  logic3('or', '100101', or),
  logic3('xor', '100110', xor),
  logic3('nor', '100111', (a, b) => not(or(a, b))),
  compare3('slt', '101010', ltS),
  compare3('sltu', '101011', ltU),
  insn('addiu', '001001 rs rt imm', 'rt,rs,imm', (m, { rs, rt, imm }) =>
    m.setWord(rt, add(m.word(rs), signedField(imm))),
  ),
  insn('slti', '001010 rs rt imm', 'rt,rs,imm', (m, { rs, rt, imm }) =>
    m.set(rt, m.fromWord(ltS(m.reg(rs), immediate(m, imm)))),
  ),
  insn('sltiu', '001011 rs rt imm', 'rt,rs,imm', (m, { rs, rt, imm }) =>
    m.set(rt, m.fromWord(ltU(m.reg(rs), immediate(m, imm)))),
  ),
  insn('andi', '001100 rs rt imm', 'rt,rs,uimm', (m, { rs, rt, imm }) =>
    m.set(rt, and(m.reg(rs), zeroExtended(m, imm))),
  ),
  insn('ori', '001101 rs rt imm', 'rt,rs,uimm', (m, { rs, rt, imm }) => m.set(rt, or(m.reg(rs), zeroExtended(m, imm)))),
  insn('xori', '001110 rs rt imm', 'rt,rs,uimm', (m, { rs, rt, imm }) =>
    m.set(rt, xor(m.reg(rs), zeroExtended(m, imm))),
  ),
];

/** What Release 6 encodes otherwise or has not. */
const replacedInRelease6: readonly Instruction[] = [
  insn('movz', '000000 rs rt rd 00000 001010', 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.if(eqz(m.reg(rt)), () => m.set(rd, m.reg(rs))),
  ),
  insn('movn', '000000 rs rt rd 00000 001011', 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.if(ne(m.reg(rt), 0), () => m.set(rd, m.reg(rs))),
  ),
  insn('addi', '001000 rs rt imm', 'rt,rs,imm', (m, { rs, rt, imm }) =>
    m.setWord(rt, trapping(m, m.word(rs), signedField(imm), add, overflowOfAdd)),
  ),
  insn('lui', '001111 00000 rt imm', 'rt,uimm', (m, { rt, imm }) => m.setWord(rt, shl(field(imm), 16))),
  insn('clz', '011100 rs rt rd 00000 100000', 'rd,rs', (m, { rs, rd }) => m.setWord(rd, clz(m.word(rs)))),
  insn('clo', '011100 rs rt rd 00000 100001', 'rd,rs', (m, { rs, rd }) => m.setWord(rd, clz(not(m.word(rs))))),
];

const bits: readonly Instruction[] = [
  insn('seb', '011111 00000 rt rd 10000 100000', 'rd,rt', (m, { rt, rd }) => m.setWord(rd, extend8(m.word(rt)))),
  insn('seh', '011111 00000 rt rd 11000 100000', 'rd,rt', (m, { rt, rd }) => m.setWord(rd, extend16(m.word(rt)))),
  insn('wsbh', '011111 00000 rt rd 00010 100000', 'rd,rt', (m, { rt, rd }) => {
    const a = m.let(m.word(rt));
    m.setWord(rd, or(and(shrU(a, 8), 0x00ff00ff), and(shl(a, 8), 0xff00ff00)));
  }),
  insn('ext', '011111 rs rt msb lsb 000000', 'rt,rs,lsb,msb+1', (m, { rs, rt, msb, lsb }) =>
    m.setWord(rt, and(shrU(m.word(rs), field(lsb)), shrU(i32(-1), sub(i32(31), field(msb))))),
  ),
  insn('ins', '011111 rs rt msb lsb 000100', 'rt,rs,lsb,msb+1-lsb', (m, { rs, rt, msb, lsb }) => {
    const size = m.let(add(sub(field(msb), field(lsb)), 1));
    m.raiseIf(leS(size, 0), EXCEPTION.RI);
    const mask = m.let(shl(shrU(i32(-1), sub(i32(32), size)), field(lsb)));
    m.setWord(rt, or(and(m.word(rt), not(mask)), and(shl(m.word(rs), field(lsb)), mask)));
  }),
];

const shift = (name: string, pattern: string, combine: Combine): Instruction =>
  insn(name, pattern, 'rd,rt,sa', (m, { rt, rd, sa }) => m.setWord(rd, combine(m.word(rt), field(sa))));
/** The amount is taken modulo 32, as WebAssembly's shifts do. */
const shiftVariable = (name: string, pattern: string, combine: Combine): Instruction =>
  insn(name, pattern, 'rd,rt,rs', (m, { rs, rt, rd }) => m.setWord(rd, combine(m.word(rt), m.word(rs))));

const shifts: readonly Instruction[] = [
  shift('sll', '000000 00000 rt rd sa 000000', shl),
  shift('srl', '000000 00000 rt rd sa 000010', shrU),
  shift('sra', '000000 00000 rt rd sa 000011', shrS),
  shiftVariable('sllv', '000000 rs rt rd 00000 000100', shl),
  shiftVariable('srlv', '000000 rs rt rd 00000 000110', shrU),
  shiftVariable('srav', '000000 rs rt rd 00000 000111', shrS),
];

const rotations: readonly Instruction[] = [
  shift('rotr', '000000 00001 rt rd sa 000010', rotr),
  shiftVariable('rotrv', '000000 rs rt rd 00001 000110', rotr),
];

/** Division by zero, and -2^31 / -1, leave HI and LO unpredictable: here, as on QEMU, they divide by 1. */
const divide = (name: string, funct: string, quotient: Combine, remainder: Combine, signed: boolean): Instruction =>
  insn(name, `000000 rs rt 00000 00000 ${funct}`, 'zero,rs,rt', (m, { rs, rt }) => {
    const a = m.let(m.word(rs));
    const b = m.let(m.word(rt));
    const impossible = signed ? or(eqz(b), and(eq(a, INT_MIN), eq(b, -1))) : eqz(b);
    const divisor = m.let(select(impossible, i32(1), b));
    m.setAccumulator('lo', m.fromWord(quotient(a, divisor)));
    m.setAccumulator('hi', m.fromWord(remainder(a, divisor)));
  });

const multiplication: readonly Instruction[] = [
  divide('div', '011010', divS, remS, true),
  divide('divu', '011011', divU, remU, false),
  insn('mul', '011100 rs rt rd 00000 000010', 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.setWord(rd, mul(m.word(rs), m.word(rt))),
  ),
];

export const CONDITIONS: readonly (readonly [name: string, funct: string, immediateOp: string, condition: Combine])[] =
  [
    ['tge', '110000', '01000', geS],
    ['tgeu', '110001', '01001', geU],
    ['tlt', '110010', '01010', ltS],
    ['tltu', '110011', '01011', ltU],
    ['teq', '110100', '01100', eq],
    ['tne', '110110', '01110', ne],
  ];

const traps: readonly Instruction[] = CONDITIONS.map(([name, funct, , condition]) =>
  insn(name, `000000 rs rt code10 ${funct}`, 'rs,rt,code10', (m, { rs, rt }) =>
    m.raiseIf(condition(m.reg(rs), m.reg(rt)), EXCEPTION.Tr),
  ),
);
const immediateTraps: readonly Instruction[] = CONDITIONS.map(([name, , immediateOp, condition]) =>
  insn(`${name.slice(0, 3)}i${name.slice(3)}`, `000001 rs ${immediateOp} imm`, 'rs,imm', (m, { rs, imm }) =>
    m.raiseIf(condition(m.reg(rs), immediate(m, imm)), EXCEPTION.Tr),
  ),
);

/** `sll $0,$0,n`: nop, ssnop, ehb, pause are no instructions of their own; barriers and hints have nothing to do here. */
export const INTEGER: readonly Instruction[] = [...arithmetic, ...shifts, ...traps];
export const INTEGER_FROM_RELEASE_2: readonly Instruction[] = [...bits, ...rotations];
export const INTEGER_UNTIL_RELEASE_5: readonly Instruction[] = [
  ...replacedInRelease6,
  ...multiplication,
  ...immediateTraps,
];
