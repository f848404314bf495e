/**
 * Which accesses need no check of their address. One check of a register covers every access near it until the register
 * changes: those that follow in the block are taken together, and what is known is carried from block to block.
 */
import type { Expr, Size, Statement } from '../isa/ir.js';
import { ALL, bitOf, NONE, type RegisterSet } from './effects.js';
import { isCall, successorsOf, type CallEffects } from './flow.js';
import { numberOf } from './fold.js';
import type { Block } from './block.js';
import type { Region } from './region.js';
import type { Step } from './step.js';

/** Bytes that one check may cover: the window is larger. */
const WIDEST = 1024;

/** A plain access at a register plus a constant. */
export interface Access {
  readonly register: number;
  readonly offset: number;
  readonly size: Size;
  readonly isStore: boolean;
}

/**
 * Of the value in a register: it, and the addresses from `value + least` to before `value + end`, lie in the window, and
 * `value + residue` is a multiple of `1 << shift`. `least <= 0 <= end`.
 */
export interface Fact {
  readonly least: number;
  readonly end: number;
  readonly shift: number;
  readonly residue: number;
}

const SHIFT: Readonly<Record<Size, number>> = { 1: 0, 2: 1, 4: 2, 8: 3, 16: 4 };
const modulo = (value: number, shift: number): number => value & ((1 << shift) - 1);

export function placeOf(address: Expr): { register: number; offset: number } | undefined {
  if (address.kind === 'gpr') return { register: numberOf(address.number) ?? 0, offset: 0 };
  if (address.kind !== 'operator' || !address.name.endsWith('.add')) return undefined;
  const [base, offset] = address.args;
  const number = offset === undefined ? undefined : numberOf(offset);
  if (base?.kind !== 'gpr' || number === undefined) return undefined;
  return { register: numberOf(base.number) ?? 0, offset: number };
}

export function accessOf(statement: Statement): Access | undefined {
  const isPlain =
    (statement.kind === 'load' && statement.access === 'plain' && !statement.link) ||
    (statement.kind === 'store' && statement.access === 'plain' && statement.mask === undefined);
  if (!isPlain) return undefined;
  const place = placeOf(statement.address);
  return place && { ...place, size: statement.size, isStore: statement.kind === 'store' };
}

export const accessesOf = (statements: readonly Statement[]): Access[] =>
  statements.flatMap((each) => accessOf(each) ?? []);

const fits = ({ shift, residue }: Fact, { offset, size }: Access): boolean =>
  SHIFT[size] <= shift && modulo(offset - residue, SHIFT[size]) === 0;

const covers = (fact: Fact, access: Access): boolean =>
  access.offset >= fact.least && access.offset + access.size <= fact.end && (access.size === 1 || fits(fact, access));

/** What is known of registers at a place in a block. */
export class Knowledge {
  /** Registers of which something is known. */
  private readonly registers: RegisterSet;

  constructor(private readonly facts: ReadonlyMap<number, Fact> = new Map()) {
    let registers = NONE;
    for (const register of facts.keys()) registers |= bitOf(register);
    this.registers = registers;
  }

  covers(access: Access): boolean {
    const fact = this.facts.get(access.register);
    return fact !== undefined && covers(fact, access);
  }

  with(register: number, fact: Fact): Knowledge {
    return new Knowledge(new Map(this.facts).set(register, fact));
  }

  /** Where both lead to the same place. */
  meet(other: Knowledge): Knowledge {
    const facts = new Map<number, Fact>();
    for (const [register, a] of this.facts) {
      const b = other.facts.get(register);
      if (b === undefined) continue;
      let shift = Math.min(a.shift, b.shift);
      while (modulo(a.residue - b.residue, shift) !== 0) shift--;
      facts.set(register, {
        least: Math.max(a.least, b.least),
        end: Math.min(a.end, b.end),
        shift,
        residue: modulo(a.residue, shift),
      });
    }
    return new Knowledge(facts);
  }

  equals(other: Knowledge): boolean {
    if (this.facts.size !== other.facts.size) return false;
    return [...this.facts].every(([register, a]) => {
      const b = other.facts.get(register);
      return (
        b !== undefined && a.least === b.least && a.end === b.end && a.shift === b.shift && a.residue === b.residue
      );
    });
  }

  without(set: RegisterSet): Knowledge {
    if ((this.registers & set) === 0) return this;
    return new Knowledge(new Map([...this.facts].filter(([register]) => (bitOf(register) & set) === 0)));
  }

  /** After an instruction: what it sets is unknown, but for copies of registers and sums with constants. */
  after({ statements, effects }: Step): Knowledge {
    if (effects.sets === 0 || this.facts.size === 0) return this;
    const rest = this.without(effects.sets);
    const [set] = statements;
    if (statements.length !== 1 || set?.kind !== 'setGpr') return rest;
    const place = placeOf(set.value);
    const fact = place && this.facts.get(place.register);
    const register = numberOf(set.number);
    if (place === undefined || fact === undefined || register === undefined || register === 0) return rest;
    const moved = {
      least: fact.least - place.offset,
      end: fact.end - place.offset,
      shift: fact.shift,
      residue: modulo(fact.residue - place.offset, fact.shift),
    };
    return moved.least <= 0 && moved.end >= 0 ? rest.with(register, moved) : rest;
  }

  /** The check that an access needs: what is known when it has succeeded. Accesses that follow in the block are included. */
  checkFor(access: Access, steps: readonly Step[], index: number): Fact {
    const known = this.facts.get(access.register);
    let fact: Fact = {
      least: Math.min(0, access.offset, known?.least ?? 0),
      end: Math.max(0, access.offset + access.size, known?.end ?? 0),
      shift: SHIFT[access.size],
      residue: modulo(access.offset, SHIFT[access.size]),
    };
    for (let at = index; at < steps.length; at++) {
      const step = steps[at];
      if (step === undefined) break;
      for (const other of step.accesses) if (other.register === access.register) fact = including(fact, other) ?? fact;
      if ((step.effects.sets & bitOf(access.register)) !== 0) break;
    }
    return fact;
  }
}

/** Where the range of a fact begins, down to a place that is aligned when the accesses are. */
export const alignedLeast = ({ least, shift, residue }: Fact): number => least - modulo(least - residue, shift);

/** The fact that covers one more access; undefined if that is impossible or not reasonable. */
export function including(fact: Fact, { offset, size }: Pick<Access, 'offset' | 'size'>): Fact | undefined {
  const shift = Math.max(fact.shift, SHIFT[size]);
  const least = Math.min(fact.least, offset);
  const end = Math.max(fact.end, offset + size);
  const smaller = Math.min(fact.shift, SHIFT[size]);
  if (end - least > WIDEST || modulo(offset - fact.residue, smaller) !== 0) return undefined;
  return { least, end, shift, residue: SHIFT[size] > fact.shift ? modulo(offset, shift) : fact.residue };
}

/** What is known at the start of each block. */
export function knowledgeOf(region: Region, callEffects: (block: Block) => CallEffects): Map<number, Knowledge> {
  const known = new Map<number, Knowledge>([[region.entryKey, new Knowledge()]]);
  const pending = new Set([region.entryKey]);
  for (const key of pending) {
    pending.delete(key);
    const block = region.blocks.get(key);
    const before = known.get(key);
    if (block === undefined || before === undefined) continue;
    const after = afterBlock(block, before, callEffects);
    for (const to of successorsOf(block)) {
      const old = known.get(to);
      const now = old === undefined ? after : old.meet(after);
      if (old !== undefined && now.equals(old)) continue;
      known.set(to, now);
      pending.add(to);
    }
  }
  return known;
}

function afterBlock(block: Block, before: Knowledge, callEffects: (block: Block) => CallEffects): Knowledge {
  let knowledge = before;
  for (const [index, step] of block.steps.entries()) {
    // what is not checked there tells nothing
    for (const access of step.isChecked ? step.accesses : [])
      if (!knowledge.covers(access))
        knowledge = knowledge.with(access.register, knowledge.checkFor(access, block.steps, index));
    knowledge = knowledge.after(step);
  }
  if (!isCall(block)) return knowledge;
  const { changed } = callEffects(block);
  return changed === ALL ? new Knowledge() : knowledge.without(changed);
}

/** Offsets from a register. */
export interface Span {
  readonly least: number;
  readonly end: number;
}

/** What a store, and those after it in the block at the same register, write to; not wider than `widest`. */
export function storesFrom(access: Access, steps: readonly Step[], index: number, widest: number): Span {
  let span: Span = { least: access.offset, end: access.offset + access.size };
  for (let at = index; at < steps.length; at++) {
    const step = steps[at];
    if (step === undefined) break;
    for (const { register, offset, size, isStore } of step.accesses) {
      if (!isStore || register !== access.register) continue;
      const wider = { least: Math.min(span.least, offset), end: Math.max(span.end, offset + size) };
      if (wider.end - wider.least > widest) return span;
      span = wider;
    }
    if ((step.effects.sets & bitOf(access.register)) !== 0) break;
  }
  return span;
}
