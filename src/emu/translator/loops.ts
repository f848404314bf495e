/** The innermost loops of a region. */
import { successorsOf } from './flow.js';
import { Graph, orderOf } from './graph.js';
import type { Block } from './block.js';
import type { Region } from './region.js';

/** One header, at which it is entered, and no loop inside of it. */
export interface Loop {
  readonly header: number;
  /** Keys of its blocks, in an order in which each comes behind those that lead to it. */
  readonly blocks: readonly number[];
}

export function innermostLoops(region: Region): readonly Loop[] {
  const blocks = [...region.blocks.values()];
  if (!mayLoop(blocks, region)) return [];
  const ids = new Map(blocks.map(({ key }, id) => [key, id]));
  const idOf = (key: number): number => ids.get(key) ?? -1;
  const successors = blocks.map((block) => successorsOf(block).map(idOf));
  const graph = new Graph(successors, idOf(region.entryKey));
  const { sequence, position, isLoopHeader } = orderOf(graph);
  const at = (id: number): number => position.get(id) ?? -1;
  const predecessors = new Map<number, number[]>();
  for (const id of sequence)
    for (const { to } of graph.node(id).edges) {
      const others = predecessors.get(to);
      if (others === undefined) predecessors.set(to, [id]);
      else others.push(id);
    }
  return sequence.filter(isLoopHeader).flatMap((header) => {
    const inside = new Set([header]);
    const pending = (predecessors.get(header) ?? []).filter((id) => at(id) >= at(header));
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (inside.has(id)) continue;
      inside.add(id);
      pending.push(...(predecessors.get(id) ?? []));
    }
    const isPlain = (id: number): boolean => id < graph.firstDispatch && (id === header || !isLoopHeader(id));
    if (![...inside].every(isPlain)) return [];
    const keys = [...inside].sort((a, b) => at(a) - at(b)).flatMap((id) => blocks[id]?.key ?? []);
    const [first] = keys;
    return first === undefined ? [] : [{ header: first, blocks: keys }];
  });
}

/** Whether anything leads to a block that stands before it or is it. */
function mayLoop(blocks: readonly Block[], region: Region): boolean {
  return blocks.some((block) => {
    const last = block.steps.at(-1)?.pc ?? block.pc;
    return successorsOf(block).some((key) => {
      const to = region.blocks.get(key);
      return to !== undefined && to.pc >>> 0 <= last >>> 0;
    });
  });
}
