/**
 * Where a `jr` through a table of addresses may lead, as compilers make it from a switch. Only a guess: translated code
 * compares the address that it has with these, and leaves when it is another one.
 */
import type { Expr, Statement } from '../isa/ir.js';
import { numberOf } from './fold.js';

const ENTRY_BYTES = 4;
/** Entries, where no comparison before tells how many there are. */
const LIKELY_ENTRIES = 64;
const MOST_ENTRIES = 512;
/** A case lies near the switch. */
const FARTHEST = 0x8000;
/** Instructions before the jump among which the comparison of the index is looked for, and what sets the table's address. */
const FARTHEST_COMPARISON = 16;
const FARTHEST_ADDRESS = 128;

/** How far instructions are apart, at least: by the ISA mode in bit 0 of an address. */
export const unitOf = (pc: number): 2 | 4 => ((pc & 1) === 0 ? 4 : 2);

type Value =
  | { readonly kind: 'constant'; readonly value: number }
  /** A constant plus something. */
  | { readonly kind: 'indexed'; readonly base: number }
  /** What a table holds, wherever it was indexed. */
  | { readonly kind: 'loaded'; readonly table: number };

export interface TableSource {
  /** The instruction at an address, if it may be fetched from there. */
  instruction(pc: number): { readonly bytes: number; readonly statements: readonly Statement[] } | undefined;
  /** The word that lies there, if it can be read. */
  data(address: number): number | undefined;
}

/** What registers hold after instructions one after the other, as far as it matters here. */
function follow(instructions: Iterable<readonly Statement[]>): Map<number, Value> {
  const registers = new Map<number, Value>();
  const temps = new Map<number, Value>();
  const valueOf = (expr: Expr): Value | undefined => {
    const value = numberOf(expr);
    if (value !== undefined) return { kind: 'constant', value };
    if (expr.kind === 'gpr') return registers.get(numberOf(expr.number) ?? 0);
    if (expr.kind === 'temp') return temps.get(expr.id);
    if (expr.kind !== 'operator' || !expr.name.endsWith('.add')) return undefined;
    const [a, b] = expr.args.map(valueOf);
    if (a?.kind === 'constant' && b?.kind === 'constant') return { kind: 'constant', value: (a.value + b.value) | 0 };
    const known = a ?? b;
    if (known?.kind === 'constant') return { kind: 'indexed', base: known.value };
    const other = known === a ? b : a;
    if (known?.kind === 'indexed')
      return { kind: 'indexed', base: known.base + (other?.kind === 'constant' ? other.value : 0) };
    return undefined;
  };
  for (const statements of instructions)
    for (const statement of statements) {
      if (statement.kind === 'load') {
        const address = valueOf(statement.address);
        if (address?.kind === 'indexed' && statement.size === ENTRY_BYTES)
          temps.set(statement.temp.id, { kind: 'loaded', table: address.base });
        else temps.delete(statement.temp.id);
      } else if (statement.kind === 'setGpr') {
        const number = numberOf(statement.number);
        const value = valueOf(statement.value);
        if (number === undefined) registers.clear();
        else if (value === undefined) registers.delete(number);
        else registers.set(number, value);
      }
    }
  return registers;
}

/** The number that an index is compared with, in the last ones of these instructions. */
function entriesIn(instructions: readonly (readonly Statement[])[]): number | undefined {
  for (const statements of instructions.slice(-FARTHEST_COMPARISON).reverse())
    for (const statement of statements) {
      if (statement.kind !== 'setGpr' || statement.value.kind !== 'operator') continue;
      const { name, args } = statement.value;
      const limit = args[1] === undefined ? undefined : numberOf(args[1]);
      if (name.endsWith('.lt_u') && limit !== undefined && limit > 0) return limit;
    }
  return undefined;
}

/**
 * Instructions before `pc` as they lie in memory: a table's address may have been set long before, in front of a loop. Where the
 * first one of a compressed set begins is not known, but soon it is the right place.
 */
function* before(pc: number, source: TableSource): Generator<readonly Statement[]> {
  let bytes: number = unitOf(pc);
  for (let at = pc - 4 * FARTHEST_ADDRESS; at < pc; at += bytes) {
    const instruction = source.instruction(at);
    bytes = instruction?.bytes ?? unitOf(pc);
    yield instruction?.statements ?? [];
  }
}

/** Addresses in the table that `target`, of a jump at `pc`, is taken from; none if it is no table. */
export function tableTargets(pc: number, target: Expr, source: TableSource): number[] {
  if (target.kind !== 'gpr') return [];
  const instructions = [...before(pc, source)];
  const value = follow(instructions).get(numberOf(target.number) ?? 0);
  if (value?.kind !== 'loaded') return [];
  const limit = Math.min(MOST_ENTRIES, entriesIn(instructions) ?? LIKELY_ENTRIES);
  const targets = new Set<number>();
  for (let index = 0; index < limit; index++) {
    const address = source.data(value.table + ENTRY_BYTES * index);
    if (address === undefined || ((address ^ pc) & (unitOf(pc) - 1)) !== 0 || Math.abs(address - pc) > FARTHEST) break;
    targets.add(address);
  }
  return [...targets];
}
