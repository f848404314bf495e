/** Data flow over the blocks of a region: which registers are dirty (changed in a local only), and which are live. */
import { ALL, NONE, type RegisterSet } from './effects.js';
import type { Block } from './block.js';
import type { Region } from './region.js';

export interface Flow {
  /** At the start of a block. */
  dirty(key: number): RegisterSet;
  live(key: number): RegisterSet;
}

/** What a call makes of the caller's registers. */
export interface CallEffects {
  /** Of those that are dirty, which have to be in memory when it begins. */
  readonly stored: RegisterSet;
  /** Which may be others afterwards. */
  readonly changed: RegisterSet;
}

export const successorsOf = ({ end }: Pick<Block, 'end'>): readonly number[] => {
  switch (end.kind) {
    case 'goto':
      return [end.to];
    case 'branch':
      return [end.taken, end.otherwise];
    case 'call':
    case 'callRegister':
    case 'interpret':
      return [end.back.key];
    case 'jumpRegister':
      return end.probably.map(({ key }) => key);
    case 'guess':
      return [...end.probably.map(({ key }) => key), end.otherwise];
    case 'begin':
      return [end.to];
    case 'turn':
    case 'round':
      return [end.to, end.survey];
    case 'survey':
      return [end.swift, end.careful];
    case 'where':
    case 'tabled':
      return [end.inside, end.outside];
    case 'leave':
      return [];
  }
};

/** What a block makes of sets of registers, all in one. */
interface Transfer {
  readonly block: Block;
  readonly successors: readonly number[];
  /** Set in it. */
  readonly sets: RegisterSet;
  /** In memory behind its call. */
  readonly clean: RegisterSet;
  /** Read again behind its call. */
  readonly reread: RegisterSet;
}

export function flowOf(region: Region, callEffects: (block: Block) => CallEffects): Flow {
  const keys = [...region.blocks.keys()];
  const indices = new Map(keys.map((key, index) => [key, index]));
  const indexOf = (key: number): number => indices.get(key) ?? -1;
  const transfers = [...region.blocks.values()].map((block): Transfer => {
    const { stored, changed } = isCall(block) ? callEffects(block) : { stored: NONE, changed: NONE };
    return {
      block,
      successors: successorsOf(block).map(indexOf),
      sets: block.steps.reduce((set, { effects }) => set | effects.sets, NONE),
      clean: stored | changed,
      reread: changed,
    };
  });
  const dirty = dirtyAtStart(transfers);
  const live = liveAtStart(transfers, dirty);
  return { dirty: (key) => dirty[indexOf(key)] ?? NONE, live: (key) => live[indexOf(key)] ?? NONE };
}

function dirtyAtStart(transfers: readonly Transfer[]): Int32Array {
  const dirty = new Int32Array(transfers.length);
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (const [index, { successors, sets, clean }] of transfers.entries()) {
      const after = ((dirty[index] ?? NONE) | sets) & ~clean;
      for (const to of successors) {
        const before = dirty[to] ?? NONE;
        if ((after & ~before) === 0) continue;
        dirty[to] = before | after;
        hasChanged = true;
      }
    }
  }
  return dirty;
}

function liveAtStart(transfers: readonly Transfer[], dirty: Int32Array): Int32Array {
  // of a block: live at its start is `needed`, and what is live at its end but not in `hidden`
  const needed = new Int32Array(transfers.length);
  const hidden = new Int32Array(transfers.length);
  for (const [index, { block, sets, reread }] of transfers.entries()) {
    const start = dirty[index] ?? NONE;
    // what is dirty may have to be written at the end: when the call does not come back, or it is left
    const mayLeave = isCall(block) || block.end.kind === 'leave' || block.end.kind === 'jumpRegister';
    let need = mayLeave ? start | sets : NONE;
    let hide = reread;
    const before: RegisterSet[] = [];
    let now = start;
    for (const { effects } of block.steps) {
      before.push(now);
      now |= effects.sets;
    }
    for (let at = block.steps.length - 1; at >= 0; at--) {
      const effects = block.steps[at]?.effects;
      if (effects === undefined) break;
      need = (need & ~effects.sets) | effects.uses;
      if (effects.mayExit) need |= before[at] ?? NONE;
      hide |= effects.sets;
    }
    needed[index] = need | start;
    hidden[index] = hide;
  }
  const live = needed.slice();
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (let index = transfers.length - 1; index >= 0; index--) {
      let end = NONE;
      for (const to of transfers[index]?.successors ?? []) end |= live[to] ?? NONE;
      const before = (needed[index] ?? NONE) | (end & ~(hidden[index] ?? NONE));
      if (before === live[index]) continue;
      live[index] = before;
      hasChanged = true;
    }
  }
  return live;
}

/** Behind it registers may be others. */
export const isCall = ({ end }: Block): boolean =>
  end.kind === 'call' || end.kind === 'callRegister' || end.kind === 'interpret';

/** `of` gives those of a function; undefined: of any. */
export const effectsOfCall = ({ end }: Block, of: (target: number | undefined) => CallEffects): CallEffects =>
  end.kind === 'interpret' ? { stored: ALL, changed: end.sets } : of(end.kind === 'call' ? end.target : undefined);
