/** microMIPS: loads and stores of 32 bits, also of pairs and lists of registers. */
import { bits, RA, same, SP, type Same } from './compressed.js';
import { insn, type FieldExtras, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import { need64 } from './integer-64.js';
import { add, and, eq, field, gtS, ltU, mul, or, select, i32, shl, type Expr, type Field, type Meaning } from './ir.js';
import { address } from './memory.js';

type Bytes = 4 | 8;

const load = (m: Meaning, size: Bytes, at: Expr): Expr => {
  const value = m.load(size, at);
  return size === 4 ? m.fromWord(value) : value;
};
const store = (m: Meaning, size: Bytes, at: Expr, register: Field | number): void =>
  m.store(size, at, size === 4 ? m.word(register) : m.reg(register));

/** What LWM and SWM take, in the order of memory, and then ra. */
const LISTED = [16, 17, 18, 19, 20, 21, 22, 23, 30];
const WITH_RA = 0x10;

/** The lists that 16-bit instructions can name: s0 to s3, and ra. */
export const SIXTEEN_BIT_LISTS: FieldExtras = {
  base: SP,
  offset: 'unsigned',
  list: [1, 2, 3, 4].map((count) => count | WITH_RA),
};

/** Does something for every listed register and its address. A list that the manual does not know is empty but for ra. */
function forListed(m: Meaning, size: Bytes, list: Field, start: Expr, act: (register: number, at: Expr) => void): void {
  if (size === 8) need64(m);
  const at = m.let(start);
  const named = m.let(and(field(list), 0xf));
  const count = m.let(select(ltU(named, LISTED.length + 1), named, i32(0)));
  LISTED.forEach((register, i) => m.if(gtS(count, i), () => act(register, add(at, i * size))));
  m.if(and(field(list), WITH_RA), () => act(RA, add(at, m.fromWord(mul(count, size)))));
}

export const loadMultiple = (name: string, size: Bytes, pattern: string, extras: FieldExtras = {}): Instruction =>
  insn(
    name,
    pattern,
    'list,offset(base)',
    (m, { list, base, offset }) =>
      forListed(m, size, list, address(m, base, offset), (register, at) => m.set(register, load(m, size, at))),
    extras,
  );

export const storeMultiple = (name: string, size: Bytes, pattern: string, extras: FieldExtras = {}): Instruction =>
  insn(
    name,
    pattern,
    'list,offset(base)',
    (m, { list, base, offset }) =>
      forListed(m, size, list, address(m, base, offset), (register, at) => store(m, size, at, register)),
    extras,
  );

const following = (register: Field): Field => ({
  ...register,
  list: Array.from({ length: 32 }, (_, i) => (i + 1) % 32),
});

const loadPair = (name: string, size: Bytes, minor: string): Instruction =>
  insn(name, `001000 rt base ${minor} offset<11:0>`, 'rt,offset(base)', (m, { rt, base, offset }) => {
    if (size === 8) need64(m);
    m.raiseIf(or(eq(field(rt), RA), eq(field(rt), field(base))), EXCEPTION.RI);
    const at = m.let(address(m, base, offset));
    const first = m.let(load(m, size, at));
    const second = m.let(load(m, size, add(at, size)));
    m.set(rt, first);
    m.set(following(rt), second);
  });

const storePair = (name: string, size: Bytes, minor: string): Instruction =>
  insn(name, `001000 rt base ${minor} offset<11:0>`, 'rt,offset(base)', (m, { rt, base, offset }) => {
    if (size === 8) need64(m);
    m.raiseIf(eq(field(rt), RA), EXCEPTION.RI);
    const at = m.let(address(m, base, offset));
    store(m, size, at, rt);
    store(m, size, add(at, size), following(rt));
  });

/** Opcodes of loads and stores with offsets of 16 bits. */
const OFFSET_16 = [
  ['lb', '000111'],
  ['lbu', '000101'],
  ['lh', '001111'],
  ['lhu', '001101'],
  ['lw', '111111'],
  ['sb', '000110'],
  ['sh', '001110'],
  ['sw', '111110'],
  ['ld', '110111'],
  ['sd', '110110'],
] as const;

/** Minor opcodes of those whose offsets have 12 bits; Release 6 has 9, and so has EVA, whose minor opcode goes on above them. */
const OFFSET_12 = [
  ['lwl', '0000'],
  ['lwr', '0001'],
  ['swl', '1000'],
  ['swr', '1001'],
  ['ldl', '0100'],
  ['ldr', '0101'],
  ['sdl', '1100'],
  ['sdr', '1101'],
] as const;
const OFFSET_12_OR_9 = [
  ['ll', '0011'],
  ['sc', '1011'],
  ['lld', '0111'],
  ['scd', '1111'],
  ['lwu', '1110'],
] as const;
const USER = [
  ['lbue', '0110 000'],
  ['lhue', '0110 001'],
  ['lwle', '0110 010'],
  ['lwre', '0110 011'],
  ['lbe', '0110 100'],
  ['lhe', '0110 101'],
  ['lle', '0110 110'],
  ['lwe', '0110 111'],
  ['swle', '1010 000'],
  ['swre', '1010 001'],
  ['sbe', '1010 100'],
  ['she', '1010 101'],
  ['sce', '1010 110'],
  ['swe', '1010 111'],
] as const;

export const MICROMIPS_MEMORY: readonly (Instruction | Same)[] = [
  ...OFFSET_16.map(([name, opcode]) => same(name, `${opcode} rt base offset`)),
  ...USER.map(([name, minor]) => same(name, `011000 rt base ${minor} offset<8:0>`)),
  ...['prefe', 'cachee'].map((name, i) => same(name, `011000 op base 1010 01${i} offset<8:0>`)),
  same('aset', '001000 00 op<2:0> base 0011 offset<11:0>'),
  same('aclr', '001000 00 op<2:0> base 1011 offset<11:0>'),
  loadPair('lwp', 4, '0001'),
  storePair('swp', 4, '1001'),
  loadMultiple('lwm', 4, '001000 list base 0101 offset<11:0>'),
  storeMultiple('swm', 4, '001000 list base 1101 offset<11:0>'),
];

/** Only on cores of 64 bits. */
export const MICROMIPS_MEMORY_64: readonly (Instruction | Same)[] = [
  loadPair('ldp', 8, '0100'),
  storePair('sdp', 8, '1100'),
  loadMultiple('ldm', 8, '001000 list base 0111 offset<11:0>'),
  storeMultiple('sdm', 8, '001000 list base 1111 offset<11:0>'),
];

const cacheOperations = (offset: string): readonly Same[] => [
  same('cache', `001000 op base 0110 ${offset}`),
  same('pref', `011000 op base 0010 ${offset}`),
];

export const MICROMIPS_MEMORY_UNTIL_RELEASE_5: readonly (Instruction | Same)[] = [
  ...OFFSET_12.map(([name, minor]) => same(name, `011000 rt base ${minor} offset<11:0>`)),
  ...OFFSET_12_OR_9.map(([name, minor]) => same(name, `011000 rt base ${minor} offset<11:0>`)),
  ...cacheOperations('offset<11:0>'),
  // the index counts words
  insn('lwxs', `000000 index base rd ${bits(0x118, 11)}`, 'rd,index(base)', (m, { index, base, rd }) =>
    m.setWord(rd, m.load(4, add(m.reg(base), shl(m.reg(index), 2)))),
  ),
];

export const MICROMIPS_MEMORY_FROM_RELEASE_6: readonly Same[] = [
  ...OFFSET_12_OR_9.map(([name, minor]) => same(name, `011000 rt base ${minor} 000 offset<8:0>`)),
  ...cacheOperations('000 offset<8:0>'),
];
