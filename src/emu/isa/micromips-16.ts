/** microMIPS: instructions of 16 bits. */
import { EIGHT_REGISTERS, link, near, RA, same, SP, type Same } from './compressed.js';
import { insn, type FieldExtras, type FieldName, type Instruction } from './encoding.js';
import { add, eq, field, i32, ltU, ne, select, shl, signedField, xor, type Expr, type Meaning } from './ir.js';
import { loadMultiple, SIXTEEN_BIT_LISTS, storeMultiple } from './micromips-memory.js';

const GP = 28;

/** Stores name $0 in the place of $16. */
const STORED = [0, ...EIGHT_REGISTERS.slice(1)];
const MOVED = [0, 17, 2, 3, 16, 18, 19, 20];
const FIRST_OF_PAIR = [5, 5, 6, 4, 4, 4, 4, 4];
const SECOND_OF_PAIR = [6, 7, 7, 21, 22, 5, 6, 7];

const eight = (...names: readonly FieldName[]): FieldExtras =>
  Object.fromEntries(names.map((name) => [name, EIGHT_REGISTERS]));

const load = (name: string, opcode: string, offset: string): Same =>
  same(name, `${opcode} rt<2:0> base<2:0> ${offset}`, undefined, { ...eight('rt', 'base'), offset: 'unsigned' });
const store = (name: string, opcode: string, offset: string): Same =>
  same(name, `${opcode} rt<2:0> base<2:0> ${offset}`, undefined, { ...eight('base'), rt: STORED, offset: 'unsigned' });

const memory: readonly Same[] = [
  same('lbu', '000010 rt<2:0> base<2:0> offset<3:0>', undefined, {
    ...eight('rt', 'base'),
    offset: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, -1],
  }),
  load('lhu', '001010', 'offset<4:1>'),
  load('lw', '011010', 'offset<5:2>'),
  store('sb', '100010', 'offset<3:0>'),
  store('sh', '101010', 'offset<4:1>'),
  store('sw', '111010', 'offset<5:2>'),
  same('lw', '010010 rt offset<6:2>', undefined, { base: SP, offset: 'unsigned' }),
  same('sw', '110010 rt offset<6:2>', undefined, { base: SP, offset: 'unsigned' }),
  same('lw', '011001 rt<2:0> offset<8:2>', undefined, { ...eight('rt'), base: GP }),
];

/** ADDIUSP: nine bits count words; the four smallest amounts stand for the next larger ones. */
function stackAdjustment(m: Meaning, words: Expr): Expr {
  const given = m.let(words);
  return shl(select(ltU(add(given, 2), 4), xor(given, 256), given), 2);
}

const arithmetic: readonly (Instruction | Same)[] = [
  same('sll', '001001 rd<2:0> rt<2:0> sa<2:0> 0', undefined, { ...eight('rd', 'rt'), sa: [8, 1, 2, 3, 4, 5, 6, 7] }),
  same('srl', '001001 rd<2:0> rt<2:0> sa<2:0> 1', undefined, { ...eight('rd', 'rt'), sa: [8, 1, 2, 3, 4, 5, 6, 7] }),
  same('andi', '001011 rt<2:0> rs<2:0> imm<3:0>', undefined, {
    ...eight('rt', 'rs'),
    imm: [128, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 255, 32768, 65535],
  }),
  same('move', '000011 rd rs', 'rd,rs', { rt: 0 }, 'or'),
  same('addiu', '010011 rt imm<3:0> 0', undefined, { rs: 'rt' }),
  same('addiu', '011011 rt<2:0> rs<2:0> imm<2:0> 0', undefined, {
    ...eight('rt', 'rs'),
    imm: [1, 4, 8, 12, 16, 20, 24, -1],
  }),
  same('addiu', '011011 rt<2:0> imm<7:2> 1', undefined, { ...eight('rt'), rs: SP, imm: 'unsigned' }),
  insn(
    'addiu',
    '010011 imm<8:0> 1',
    'rs,rs,addiusp',
    (m, { rs, imm }) => m.setWord(rs, add(m.word(rs), stackAdjustment(m, signedField(imm)))),
    { rs: SP },
  ),
  // 127 stands for -1
  insn(
    'li',
    '111011 rd<2:0> imm<6:0>',
    'rd,li16',
    (m, { rd, imm }) => m.setWord(rd, select(eq(field(imm), 127), i32(-1), field(imm))),
    eight('rd'),
  ),
];

/** Without a delay slot and the stack adjusted on the way. */
const jumpAndAdjust = (name: string, pattern: string): Instruction =>
  insn(
    name,
    pattern,
    'uimm',
    (m, { imm }) => {
      const target = m.let(m.reg(RA));
      m.setWord(SP, add(m.word(SP), field(imm)));
      m.compactBranch(target);
    },
    { imm: 'unsigned' },
  );

const jumpCompact = (name: string, pattern: string, links: boolean): Instruction =>
  insn(name, pattern, 'rs', (m, { rs }) => {
    const target = m.let(m.reg(rs));
    if (links) link(m, 0);
    m.compactBranch(target);
  });

const movePair = (pattern: string): Instruction =>
  insn(
    'movep',
    pattern,
    'pair,rs,rt',
    (m, { pair, rs, rt }) => {
      const [first, second] = [m.let(m.reg(rs)), m.let(m.reg(rt))];
      m.set({ ...pair, list: FIRST_OF_PAIR }, first);
      m.set({ ...pair, list: SECOND_OF_PAIR }, second);
    },
    { rs: MOVED, rt: MOVED },
  );

/** The pool of opcode 010001 until Release 5: the function in four, five or six bits below the opcode. */
const untilRelease5: readonly (Instruction | Same)[] = [
  same('addu', '000001 rd<2:0> rt<2:0> rs<2:0> 0', undefined, eight('rd', 'rt', 'rs')),
  same('subu', '000001 rd<2:0> rt<2:0> rs<2:0> 1', undefined, eight('rd', 'rt', 'rs')),
  same('not', '0100010000 rd<2:0> rs<2:0>', 'rd,rs', { ...eight('rd', 'rs'), rt: 0 }, 'nor'),
  ...[
    ['xor', '0100010001'],
    ['and', '0100010010'],
    ['or', '0100010011'],
  ].map(([name = '', high = '']) =>
    same(name, `${high} rd<2:0> rt<2:0>`, undefined, { ...eight('rd', 'rt'), rs: 'rd' }),
  ),
  loadMultiple('lwm', 4, '0100010100 list<1:0> offset<5:2>', SIXTEEN_BIT_LISTS),
  storeMultiple('swm', 4, '0100010101 list<1:0> offset<5:2>', SIXTEEN_BIT_LISTS),
  insn('jr', '01000101100 rs', 'rs', (m, { rs }) => m.jump(m.reg(rs))),
  jumpCompact('jrc', '01000101101 rs', false),
  ...(['jalr', 'jalrs'] as const).map((name, i) =>
    insn(name, `010001011 1${i} rs`, 'rs', (m, { rs }) => {
      const target = m.let(m.reg(rs));
      link(m, name === 'jalr' ? 4 : 2);
      m.jump(target);
    }),
  ),
  same('mfhi', '01000110000 rd'),
  same('mflo', '01000110010 rd'),
  same('break', '010001101000 code20<3:0>', 'code20?'),
  same('sdbbp', '010001101100 code20<3:0>', 'code20?'),
  jumpAndAdjust('jraddiusp', '01000111000 imm<6:2>'),
  movePair('100001 pair rt<2:0> rs<2:0> 0'),
  ...(
    [
      ['beqz', '100011', eq],
      ['bnez', '101011', ne],
    ] as const
  ).map(([name, opcode, condition]) =>
    insn(
      name,
      `${opcode} rs<2:0> offset<7:1>`,
      'rs,near',
      (m, { rs, offset }) => m.branch(condition(m.reg(rs), 0), near(m, offset)),
      eight('rs'),
    ),
  ),
  insn('b', '110011 offset<10:1>', 'near', (m, { offset }) => m.jump(near(m, offset))),
];

/** In Release 6 the same pool has its function in the low bits, and branches have no delay slot. */
const fromRelease6: readonly (Instruction | Same)[] = [
  same('addu', '000001 rs<2:0> rt<2:0> rd<2:0> 0', undefined, eight('rd', 'rt', 'rs')),
  same('subu', '000001 rs<2:0> rt<2:0> rd<2:0> 1', undefined, eight('rd', 'rt', 'rs')),
  same('not', '010001 rd<2:0> rs<2:0> 0000', 'rd,rs', { ...eight('rd', 'rs'), rt: 0 }, 'nor'),
  ...[
    ['and', '0001'],
    ['xor', '1000'],
    ['or', '1001'],
  ].map(([name = '', low = '']) =>
    same(name, `010001 rd<2:0> rt<2:0> ${low}`, undefined, { ...eight('rd', 'rt'), rs: 'rd' }),
  ),
  loadMultiple('lwm', 4, '010001 list<1:0> offset<5:2> 0010', SIXTEEN_BIT_LISTS),
  storeMultiple('swm', 4, '010001 list<1:0> offset<5:2> 1010', SIXTEEN_BIT_LISTS),
  jumpCompact('jrc', '010001 rs 00011', false),
  jumpCompact('jalrc', '010001 rs 01011', true),
  jumpAndAdjust('jrcaddiusp', '010001 imm<6:2> 10011'),
  same('break', '010001 code20<3:0> 011011', 'code20?'),
  same('sdbbp', '010001 code20<3:0> 111011', 'code20?'),
  movePair('010001 pair rt<2:0> rs<2> 1 rs<1:0>'),
  ...(
    [
      ['beqzc', '100011', eq],
      ['bnezc', '101011', ne],
    ] as const
  ).map(([name, opcode, condition]) =>
    insn(
      name,
      `${opcode} rs<2:0> offset<7:1>`,
      'rs,near',
      (m, { rs, offset }) => m.compactBranch(near(m, offset), condition(m.reg(rs), 0)),
      eight('rs'),
    ),
  ),
  insn('bc', '110011 offset<10:1>', 'near', (m, { offset }) => m.compactBranch(near(m, offset))),
];

export const MICROMIPS_16: readonly (Instruction | Same)[] = [...memory, ...arithmetic];
export const MICROMIPS_16_UNTIL_RELEASE_5 = untilRelease5;
export const MICROMIPS_16_FROM_RELEASE_6 = fromRelease6;
