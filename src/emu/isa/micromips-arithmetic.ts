/** microMIPS: arithmetic of 32-bit instructions. */
import { bits, EIGHT_REGISTERS, same, type Same } from './compressed.js';
import { insn, type Instruction } from './encoding.js';
import { add, and, constant, field, shl, signedField, type Expr, type Field, type Meaning } from './ir.js';

/** Three registers and eleven bits that tell what to do. */
const threeRegisters = (opcode: string, list: readonly (readonly [name: string, code: number])[]): Same[] =>
  list.map(([name, code]) => same(name, `${opcode} rt rs rd ${bits(code, 11)}`));

/** Two registers, the result on top; `fields` names them as the classic instruction does. */
const twoRegisters = (opcode: string, fields: string, list: readonly (readonly [string, number])[]): Same[] =>
  list.map(([name, code]) => same(name, `${opcode} ${fields} ${bits(code, 16)}`));

/** A register, another one and an amount, and eleven bits. */
const shifts = (opcode: string, list: readonly (readonly [string, number])[]): Same[] =>
  list.map(([name, code]) => same(name, `${opcode} rd rt sa ${bits(code, 11)}`));

const POOL_32A = '000000';
const POOL_32S = '010110';

const THREE = [
  ['sllv', 0x010],
  ['srlv', 0x050],
  ['srav', 0x090],
  ['rotrv', 0x0d0],
  ['add', 0x110],
  ['addu', 0x150],
  ['sub', 0x190],
  ['subu', 0x1d0],
  ['and', 0x250],
  ['or', 0x290],
  ['nor', 0x2d0],
  ['xor', 0x310],
  ['slt', 0x350],
  ['sltu', 0x390],
] as const;

const IMMEDIATE = [
  ['addiu', '001100'],
  ['slti', '100100'],
  ['sltiu', '101100'],
  ['andi', '110100'],
  ['ori', '010100'],
  ['xori', '011100'],
  ['daddiu', '010111'],
] as const;

const TRAPS = [
  ['teq', 0x03c],
  ['tge', 0x23c],
  ['tgeu', 0x43c],
  ['tlt', 0x83c],
  ['tltu', 0xa3c],
  ['tne', 0xc3c],
] as const;

const common: readonly Same[] = [
  ...threeRegisters(POOL_32A, THREE),
  ...shifts(POOL_32A, [
    ['sll', 0x000],
    ['srl', 0x040],
    ['sra', 0x080],
    ['rotr', 0x0c0],
  ]),
  ...IMMEDIATE.map(([name, opcode]) => same(name, `${opcode} rt rs imm`)),
  ...TRAPS.map(([name, code]) => same(name, `${POOL_32A} rt rs code10<3:0> ${bits(code, 12)}`, 'rs,rt,code10?')),
  ...twoRegisters(POOL_32A, 'rd rt', [
    ['seb', 0x2b3c],
    ['seh', 0x3b3c],
    ['wsbh', 0x7b3c],
  ]),
  ...twoRegisters(POOL_32A, 'rd rs', [
    ['clo', 0x4b3c],
    ['clz', 0x5b3c],
  ]),
  same('ext', `${POOL_32A} rt rs msb lsb 101100`),
  same('ins', `${POOL_32A} rt rs msb lsb 001100`),
];

const common64: readonly Same[] = [
  ...threeRegisters(POOL_32S, [
    ['dsllv', 0x010],
    ['dsrlv', 0x050],
    ['dsrav', 0x090],
    ['drotrv', 0x0d0],
    ['dadd', 0x110],
    ['daddu', 0x150],
    ['dsub', 0x190],
    ['dsubu', 0x1d0],
  ]),
  ...shifts(POOL_32S, [
    ['dsll', 0x000],
    ['dsrl', 0x040],
    ['dsra', 0x080],
    ['drotr', 0x0c0],
    ['dsll32', 0x008],
    ['dsrl32', 0x048],
    ['dsra32', 0x088],
    ['drotr32', 0x0c8],
  ]),
  ...twoRegisters(POOL_32S, 'rd rt', [
    ['dsbh', 0x7b3c],
    ['dshd', 0xfb3c],
  ]),
  ...twoRegisters(POOL_32S, 'rd rs', [
    ['dclo', 0x4b3c],
    ['dclz', 0x5b3c],
  ]),
  ...(
    [
      ['dext', '101100'],
      ['dextm', '100100'],
      ['dextu', '010100'],
      ['dins', '001100'],
      ['dinsm', '000100'],
      ['dinsu', '110100'],
    ] as const
  ).map(([name, code]) => same(name, `${POOL_32S} rt rs msb lsb ${code}`)),
];

export const MICROMIPS_ARITHMETIC: readonly Same[] = [...common, ...common64];

const MULTIPLICATION = [
  ['mult', 0x8b3c],
  ['multu', 0x9b3c],
  ['div', 0xab3c],
  ['divu', 0xbb3c],
] as const;

const addToPc = (m: Meaning, to: Field, distance: Expr): void =>
  m.set(to, add(and(m.branchPc, -4), m.fromWord(distance)));

export const MICROMIPS_ARITHMETIC_UNTIL_RELEASE_5: readonly (Instruction | Same)[] = [
  ...threeRegisters(POOL_32A, [
    ['mul', 0x210],
    ['movn', 0x018],
    ['movz', 0x058],
  ]),
  same('addi', '000100 rt rs imm'),
  same('lui', '010000 01101 rt imm'),
  ...twoRegisters(POOL_32A, 'rt rs', [
    ...MULTIPLICATION,
    ['madd', 0xcb3c],
    ['maddu', 0xdb3c],
    ['msub', 0xeb3c],
    ['msubu', 0xfb3c],
  ]),
  ...twoRegisters(
    POOL_32S,
    'rt rs',
    MULTIPLICATION.map(([name, code]) => [`d${name}`, code]),
  ),
  ...(
    [
      ['mfhi', 'rd', 0x0d7c],
      ['mflo', 'rd', 0x1d7c],
      ['mthi', 'rs', 0x2d7c],
      ['mtlo', 'rs', 0x3d7c],
    ] as const
  ).map(([name, register, code]) => same(name, `${POOL_32A} 00000 ${register} ${bits(code, 16)}`)),
  ...(
    [
      ['tlti', '01000'],
      ['tgei', '01001'],
      ['tltiu', '01010'],
      ['tgeiu', '01011'],
      ['tnei', '01100'],
      ['teqi', '01110'],
    ] as const
  ).map(([name, minor]) => same(name, `010000 ${minor} rs imm`)),
  same('daddi', `${POOL_32S} rt rs imm<9:0> 011100`),
  insn(
    'addiu',
    '011110 rs<2:0> offset<24:2>',
    'rs,$pc,offset',
    (m, { rs, offset }) => addToPc(m, rs, signedField(offset)),
    {
      rs: EIGHT_REGISTERS,
    },
  ),
];

/** The high half of the distance; the address of the instruction is a multiple of 2. */
const highDistance = (m: Meaning, imm: Field): Expr => add(and(m.pc, -2), m.fromWord(shl(field(imm), 16)));

export const MICROMIPS_ARITHMETIC_FROM_RELEASE_6: readonly (Instruction | Same)[] = [
  ...threeRegisters(POOL_32A, [
    ['mul', 0x018],
    ['muh', 0x058],
    ['mulu', 0x098],
    ['muhu', 0x0d8],
    ['div', 0x118],
    ['mod', 0x158],
    ['divu', 0x198],
    ['modu', 0x1d8],
    ['seleqz', 0x140],
    ['selnez', 0x180],
  ]),
  same('lsa', `${POOL_32A} rt rs rd sa<1:0> 000 001111`),
  same('align', `${POOL_32A} rt rs rd sa<1:0> 000 011111`),
  ...twoRegisters(POOL_32A, 'rt rd', [['bitswap', 0x0b3c]]),
  same('lui', '000100 rt 00000 imm'),
  same('aui', '000100 rt rs imm'),
  same('addiupc', '011110 rs 00 offset<18:0>'),
  same('lwpc', '011110 rs 01 offset<18:0>'),
  insn('auipc', '011110 rs 11110 imm', 'rs,uimm', (m, { rs, imm }) => m.set(rs, highDistance(m, imm))),
  insn('aluipc', '011110 rs 11111 imm', 'rs,uimm', (m, { rs, imm }) =>
    m.set(rs, and(highDistance(m, imm), constant(m.width, -0x10000))),
  ),
];
