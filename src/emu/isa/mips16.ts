/**
 * MIPS16e: arithmetic, loads and stores. Most immediates have a short form and, after the prefix EXTEND, one of 16 bits, of
 * which the prefix holds bits 10-5 and 15-11.
 */
import { EIGHT_REGISTERS, RA, same, SP, type Same } from './compressed.js';
import { insn, type FieldExtras, type FieldName, type Fields, type Instruction } from './encoding.js';
import {
  add,
  and,
  extend16,
  extend8,
  signedField,
  wrap,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';
import { need64 } from './integer-64.js';

/** The register that comparisons leave their result in. */
export const T = 24;

export const eight = (...names: readonly FieldName[]): FieldExtras =>
  Object.fromEntries(names.map((name) => [name, EIGHT_REGISTERS]));

type Immediate = 'imm' | 'offset';

/** An encoding after EXTEND: what comes before the number's low five bits. */
const extended = (number: Immediate, before: string): string =>
  `11110 ${number}<10:5> ${number}<15:11> ${before} ${number}<4:0>`;

/** An immediate in both forms: the bits of the short one, and what stands in the place of its high bits after EXTEND. */
interface Forms {
  readonly short: string;
  readonly unused: '' | ' 000';
  /** Which forms are unsigned. */
  readonly unsigned: 'none' | 'short' | 'both';
}

/** The row in its short and its extended form. */
function both<Row>(
  before: string,
  { short, unused, unsigned }: Forms,
  extras: FieldExtras,
  row: (pattern: string, extras: FieldExtras) => Row,
): Row[] {
  const number: Immediate = short.startsWith('imm') ? 'imm' : 'offset';
  const positive: FieldExtras = { ...extras, [number]: 'unsigned' };
  return [
    row(`${before} ${short}`, unsigned === 'none' ? extras : positive),
    row(extended(number, `${before}${unused}`), unsigned === 'both' ? positive : extras),
  ];
}

const sameInBoth = (
  name: string,
  before: string,
  forms: Forms,
  operands: string | undefined,
  extras: FieldExtras,
  classic = name,
): Same[] => both(before, forms, extras, (pattern, all) => same(name, pattern, operands, all, classic));

const EIGHT_BITS: Forms = { short: 'imm<7:0>', unused: ' 000', unsigned: 'none' };

const immediates: readonly Same[] = [
  ...sameInBoth('addiu', '00000 rt<2:0>', { short: 'imm<9:2>', unused: ' 000', unsigned: 'short' }, 'rt,rs,imm', {
    ...eight('rt'),
    rs: SP,
  }),
  ...sameInBoth('addiu', '01001 rt<2:0>', EIGHT_BITS, 'rt,imm', { ...eight('rt'), rs: 'rt' }),
  ...sameInBoth('slti', '01010 rs<2:0>', { ...EIGHT_BITS, unsigned: 'short' }, 'rs,imm', { ...eight('rs'), rt: T }),
  ...sameInBoth('sltiu', '01011 rs<2:0>', { ...EIGHT_BITS, unsigned: 'short' }, 'rs,imm', { ...eight('rs'), rt: T }),
  ...sameInBoth('addiu', '01100 011', { short: 'imm<10:3>', unused: ' 000', unsigned: 'none' }, 'rt,imm', {
    rt: SP,
    rs: SP,
  }),
  ...sameInBoth('li', '01101 rt<2:0>', EIGHT_BITS, 'rt,uimm', { ...eight('rt'), rs: 0 }, 'ori'),
  ...sameInBoth('cmpi', '01110 rs<2:0>', EIGHT_BITS, 'rs,uimm', { ...eight('rs'), rt: T }, 'xori'),
  ...['addiu', 'daddiu'].flatMap((name, i) => [
    same(name, `01000 rs<2:0> rt<2:0> ${i} imm<3:0>`, undefined, eight('rs', 'rt')),
    same(name, `11110 imm<10:4> imm<14:11> 01000 rs<2:0> rt<2:0> ${i} imm<3:0>`, undefined, eight('rs', 'rt')),
  ]),
  ...sameInBoth('daddiu', '11111 011', { short: 'imm<10:3>', unused: ' 000', unsigned: 'none' }, 'rt,imm', {
    rt: SP,
    rs: SP,
  }),
  ...sameInBoth('daddiu', '11111 101 rt<2:0>', { short: 'imm<4:0>', unused: '', unsigned: 'none' }, 'rt,imm', {
    ...eight('rt'),
    rs: 'rt',
  }),
  ...sameInBoth('daddiu', '11111 111 rt<2:0>', { short: 'imm<6:2>', unused: '', unsigned: 'short' }, 'rt,rs,imm', {
    ...eight('rt'),
    rs: SP,
  }),
];

/** Any register goes to and comes from the eight. */
const moves: readonly Same[] = [
  same('move', '01100 101 rd<2:0> rd<4:3> rs<2:0>', 'rd,rs', { ...eight('rs'), rt: 0 }, 'or'),
  same('move', '01100 111 rd<2:0> rs', 'rd,rs', { ...eight('rd'), rt: 0 }, 'or'),
];

const SHIFTS = [
  ['sll', '00', 'sa<4:0> 000000'],
  ['dsll', '01', 'sa<4:0> sa<5> 00000'],
  ['srl', '10', 'sa<4:0> 000000'],
  ['sra', '11', 'sa<4:0> 000000'],
] as const;
const ONE_REGISTER_SHIFTS = [
  ['dsrl', '01000'],
  ['dsra', '10011'],
] as const;
/** Of three bits; 0 stands for 8. */
const SHORT_AMOUNTS = [8, 1, 2, 3, 4, 5, 6, 7];

const shifts: readonly Same[] = [
  ...SHIFTS.flatMap(([name, code, amount]) => [
    same(name, `00110 rd<2:0> rt<2:0> sa<2:0> ${code}`, undefined, { ...eight('rd', 'rt'), sa: SHORT_AMOUNTS }),
    same(name, `11110 ${amount} 00110 rd<2:0> rt<2:0> 000 ${code}`, undefined, eight('rd', 'rt')),
  ]),
  ...ONE_REGISTER_SHIFTS.flatMap(([name, code]) => [
    same(name, `11101 sa<2:0> rt<2:0> ${code}`, 'rd,sa', { ...eight('rt'), rd: 'rt', sa: SHORT_AMOUNTS }),
    same(name, `11110 sa<4:0> sa<5> 00000 11101 000 rt<2:0> ${code}`, 'rd,sa', { ...eight('rt'), rd: 'rt' }),
  ]),
  ...(
    [
      ['sllv', '00100'],
      ['srlv', '00110'],
      ['srav', '00111'],
      ['dsllv', '10100'],
      ['dsrlv', '10110'],
      ['dsrav', '10111'],
    ] as const
  ).map(([name, code]) => same(name, `11101 rs<2:0> rt<2:0> ${code}`, 'rd,rs', { ...eight('rs', 'rt'), rd: 'rt' })),
];

const registers: readonly Same[] = [
  ...['daddu', 'addu', 'dsubu', 'subu'].map((name, i) =>
    same(name, `11100 rs<2:0> rt<2:0> rd<2:0> ${i >> 1}${i & 1}`, undefined, eight('rs', 'rt', 'rd')),
  ),
  ...(
    [
      ['slt', '00010', 'slt'],
      ['sltu', '00011', 'sltu'],
      ['cmp', '01010', 'xor'],
    ] as const
  ).map(([name, code, classic]) =>
    same(name, `11101 rs<2:0> rt<2:0> ${code}`, 'rs,rt', { ...eight('rs', 'rt'), rd: T }, classic),
  ),
  ...(
    [
      ['and', '01100'],
      ['or', '01101'],
      ['xor', '01110'],
    ] as const
  ).map(([name, code]) => same(name, `11101 rs<2:0> rt<2:0> ${code}`, 'rd,rt', { ...eight('rs', 'rt'), rd: 'rs' })),
  ...(
    [
      ['neg', '01011', 'subu'],
      ['not', '01111', 'nor'],
    ] as const
  ).map(([name, code, classic]) =>
    same(name, `11101 rd<2:0> rt<2:0> ${code}`, 'rd,rt', { ...eight('rd', 'rt'), rs: 0 }, classic),
  ),
  same('mfhi', '11101 rd<2:0> 000 10000', undefined, eight('rd')),
  same('mflo', '11101 rd<2:0> 000 10010', undefined, eight('rd')),
  ...['mult', 'multu', 'div', 'divu', 'dmult', 'dmultu', 'ddiv', 'ddivu'].map((name, i) =>
    same(name, `11101 rs<2:0> rt<2:0> 11${i.toString(2).padStart(3, '0')}`, undefined, eight('rs', 'rt')),
  ),
];

const convert = (name: string, code: string, of: (m: Meaning, value: Expr) => Expr): Instruction =>
  insn(
    name,
    `11101 rd<2:0> ${code} 10001`,
    'rd',
    (m, { rd }) => {
      if (name.endsWith('w')) need64(m);
      m.set(rd, of(m, m.reg(rd)));
    },
    eight('rd'),
  );

const conversions: readonly Instruction[] = [
  convert('zeb', '000', (_, value) => and(value, 0xff)),
  convert('zeh', '001', (_, value) => and(value, 0xffff)),
  convert('seb', '100', (_, value) => extend8(value)),
  convert('seh', '101', (_, value) => extend16(value)),
];

const conversions64: readonly Instruction[] = [
  convert('zew', '010', (_, value) => zeroExtend64(wrap(value))),
  convert('sew', '110', (m, value) => m.fromWord(wrap(value))),
];

const FIVE_BITS = { unused: '', unsigned: 'short' } as const;

/** Loads and stores from one of the eight registers; the short offset counts units of the size. */
const ANY_BASE = [
  ['ld', '00111', 'offset<7:3>'],
  ['sd', '01111', 'offset<7:3>'],
  ['lb', '10000', 'offset<4:0>'],
  ['lh', '10001', 'offset<5:1>'],
  ['lw', '10011', 'offset<6:2>'],
  ['lbu', '10100', 'offset<4:0>'],
  ['lhu', '10101', 'offset<5:1>'],
  ['lwu', '10111', 'offset<6:2>'],
  ['sb', '11000', 'offset<4:0>'],
  ['sh', '11001', 'offset<5:1>'],
  ['sw', '11011', 'offset<6:2>'],
] as const;

const FROM_STACK: readonly (readonly [string, string, Forms])[] = [
  ['lw', '10010 rt<2:0>', { short: 'offset<9:2>', unused: ' 000', unsigned: 'short' }],
  ['sw', '11010 rt<2:0>', { short: 'offset<9:2>', unused: ' 000', unsigned: 'short' }],
  ['ld', '11111 000 rt<2:0>', { short: 'offset<7:3>', ...FIVE_BITS }],
  ['sd', '11111 001 rt<2:0>', { short: 'offset<7:3>', ...FIVE_BITS }],
];
const RETURN_ADDRESS: readonly (readonly [string, string, Forms])[] = [
  ['sw', '01100 010', { short: 'offset<9:2>', unused: ' 000', unsigned: 'short' }],
  ['sd', '11111 010', { short: 'offset<10:3>', unused: ' 000', unsigned: 'short' }],
];

const memory: readonly Same[] = [
  ...ANY_BASE.flatMap(([name, opcode, short]) =>
    sameInBoth(name, `${opcode} base<2:0> rt<2:0>`, { short, ...FIVE_BITS }, undefined, eight('base', 'rt')),
  ),
  ...FROM_STACK.flatMap(([name, before, forms]) =>
    sameInBoth(name, before, forms, undefined, { ...eight('rt'), base: SP }),
  ),
  ...RETURN_ADDRESS.flatMap(([name, before, forms]) =>
    sameInBoth(name, before, forms, undefined, { rt: RA, base: SP }),
  ),
];

/** A place near the instruction, or near the branch whose delay slot it stands in: from a multiple of `unit`. */
const fromPc = (m: Meaning, offset: Field, unit: 4 | 8): Expr =>
  add(and(m.branchPc, -unit), m.fromWord(signedField(offset)));

const inBoth = (
  name: string,
  before: string,
  forms: Forms,
  operand: string,
  describe: (m: Meaning, fields: Fields) => void,
): Instruction[] =>
  both(before, forms, eight('rt'), (pattern, extras) => insn(name, pattern, `rt,${operand}`, describe, extras));

const relative: readonly Instruction[] = [
  ...inBoth(
    'addiu',
    '00001 rt<2:0>',
    { short: 'offset<9:2>', unused: ' 000', unsigned: 'short' },
    '$pc,offset',
    (m, { rt, offset }) => m.set(rt, fromPc(m, offset, 4)),
  ),
  ...inBoth(
    'lw',
    '10110 rt<2:0>',
    { short: 'offset<9:2>', unused: ' 000', unsigned: 'short' },
    'offset($pc)',
    (m, { rt, offset }) => m.setWord(rt, m.load(4, fromPc(m, offset, 4))),
  ),
];

const relative64: readonly Instruction[] = [
  ...inBoth('ld', '11111 100 rt<2:0>', { short: 'offset<7:3>', ...FIVE_BITS }, 'offset($pc)', (m, { rt, offset }) => {
    need64(m);
    m.set(rt, m.load(8, fromPc(m, offset, 8)));
  }),
  ...inBoth(
    'daddiu',
    '11111 110 rt<2:0>',
    { short: 'offset<6:2>', ...FIVE_BITS },
    '$pc,offset',
    (m, { rt, offset }) => {
      need64(m);
      m.set(rt, fromPc(m, offset, 4));
    },
  ),
];

export const MIPS16: readonly (Instruction | Same)[] = [
  ...immediates,
  ...moves,
  ...shifts,
  ...registers,
  ...conversions,
  ...memory,
  ...relative,
];
export const MIPS16_64: readonly Instruction[] = [...conversions64, ...relative64];
