/**
 * The flow graph of a region, made reducible: every loop has one header. A loop with several entries gets a node of its own
 * for them, which goes on by a selector that its predecessors set (irreducible code is common: gcc -O2 makes it).
 */

/** An edge; before it is followed, selectors are set: that of dispatch node `node` to `value`. */
export interface Edge {
  readonly to: number;
  readonly selects: readonly { readonly node: number; readonly value: number }[];
}

export interface Node {
  readonly id: number;
  /** In the order that its block's end names them; a dispatch node has one for each value of its selector. */
  edges: Edge[];
}

export class Graph {
  readonly nodes: Node[] = [];
  /** Nodes from here on are dispatch nodes. */
  readonly firstDispatch: number;

  constructor(
    successors: readonly (readonly number[])[],
    readonly root: number,
  ) {
    for (const [id, list] of successors.entries())
      this.nodes.push({ id, edges: list.map((to) => ({ to, selects: [] })) });
    this.firstDispatch = this.nodes.length;
    this.#reduce(new Set(reachable(this, root)), undefined);
  }

  node(id: number): Node {
    const node = this.nodes[id];
    if (node === undefined) throw new RangeError(`no node ${id}`);
    return node;
  }

  /** Looks at the loops among these nodes, without what leads back to `header`. */
  #reduce(among: ReadonlySet<number>, header: number | undefined): void {
    const inside = new Set(among);
    if (header !== undefined) inside.delete(header);
    for (const component of components(this, inside)) {
      if (component.size === 1 && !this.#loopsToItself(component)) continue;
      this.#reduce(component, this.#single(component));
    }
  }

  #loopsToItself(component: ReadonlySet<number>): boolean {
    return [...component].some((id) => this.node(id).edges.some(({ to }) => to === id));
  }

  /** The only node of a loop that is entered from outside; made, if there are several. */
  #single(component: Set<number>): number {
    const entries = new Set<number>();
    if (component.has(this.root)) entries.add(this.root);
    for (const { id, edges } of this.nodes)
      if (!component.has(id)) for (const { to } of edges) if (component.has(to)) entries.add(to);
    const [first] = entries;
    if (first === undefined) throw new Error('a loop that nothing leads to');
    if (entries.size === 1) return first;
    const targets = [...entries];
    const dispatch: Node = { id: this.nodes.length, edges: [] };
    for (const node of this.nodes)
      node.edges = node.edges.map((edge) => {
        const value = targets.indexOf(edge.to);
        if (value < 0) return edge;
        return { to: dispatch.id, selects: [...edge.selects, { node: dispatch.id, value }] };
      });
    dispatch.edges = targets.map((to) => ({ to, selects: [] }));
    this.nodes.push(dispatch);
    component.add(dispatch.id);
    return dispatch.id;
  }
}

function reachable(graph: Graph, root: number): number[] {
  const seen = new Set([root]);
  const pending = [root];
  for (let id = pending.pop(); id !== undefined; id = pending.pop())
    for (const { to } of graph.node(id).edges)
      if (!seen.has(to)) {
        seen.add(to);
        pending.push(to);
      }
  return [...seen];
}

/** Strongly connected components (Tarjan's algorithm, without recursion), of some nodes of a graph. */
function components(graph: Graph, among: ReadonlySet<number>): Set<number>[] {
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();
  const found: Set<number>[] = [];
  const visit = (root: number): void => {
    const path: { id: number; next: number }[] = [];
    const enter = (id: number): void => {
      index.set(id, index.size);
      low.set(id, index.size - 1);
      stack.push(id);
      onStack.add(id);
      path.push({ id, next: 0 });
    };
    enter(root);
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const { id } = at;
      const lower = (value: number | undefined): void => {
        low.set(id, Math.min(low.get(id) ?? 0, value ?? 0));
      };
      const edge = graph.node(id).edges[at.next++];
      if (edge !== undefined) {
        if (!among.has(edge.to)) continue;
        if (!index.has(edge.to)) enter(edge.to);
        else if (onStack.has(edge.to)) lower(index.get(edge.to));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low.set(parent.id, Math.min(low.get(parent.id) ?? 0, low.get(id) ?? 0));
      if (low.get(id) !== index.get(id)) continue;
      const component = new Set<number>();
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        onStack.delete(member);
        component.add(member);
        if (member === id) break;
      }
      found.push(component);
    }
  };
  for (const id of among) if (!index.has(id)) visit(id);
  return found;
}

/** What structured code needs to know of a reducible graph. */
export interface Order {
  /** Reverse postorder; every edge to an earlier or the same place leads back to a loop's header. */
  readonly sequence: readonly number[];
  readonly position: ReadonlyMap<number, number>;
  /** Nodes that are dominated at once, by dominator. */
  readonly children: ReadonlyMap<number, readonly number[]>;
  readonly isLoopHeader: (id: number) => boolean;
  /** Reached by several forward edges. */
  readonly isMerge: (id: number) => boolean;
}

export function orderOf(graph: Graph): Order {
  const sequence = reversePostorder(graph);
  const position = new Map(sequence.map((id, at) => [id, at]));
  const at = (id: number): number => position.get(id) ?? -1;
  const predecessors = new Map<number, number[]>();
  const headers = new Set<number>();
  const forward = new Map<number, number>();
  for (const id of sequence)
    for (const { to } of graph.node(id).edges) {
      const list = predecessors.get(to);
      if (list === undefined) predecessors.set(to, [id]);
      else list.push(id);
      if (at(to) <= at(id)) headers.add(to);
      else forward.set(to, (forward.get(to) ?? 0) + 1);
    }
  const dominator = new Map<number, number>([[graph.root, graph.root]]);
  const intersect = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (at(x) > at(y)) x = dominator.get(x) ?? graph.root;
      while (at(y) > at(x)) y = dominator.get(y) ?? graph.root;
    }
    return x;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const id of sequence) {
      if (id === graph.root) continue;
      const known = (predecessors.get(id) ?? []).filter((each) => dominator.has(each));
      const best = known.reduce((a, b) => intersect(a, b), known[0] ?? graph.root);
      if (dominator.get(id) !== best) {
        dominator.set(id, best);
        changed = true;
      }
    }
  }
  const children = new Map<number, number[]>();
  for (const id of sequence) {
    const parent = dominator.get(id);
    if (id === graph.root || parent === undefined) continue;
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [id]);
    else list.push(id);
  }
  return {
    sequence,
    position,
    children,
    isLoopHeader: (id) => headers.has(id),
    isMerge: (id) => (forward.get(id) ?? 0) > 1,
  };
}

function reversePostorder(graph: Graph): number[] {
  const seen = new Set([graph.root]);
  const path: { id: number; next: number }[] = [{ id: graph.root, next: 0 }];
  const order: number[] = [];
  for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
    const edge = graph.node(at.id).edges[at.next++];
    if (edge === undefined) {
      order.push(at.id);
      path.pop();
    } else if (!seen.has(edge.to)) {
      seen.add(edge.to);
      path.push({ id: edge.to, next: 0 });
    }
  }
  return order.reverse();
}
