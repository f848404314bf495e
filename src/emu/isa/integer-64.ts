/** MIPS64: arithmetic, shifts and bit fields on double words. In user and supervisor mode they need UX, PX or SX. */
import { insn, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import { address } from './memory.js';
import { overflowOfAdd, overflowOfSub, trapping, type Combine, type Overflow } from './integer.js';
import {
  add,
  and,
  clz,
  constant,
  divS,
  divU,
  eq,
  eqz,
  field,
  i32,
  leS,
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
  signExtend64,
  sub,
  mul,
  wrap,
  xor,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';

const KSU_EXL_ERL = 0x1e;
const USER = 0x10;
const SUPERVISOR = 0x08;
const SX = 1 << 6;
const UX_OR_PX = (1 << 5) | (1 << 23);

/** Raises RI where 64-bit operations are not enabled (Status.UX, PX, SX). */
export function need64(m: Meaning): void {
  const status = m.special('status');
  m.if(and(status, USER | SUPERVISOR), () => {
    const mode = m.let(and(status, KSU_EXL_ERL));
    m.raiseIf(
      or(and(eq(mode, USER), eqz(and(status, UX_OR_PX))), and(eq(mode, SUPERVISOR), eqz(and(status, SX)))),
      EXCEPTION.RI,
    );
  });
}

/** A row whose operation needs 64 bits. */
export const wide = (...[name, pattern, operands, describe]: Parameters<typeof insn>): Instruction =>
  insn(name, pattern, operands, (m, fields) => {
    need64(m);
    describe(m, fields);
  });

const immediate = (imm: Field): Expr => signExtend64(signedField(imm));

const three = (name: string, funct: string, combine: Combine): Instruction =>
  wide(name, `000000 rs rt rd 00000 ${funct}`, 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.set(rd, combine(m.reg(rs), m.reg(rt))),
  );

const trapping3 = (name: string, funct: string, combine: Combine, overflow: Overflow): Instruction =>
  wide(name, `000000 rs rt rd 00000 ${funct}`, 'rd,rs,rt', (m, { rs, rt, rd }) =>
    m.set(rd, trapping(m, m.reg(rs), m.reg(rt), combine, overflow)),
  );

const arithmetic: readonly Instruction[] = [
  three('daddu', '101101', add),
  three('dsubu', '101111', sub),
  trapping3('dadd', '101100', add, overflowOfAdd),
  trapping3('dsub', '101110', sub, overflowOfSub),
  wide('daddiu', '011001 rs rt imm', 'rt,rs,imm', (m, { rs, rt, imm }) => m.set(rt, add(m.reg(rs), immediate(imm)))),
];

/** `extra`: what the name with 32 adds to the amount. */
const shift = (name: string, pattern: string, combine: Combine, extra: 0 | 32): Instruction =>
  wide(name, pattern, 'rd,rt,sa', (m, { rt, rd, sa }) =>
    m.set(rd, combine(m.reg(rt), zeroExtend64(add(field(sa), extra)))),
  );
/** The amount is taken modulo 64, as WebAssembly's shifts do. */
const shiftVariable = (name: string, pattern: string, combine: Combine): Instruction =>
  wide(name, pattern, 'rd,rt,rs', (m, { rs, rt, rd }) => m.set(rd, combine(m.reg(rt), m.reg(rs))));

const shifts: readonly Instruction[] = [
  shift('dsll', '000000 00000 rt rd sa 111000', shl, 0),
  shift('dsrl', '000000 00000 rt rd sa 111010', shrU, 0),
  shift('dsra', '000000 00000 rt rd sa 111011', shrS, 0),
  shift('dsll32', '000000 00000 rt rd sa 111100', shl, 32),
  shift('dsrl32', '000000 00000 rt rd sa 111110', shrU, 32),
  shift('dsra32', '000000 00000 rt rd sa 111111', shrS, 32),
  shiftVariable('dsllv', '000000 rs rt rd 00000 010100', shl),
  shiftVariable('dsrlv', '000000 rs rt rd 00000 010110', shrU),
  shiftVariable('dsrav', '000000 rs rt rd 00000 010111', shrS),
];

const rotations: readonly Instruction[] = [
  shift('drotr', '000000 00001 rt rd sa 111010', rotr, 0),
  shift('drotr32', '000000 00001 rt rd sa 111110', rotr, 32),
  shiftVariable('drotrv', '000000 rs rt rd 00001 010110', rotr),
];

const ONES = constant('i64', -1n);

/** `position` and `size` may exceed what the fields hold: DEXTM, DEXTU, DINSM and DINSU say which by 32. */
const extract = (name: string, funct: string, operands: string, moreSize: 0 | 32, morePosition: 0 | 32): Instruction =>
  wide(name, `011111 rs rt msb lsb ${funct}`, operands, (m, { rs, rt, msb, lsb }) => {
    const size = m.let(add(field(msb), 1 + moreSize));
    const position = zeroExtend64(add(field(lsb), morePosition));
    m.set(rt, and(shrU(m.reg(rs), position), shrU(ONES, zeroExtend64(sub(i32(64), size)))));
  });

const insert = (name: string, funct: string, operands: string, moreEnd: 0 | 32, morePosition: 0 | 32): Instruction =>
  wide(name, `011111 rs rt msb lsb ${funct}`, operands, (m, { rs, rt, msb, lsb }) => {
    const position = m.let(add(field(lsb), morePosition));
    const size = m.let(sub(add(field(msb), 1 + moreEnd), position));
    m.raiseIf(leS(size, 0), EXCEPTION.RI);
    const mask = m.let(shl(shrU(ONES, zeroExtend64(sub(i32(64), size))), zeroExtend64(position)));
    m.set(rt, or(and(m.reg(rt), not(mask)), and(shl(m.reg(rs), zeroExtend64(position)), mask)));
  });

/** Exchanges neighbours of `bits` bits, those of `mask` being the lower ones. */
const exchange = (value: Expr, mask: bigint, bits: number): Expr =>
  or(and(shrU(value, bits), constant('i64', mask)), shl(and(value, constant('i64', mask)), bits));

const bits: readonly Instruction[] = [
  extract('dext', '000011', 'rt,rs,lsb,msb+1', 0, 0),
  extract('dextm', '000001', 'rt,rs,lsb,msb+33', 32, 0),
  extract('dextu', '000010', 'rt,rs,lsb+32,msb+1', 0, 32),
  insert('dins', '000111', 'rt,rs,lsb,msb+1-lsb', 0, 0),
  insert('dinsm', '000101', 'rt,rs,lsb,msb+33-lsb', 32, 0),
  insert('dinsu', '000110', 'rt,rs,lsb+32,msb+1-lsb', 32, 32),
  wide('dsbh', '011111 00000 rt rd 00010 100100', 'rd,rt', (m, { rt, rd }) =>
    m.set(rd, exchange(m.let(m.reg(rt)), 0x00ff00ff00ff00ffn, 8)),
  ),
  wide('dshd', '011111 00000 rt rd 00101 100100', 'rd,rt', (m, { rt, rd }) => {
    const halves = m.let(exchange(m.let(m.reg(rt)), 0x0000ffff0000ffffn, 16));
    m.set(rd, exchange(halves, 0x00000000ffffffffn, 32));
  }),
];

/** The high 64 bits of an unsigned product, from four products of words. */
export function highOfProduct(m: Meaning, a: Expr, b: Expr): Expr {
  const low = (value: Expr): Expr => and(value, constant('i64', 0xffffffffn));
  const high = (value: Expr): Expr => shrU(value, 32);
  const lowLow = m.let(mul(low(a), low(b)));
  const middle = m.let(add(mul(high(a), low(b)), high(lowLow)));
  const other = m.let(add(mul(low(a), high(b)), low(middle)));
  return m.let(add(add(mul(high(a), high(b)), high(middle)), high(other)));
}

/** The high 64 bits of a signed product: those of the unsigned one, less each factor where the other is negative. */
export function highOfSignedProduct(m: Meaning, a: Expr, b: Expr): Expr {
  const where = (sign: Expr, value: Expr): Expr => and(shrS(sign, 63), value);
  return sub(sub(highOfProduct(m, a, b), where(a, b)), where(b, a));
}

type High = (m: Meaning, a: Expr, b: Expr) => Expr;

const multiply = (name: string, funct: string, high: High): Instruction =>
  wide(name, `000000 rs rt 00000 00000 ${funct}`, 'rs,rt', (m, { rs, rt }) => {
    const a = m.let(m.reg(rs));
    const b = m.let(m.reg(rt));
    m.setAccumulator('hi', high(m, a, b));
    m.setAccumulator('lo', mul(a, b));
  });

/** What a division divides by: 1 where the result is unpredictable (b = 0, or a quotient that is too large), as QEMU does. */
export function divisor(m: Meaning, a: Expr, b: Expr, signed: boolean): Expr {
  const smallest = a.type === 'i64' ? -0x8000000000000000n : -0x80000000;
  const tooLarge = and(eq(a, constant(a.type, smallest)), eq(b, -1));
  return m.let(select(signed ? or(eqz(b), tooLarge) : eqz(b), constant(b.type, 1), b));
}

const divide = (name: string, funct: string, quotient: Combine, remainder: Combine, signed: boolean): Instruction =>
  wide(name, `000000 rs rt 00000 00000 ${funct}`, 'zero,rs,rt', (m, { rs, rt }) => {
    const a = m.let(m.reg(rs));
    const b = m.let(m.reg(rt));
    const by = divisor(m, a, b, signed);
    m.setAccumulator('lo', quotient(a, by));
    m.setAccumulator('hi', remainder(a, by));
  });

/** Loads and stores of double words, and of words without a sign. */
const doubleWords: readonly Instruction[] = [
  wide('ld', '110111 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.set(rt, m.load(8, address(m, base, offset))),
  ),
  wide('sd', '111111 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.store(8, address(m, base, offset), m.reg(rt)),
  ),
  wide('lwu', '100111 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.set(rt, zeroExtend64(m.load(4, address(m, base, offset)))),
  ),
];

/** As in memory.ts, for the eight lanes of a double word. */
const lane = (m: Meaning, at: Expr): Expr => {
  const bytes = and(wrap(at), 7);
  return shl(m.isa.endian === 'le' ? bytes : xor(bytes, 7), 3);
};

const unaligned: readonly Instruction[] = [
  wide('ldl', '011010 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) => {
    const at = m.let(address(m, base, offset));
    const kept = m.let(zeroExtend64(sub(i32(56), lane(m, at))));
    const memory = m.load(8, at, 'partial');
    const keepMask = sub(shl(constant('i64', 1), kept), 1);
    m.set(rt, or(shl(memory, kept), and(m.reg(rt), keepMask)));
  }),
  wide('ldr', '011011 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) => {
    const at = m.let(address(m, base, offset));
    const dropped = m.let(zeroExtend64(lane(m, at)));
    const memory = m.load(8, at, 'partial');
    m.set(rt, or(shrU(memory, dropped), and(m.reg(rt), not(shrU(ONES, dropped)))));
  }),
  wide('sdl', '101100 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) => {
    const at = m.let(address(m, base, offset));
    const dropped = m.let(zeroExtend64(sub(i32(56), lane(m, at))));
    m.store(8, at, shrU(m.reg(rt), dropped), shrU(ONES, dropped), 'partial');
  }),
  wide('sdr', '101101 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) => {
    const at = m.let(address(m, base, offset));
    const kept = m.let(zeroExtend64(lane(m, at)));
    m.store(8, at, shl(m.reg(rt), kept), shl(ONES, kept), 'partial');
  }),
];

const linked: readonly Instruction[] = [
  wide('lld', '110100 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.set(rt, m.loadLinked(8, address(m, base, offset))),
  ),
  wide('scd', '111100 base rt offset', 'rt,offset(base)', (m, { base, rt, offset }) =>
    m.setWord(rt, m.storeConditional(8, address(m, base, offset), m.reg(rt))),
  ),
];

export const INTEGER_64: readonly Instruction[] = [...arithmetic, ...shifts, ...doubleWords];
export const INTEGER_64_FROM_RELEASE_2: readonly Instruction[] = [...bits, ...rotations];
export const INTEGER_64_UNTIL_RELEASE_5: readonly Instruction[] = [
  wide('daddi', '011000 rs rt imm', 'rt,rs,imm', (m, { rs, rt, imm }) =>
    m.set(rt, trapping(m, m.reg(rs), immediate(imm), add, overflowOfAdd)),
  ),
  wide('dclz', '011100 rs rt rd 00000 100100', 'rd,rs', (m, { rs, rd }) => m.set(rd, clz(m.reg(rs)))),
  wide('dclo', '011100 rs rt rd 00000 100101', 'rd,rs', (m, { rs, rd }) => m.set(rd, clz(not(m.reg(rs))))),
  multiply('dmult', '011100', highOfSignedProduct),
  multiply('dmultu', '011101', highOfProduct),
  divide('ddiv', '011110', divS, remS, true),
  divide('ddivu', '011111', divU, remU, false),
  ...unaligned,
  ...linked,
];
