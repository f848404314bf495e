import type { Node } from '../node.js';

/** Milliseconds that a name is lent for. */
const LEASE = 100;
/** Milliseconds: what is asked for again by then is asked for in a loop, and so is what is recalled again. */
const SOON = 1000;
/** How often a name is asked for before it is lent, which a script that only looks and writes now and then never reaches. */
const OFTEN = 8;
/** Milliseconds: the kernel counts from when the client goes on, which is late on a busy machine. */
const LATE = 1000;

/** Times are those of performance.now(). */
interface Name {
  asked: number;
  /** How often it was asked for, each time soon after the last. */
  times: number;
  recalled: number;
  lent: boolean;
}

/**
 * How long the kernel may believe the names of nodes.
 *
 * Directories: for ever (stale.ts). Attributes and links: a name that is asked for often is lent, for a moment only,
 * because nothing can tell the kernel that a name is gone (docs/reference/fuse.md 11). Others: never.
 *
 * A name is not lent while its file is open for writing, nor soon after: it has to be asked for at each open then, which
 * brings along st_size, that the kernel makes up itself after O_TRUNC and writes (sendfile(2) reads no further), and
 * gives the next opener an id of its own. What is lent when the file is to be opened for writing is recalled: whoever
 * opens it is sent back to ask (stale.ts), and is told that the name is not to be believed.
 */
export class Names {
  readonly #names = new WeakMap<Node, Name>();

  /**
   * The kernel keeps the targets of links, and follows them without asking: then it has to ask for their names. Where it
   * asks for each target, a link that is gone answers ESTALE to that, and its name is believed for ever.
   */
  keepsTargets = false;

  isForEver(node: Node): boolean {
    return node.kind === 'directory' || (node.kind === 'symlink' && !this.keepsTargets);
  }

  /** Milliseconds that the answer to a LOOKUP may be believed. */
  lend(node: Node, writers: number): number {
    if (this.isForEver(node)) return Infinity;
    if (!isLendable(node)) return 0;
    const now = performance.now();
    const name = this.#name(node);
    name.times = now - name.asked < SOON ? name.times + 1 : 1;
    name.asked = now;
    name.lent = name.times > OFTEN && writers === 0 && now - name.recalled >= SOON;
    return name.lent ? LEASE : 0;
  }

  /** Whether the kernel may come to the node without asking for its name. */
  mayBeBelieved(node: Node): boolean {
    if (this.isForEver(node)) return true;
    const name = this.#names.get(node);
    return name !== undefined && name.lent && performance.now() - name.asked < LEASE + LATE;
  }

  /** From now on the name is to be asked for at each open, for some time. */
  recall(node: Node): void {
    if (isLendable(node)) this.#name(node).recalled = performance.now();
  }

  /** Whether the kernel was lent the name before it was recalled. */
  isRecalled(node: Node): boolean {
    const name = this.#names.get(node);
    return name !== undefined && name.lent && name.recalled >= name.asked;
  }

  #name(node: Node): Name {
    const known = this.#names.get(node);
    if (known !== undefined) return known;
    const name = { asked: -Infinity, times: 0, recalled: -Infinity, lent: false };
    this.#names.set(node, name);
    return name;
  }
}

/** A link that leads out of the tree may come to something of somebody else's once it is gone, as the number of a pty does. */
const isLendable = (node: Node): boolean =>
  node.kind === 'attribute' || (node.kind === 'symlink' && !node.target.startsWith('/'));
