/**
 * Structured control flow from a reducible graph: a node's code, then, in blocks around it, those it dominates that several
 * edges lead to; loops begin at their headers (N. Ramsey, "Beyond Relooper", ICFP 2022).
 */
import type { FunctionBody, Label } from '../wasm/module.js';
import type { Edge, Graph, Order } from './graph.js';

export interface Emitter {
  /** Code of a node up to its end; `follow` emits what an edge leads to, in the order of the node's edges. */
  node(id: number, follow: (edge: Edge) => void): void;
}

export function emitStructure(body: FunctionBody, graph: Graph, order: Order, emitter: Emitter): void {
  const labels = new Map<number, Label>();
  const at = (id: number): number => order.position.get(id) ?? -1;

  const follow = (from: number, { to }: Edge): void => {
    if (at(to) > at(from) && !order.isMerge(to)) {
      tree(to);
      return;
    }
    const label = labels.get(to);
    if (label === undefined) throw new Error(`no label for node ${to}`);
    body.br(label);
  };
  const within = (id: number, merges: readonly number[]): void => {
    const [outer, ...rest] = merges;
    if (outer === undefined) {
      emitter.node(id, (edge) => follow(id, edge));
      return;
    }
    body.block((end) => {
      labels.set(outer, end);
      within(id, rest);
    });
    labels.delete(outer);
    tree(outer);
  };
  const tree = (id: number): void => {
    const merges = (order.children.get(id) ?? []).filter((child) => order.isMerge(child));
    // the one that comes last stands outermost
    merges.sort((a, b) => at(b) - at(a));
    if (!order.isLoopHeader(id)) {
      within(id, merges);
      return;
    }
    body.loop((start) => {
      labels.set(id, start);
      within(id, merges);
    });
    // nothing falls out of a loop
    body.unreachable();
  };
  tree(graph.root);
}
