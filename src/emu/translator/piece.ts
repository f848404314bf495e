/**
 * What becomes of a place inside of a function, where execution goes on after an interruption, say. A region of its own with
 * all that can be reached would have most of the function once more; it only has to get on to where a larger region begins.
 *
 * A place that a loop leads back to: the innermost such loop. Any other, a stretch: the way to where a larger loop begins anew, or all
 * the rest. Compilers let loops lead back to lower addresses; where they do not, the piece is a larger or smaller one.
 */
import { wordsAt } from './decoder.js';
import { successorsOf } from './flow.js';
import type { Block } from './block.js';
import { isOwn, isPlace, type Region } from './region.js';

/** Of a region, the innermost loop that leads back to its entry; undefined when none does. */
export function loopOf(region: Region): Region | undefined {
  const loop = innermostLoop(region);
  return loop.size === 0 ? undefined : restricted(region, (_, to) => loop.has(to.key));
}

/** Of a region, what is executed before a loop that has the entry inside of it begins anew; the region itself, if there is none. */
export const stretchOf = (region: Region): Region => restricted(region, (from, to) => !leadsBack(from, to));

/** Keys of the blocks of the innermost loop that leads back to the entry; none, if none does. */
function innermostLoop({ blocks, entryKey }: Region): ReadonlySet<number> {
  const header = blockOf(blocks, entryKey);
  const predecessors = new Map<number, Block[]>();
  for (const block of blocks.values())
    for (const key of successorsOf(block)) {
      const others = predecessors.get(key);
      if (others === undefined) predecessors.set(key, [block]);
      else others.push(block);
    }
  const latches = (predecessors.get(entryKey) ?? []).filter((block) => leadsBack(block, header));
  if (latches.length === 0) return new Set();
  const loop = new Set([entryKey]);
  const pending = [...latches];
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    if (loop.has(block.key)) continue;
    loop.add(block.key);
    pending.push(...(predecessors.get(block.key) ?? []));
  }
  return loop;
}

/** A loop of the function itself; those of functions that are taken in stay whole. */
function leadsBack(from: Block, to: Block): boolean {
  const last = from.steps.at(-1)?.pc ?? from.pc;
  return isOwn(from) && isOwn(to) && isPlace(from) && isPlace(to) && last >>> 0 >= to.pc >>> 0;
}

/** What can be reached from the entry by steps that are kept; others leave. The region itself, if there are none. */
function restricted(region: Region, isKept: (from: Block, to: Block) => boolean): Region {
  const blocks = new Map<number, Block>();
  const keep = (block: Block): void => {
    blocks.set(block.key, block);
  };
  const pending = [blockOf(region.blocks, region.entryKey)];
  const left: Block[] = [];
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    if (blocks.has(block.key)) continue;
    keep(block);
    for (const key of successorsOf(block)) {
      const to = blockOf(region.blocks, key);
      (isKept(block, to) ? pending : left).push(to);
    }
  }
  if (left.every(({ key }) => blocks.has(key))) return region;
  for (let block = left.pop(); block !== undefined; block = left.pop()) {
    if (blocks.has(block.key)) continue;
    const exit = asExit(block);
    keep(exit);
    left.push(...successorsOf(exit).map((key) => blockOf(region.blocks, key)));
  }
  const kept = [...blocks.values()];
  return {
    ...region,
    blocks,
    calls: new Set(kept.flatMap(({ end }) => (end.kind === 'call' ? [end.target] : []))),
    words: wordsOf(kept, region.words),
  };
}

function wordsOf(blocks: readonly Block[], all: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const words = new Map<number, number>();
  const keep = (pc: number, bytes: 2 | 4): void => {
    for (const address of wordsAt(pc, bytes)) {
      const word = all.get(address);
      if (word !== undefined) words.set(address, word);
    }
  };
  for (const { steps, pc: start, end } of blocks) {
    for (const { pc, bytes } of steps) keep(pc, bytes);
    if (end.kind === 'interpret') keep(start, end.bytes);
  }
  return words;
}

/** To the address itself, unless that is no place to begin at. */
function asExit(block: Block): Block {
  if (!isPlace(block) || block.end.kind === 'leave') return block;
  return block.with({ steps: [], end: { kind: 'leave', to: block.pc } });
}

function blockOf(blocks: ReadonlyMap<number, Block>, key: number): Block {
  const block = blocks.get(key);
  if (block === undefined) throw new Error('a way to no block');
  return block;
}
