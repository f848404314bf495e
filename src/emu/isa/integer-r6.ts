/** Release 6: arithmetic that replaces HI and LO, selections, bit operations, and additions to the program counter. */
import { insn, where, type Instruction } from './encoding.js';
import type { Combine } from './integer.js';
import { divisor, highOfProduct, highOfSignedProduct, wide } from './integer-64.js';
import {
  add,
  and,
  clz,
  constant,
  divS,
  divU,
  eqz,
  field,
  i32,
  mul,
  ne,
  not,
  or,
  remS,
  remU,
  select,
  shl,
  shrU,
  signedField,
  signExtend64,
  sub,
  wrap,
  xor,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';

const word3 = (name: string, code: string, combine: (m: Meaning, a: Expr, b: Expr) => Expr): Instruction =>
  insn(name, `000000 rs rt rd ${code}`, 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.setWord(rd, combine(m, m.let(m.word(rs)), m.let(m.word(rt)))),
  );
const double3 = (name: string, code: string, combine: (m: Meaning, a: Expr, b: Expr) => Expr): Instruction =>
  wide(name, `000000 rs rt rd ${code}`, 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.set(rd, combine(m, m.let(m.reg(rs)), m.let(m.reg(rt)))),
  );

const highWord =
  (extend: (a: Expr) => Expr) =>
  (_: Meaning, a: Expr, b: Expr): Expr =>
    wrap(shrU(mul(extend(a), extend(b)), 32));
const lowProduct = (_: Meaning, a: Expr, b: Expr): Expr => mul(a, b);
const dividing =
  (divide: Combine, signed: boolean) =>
  (m: Meaning, a: Expr, b: Expr): Expr =>
    divide(a, divisor(m, a, b, signed));

const multiplication: readonly Instruction[] = [
  word3('mul', '00010 011000', lowProduct),
  word3('muh', '00011 011000', highWord(signExtend64)),
  word3('mulu', '00010 011001', lowProduct),
  word3('muhu', '00011 011001', highWord(zeroExtend64)),
  word3('div', '00010 011010', dividing(divS, true)),
  word3('mod', '00011 011010', dividing(remS, true)),
  word3('divu', '00010 011011', dividing(divU, false)),
  word3('modu', '00011 011011', dividing(remU, false)),
];

const multiplication64: readonly Instruction[] = [
  double3('dmul', '00010 011100', lowProduct),
  double3('dmuh', '00011 011100', highOfSignedProduct),
  double3('dmulu', '00010 011101', lowProduct),
  double3('dmuhu', '00011 011101', highOfProduct),
  double3('ddiv', '00010 011110', dividing(divS, true)),
  double3('dmod', '00011 011110', dividing(remS, true)),
  double3('ddivu', '00010 011111', dividing(divU, false)),
  double3('dmodu', '00011 011111', dividing(remU, false)),
];

const selection: readonly Instruction[] = [
  insn('seleqz', '000000 rs rt rd 00000 110101', 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.set(rd, select(eqz(m.reg(rt)), m.reg(rs), constant(m.width, 0))),
  ),
  insn('selnez', '000000 rs rt rd 00000 110111', 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.set(rd, select(ne(m.reg(rt), 0), m.reg(rs), constant(m.width, 0))),
  ),
];

/** Exchanges neighbours of `bits` bits, those of `mask` being the lower ones. */
const exchange = (value: Expr, mask: Expr, bits: number): Expr =>
  or(and(shrU(value, bits), mask), shl(and(value, mask), bits));

/** Reverses the bits of every byte. */
function bitSwapped(m: Meaning, value: Expr): Expr {
  const mask = (byte: number): Expr =>
    value.type === 'i64' ? constant('i64', BigInt(byte) * 0x0101010101010101n) : i32(byte * 0x01010101);
  const nibbles = m.let(exchange(value, mask(0x0f), 4));
  const pairs = m.let(exchange(nibbles, mask(0x33), 2));
  return exchange(pairs, mask(0x55), 1);
}

/** The word or double word that begins `bytes` bytes before the end of rt and goes on in rs. */
const aligned = (rs: Expr, rt: Expr, bits: Expr, size: 32 | 64): Expr => {
  const amount = size === 64 ? zeroExtend64(bits) : bits;
  const rest = size === 64 ? zeroExtend64(sub(i32(size), bits)) : sub(i32(size), bits);
  return select(eqz(bits), rt, or(shl(rt, amount), shrU(rs, rest)));
};

const bits: readonly Instruction[] = [
  insn('clz', '000000 rs 00000 rd 00001 010000', 'rd,rs', (m, { rs, rd }) => m.setWord(rd, clz(m.word(rs)))),
  insn('clo', '000000 rs 00000 rd 00001 010001', 'rd,rs', (m, { rs, rd }) => m.setWord(rd, clz(not(m.word(rs))))),
  insn('bitswap', '011111 00000 rt rd 00000 100000', 'rd,rt', (m, { rt, rd }) =>
    m.setWord(rd, bitSwapped(m, m.let(m.word(rt)))),
  ),
  insn('align', '011111 rs rt rd 010 sa<1:0> 100000', 'rd,rs,rt,sa', (m, { rs, rt, rd, sa }) =>
    m.setWord(rd, aligned(m.word(rs), m.word(rt), m.let(shl(field(sa), 3)), 32)),
  ),
];

const bits64: readonly Instruction[] = [
  wide('dclz', '000000 rs 00000 rd 00001 010010', 'rd,rs', (m, { rs, rd }) => m.set(rd, clz(m.reg(rs)))),
  wide('dclo', '000000 rs 00000 rd 00001 010011', 'rd,rs', (m, { rs, rd }) => m.set(rd, clz(not(m.reg(rs))))),
  wide('dbitswap', '011111 00000 rt rd 00000 100100', 'rd,rt', (m, { rt, rd }) =>
    m.set(rd, bitSwapped(m, m.let(m.reg(rt)))),
  ),
  wide('dalign', '011111 rs rt rd 01 sa<2:0> 100100', 'rd,rs,rt,sa', (m, { rs, rt, rd, sa }) =>
    m.set(rd, aligned(m.reg(rs), m.reg(rt), m.let(shl(field(sa), 3)), 64)),
  ),
];

/** Of Release 6 and MSA: rs shifted by 1 to 4, plus rt. */
export const SCALED_ADD: readonly Instruction[] = [
  insn('lsa', '000000 rs rt rd 000 sa<1:0> 000101', 'rd,rs,rt,sa+1', (m, { rs, rt, rd, sa }) =>
    m.setWord(rd, add(shl(m.word(rs), add(field(sa), 1)), m.word(rt))),
  ),
];
export const SCALED_ADD_64: readonly Instruction[] = [
  wide('dlsa', '000000 rs rt rd 000 sa<1:0> 010101', 'rd,rs,rt,sa+1', (m, { rs, rt, rd, sa }) =>
    m.set(rd, add(shl(m.reg(rs), zeroExtend64(add(field(sa), 1))), m.reg(rt))),
  ),
];

/** A signed immediate moved up by `bits`, as wide as a register. */
const high = (imm: Field, bits: number): Expr => shl(signExtend64(signedField(imm)), bits);

const immediates: readonly Instruction[] = [
  insn('lui', '001111 00000 rt imm', 'rt,uimm', (m, { rt, imm }) => m.setWord(rt, shl(field(imm), 16))),
  insn('aui', '001111 rs rt imm', 'rt,rs,uimm', (m, { rs, rt, imm }) =>
    m.setWord(rt, add(m.word(rs), shl(field(imm), 16))),
  ),
];

const immediates64: readonly Instruction[] = [
  where(
    wide('daui', '011101 rs rt imm', 'rt,rs,uimm', (m, { rs, rt, imm }) => m.set(rt, add(m.reg(rs), high(imm, 16)))),
    ['rs', '!=', 0],
  ),
  wide('dahi', '000001 rs 00110 imm', 'rs,rs,uimm', (m, { rs, imm }) => m.set(rs, add(m.reg(rs), high(imm, 32)))),
  wide('dati', '000001 rs 11110 imm', 'rs,rs,uimm', (m, { rs, imm }) => m.set(rs, add(m.reg(rs), high(imm, 48)))),
];

/** The address of the instruction without the ISA mode, and a distance from it. */
const fromPc = (m: Meaning, distance: Expr): Expr => add(and(m.pc, -4), m.fromWord(distance));
const words = (offset: Field): Expr => shl(signedField(offset), 2);

const relative: readonly Instruction[] = [
  insn('addiupc', '111011 rs 00 offset<18:0>', 'rs,pc+offset*4', (m, { rs, offset }) =>
    m.set(rs, fromPc(m, words(offset))),
  ),
  insn('lwpc', '111011 rs 01 offset<18:0>', 'rs,pc+offset*4', (m, { rs, offset }) =>
    m.setWord(rs, m.load(4, fromPc(m, words(offset)))),
  ),
  insn('auipc', '111011 rs 11110 imm', 'rs,uimm', (m, { rs, imm }) => m.set(rs, fromPc(m, shl(field(imm), 16)))),
  insn('aluipc', '111011 rs 11111 imm', 'rs,uimm', (m, { rs, imm }) =>
    m.set(rs, and(fromPc(m, shl(field(imm), 16)), constant(m.width, -0x10000))),
  ),
];

const relative64: readonly Instruction[] = [
  wide('lwupc', '111011 rs 10 offset<18:0>', 'rs,pc+offset*4', (m, { rs, offset }) =>
    m.set(rs, zeroExtend64(m.load(4, fromPc(m, words(offset))))),
  ),
  wide('ldpc', '111011 rs 110 offset<17:0>', 'rs,pc+offset*8', (m, { rs, offset }) =>
    m.set(rs, m.load(8, add(and(m.pc, -8), m.fromWord(shl(signedField(offset), 3))))),
  ),
];

const CRC32 = 0xedb88320;
const CRC32C = 0x82f63b78;

/** The checksum `sum` with `bits` more bits of a message, least significant first. */
function checksum(m: Meaning, sum: Expr, message: Expr, bits: 8 | 16 | 32, polynomial: number): Expr {
  let value: Expr = m.let(xor(sum, bits === 32 ? message : and(message, 2 ** bits - 1)));
  for (let i = 0; i < bits; i++) value = m.let(xor(shrU(value, 1), and(sub(i32(0), and(value, 1)), i32(polynomial))));
  return value;
}

const crc = (name: string, code: string, bits: 8 | 16 | 32, polynomial: number): Instruction =>
  insn(name, `011111 rs rt 00000 ${code} 001111`, 'rt,rs,rt', (m, { rs, rt }) =>
    m.setWord(rt, checksum(m, m.word(rt), m.word(rs), bits, polynomial)),
  );

const crcDouble = (name: string, code: string, polynomial: number): Instruction =>
  wide(name, `011111 rs rt 00000 ${code} 001111`, 'rt,rs,rt', (m, { rs, rt }) => {
    const low = checksum(m, m.word(rt), m.word(rs), 32, polynomial);
    m.setWord(rt, checksum(m, low, wrap(shrU(m.reg(rs), 32)), 32, polynomial));
  });

export const CRC: readonly Instruction[] = [
  crc('crc32b', '000 00', 8, CRC32),
  crc('crc32h', '000 01', 16, CRC32),
  crc('crc32w', '000 10', 32, CRC32),
  crc('crc32cb', '001 00', 8, CRC32C),
  crc('crc32ch', '001 01', 16, CRC32C),
  crc('crc32cw', '001 10', 32, CRC32C),
];
export const CRC_64: readonly Instruction[] = [
  crcDouble('crc32d', '000 11', CRC32),
  crcDouble('crc32cd', '001 11', CRC32C),
];
export const INTEGER_FROM_RELEASE_6: readonly Instruction[] = [
  ...multiplication,
  ...selection,
  ...bits,
  ...immediates,
  ...relative,
];
export const INTEGER_64_FROM_RELEASE_6: readonly Instruction[] = [
  ...multiplication64,
  ...bits64,
  ...immediates64,
  ...relative64,
];
