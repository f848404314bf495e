/**
 * microMIPS of Release 6: compact branches only, without delay slots and forbidden slots. As in the classic set, register
 * numbers tell some of them apart.
 */
import { bits, link, near, returnAddress, same, type Same } from './compressed.js';
import { overflows } from './control-r6.js';
import { insn, where, type Constraint, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import { add, constant, eq, geS, geU, gtS, leS, ltS, ltU, ne, signedField, type Expr } from './ir.js';

type Condition = (a: Expr, b: Expr) => Expr;
const RS_IS_0: Constraint = ['rs', '==', 0];
const RT_IS_NOT_0: Constraint = ['rt', '!=', 0];
const SAME: Constraint = ['rs', '==', 'rt'];
const DIFFERENT: readonly Constraint[] = [['rs', '!=', 0], RT_IS_NOT_0, ['rs', '!=', 'rt']];
const IN_ORDER: readonly Constraint[] = [
  ['rs', '!=', 0],
  ['rs', '<', 'rt'],
];

const oneRegister = (
  name: string,
  opcode: string,
  condition: Condition,
  links: boolean,
  constraint: Constraint,
): Instruction =>
  where(
    insn(name, `${opcode} rt rs offset<16:1>`, 'rt,near', (m, { rt, offset }) => {
      const taken = m.let(condition(m.reg(rt), constant(m.width, 0)));
      if (links) link(m, 0);
      m.compactBranch(near(m, offset), taken);
    }),
    constraint,
    RT_IS_NOT_0,
  );

const twoRegisters = (
  name: string,
  opcode: string,
  condition: Condition,
  constraints: readonly Constraint[],
): Instruction =>
  where(
    insn(name, `${opcode} rt rs offset<16:1>`, 'rs,rt,near', (m, { rs, rt, offset }) =>
      m.compactBranch(near(m, offset), condition(m.reg(rs), m.reg(rt))),
    ),
    ...constraints,
  );

const overflowBranch = (name: string, opcode: string, taken: 0 | 1): Instruction =>
  where(
    insn(name, `${opcode} rt rs offset<16:1>`, 'rs,rt,near', (m, { rs, rt, offset }) =>
      m.compactBranch(near(m, offset), eq(overflows(m, rs, rt), taken)),
    ),
    ['rs', '>=', 'rt'],
  );

const conditional: readonly Instruction[] = [
  oneRegister('blezalc', '110000', leS, true, RS_IS_0),
  oneRegister('bgezalc', '110000', geS, true, SAME),
  twoRegisters('bgeuc', '110000', geU, DIFFERENT),
  oneRegister('bgtzalc', '111000', gtS, true, RS_IS_0),
  oneRegister('bltzalc', '111000', ltS, true, SAME),
  twoRegisters('bltuc', '111000', ltU, DIFFERENT),
  oneRegister('blezc', '111101', leS, false, RS_IS_0),
  oneRegister('bgezc', '111101', geS, false, SAME),
  twoRegisters('bgec', '111101', geS, DIFFERENT),
  oneRegister('bgtzc', '110101', gtS, false, RS_IS_0),
  oneRegister('bltzc', '110101', ltS, false, SAME),
  twoRegisters('bltc', '110101', ltS, DIFFERENT),
  oneRegister('beqzalc', '011101', eq, true, RS_IS_0),
  twoRegisters('beqc', '011101', eq, IN_ORDER),
  overflowBranch('bovc', '011101', 1),
  oneRegister('bnezalc', '011111', ne, true, RS_IS_0),
  twoRegisters('bnec', '011111', ne, IN_ORDER),
  overflowBranch('bnvc', '011111', 0),
  ...(
    [
      ['beqzc', '100000', eq],
      ['bnezc', '101000', ne],
    ] as const
  ).map(([name, opcode, condition]) =>
    where(
      insn(name, `${opcode} rs offset<21:1>`, 'rs,near', (m, { rs, offset }) =>
        m.compactBranch(near(m, offset), condition(m.reg(rs), 0)),
      ),
      ['rs', '!=', 0],
    ),
  ),
];

/** JIC shares its opcode with BEQZC, and JIALC with BNEZC, as in the classic set; LLVM 14 has them the other way round. */
const unconditional: readonly Instruction[] = [
  insn('bc', '100101 offset<26:1>', 'near', (m, { offset }) => m.compactBranch(near(m, offset))),
  insn('balc', '101101 offset<26:1>', 'near', (m, { offset }) => {
    link(m, 0);
    m.compactBranch(near(m, offset));
  }),
  insn('jic', '100000 00000 rt imm', 'rt,imm', (m, { rt, imm }) =>
    m.compactBranch(add(m.reg(rt), m.fromWord(signedField(imm)))),
  ),
  insn('jialc', '101000 00000 rt imm', 'rt,imm', (m, { rt, imm }) => {
    const target = m.let(add(m.reg(rt), m.fromWord(signedField(imm))));
    link(m, 0);
    m.compactBranch(target);
  }),
  ...(
    [
      ['jalrc', 0x0f3c],
      ['jalrc.hb', 0x1f3c],
    ] as const
  ).map(([name, code]) =>
    insn(name, `000000 rd rs ${bits(code, 16)}`, 'link?,rs', (m, { rd, rs }) => {
      const target = m.let(m.reg(rs));
      m.set(rd, returnAddress(m, 0));
      m.compactBranch(target);
    }),
  ),
];

export const MICROMIPS_CONTROL_FROM_RELEASE_6: readonly (Instruction | Same)[] = [
  ...unconditional,
  ...conditional,
  insn('sigrie', '000000 0000 imm 111111', 'uimm', (m) => m.raise(EXCEPTION.RI)),
  same('synci', '010000 01100 base offset'),
  same('rdhwr', '000000 rt rd 00 sel 00111 000000', 'rt,hwr,sel?'),
  same('dvp', `000000 00000 rt ${bits(0x197c, 16)}`),
  same('evp', `000000 00000 rt ${bits(0x397c, 16)}`),
];
