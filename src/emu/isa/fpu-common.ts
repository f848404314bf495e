/**
 * What the rows of coprocessor 1 have in common: formats, what must be so before an instruction may execute, and the two
 * ways of doing arithmetic.
 *
 * Arithmetic runs on WebAssembly's IEEE operators when that is provably MIPS's result: round to nearest, no flush to zero, a
 * result that is normal and far from underflow, and Flags.Inexact already set (it is sticky), so that only Cause.Inexact
 * is open. The operands are kept (`remember`) and Cause is worked out when somebody reads FCSR. All else goes to `fp`,
 * the exact arithmetic of the core. NaNs never take the fast way, so that their encoding does not matter here.
 */
import { EXCEPTION } from './exceptions.js';
import { FCSR, fpOperation } from './fp-operations.js';
import {
  add,
  and,
  apply,
  constant,
  eq,
  eqz,
  field,
  i32,
  ltU,
  ne,
  or,
  shl,
  shrU,
  sub,
  wrap,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';

const STATUS_CU1 = 1 << 29;
const STATUS_FR = 1 << 26;

export interface Format {
  readonly name: 's' | 'd';
  readonly fmt: string;
  readonly bits: 'i32' | 'i64';
  readonly float: 'f32' | 'f64';
}

export const S: Format = { name: 's', fmt: '10000', bits: 'i32', float: 'f32' };
export const D: Format = { name: 'd', fmt: '10001', bits: 'i64', float: 'f64' };
export const FORMATS = [S, D] as const;

export const toFloat = (format: Format, bits: Expr): Expr => apply(`${format.float}.reinterpret_${format.bits}`, bits);
export const toBits = (format: Format, value: Expr): Expr => apply(`${format.bits}.reinterpret_${format.float}`, value);
export const signBit = (format: Format): Expr =>
  format === S ? i32(-0x80000000) : constant('i64', -0x8000000000000000n);
const to64 = (bits: Expr): Expr => (bits.type === 'i64' ? bits : zeroExtend64(bits));

export const needFpu = (m: Meaning): void => m.raiseIf(eqz(and(m.special('status'), STATUS_CU1)), EXCEPTION.CpU, 1);

/** With FR = 0 a double lives in an even register; naming an odd one is a reserved instruction. */
export function needPairs(m: Meaning, ...registers: readonly Field[]): void {
  if (m.isa.release === 6) return; // Status.FR is 1
  const odd = registers.map((register) => field(register)).reduce((a, b) => or(a, b));
  m.raiseIf(and(and(odd, 1), eqz(and(m.special('status'), STATUS_FR))), EXCEPTION.RI);
}

/** Long integers and paired singles need 64-bit registers; with FR = 0 the result is unpredictable: reserved, as on QEMU. */
export function needWideRegisters(m: Meaning): void {
  if (m.isa.release !== 6) m.raiseIf(eqz(and(m.special('status'), STATUS_FR)), EXCEPTION.RI);
}

/** Registers of 32 bits; Config5.FRE, since Release 5, makes them reserved so that a kernel can imitate FR = 0. */
export function needSingles(m: Meaning): void {
  if (m.isa.release < 5) return;
  m.if(m.special('singlesReserved'), () => m.raiseIf(and(m.special('status'), STATUS_FR), EXCEPTION.RI));
}

/** Opens every instruction: usable, and operands of `format` in registers that can hold them. */
export function need(m: Meaning, format: Format, ...registers: readonly Field[]): void {
  needFpu(m);
  if (format === D) needPairs(m, ...registers);
  else needSingles(m);
}

export const fastMode = (m: Meaning): Expr =>
  eq(
    and(m.special('fcsr'), FCSR.roundingMode | FCSR.flushToZero | FCSR.enableInexact | FCSR.flagInexact),
    FCSR.flagInexact,
  );

/** Finite, and at least twice the smallest normal number: neither overflow nor underflow can have been signalled. */
export function comfortable(format: Format, bits: Expr): Expr {
  const [shift, mask] = format === S ? [23, 0xff] : [52, 0x7ff];
  const exponent = and(wrap(shrU(bits, shift)), mask);
  return ltU(sub(exponent, 2), mask - 2);
}

export const isNumber = (format: Format, value: Expr): Expr => apply(`${format.float}.eq`, value, value);

function remember(m: Meaning, operation: string, operands: readonly Expr[]): void {
  const [a, b, c] = operands;
  m.setSpecial('fpOperation', i32(fpOperation(operation) + 1));
  if (a !== undefined) m.setSpecial('fpA', to64(a));
  if (b !== undefined) m.setSpecial('fpB', to64(b));
  if (c !== undefined) m.setSpecial('fpC', to64(c));
}

/** Nothing was inexact: Cause is all clear. */
export function exact(m: Meaning): void {
  m.setSpecial('fpOperation', i32(0));
  m.setSpecial('fcsr', and(m.special('fcsr'), ~FCSR.causes));
}

/** By the core's exact arithmetic, of up to three operands. */
export function exactly(m: Meaning, operation: string, fd: Field, fs: Field, ft?: Field, fr?: Field): void {
  const second = ft === undefined ? i32(0) : field(ft);
  const operands = fr === undefined ? second : or(second, shl(field(fr), 8));
  m.host('fp', i32(fpOperation(operation)), field(fd), field(fs), operands);
}

/** `result` if it is right, which is when `sure` holds in the fast mode; otherwise `exactly`. */
export function fastOrExactly(
  m: Meaning,
  operation: string,
  [fd, fs, ft, fr]: readonly [Field, Field, Field?, Field?],
  { result, sure, operands }: { readonly result: Expr; readonly sure: Expr; readonly operands: readonly Expr[] },
): void {
  m.if(
    and(fastMode(m), sure),
    () => {
      m.setFpr(fd, result);
      remember(m, operation, operands);
    },
    () => exactly(m, operation, fd, fs, ft, fr),
  );
}

/** Position of condition flag `cc` in FCSR. */
export const conditionBit = (cc: Expr): Expr => add(add(cc, 23), ne(cc, 0));
export const condition = (m: Meaning, cc: Expr): Expr => and(shrU(m.special('fcsr'), conditionBit(cc)), 1);
