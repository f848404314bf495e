/**
 * What an instruction means, as data: a list of typed statements over registers, memory and temporaries.
 * Operators are WebAssembly's own (a name like `add` takes its type from its operands), so that lowering is a walk.
 * A meaning is written once for both register widths: `reg` has the width of the core's registers, `word` its low 32 bits.
 */
import { operator, type Type } from '../wasm/opcodes.js';

/** Bits `low … low + width - 1` of the instruction. */
export interface Field {
  readonly name: string;
  readonly low: number;
  readonly width: number;
}

/** Registers outside the general and floating-point files that instructions name. */
export type Special = 'hi' | 'lo' | 'status' | 'fcsr' | 'fpOperation' | 'fpA' | 'fpB' | 'fpC';

export type Expr =
  | { readonly kind: 'const'; readonly type: Type; readonly value: number | bigint }
  /** Unsigned value of a field. */
  | { readonly kind: 'field'; readonly type: 'i32'; readonly field: Field }
  /** Address of this instruction. */
  | { readonly kind: 'pc'; readonly type: Type }
  | { readonly kind: 'gpr'; readonly type: Type; readonly number: Expr }
  | { readonly kind: 'special'; readonly type: Type; readonly name: Special }
  /** i32: the low word of the register; i64: the double, from a pair of registers when Status.FR = 0. */
  | { readonly kind: 'fpr'; readonly type: 'i32' | 'i64'; readonly number: Expr }
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

/** Bytes of a memory access. */
export type Size = 1 | 2 | 4 | 8;

export type Statement =
  | { readonly kind: 'let'; readonly temp: Temp; readonly value: Expr }
  | { readonly kind: 'setGpr'; readonly number: Expr; readonly value: Expr }
  | { readonly kind: 'setSpecial'; readonly name: Special; readonly value: Expr }
  | { readonly kind: 'setFpr'; readonly number: Expr; readonly value: Expr }
  /** Zero-extended; an address that is not a multiple of the size raises AdEL. */
  | { readonly kind: 'load'; readonly temp: Temp; readonly size: Size; readonly address: Expr; readonly link: boolean }
  /** With a mask, only those bits of the word are changed. */
  | {
      readonly kind: 'store';
      readonly size: Size;
      readonly address: Expr;
      readonly value: Expr;
      readonly mask: Expr | undefined;
    }
  /** temp := 1 and the word is stored if nobody wrote to it since the load that linked it, else temp := 0. */
  | { readonly kind: 'storeConditional'; readonly temp: Temp; readonly address: Expr; readonly value: Expr }
  | {
      readonly kind: 'if';
      readonly condition: Expr;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  /** With a delay slot; `likely` nullifies the slot when the branch is not taken. */
  | { readonly kind: 'branch'; readonly condition: Expr; readonly target: Expr; readonly likely: boolean }
  | { readonly kind: 'jump'; readonly target: Expr }
  | { readonly kind: 'fence' }
  /** Something that the core's own code does (../cpu/host-calls.ts): up to four i32 arguments, an i32 result. */
  | { readonly kind: 'host'; readonly call: string; readonly args: readonly Expr[]; readonly result: Temp | undefined };

export const i32 = (value: number): Expr => ({ kind: 'const', type: 'i32', value });
export const constant = (type: Type, value: number | bigint): Expr => ({ kind: 'const', type, value });

/** Applies the operator called `<type>.<name>`, type checked. */
export function apply(fullName: string, ...args: Expr[]): Expr {
  const { args: wanted, result } = operator(fullName);
  const given = args.map((arg) => arg.type);
  if (wanted.join() !== given.join())
    throw new TypeError(`${fullName} takes (${wanted.join()}), not (${given.join()})`);
  return { kind: 'operator', type: result, name: fullName, args };
}

const unary =
  (name: string) =>
  (a: Expr): Expr =>
    apply(`${a.type}.${name}`, a);
const binary =
  (name: string) =>
  (a: Expr, b: Expr | number): Expr =>
    apply(`${a.type}.${name}`, a, typeof b === 'number' ? constant(a.type, b) : b);

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
export const zeroExtend64 = (a: Expr): Expr => apply('i64.extend_i32_u', a);

export const field = (of: Field): Expr => ({ kind: 'field', type: 'i32', field: of });
/** A field as a signed number. */
export const signedField = (of: Field): Expr => shrS(shl(field(of), 32 - of.width), 32 - of.width);

/** Collects the statements of one instruction. */
export class Meaning {
  readonly statements: Statement[] = [];
  #collected: Statement[] = this.statements;
  #temps = 0;

  /** @param width type of a general register: 'i32' on a 32-bit core, 'i64' on a 64-bit one. */
  constructor(readonly width: 'i32' | 'i64') {}

  let(value: Expr): Temp {
    const temp: Temp = { kind: 'temp', type: value.type, id: this.#temps++ };
    this.#collected.push({ kind: 'let', temp, value });
    return temp;
  }

  get pc(): Expr {
    return { kind: 'pc', type: this.width };
  }

  reg(number: Field | number): Expr {
    return { kind: 'gpr', type: this.width, number: typeof number === 'number' ? i32(number) : field(number) };
  }

  word(number: Field): Expr {
    return wrap(this.reg(number));
  }

  set(number: Field | number, value: Expr): void {
    this.#collected.push({ kind: 'setGpr', number: typeof number === 'number' ? i32(number) : field(number), value });
  }

  /** Sets a register from a 32-bit value, sign-extended on a 64-bit core. */
  setWord(number: Field | number, value: Expr): void {
    this.set(number, this.fromWord(value));
  }

  fromWord(value: Expr): Expr {
    return this.width === 'i64' ? signExtend64(value) : value;
  }

  special(name: Special): Expr {
    const type =
      name === 'hi' || name === 'lo' ? this.width : name.startsWith('fp') && name !== 'fpOperation' ? 'i64' : 'i32';
    return { kind: 'special', type, name };
  }

  setSpecial(name: Special, value: Expr): void {
    this.#collected.push({ kind: 'setSpecial', name, value });
  }

  fpr(type: 'i32' | 'i64', number: Field): Expr {
    return { kind: 'fpr', type, number: field(number) };
  }

  setFpr(number: Field, value: Expr): void {
    this.#collected.push({ kind: 'setFpr', number: field(number), value });
  }

  load(size: Size, address: Expr, link = false): Temp {
    const temp: Temp = { kind: 'temp', type: size === 8 ? 'i64' : 'i32', id: this.#temps++ };
    this.#collected.push({ kind: 'load', temp, size, address, link });
    return temp;
  }

  store(size: Size, address: Expr, value: Expr, mask?: Expr): void {
    this.#collected.push({ kind: 'store', size, address, value, mask });
  }

  storeConditional(address: Expr, value: Expr): Temp {
    const temp: Temp = { kind: 'temp', type: 'i32', id: this.#temps++ };
    this.#collected.push({ kind: 'storeConditional', temp, address, value });
    return temp;
  }

  if(condition: Expr, then: () => void, otherwise?: () => void): void {
    const collect = (inside: () => void): Statement[] => {
      const outer = this.#collected;
      const statements: Statement[] = [];
      this.#collected = statements;
      inside();
      this.#collected = outer;
      return statements;
    };
    const branches = { then: collect(then), otherwise: otherwise === undefined ? [] : collect(otherwise) };
    this.#collected.push({ kind: 'if', condition, ...branches });
  }

  branch(condition: Expr, target: Expr, likely = false): void {
    this.#collected.push({ kind: 'branch', condition, target, likely });
  }

  jump(target: Expr): void {
    this.#collected.push({ kind: 'jump', target });
  }

  fence(): void {
    this.#collected.push({ kind: 'fence' });
  }

  host(call: string, ...args: Expr[]): void {
    this.#collected.push({ kind: 'host', call, args, result: undefined });
  }

  hostValue(call: string, ...args: Expr[]): Temp {
    const result: Temp = { kind: 'temp', type: 'i32', id: this.#temps++ };
    this.#collected.push({ kind: 'host', call, args, result });
    return result;
  }

  raise(exception: number, detail = 0): void {
    this.host('raise', i32(exception), i32(detail));
  }

  raiseIf(condition: Expr, exception: number, detail = 0): void {
    this.if(condition, () => this.raise(exception, detail));
  }
}
