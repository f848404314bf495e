import type { Inode } from './inode.js';
import type { Node } from './node.js';

/** Whoever has told somebody what a tree looks like, and must hear when that is no longer true. */
export interface TreeWatcher {
  /** stat(2) shows something else of the node. */
  changed(node: Inode): void;
  /** `node` and all below it have been removed, or covered by another node. */
  removed(node: Node): void;
}
