/** Data flow over the blocks of a region: which registers are dirty (changed in a local only), and which are live. */
import { NONE, type RegisterSet } from './effects.js';
import type { Block, Region } from './region.js';

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

export const successorsOf = ({ end }: Block): readonly number[] => {
  switch (end.kind) {
    case 'goto':
      return [end.to];
    case 'branch':
      return [end.taken, end.otherwise];
    case 'call':
    case 'callRegister':
      return [end.back.key];
    case 'jumpRegister':
      return end.probably.map(({ key }) => key);
    case 'leave':
      return [];
  }
};

export function flowOf(region: Region, callEffects: (block: Block) => CallEffects): Flow {
  const blocks = [...region.blocks.values()];
  const dirty = new Map<number, RegisterSet>();
  const live = new Map<number, RegisterSet>();
  const get = (map: ReadonlyMap<number, RegisterSet>, key: number): RegisterSet => map.get(key) ?? NONE;

  const dirtyAfter = (block: Block): RegisterSet => {
    const after = block.steps.reduce((set, { effects }) => set | effects.sets, get(dirty, block.key));
    return isCall(block) ? after & ~callEffects(block).stored & ~callEffects(block).changed : after;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const block of blocks)
      for (const to of successorsOf(block)) {
        const joined = get(dirty, to) | dirtyAfter(block);
        if (joined === get(dirty, to) && dirty.has(to)) continue;
        dirty.set(to, joined);
        changed = true;
      }
  }

  const liveBefore = (block: Block): RegisterSet => {
    const before: RegisterSet[] = [];
    let now = get(dirty, block.key);
    for (const { effects } of block.steps) {
      before.push(now);
      now |= effects.sets;
    }
    let set = successorsOf(block).reduce((all, to) => all | get(live, to), NONE);
    if (isCall(block)) {
      // what is not dirty is read again from memory; all that is dirty may have to be written when the call does not come back
      const { changed } = callEffects(block);
      set = (set & ~changed) | now;
    } else if (block.end.kind === 'leave' || block.end.kind === 'jumpRegister') set |= now;
    for (const [index, { effects }] of [...block.steps.entries()].reverse()) {
      set = (set & ~effects.sets) | effects.uses;
      if (effects.mayExit) set |= before[index] ?? NONE;
    }
    return set | get(dirty, block.key);
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const block of blocks.toReversed()) {
      const before = liveBefore(block);
      if (before === get(live, block.key)) continue;
      live.set(block.key, before);
      changed = true;
    }
  }
  return { dirty: (key) => get(dirty, key), live: (key) => get(live, key) };
}

export const isCall = ({ end }: Block): boolean => end.kind === 'call' || end.kind === 'callRegister';
