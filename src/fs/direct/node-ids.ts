import { Errno } from '../../kernel/index.js';
import type { Directory } from '../directory.js';
import type { Node } from '../node.js';
import { ROOT_ID } from './protocol.js';

interface Known {
  readonly node: Node;
  /** How often the kernel was told of the id and has not forgotten it. */
  lookups: number;
}

/** The numbers by which the kernel knows nodes. An id is never used twice. */
export class NodeIds {
  readonly #known = new Map<number, Known>();
  readonly #current = new Map<Node, number>();
  #last = ROOT_ID;

  constructor(root: Directory) {
    this.#known.set(ROOT_ID, { node: root, lookups: Infinity });
    this.#current.set(root, ROOT_ID);
  }

  /** ENOENT when the kernel was never told of the id. */
  node(id: number): Node {
    const known = this.#known.get(id);
    if (known === undefined) throw new Errno('ENOENT');
    return known.node;
  }

  directory(id: number): Directory {
    const node = this.node(id);
    if (node.kind !== 'directory') throw new Errno('ENOTDIR');
    return node;
  }

  /** The id to answer a LOOKUP with; counts it. `fresh` makes one that no open file of the kernel uses yet. */
  tell(node: Node, fresh: boolean): number {
    const current = this.#current.get(node);
    const known = current === undefined ? undefined : this.#known.get(current);
    if (current !== undefined && known !== undefined && !fresh) {
      known.lookups++;
      return current;
    }
    this.#known.set(++this.#last, { node, lookups: 1 });
    this.#current.set(node, this.#last);
    return this.#last;
  }

  forget(id: number, lookups: number): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    known.lookups -= lookups;
    if (known.lookups > 0) return;
    this.#known.delete(id);
    if (this.#current.get(known.node) === id) this.#current.delete(known.node);
  }

  get size(): number {
    return this.#known.size;
  }
}
