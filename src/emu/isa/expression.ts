/**
 * Values in the meaning of an instruction, as data: typed expressions over registers, fields and temporaries. Operators are
 * WebAssembly's own (a name like `add` takes its type from its operands), so that lowering is a walk.
 */
import { operator, type Type } from '../wasm/opcodes.js';
import type { Bits, Field } from './field.js';

/**
 * Words outside the register files that instructions name; 'wideResult' is what a host call left besides its result. From `cause`
 * on: registers of coprocessor 0, and what belongs to exceptions (../layout.ts).
 */
export const SPECIAL_TYPE = {
  status: 'i32',
  fcsr: 'i32',
  msacsr: 'i32',
  msaEnabled: 'i32',
  singlesReserved: 'i32',
  dspControl: 'i32',
  fpOperation: 'i32',
  fpA: 'i64',
  fpB: 'i64',
  fpC: 'i64',
  wideResult: 'i64',
  cause: 'i32',
  epc: 'i64',
  badVAddr: 'i64',
  badInstr: 'i32',
  vector: 'i64',
  pending: 'i32',
  nested: 'i32',
  linkAddress: 'i32',
} as const satisfies Record<string, Type>;
export type Special = keyof typeof SPECIAL_TYPE;

export type Expr =
  | { readonly kind: 'const'; readonly type: Type; readonly value: number | bigint }
  /** Bits of the instruction, unsigned. */
  | { readonly kind: 'bits'; readonly type: 'i32'; readonly bits: Bits }
  /** Address of this instruction, with the ISA mode in bit 0; `branch`: of the branch whose delay slot it stands in, if any. */
  | { readonly kind: 'pc'; readonly type: Type; readonly branch: boolean }
  | { readonly kind: 'gpr'; readonly type: Type; readonly number: Expr }
  /** HI or LO of accumulator 0…3. */
  | { readonly kind: 'accumulator'; readonly type: Type; readonly half: 'hi' | 'lo'; readonly number: Expr }
  | { readonly kind: 'special'; readonly type: Type; readonly name: Special }
  /** i32: the low word of the register; i64: the double, from a pair of registers when Status.FR = 0. */
  | { readonly kind: 'fpr'; readonly type: 'i32' | 'i64'; readonly number: Expr }
  /** Of 128 bits, element 0 in the low ones; the floating-point registers are the low halves. */
  | { readonly kind: 'vector'; readonly type: 'v128'; readonly number: Expr }
  | { readonly kind: 'operator'; readonly type: Type; readonly name: string; readonly args: readonly Expr[] }
  | {
      readonly kind: 'select';
      readonly type: Type;
      readonly condition: Expr;
      readonly then: Expr;
      readonly otherwise: Expr;
    }
  | { readonly kind: 'temp'; readonly type: Type; readonly id: number };

export type Temp = Extract<Expr, { kind: 'temp' }>;

export const i32 = (value: number): Expr => ({ kind: 'const', type: 'i32', value });
export const constant = (type: Type, value: number | bigint): Expr => ({ kind: 'const', type, value });

/** Applies the operator called `<type>.<name>`, type checked. */
export function apply(fullName: string, ...args: Expr[]): Expr {
  const { args: wanted, result } = operator(fullName);
  if (wanted.length !== args.length || !args.every(({ type }, i) => type === wanted[i]))
    throw new TypeError(`${fullName} takes (${wanted.join()}), not (${args.map(({ type }) => type).join()})`);
  return { kind: 'operator', type: result, name: fullName, args };
}

/** The names that an operator has by type. */
const named = (name: string): Readonly<Record<Type, string>> => ({
  i32: `i32.${name}`,
  i64: `i64.${name}`,
  f32: `f32.${name}`,
  f64: `f64.${name}`,
  v128: `v128.${name}`,
});

function unary(name: string): (a: Expr) => Expr {
  const names = named(name);
  return (a) => apply(names[a.type], a);
}

function binary(name: string): (a: Expr, b: Expr | number) => Expr {
  const names = named(name);
  return (a, b) => apply(names[a.type], a, typeof b === 'number' ? constant(a.type, b) : b);
}

export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
export const divS = binary('div_s');
export const divU = binary('div_u');
export const remS = binary('rem_s');
export const remU = binary('rem_u');
export const and = binary('and');
export const or = binary('or');
export const xor = binary('xor');
export const shl = binary('shl');
export const shrS = binary('shr_s');
export const shrU = binary('shr_u');
export const rotr = binary('rotr');
export const eq = binary('eq');
export const ne = binary('ne');
export const ltS = binary('lt_s');
export const ltU = binary('lt_u');
export const leS = binary('le_s');
export const gtS = binary('gt_s');
export const geS = binary('ge_s');
export const geU = binary('ge_u');
export const clz = unary('clz');
export const eqz = unary('eqz');
export const extend8 = unary('extend8_s');
export const extend16 = unary('extend16_s');

export const not = (a: Expr): Expr => xor(a, -1);
export const select = (condition: Expr, then: Expr, otherwise: Expr): Expr => ({
  kind: 'select',
  type: then.type,
  condition,
  then,
  otherwise,
});

/** Low 32 bits. */
export const wrap = (a: Expr): Expr => (a.type === 'i32' ? a : apply('i32.wrap_i64', a));
export const signExtend64 = (a: Expr): Expr => apply('i64.extend_i32_s', a);
/** A value as the two words in which host calls take it, low word first. */
export const halves = (a: Expr): [low: Expr, high: Expr] =>
  a.type === 'i64' ? [wrap(a), wrap(shrS(a, 32))] : [a, shrS(a, 31)];
export const zeroExtend64 = (a: Expr): Expr => apply('i64.extend_i32_u', a);

/** Sign-extends the low 32 bits of a 64-bit value. */
export const extend32 = unary('extend32_s');

/** Looks up `list[index]` in constants of eight bytes or four half words each; a longer list is a choice of constants. */
function listed(list: readonly number[], index: Expr): Expr {
  const bits = list.every((each) => each >= 0 && each < 256) ? 8 : 16;
  const isSigned = list.some((each) => each < 0);
  const inOne = 64 / bits;
  const packed = (from: number): Expr =>
    constant(
      'i64',
      list
        .slice(from, from + inOne)
        .reduce((sum, each, i) => sum | (BigInt.asUintN(bits, BigInt(each)) << BigInt(bits * i)), 0n),
    );
  const choose = (from: number): Expr =>
    from + inOne >= list.length ? packed(from) : select(ltU(index, from + inOne), packed(from), choose(from + inOne));
  // a shift takes its amount modulo 64
  const number = wrap(shrU(choose(0), zeroExtend64(mul(index, bits))));
  return isSigned ? extend16(number) : and(number, 2 ** bits - 1);
}

/** A field as an unsigned number. */
export function field({ runs, fixed, list, width }: Field): Expr {
  if (runs.length === 0) return i32(fixed);
  let left = width;
  const parts = runs.map((bits): Expr => {
    left -= bits.width;
    const part: Expr = { kind: 'bits', type: 'i32', bits };
    return left === 0 ? part : shl(part, left);
  });
  const number = parts.reduce((a, b) => or(a, b));
  return list === undefined ? number : listed(list, number);
}

/** A field as a signed number. */
export const signedField = (of: Field): Expr =>
  of.runs.length === 0 || of.list !== undefined || of.unsigned
    ? field(of)
    : shrS(shl(field(of), 32 - of.width), 32 - of.width);
