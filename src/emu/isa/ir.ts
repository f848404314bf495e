/**
 * What an instruction means, as data: a list of typed statements over registers, memory and temporaries.
 * Operators are WebAssembly's own (a name like `add` takes its type from its operands), so that lowering is a walk.
 * A meaning is written once for both register widths: `reg` has the width of the core's registers, `word` its low 32 bits.
 */
import { operator, type Type } from '../wasm/opcodes.js';
import type { Bits, Field } from './field.js';
import type { Isa } from './isa.js';

export type { Field } from './field.js';

/** Words outside the register files that instructions name; 'wideResult' is what a host call left besides its result. */
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

/** Bytes of a memory access. 16 bytes are a vector in memory order, the byte at the lowest address first, on every core. */
export type Size = 1 | 2 | 4 | 8 | 16;

/**
 * plain    an address that is not a multiple of the size raises AdEL or AdES, unless the core has hardware for it
 * aligned  it does on every core
 * user     as the user sees memory (EVA)
 * partial  the item of that size which the address lies in (LWL…), of which a store changes some bits; an exception names the address as it is
 */
export type Access = 'plain' | 'aligned' | 'user' | 'partial';

export type Statement =
  | { readonly kind: 'let'; readonly temp: Temp; readonly value: Expr }
  | { readonly kind: 'setGpr'; readonly number: Expr; readonly value: Expr }
  | { readonly kind: 'setAccumulator'; readonly half: 'hi' | 'lo'; readonly number: Expr; readonly value: Expr }
  | { readonly kind: 'setSpecial'; readonly name: Special; readonly value: Expr }
  | { readonly kind: 'setFpr'; readonly number: Expr; readonly value: Expr }
  | { readonly kind: 'setVector'; readonly number: Expr; readonly value: Expr }
  /** Zero-extended. A load that links is aligned. */
  | {
      readonly kind: 'load';
      readonly temp: Temp;
      readonly size: Size;
      readonly address: Expr;
      readonly access: Access;
      readonly link: boolean;
    }
  /** With a mask, only those bits of the word or double word are changed. */
  | {
      readonly kind: 'store';
      readonly size: Size;
      readonly address: Expr;
      readonly value: Expr;
      readonly mask: Expr | undefined;
      readonly access: Access;
    }
  /** A byte in memory := the byte `operator` value, in one piece: nobody else's store comes between. */
  | { readonly kind: 'changeByte'; readonly operator: 'and' | 'or'; readonly address: Expr; readonly value: Expr }
  /** temp := 1 and the data are stored if nobody wrote to them since the load that linked them, else temp := 0. */
  | {
      readonly kind: 'storeConditional';
      readonly temp: Temp;
      readonly size: 4 | 8;
      readonly address: Expr;
      readonly value: Expr;
      readonly access: Access;
    }
  | {
      readonly kind: 'if';
      readonly condition: Expr;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  /** With a delay slot; `likely` nullifies the slot when the branch is not taken. */
  | { readonly kind: 'branch'; readonly condition: Expr; readonly target: Expr; readonly likely: boolean }
  | { readonly kind: 'jump'; readonly target: Expr }
  /** Without a delay slot; with a condition, what follows is a forbidden slot on a Release 6 core. */
  | { readonly kind: 'compactBranch'; readonly condition: Expr | undefined; readonly target: Expr }
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

/** What a load of so many bytes gives. */
export function typeOfSize(size: Size): 'i32' | 'i64' | 'v128' {
  if (size === 16) return 'v128';
  return size === 8 ? 'i64' : 'i32';
}

/** Collects the statements of one instruction. */
export class Meaning {
  readonly statements: Statement[] = [];
  #collected: Statement[] = this.statements;
  #temps = 0;

  /** Type of a general register and of an address. */
  readonly width: 'i32' | 'i64';

  /** @param bytes of this instruction's encoding. */
  constructor(
    readonly isa: Isa,
    readonly bytes: 2 | 4,
  ) {
    this.width = isa.bits === 64 ? 'i64' : 'i32';
  }

  let(value: Expr): Temp {
    const temp: Temp = { kind: 'temp', type: value.type, id: this.#temps++ };
    this.#collected.push({ kind: 'let', temp, value });
    return temp;
  }

  get pc(): Expr {
    return { kind: 'pc', type: this.width, branch: false };
  }

  /** Address of this instruction, or of the branch whose delay slot it stands in. */
  get branchPc(): Expr {
    return { kind: 'pc', type: this.width, branch: true };
  }

  reg(number: Field | number): Expr {
    return { kind: 'gpr', type: this.width, number: typeof number === 'number' ? i32(number) : field(number) };
  }

  word(number: Field | number): Expr {
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

  /** HI and LO are those of accumulator 0. */
  accumulator(half: 'hi' | 'lo', number: Expr = i32(0)): Expr {
    return { kind: 'accumulator', type: this.width, half, number };
  }

  setAccumulator(half: 'hi' | 'lo', value: Expr, number: Expr = i32(0)): void {
    this.#collected.push({ kind: 'setAccumulator', half, number, value });
  }

  special(name: Special): Expr {
    return { kind: 'special', type: SPECIAL_TYPE[name], name };
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

  vector(number: Field): Expr {
    return { kind: 'vector', type: 'v128', number: field(number) };
  }

  setVector(number: Field, value: Expr): void {
    this.#collected.push({ kind: 'setVector', number: field(number), value });
  }

  load(size: Size, address: Expr, access: Access = 'plain', link = false): Temp {
    const temp: Temp = { kind: 'temp', type: typeOfSize(size), id: this.#temps++ };
    this.#collected.push({ kind: 'load', temp, size, address, access, link });
    return temp;
  }

  loadLinked(size: 4 | 8, address: Expr, access: Access = 'aligned'): Temp {
    return this.load(size, address, access, true);
  }

  store(size: Size, address: Expr, value: Expr, mask?: Expr, access: Access = 'plain'): void {
    this.#collected.push({ kind: 'store', size, address, value, mask, access });
  }

  changeByte(operator: 'and' | 'or', address: Expr, value: Expr): void {
    this.#collected.push({ kind: 'changeByte', operator, address, value });
  }

  storeConditional(size: 4 | 8, address: Expr, value: Expr, access: Access = 'aligned'): Temp {
    const temp: Temp = { kind: 'temp', type: 'i32', id: this.#temps++ };
    this.#collected.push({ kind: 'storeConditional', temp, size, address, value, access });
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

  compactBranch(target: Expr, condition?: Expr): void {
    this.#collected.push({ kind: 'compactBranch', condition, target });
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
