import { Errno } from '../../kernel/index.js';
import type { Node } from '../node.js';

/** Callers that are remembered; who is forgotten too early sees ESTALE. */
const MOST_CALLERS = 256;
/** Milliseconds: longer than one system call goes on after it was told, shorter than a script would notice. */
const ONE_CALL = 100;

/**
 * The kernel may believe the names of directories and links for ever (validity.ts), and so come to a node that is gone.
 * ESTALE makes it ask for each name of the path again (LOOKUP_REVAL of path_openat() and filename_lookup() in fs/namei.c),
 * which then is not found, or is another node. Who comes by a descriptor, or works in the directory, comes back to the
 * same node at once: there is no name to ask for, and the answer is what the node itself has to say.
 */
export class Stale {
  /** The last node for which a caller was told so, by its pid, and until when that is one call. */
  readonly #told = new Map<number, { readonly node: Node; readonly until: number }>();
  /** Directories that are open, by the caller that opened them: their attributes are asked for by descriptor. */
  readonly #listed = new Map<number, { readonly pid: number; readonly node: Node }>();

  /** @throws Errno ESTALE when `node` is gone and the caller may have come to it by a name that it had before. */
  check(node: Node, pid: number): void {
    if (!node.removed || (node.kind !== 'directory' && node.kind !== 'symlink')) return;
    const now = performance.now();
    const told = this.#told.get(pid);
    if (told?.node === node && now < told.until) return;
    this.#told.delete(pid);
    const [oldest] = this.#told.keys();
    if (this.#told.size >= MOST_CALLERS && oldest !== undefined) this.#told.delete(oldest);
    this.#told.set(pid, { node, until: now + ONE_CALL });
    throw new Errno('ESTALE');
  }

  /** As check(), of stat(2), which does not try again what it was told of a descriptor. */
  checkAttributes(node: Node, pid: number): void {
    for (const opened of this.#listed.values()) if (opened.pid === pid && opened.node === node) return;
    this.check(node, pid);
  }

  opened(handle: number, node: Node, pid: number): void {
    this.#listed.set(handle, { pid, node });
  }

  closed(handle: number): void {
    this.#listed.delete(handle);
  }
}
