/** What an instruction does to the registers that translated code keeps in locals, and whether it may have to be left to the interpreter. */
import type { Expr, Statement } from '../isa/ir.js';
import { numberOf } from './fold.js';

/**
 * Registers kept in locals, as a set: bit n is $n. Bit 0 is HI and LO of accumulator 0 together, since $0 needs none: whoever
 * sets one of the two keeps the other.
 */
export type RegisterSet = number;
export const HI = 32;
export const LO = 33;
const HI_AND_LO: RegisterSet = 1;
export const NONE: RegisterSet = 0;
export const ALL: RegisterSet = -1;
export const bitOf = (register: number): RegisterSet => (register >= HI ? HI_AND_LO : 1 << register);

export function registersOf(set: RegisterSet): number[] {
  const list = (set & HI_AND_LO) === 0 ? [] : [HI, LO];
  for (let rest = set & ~HI_AND_LO; rest !== 0; rest &= rest - 1) list.push(31 - Math.clz32(rest & -rest));
  return list;
}

export interface Effects {
  /** Read, or kept when a condition does not hold. */
  readonly uses: RegisterSet;
  readonly sets: RegisterSet;
  /** It may be left before it has changed anything. */
  readonly mayExit: boolean;
  /** It is nothing for translated code: always left, or perhaps when it has changed something already. */
  readonly isForeign: boolean;
}

class Effect {
  uses = NONE;
  sets = NONE;
  mayExit = false;
  isForeign = false;
  #hasWritten = false;
  /** Done again after a later exit, a store is what it was: its instruction has read no memory, and set no register. */
  #hasStored = false;
  /** Halves of accumulator 0 that are set in any case. */
  readonly #halves = new Set<number>();

  /** Ends the instruction. */
  finish(): Effects {
    const { sets, mayExit, isForeign } = this;
    const isHalf = (sets & HI_AND_LO) !== 0 && this.#halves.size < 2;
    return { uses: isHalf ? this.uses | HI_AND_LO : this.uses, sets, mayExit, isForeign };
  }

  statements(list: readonly Statement[], isConditional: boolean): void {
    for (const each of list) this.#statement(each, isConditional);
  }

  #statement(statement: Statement, isConditional: boolean): void {
    switch (statement.kind) {
      case 'let':
        this.#read(statement.value);
        return;
      case 'setGpr':
        this.#read(statement.value);
        this.#set(numberOf(statement.number), isConditional);
        return;
      case 'setAccumulator': {
        this.#read(statement.value);
        const accumulator = numberOf(statement.number);
        if (accumulator === 0) this.#set(statement.half === 'hi' ? HI : LO, isConditional);
        this.#hasWritten = true;
        return;
      }
      case 'setFpr':
      case 'setVector':
      case 'setSpecial':
        this.#read(statement.value);
        this.#hasWritten = true;
        return;
      case 'load':
        this.#read(statement.address);
        this.#exit();
        if (statement.access === 'user') this.isForeign = true;
        if (statement.link) this.#hasWritten = true;
        return;
      case 'store':
        this.#read(statement.address);
        this.#read(statement.value);
        if (statement.mask !== undefined) this.#read(statement.mask);
        this.#exit('again');
        if (statement.access === 'user') this.isForeign = true;
        if (statement.mask === undefined) this.#hasStored = true;
        else this.#hasWritten = true;
        return;
      case 'changeByte':
      case 'storeConditional':
        this.#read(statement.address);
        this.#read(statement.value);
        this.#exit();
        if (statement.kind === 'storeConditional' && statement.access === 'user') this.isForeign = true;
        this.#hasWritten = true;
        return;
      case 'if':
        this.#read(statement.condition);
        this.#either(statement.then, statement.otherwise);
        return;
      case 'branch':
        this.#read(statement.condition);
        this.#read(statement.target);
        if (isConditional) this.isForeign = true;
        return;
      case 'jump':
        this.#read(statement.target);
        if (isConditional) this.isForeign = true;
        return;
      case 'compactBranch':
        if (statement.condition !== undefined) this.#read(statement.condition);
        this.#read(statement.target);
        if (isConditional) this.isForeign = true;
        return;
      case 'fence':
        return;
      case 'host':
        if (!isConditional) this.isForeign = true;
        this.#exit();
        return;
    }
  }

  /** `again`: also when stores have been done already. */
  /** What one of the two has changed, the other finds unchanged. */
  #either(then: readonly Statement[], otherwise: readonly Statement[]): void {
    const before = this.#hasWritten;
    this.statements(then, true);
    const after = this.#hasWritten;
    this.#hasWritten = before;
    this.statements(otherwise, true);
    this.#hasWritten ||= after;
  }

  #exit(after?: 'again'): void {
    this.mayExit = true;
    if (this.#hasWritten || (this.#hasStored && after === undefined)) this.isForeign = true;
  }

  #set(register: number | undefined, isConditional: boolean): void {
    this.#hasWritten = true;
    if (register === undefined) this.isForeign = true;
    else if (register !== 0) {
      const bit = bitOf(register);
      if (isConditional) this.uses |= bit & ~this.sets;
      else if (register >= HI) this.#halves.add(register);
      this.sets |= bit;
    }
  }

  #read(expr: Expr): void {
    switch (expr.kind) {
      case 'gpr':
        this.#use(numberOf(expr.number));
        return;
      case 'accumulator':
        if (numberOf(expr.number) === 0) this.#use(expr.half === 'hi' ? HI : LO);
        return;
      case 'operator':
        for (const arg of expr.args) this.#read(arg);
        return;
      case 'select':
        this.#read(expr.condition);
        this.#read(expr.then);
        this.#read(expr.otherwise);
        return;
      default:
        return;
    }
  }

  /** A read after the instruction has set the same register is no use of the value before. */
  #use(register: number | undefined): void {
    if (register === undefined) this.isForeign = true;
    else if (register >= HI) this.uses |= HI_AND_LO;
    else if (register !== 0) this.uses |= bitOf(register) & ~this.sets;
  }
}

export function effectsOf(statements: readonly Statement[]): Effects {
  const effect = new Effect();
  effect.statements(statements, false);
  return effect.finish();
}
