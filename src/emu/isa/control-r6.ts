/**
 * Release 6: compact branches, which have no delay slot but, if they are conditional, a forbidden one; and the new encodings
 * of system instructions. Six opcodes tell instructions apart by their register numbers alone.
 */
import { branchTarget, MOVE_CONTROL, RA } from './control.js';
import { insn, where, type Constraint, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import {
  add,
  and,
  constant,
  eq,
  field,
  geS,
  geU,
  gtS,
  halves,
  leS,
  ltS,
  ltU,
  ne,
  or,
  signedField,
  xor,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';

const link = (m: Meaning): void => m.set(RA, add(m.pc, 4));

const unconditional: readonly Instruction[] = [
  insn('bc', '110010 offset<25:0>', 'branch', (m, { offset }) => m.compactBranch(branchTarget(m, offset))),
  insn('balc', '111010 offset<25:0>', 'branch', (m, { offset }) => {
    link(m);
    m.compactBranch(branchTarget(m, offset));
  }),
  insn('jic', '110110 00000 rt imm', 'rt,imm', (m, { rt, imm }) =>
    m.compactBranch(add(m.reg(rt), m.fromWord(signedField(imm)))),
  ),
  insn('jialc', '111110 00000 rt imm', 'rt,imm', (m, { rt, imm }) => {
    const target = m.let(add(m.reg(rt), m.fromWord(signedField(imm))));
    link(m);
    m.compactBranch(target);
  }),
  insn('bal', '000001 00000 10001 offset', 'branch', (m, { offset }) => {
    m.set(RA, add(m.pc, 8));
    m.jump(branchTarget(m, offset));
  }),
  // links, but does not branch; it has a delay slot all the same
  insn('nal', '000001 00000 10000 offset', 'branch', (m, { offset }) => {
    m.set(RA, add(m.pc, 8));
    m.branch(eq(constant('i32', 0), 1), branchTarget(m, offset));
  }),
];

type Condition = (a: Expr, b: Expr) => Expr;
const RS_IS_0: Constraint = ['rs', '==', 0];
const RS_IS_NOT_0: Constraint = ['rs', '!=', 0];
const RT_IS_NOT_0: Constraint = ['rt', '!=', 0];
const SAME: Constraint = ['rs', '==', 'rt'];
const DIFFERENT: Constraint = ['rs', '!=', 'rt'];

/** rs = 0: rt against 0. */
const againstZero = (name: string, opcode: string, condition: Condition, links: boolean): Instruction =>
  where(
    insn(name, `${opcode} rs rt offset`, 'rt,branch', (m, { rt, offset }) => {
      const taken = m.let(condition(m.reg(rt), constant(m.width, 0)));
      if (links) link(m);
      m.compactBranch(branchTarget(m, offset), taken);
    }),
    RS_IS_0,
    RT_IS_NOT_0,
  );

/** rs = rt: that register against 0, by its sign. */
const sameRegister = (name: string, opcode: string, condition: Condition, links: boolean): Instruction => {
  const row = againstZero(name, opcode, condition, links);
  return { ...row, where: [SAME, RT_IS_NOT_0] };
};

const twoRegisters = (
  name: string,
  opcode: string,
  condition: Condition,
  ...constraints: readonly Constraint[]
): Instruction =>
  where(
    insn(name, `${opcode} rs rt offset`, 'rs,rt,branch', (m, { rs, rt, offset }) =>
      m.compactBranch(branchTarget(m, offset), condition(m.reg(rs), m.reg(rt))),
    ),
    ...constraints,
  );

/** Whether the sum of two words overflows, or one of them is no sign-extended word. */
export function overflows(m: Meaning, rs: Field, rt: Field): Expr {
  const [a, b] = [m.let(m.word(rs)), m.let(m.word(rt))];
  const sum = m.let(add(a, b));
  const overflow = ltS(and(xor(a, sum), xor(b, sum)), 0);
  if (m.width === 'i32') return overflow;
  return or(overflow, or(ne(m.reg(rs), m.fromWord(a)), ne(m.reg(rt), m.fromWord(b))));
}

const overflowBranch = (name: string, opcode: string, taken: 0 | 1): Instruction =>
  where(
    insn(name, `${opcode} rs rt offset`, 'rs,rt,branch', (m, { rs, rt, offset }) =>
      m.compactBranch(branchTarget(m, offset), eq(overflows(m, rs, rt), taken)),
    ),
    ['rs', '>=', 'rt'],
  );

const compareZero = (name: string, opcode: string, condition: Condition): Instruction =>
  where(
    insn(name, `${opcode} rs offset<20:0>`, 'rs,branch', (m, { rs, offset }) =>
      m.compactBranch(branchTarget(m, offset), condition(m.reg(rs), constant(m.width, 0))),
    ),
    RS_IS_NOT_0,
  );

const conditional: readonly Instruction[] = [
  againstZero('blezalc', '000110', leS, true),
  sameRegister('bgezalc', '000110', geS, true),
  twoRegisters('bgeuc', '000110', geU, RS_IS_NOT_0, RT_IS_NOT_0, DIFFERENT),
  againstZero('bgtzalc', '000111', gtS, true),
  sameRegister('bltzalc', '000111', ltS, true),
  twoRegisters('bltuc', '000111', ltU, RS_IS_NOT_0, RT_IS_NOT_0, DIFFERENT),
  againstZero('blezc', '010110', leS, false),
  sameRegister('bgezc', '010110', geS, false),
  twoRegisters('bgec', '010110', geS, RS_IS_NOT_0, RT_IS_NOT_0, DIFFERENT),
  againstZero('bgtzc', '010111', gtS, false),
  sameRegister('bltzc', '010111', ltS, false),
  twoRegisters('bltc', '010111', ltS, RS_IS_NOT_0, RT_IS_NOT_0, DIFFERENT),
  againstZero('beqzalc', '001000', eq, true),
  twoRegisters('beqc', '001000', eq, RS_IS_NOT_0, ['rs', '<', 'rt']),
  overflowBranch('bovc', '001000', 1),
  againstZero('bnezalc', '011000', ne, true),
  twoRegisters('bnec', '011000', ne, RS_IS_NOT_0, ['rs', '<', 'rt']),
  overflowBranch('bnvc', '011000', 0),
  compareZero('beqzc', '110110', eq),
  compareZero('bnezc', '111110', ne),
];

const at = (m: Meaning, base: Field, offset: Field): Expr => add(m.reg(base), m.fromWord(signedField(offset)));

const system: readonly Instruction[] = [
  insn('sdbbp', '000000 code20 001110', 'code20', (m, { code20 }) => m.host('sdbbp', field(code20))),
  insn('sigrie', '000001 00000 10111 imm', 'uimm', (m) => m.raise(EXCEPTION.RI)),
  insn('cache', '011111 base op offset<8:0> 0 100101', 'op,offset(base)', (m, { base, op, offset }) =>
    m.host('cache', field(op), ...halves(m.let(at(m, base, offset)))),
  ),
  insn('pref', '011111 base op offset<8:0> 0 110101', 'op,offset(base)', () => undefined),
];

export const CONTROL_FROM_RELEASE_6: readonly Instruction[] = [...unconditional, ...conditional, ...system];

/** One virtual processor a firmware, so stopping the others is all there is to do. */
export const VIRTUAL_PROCESSORS: readonly Instruction[] = (
  [
    ['dvp', '1'],
    ['evp', '0'],
  ] as const
).map(([name, stop]) =>
  insn(name, `${MOVE_CONTROL} 01011 rt 00000 00000 ${stop} 00 100`, 'rt?', (m, { rt }) => {
    m.host('privileged');
    m.set(rt, constant(m.width, 0));
  }),
);
