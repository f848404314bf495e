import { Errno } from '../../kernel/index.js';
import type { Directory } from '../directory.js';
import type { Inode } from '../inode.js';
import type { Node } from '../node.js';
import { ROOT_ID } from './protocol.js';

interface Known {
  readonly node: Node;
  /** How often the kernel was told of the id and has not forgotten it. */
  lookups: number;
  /** Writes by this id that wait. */
  waiting: number;
}

/** The numbers by which the kernel knows nodes. An id is never used twice. */
export class NodeIds {
  readonly #known = new Map<number, Known>();
  /** All that the kernel has not forgotten, the newest last. */
  readonly #ids = new Map<Inode, number[]>();
  #last = ROOT_ID;

  constructor(root: Directory) {
    this.#add(ROOT_ID, root, Infinity);
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

  /** By which the kernel knows the node now. */
  ids(node: Inode): readonly number[] {
    return this.#ids.get(node) ?? [];
  }

  /** The id to answer a LOOKUP with; counts it. `fresh` makes one that no open file of the kernel uses yet. */
  tell(node: Node, fresh: boolean): number {
    const current = this.ids(node).at(-1);
    const known = current === undefined ? undefined : this.#known.get(current);
    if (current !== undefined && known !== undefined && !fresh) {
      known.lookups++;
      return current;
    }
    this.#add(++this.#last, node, 1);
    return this.#last;
  }

  /** A write by this id waits, until `end`. */
  async waits<T>(id: number, end: Promise<T>): Promise<T> {
    const known = this.#known.get(id);
    if (known === undefined) return end;
    known.waiting++;
    try {
      return await end;
    } finally {
      known.waiting--;
    }
  }

  hasWaiting(id: number): boolean {
    return (this.#known.get(id)?.waiting ?? 0) > 0;
  }

  forget(id: number, lookups: number): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    known.lookups -= lookups;
    if (known.lookups > 0) return;
    this.#known.delete(id);
    const left = this.ids(known.node).filter((other) => other !== id);
    if (left.length > 0) this.#ids.set(known.node, left);
    else this.#ids.delete(known.node);
  }

  get size(): number {
    return this.#known.size;
  }

  #add(id: number, node: Node, lookups: number): void {
    this.#known.set(id, { node, lookups, waiting: 0 });
    this.#ids.set(node, [...this.ids(node), id]);
  }
}
