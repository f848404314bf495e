import type { Graph, Order } from './graph.js';
import { isCall } from './flow.js';
import type { Block } from './block.js';

/** The most instructions that are executed from a node on until the budget is looked at again: at a loop's header, behind a dispatch node or a call, or outside. */
export function pathLengths(
  graph: Graph,
  order: Order,
  blockOf: (id: number) => Block | undefined,
): Map<number, number> {
  const lengths = new Map<number, number>();
  for (const id of order.sequence.toReversed()) {
    const block = blockOf(id);
    const isLast = (block !== undefined && isCall(block)) || id >= graph.firstDispatch;
    const behind = isLast
      ? []
      : graph.node(id).edges.map(({ to }) => (order.isLoopHeader(to) ? 0 : (lengths.get(to) ?? 0)));
    lengths.set(id, (block?.instructions ?? 0) + Math.max(0, ...behind));
  }
  return lengths;
}
