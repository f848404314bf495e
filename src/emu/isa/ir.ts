/**
 * What an instruction means, as data: a list of typed statements over registers, memory and temporaries (values:
 * expression.ts). A meaning is written once for both register widths: `reg` has the width of the core's registers, `word` its
 * low 32 bits.
 */
import { field, i32, signExtend64, SPECIAL_TYPE, wrap, type Expr, type Special, type Temp } from './expression.js';
import type { Field } from './field.js';
import type { Isa } from './isa.js';

export * from './expression.js';
export type { Field } from './field.js';

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
