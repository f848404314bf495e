/** How addresses go on in a loop: which accesses are at a register that each turn of the loop adds the same constant to. */
import { successorsOf } from './flow.js';
import { numberOf } from './fold.js';
import { including, placeOf, type Access, type Fact, type Span } from './checks.js';
import { registersOf } from './effects.js';
import type { Loop } from './loops.js';
import type { Region } from './region.js';
import type { Step } from './step.js';

/** Accesses that go on together. */
export interface Progress {
  readonly register: number;
  /** What a turn adds to the register. */
  readonly step: number;
  /** What they need to be true of the value that the register has when a turn begins. */
  readonly fact: Fact;
  /** What those reach that are stores. */
  readonly stores: Span | undefined;
}

/** A register's value: what another one had when the turn began, and a constant. */
export interface Value {
  readonly register: number;
  readonly offset: number;
}

/** Undefined: it may be anything. What is not there is what it was when the turn began. */
type Values = ReadonlyMap<number, Value | undefined>;

const valueOf = (values: Values, register: number): Value | undefined =>
  values.has(register) ? values.get(register) : { register, offset: 0 };

const isSame = (a: Value | undefined, b: Value | undefined): boolean =>
  a?.register === b?.register && a?.offset === b?.offset;

function meet(all: readonly Values[]): Values {
  const [first, ...others] = all;
  if (first === undefined) return new Map();
  const registers = new Set(all.flatMap((values) => [...values.keys()]));
  return new Map(
    [...registers].map((register) => {
      const value = valueOf(first, register);
      return [register, others.every((each) => isSame(valueOf(each, register), value)) ? value : undefined];
    }),
  );
}

function after(values: Values, { statements, effects }: Step): Values {
  if (effects.sets === 0) return values;
  const result = new Map(values);
  for (const register of registersOf(effects.sets)) result.set(register, undefined);
  const [set] = statements;
  if (statements.length !== 1 || set?.kind !== 'setGpr') return result;
  const place = placeOf(set.value);
  const from = place && valueOf(values, place.register);
  if (place === undefined || from === undefined) return result;
  const offset = from.offset + place.offset;
  return result.set(numberOf(set.number) ?? 0, offset === (offset | 0) ? { ...from, offset } : undefined);
}

/** An access, and the place of its address when the turn began. */
interface Located {
  readonly step: Step;
  readonly access: Access;
  readonly value: Value;
}

/** The one access of an instruction that is nothing but a load or a store. */
function onlyAccess({ statements, accesses, isTabled }: Step): Access | undefined {
  const [access] = accesses;
  const others = statements.filter(({ kind }) => kind !== 'let' && kind !== 'setGpr' && kind !== 'setFpr');
  return accesses.length === 1 && others.length === 1 && !isTabled ? access : undefined;
}

/** What goes on by constants in a loop, and the steps whose accesses that are, with the places of their addresses. */
export function progressOf(
  { blocks }: Region,
  { header, blocks: keys }: Loop,
): { readonly all: readonly Progress[]; readonly steps: ReadonlyMap<Step, Value> } {
  const incoming = new Map<number, Values[]>([[header, [new Map()]]]);
  const turned: Values[] = [];
  const located: Located[] = [];
  for (const key of keys) {
    const block = blocks.get(key);
    if (block === undefined) continue;
    let values = meet(incoming.get(key) ?? []);
    for (const step of block.steps) {
      const access = onlyAccess(step);
      const base = access && valueOf(values, access.register);
      if (access !== undefined && base !== undefined)
        located.push({ step, access, value: { ...base, offset: base.offset + access.offset } });
      values = after(values, step);
    }
    for (const to of successorsOf(block)) {
      if (to === header) turned.push(values);
      else if (keys.includes(to)) incoming.set(to, [...(incoming.get(to) ?? []), values]);
    }
  }
  const turn = meet(turned);
  const all = new Map<number, Progress>();
  const steps = new Map<Step, Value>();
  for (const { step, access, value } of located) {
    const { register, offset } = value;
    const next = valueOf(turn, register);
    if (next?.register !== register) continue;
    const known = all.get(register);
    const wider = withAccess(known ?? { register, step: next.offset, fact: at(offset), stores: undefined }, {
      ...access,
      offset,
    });
    if (wider === undefined) continue;
    all.set(register, wider);
    steps.set(step, value);
  }
  return { all: [...all.values()], steps };
}

/** Nothing but that the address lies in the window. */
const at = (offset: number): Fact => ({ least: offset, end: offset, shift: 0, residue: 0 });

/** Undefined if it is too far from the others, or not aligned when they are, or not in every turn. */
function withAccess(known: Progress, access: Access): Progress | undefined {
  const fact = including(known.fact, access);
  if (fact === undefined || (known.step & ((1 << fact.shift) - 1)) !== 0) return undefined;
  if (!access.isStore) return { ...known, fact };
  const { least, end } = known.stores ?? at(access.offset);
  const stores = { least: Math.min(least, access.offset), end: Math.max(end, access.offset + access.size) };
  return { ...known, fact, stores };
}

/** Instructions of a turn: the fewest and the most. */
export function turnLengths(
  { blocks }: Region,
  { header, blocks: keys }: Loop,
): { readonly shortest: number; readonly longest: number } {
  const before = new Map([[header, { shortest: 0, longest: 0 }]]);
  let [shortest, longest] = [Infinity, 0];
  for (const key of keys) {
    const block = blocks.get(key);
    const start = before.get(key);
    if (block === undefined || start === undefined) continue;
    const here = { shortest: start.shortest + block.instructions, longest: start.longest + block.instructions };
    for (const to of successorsOf(block)) {
      const other = before.get(to);
      if (to === header) {
        shortest = Math.min(shortest, here.shortest);
        longest = Math.max(longest, here.longest);
      } else
        before.set(to, {
          shortest: Math.min(other?.shortest ?? Infinity, here.shortest),
          longest: Math.max(other?.longest ?? 0, here.longest),
        });
    }
  }
  return { shortest, longest };
}
