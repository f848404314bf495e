/** microMIPS until Release 5: branches and jumps of 32 bits, with long or short delay slots; system instructions of all. */
import { bits, inRegion, link, near, returnAddress, same, type Same } from './compressed.js';
import { insn, type Instruction } from './encoding.js';
import { eq, geS, gtS, leS, ltS, ne, type Expr } from './ir.js';

type Condition = (a: Expr, b: Expr) => Expr;
type AgainstZero = (a: Expr, zero: number) => Expr;

const compareTwo = (name: string, opcode: string, condition: Condition): Instruction =>
  insn(name, `${opcode} rt rs offset<16:1>`, 'rs,rt,near', (m, { rs, rt, offset }) =>
    m.branch(condition(m.reg(rs), m.reg(rt)), near(m, offset)),
  );

const compareOne = (name: string, minor: string, condition: AgainstZero): Instruction =>
  insn(name, `010000 ${minor} rs offset<16:1>`, 'rs,near', (m, { rs, offset }) =>
    m.branch(condition(m.reg(rs), 0), near(m, offset)),
  );

const compareAndLink = (name: string, minor: string, condition: AgainstZero, slot: 2 | 4): Instruction =>
  insn(name, `010000 ${minor} rs offset<16:1>`, 'rs,near', (m, { rs, offset }) => {
    const taken = m.let(condition(m.reg(rs), 0));
    link(m, slot);
    m.branch(taken, near(m, offset));
  });

const compareCompact = (name: string, minor: string, condition: AgainstZero): Instruction =>
  insn(name, `010000 ${minor} rs offset<16:1>`, 'rs,near', (m, { rs, offset }) =>
    m.compactBranch(near(m, offset), condition(m.reg(rs), 0)),
  );

const branches: readonly (Instruction | Same)[] = [
  compareTwo('beq', '100101', eq),
  compareTwo('bne', '101101', ne),
  compareOne('bltz', '00000', ltS),
  compareOne('bgez', '00010', geS),
  compareOne('blez', '00100', leS),
  compareOne('bgtz', '00110', gtS),
  compareAndLink('bltzal', '00001', ltS, 4),
  compareAndLink('bgezal', '00011', geS, 4),
  compareAndLink('bltzals', '10001', ltS, 2),
  compareAndLink('bgezals', '10011', geS, 2),
  compareCompact('bnezc', '00101', ne),
  compareCompact('beqzc', '00111', eq),
];

/** Bits that end JALR and its variants; `.hb` is a hazard barrier, which has nothing to wait for. */
const jumpRegister = (name: string, code: number, slot: 2 | 4): Instruction =>
  insn(name, `000000 rd rs ${bits(code, 16)}`, 'link?,rs', (m, { rd, rs }) => {
    const target = m.let(m.reg(rs));
    m.set(rd, returnAddress(m, slot));
    m.jump(target);
  });

const jumps: readonly Instruction[] = [
  insn('j', '110101 target<26:1>', 'jump', (m, { target }) => m.jump(inRegion(m, target, 27, 1))),
  ...(
    [
      ['jal', '111101', 4],
      ['jals', '011101', 2],
    ] as const
  ).map(([name, opcode, slot]) =>
    insn(name, `${opcode} target<26:1>`, 'jump', (m, { target }) => {
      link(m, slot);
      m.jump(inRegion(m, target, 27, 1));
    }),
  ),
  insn('jalx', '111100 target<27:2>', 'jalx', (m, { target }) => {
    link(m, 4);
    m.jump(inRegion(m, target, 28, 0));
  }),
  jumpRegister('jalr', 0x0f3c, 4),
  jumpRegister('jalr.hb', 0x1f3c, 4),
  jumpRegister('jalrs', 0x4f3c, 2),
  jumpRegister('jalrs.hb', 0x5f3c, 2),
];

export const MICROMIPS_CONTROL_UNTIL_RELEASE_5: readonly (Instruction | Same)[] = [
  ...branches,
  ...jumps,
  same('synci', '010000 10000 base offset'),
  same('rdhwr', `000000 rt rd ${bits(0x6b3c, 16)}`),
];

/** Those without operands, as they end. */
const ALONE = [
  ['tlbp', 0x037c],
  ['tlbr', 0x137c],
  ['tlbwi', 0x237c],
  ['tlbwr', 0x337c],
  ['tlbinv', 0x437c],
  ['tlbinvf', 0x537c],
  ['iret', 0xd37c],
  ['deret', 0xe37c],
  ['eret', 0xf37c],
] as const;

const MOVES = [
  ['mfc0', '000000', '00011 111100'],
  ['mtc0', '000000', '01011 111100'],
  ['mfhc0', '000000', '00011 110100'],
  ['mthc0', '000000', '01011 110100'],
  ['dmfc0', '010110', '00011 111100'],
  ['dmtc0', '010110', '01011 111100'],
] as const;

export const MICROMIPS_SYSTEM: readonly Same[] = [
  same('break', '000000 code20 000111'),
  same('syscall', `000000 code20<9:0> ${bits(0x8b7c, 16)}`, 'code20?'),
  same('sdbbp', `000000 code20<9:0> ${bits(0xdb7c, 16)}`, 'code20?'),
  same('wait', `000000 code19<9:0> ${bits(0x937c, 16)}`),
  same('sync', `000000 00000 sa ${bits(0x6b7c, 16)}`),
  same('di', `000000 00000 rt ${bits(0x477c, 16)}`),
  same('ei', `000000 00000 rt ${bits(0x577c, 16)}`),
  same('rdpgpr', `000000 rd rt ${bits(0xe17c, 16)}`),
  same('wrpgpr', `000000 rd rt ${bits(0xf17c, 16)}`),
  same('eretnc', `000000 00000 00001 ${bits(0xf37c, 16)}`),
  ...ALONE.map(([name, code]) => same(name, `000000 0000000000 ${bits(code, 16)}`)),
  ...MOVES.map(([name, opcode, code]) => same(name, `${opcode} rt rd 00 sel ${code}`)),
];
