/** microMIPS: coprocessor 1. */
import { bits, near, same, type Same } from './compressed.js';
import { insn, type Instruction } from './encoding.js';
import { condition, needFpu } from './fpu-common.js';
import { and, eqz, field, ne, type Expr } from './ir.js';

const POOL_32F = '010101';
const FORMATS = ['s', 'd', 'ps'] as const;

/** Three registers: the function with the format 00, 01 or 10 in it. */
const threeOperands = (name: string, code: (format: string) => string, formats: readonly string[]): Same[] =>
  formats.map((format, i) => same(`${name}.${format}`, `${POOL_32F} ft fs fd ${code(bits(i, 2))}`));

/** Two registers, and the low half word, for each name. */
const unary = (list: readonly (readonly [name: string, code: number])[]): Same[] =>
  list.map(([name, code]) => same(name, `${POOL_32F} fd fs ${bits(code, 16)}`));

const ARITHMETIC = [
  ['add', '00'],
  ['sub', '01'],
  ['mul', '10'],
  ['div', '11'],
] as const;

/** To an integer: the code of singles; doubles have 0x4000 more. */
const TO_INTEGER = [
  ['cvt.l', 0x013b],
  ['floor.l', 0x033b],
  ['ceil.l', 0x133b],
  ['trunc.l', 0x233b],
  ['round.l', 0x333b],
  ['cvt.w', 0x093b],
  ['floor.w', 0x0b3b],
  ['ceil.w', 0x1b3b],
  ['trunc.w', 0x2b3b],
  ['round.w', 0x3b3b],
  ['rsqrt', 0x023b],
  ['sqrt', 0x0a3b],
  ['recip', 0x123b],
] as const;

const SIGNS = [
  ['mov', 0x007b],
  ['abs', 0x037b],
  ['neg', 0x0b7b],
] as const;

const CONVERSIONS = [
  ['cvt.d.s', 0x137b],
  ['cvt.d.w', 0x337b],
  ['cvt.d.l', 0x537b],
  ['cvt.s.d', 0x1b7b],
  ['cvt.s.w', 0x3b7b],
  ['cvt.s.l', 0x5b7b],
] as const;

const TRANSFERS = [
  ['mfc1', 0x203b],
  ['dmfc1', 0x243b],
  ['mtc1', 0x283b],
  ['dmtc1', 0x2c3b],
  ['mfhc1', 0x303b],
  ['mthc1', 0x383b],
  ['cfc1', 0x103b],
  ['ctc1', 0x183b],
] as const;

export const MICROMIPS_FPU: readonly Same[] = [
  ...ARITHMETIC.flatMap(([name, low]) =>
    threeOperands(name, (format) => `0 ${format} ${low} 110000`, name === 'div' ? ['s', 'd'] : FORMATS),
  ),
  ...unary(
    TO_INTEGER.flatMap(([name, code]) => [
      [`${name}.s`, code],
      [`${name}.d`, code + 0x4000],
    ]),
  ),
  ...unary(
    SIGNS.flatMap(([name, code]) => FORMATS.map((format, i) => [`${name}.${format}`, code + i * 0x2000] as const)),
  ),
  ...unary(CONVERSIONS),
  ...TRANSFERS.map(([name, code]) => same(name, `${POOL_32F} rt fs ${bits(code, 16)}`)),
  same('lwc1', '100111 ft base offset'),
  same('swc1', '100110 ft base offset'),
  same('ldc1', '101111 ft base offset'),
  same('sdc1', '101110 ft base offset'),
];

const CONDITIONS = 'f un eq ueq olt ult ole ule sf ngle seq ngl lt nge le ngt'.split(' ');

/** Multiply and add: the low six bits of the function, for singles; doubles and paired singles have 8 and 16 more. */
const MULTIPLY_ADD = [
  ['madd', 0x01],
  ['msub', 0x21],
  ['nmadd', 0x02],
  ['nmsub', 0x22],
] as const;

const INDEXED = [
  ['lwxc1', 'fd', 0x048],
  ['swxc1', 'fs', 0x088],
  ['ldxc1', 'fd', 0x0c8],
  ['sdxc1', 'fs', 0x108],
  ['luxc1', 'fd', 0x148],
  ['suxc1', 'fs', 0x188],
  ['prefx', 'op', 0x1a0],
] as const;

const PAIRED = [
  ['pll.ps', 0x080],
  ['plu.ps', 0x0c0],
  ['pul.ps', 0x100],
  ['puu.ps', 0x140],
  ['cvt.ps.s', 0x180],
] as const;

const branchOnFlag = (name: string, minor: string, test: (flag: Expr) => Expr): Instruction =>
  insn(name, `010000 ${minor} cc 00 offset<16:1>`, 'cc?,near', (m, { cc, offset }) => {
    needFpu(m);
    m.branch(test(condition(m, field(cc))), near(m, offset));
  });

export const MICROMIPS_FPU_UNTIL_RELEASE_5: readonly Same[] = [
  ...FORMATS.flatMap((format, i) =>
    CONDITIONS.map((name, cond) =>
      same(`c.${name}.${format}`, `${POOL_32F} ft fs cc 0 ${bits(i, 2)} ${bits(cond, 4)} 111100`),
    ),
  ),
  ...FORMATS.flatMap((format, i) => [
    same(`movf.${format}`, `${POOL_32F} fd fs cc 00 ${bits(i, 2)} 000 100000`),
    same(`movt.${format}`, `${POOL_32F} fd fs cc 00 ${bits(i, 2)} 001 100000`),
    same(`movn.${format}`, `${POOL_32F} rt fs fd 0 ${bits(i, 2)} 00 111000`),
    same(`movz.${format}`, `${POOL_32F} rt fs fd 0 ${bits(i, 2)} 01 111000`),
    ...MULTIPLY_ADD.map(([name, code]) =>
      same(`${name}.${format}`, `${POOL_32F} ft fs fd fr ${bits(code + i * 8, 6)}`),
    ),
  ]),
  same('movf', `${POOL_32F} rd rs cc ${bits(0x017b, 13)}`),
  same('movt', `${POOL_32F} rd rs cc ${bits(0x097b, 13)}`),
  ...INDEXED.map(([name, register, code]) => same(name, `${POOL_32F} index base ${register} ${bits(code, 11)}`)),
  ...PAIRED.map(([name, code]) => same(name, `${POOL_32F} ft fs fd ${bits(code, 11)}`)),
  ...unary([
    ['cvt.s.pl', 0x213b],
    ['cvt.s.pu', 0x293b],
  ]),
  same('alnv.ps', `${POOL_32F} ft fs fd rs 011001`),
];

export const MICROMIPS_FPU_BRANCHES_UNTIL_RELEASE_5: readonly Instruction[] = [
  branchOnFlag('bc1f', '11100', eqz),
  branchOnFlag('bc1t', '11101', (flag) => flag),
];

const R6_CONDITIONS = 'af un eq ueq lt ult le ule saf sun seq sueq slt sult sle sule'.split(' ');
const R6_MORE_CONDITIONS: readonly (readonly [string, number])[] = [
  ['or', 17],
  ['une', 18],
  ['ne', 19],
  ['sor', 25],
  ['sune', 26],
  ['sne', 27],
];

const R6_THREE = [
  ['min', '000000011'],
  ['max', '000001011'],
  ['mina', '000100011'],
  ['maxa', '000101011'],
  ['seleqz', '000111000'],
  ['selnez', '001111000'],
  ['sel', '010111000'],
  ['maddf', '110111000'],
  ['msubf', '111111000'],
] as const;

/** The lowest bit of the register decides. */
const branchOnRegister = (name: string, minor: string, test: (bit: Expr) => Expr): Instruction =>
  insn(name, `010000 ${minor} ft offset<16:1>`, 'ft,near', (m, { ft, offset }) => {
    needFpu(m);
    m.compactBranch(near(m, offset), test(and(m.fpr('i32', ft), 1)));
  });

export const MICROMIPS_FPU_FROM_RELEASE_6: readonly Same[] = [
  ...(['s', 'd'] as const).flatMap((format, i) => [
    ...R6_THREE.map(([name, code]) => same(`${name}.${format}`, `${POOL_32F} ft fs fd ${bits(i, 2)} ${code}`)),
    ...[...R6_CONDITIONS.map((name, cond) => [name, cond] as const), ...R6_MORE_CONDITIONS].map(([name, cond]) =>
      same(`cmp.${name}.${format}`, `${POOL_32F} ft fs fd ${bits(cond, 5)} 0${i}0101`),
    ),
    same(`rint.${format}`, `${POOL_32F} fs fd 00000 ${bits(i, 2)} 000 100000`),
    same(`class.${format}`, `${POOL_32F} fs fd 00000 ${bits(i, 2)} 001 100000`),
  ]),
];

export const MICROMIPS_FPU_BRANCHES_FROM_RELEASE_6: readonly Instruction[] = [
  branchOnRegister('bc1eqzc', '01000', eqz),
  branchOnRegister('bc1nezc', '01001', (bit) => ne(bit, 0)),
];
