import type { Directory } from '../directory.js';
import type { Inode } from '../inode.js';
import type { Node } from '../node.js';
import type { TreeWatcher } from '../watcher.js';
import { Gate } from './gate.js';
import type { NodeIds } from './node-ids.js';
import { attributesChanged, entryExpired } from './protocol.js';
import { validity } from './validity.js';

/** How messages get to the kernel. */
export interface Outlet {
  send(message: Buffer): void;
  /** Sends one that waits in the kernel until others, whom we serve meanwhile, let go of a lock. */
  sendAside(message: Buffer): Promise<void>;
}

/** Of all mounts: what goes from one is told through another. Closed while the kernel has not heard of all removals. */
export const removalsTold = new Gate();

/** A process that holds up the listing of a directory, as it can with userfaultfd(2), shall not hold up everyone else. */
const LONGEST_WAIT = 1000;

/**
 * Makes the kernel forget what it was told of a node as soon as that is no longer true. That a name is gone it takes
 * under the lock of the directory, which may be held by who waits for our answer to a look-up: so another thread says it
 * (docs/reference/fuse.md 5), and no reply that might tell of the removal is sent before that is done.
 */
export class Forgetting implements TreeWatcher {
  readonly #gone: Buffer[] = [];
  #telling = false;

  constructor(
    private readonly nodes: NodeIds,
    private readonly outlet: Outlet,
  ) {}

  changed(node: Inode): void {
    for (const id of this.nodes.ids(node)) this.outlet.send(attributesChanged(id));
  }

  removed(holder: Directory, name: string, node: Node): void {
    this.#forget(holder, name, node);
    if (this.#gone.length > 0 && !this.#telling) void this.#tell();
  }

  /** What is below it first: who still is in there must not find it by its name. */
  #forget(holder: Directory, name: string, node: Node): void {
    if (this.nodes.ids(node).length === 0) return;
    if (node.kind === 'directory') for (const [below, child] of node.entries()) this.#forget(node, below, child);
    this.changed(node);
    if (validity(node).entry === 0) return;
    for (const id of this.nodes.ids(holder)) this.#gone.push(entryExpired(id, name));
  }

  async #tell(): Promise<void> {
    this.#telling = true;
    const done = removalsTold.close();
    const limit = setTimeout(done, LONGEST_WAIT);
    for (let next = this.#gone.shift(); next !== undefined; next = this.#gone.shift())
      await this.outlet.sendAside(next);
    clearTimeout(limit);
    this.#telling = false;
    done();
  }
}
