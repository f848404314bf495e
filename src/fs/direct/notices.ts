import type { Inode } from '../inode.js';
import type { Node } from '../node.js';
import type { TreeWatcher } from '../watcher.js';
import type { NodeIds } from './node-ids.js';
import { attributesChanged } from './protocol.js';

/**
 * Tells the kernel, which may believe attributes for ever (validity.ts), of every change of them. That takes no lock in
 * the kernel. That a name is gone would take one, which may be held by who waits for us: nothing tells of it, but the
 * first use of what is gone (stale.ts).
 */
export class Notices implements TreeWatcher {
  constructor(
    private readonly nodes: NodeIds,
    private readonly send: (message: Buffer) => void,
  ) {}

  changed(node: Inode): void {
    for (const id of this.nodes.ids(node)) this.send(attributesChanged(id));
  }

  /** The next stat(2), and the next walk through a directory, is to ask us. */
  removed(node: Node): void {
    this.changed(node);
    if (node.kind === 'directory') for (const [, child] of node.entries()) this.removed(child);
  }
}
