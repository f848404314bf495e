import { Errno } from '../../kernel/index.js';
import type { Directory } from '../directory.js';
import type { FileNode, Node } from '../node.js';
import type { OpenFiles } from '../open-files.js';
import type { OpenFlags } from '../request.js';
import type { Names } from './names.js';
import type { NodeIds } from './node-ids.js';

/** Callers that are remembered; who is forgotten too early sees ESTALE. */
const MOST_CALLERS = 256;
/** Milliseconds: longer than one system call goes on after it was told, also on a busy machine. */
const ONE_CALL = 1000;

/** What a caller was told, and until when that is one system call. */
interface Told {
  readonly node: Node;
  /** The kernel asked whether this name, which it had, is still right: it has not told the caller. */
  readonly unheard?: string;
  readonly until: number;
}

/**
 * The kernel may believe names (names.ts), and so come to a node that is gone.
 * ESTALE makes it ask for each name of the path again (LOOKUP_REVAL of path_openat() and filename_lookup() in fs/namei.c),
 * which then is not found, or is another node. Who comes by a descriptor, or works in the directory, comes back to the
 * same node at once: there is no name to ask for, and the answer is what the node itself has to say.
 *
 * A LOOKUP of a name that the kernel does not believe but has is an exception: of any error it only learns that the name
 * is wrong (fuse_dentry_revalidate()), drops it, and asks with a second LOOKUP, whose ESTALE counts.
 */
export class Stale {
  /** The last that a caller was told, by its pid. */
  readonly #told = new Map<number, Told>();
  /** Directories that are open, by the caller that opened them: their attributes are asked for by descriptor. */
  readonly #listed = new Map<number, { readonly pid: number; readonly node: Node }>();
  /** Names in removed directories that the kernel has dropped. */
  readonly #dropped = new WeakMap<Directory, Set<string>>();

  constructor(
    private readonly nodes: NodeIds,
    private readonly names: Names,
    private readonly files: OpenFiles,
  ) {}

  /** @throws Errno ESTALE when `node` is gone and the caller may have come to it by a name that it had before. */
  check(node: Node, pid: number): void {
    if (node.removed && this.names.mayBeBelieved(node)) this.#sendBack(node, pid);
  }

  /** As check(), of stat(2), which does not try again what it was told of a descriptor. */
  checkAttributes(node: Node, pid: number): void {
    for (const opened of this.#listed.values()) if (opened.pid === pid && opened.node === node) return;
    if (node.removed && isFile(node) && this.files.isOpen(node)) return;
    this.check(node, pid);
  }

  /** As check(), of open(2); also sends back who is to ask for the name again, or to get an id of its own. */
  checkOpen(id: number, { write }: OpenFlags, pid: number): void {
    const node = this.nodes.node(id);
    if (write) this.names.recall(node);
    // however long it took to come back
    if (this.#told.get(pid)?.node === node) this.#told.delete(pid);
    else if (this.names.isRecalled(node) || this.nodes.hasWaiting(id)) this.#tell(pid, { node });
    else this.check(node, pid);
  }

  /** As check(), of a LOOKUP in `holder`. */
  checkName(holder: Directory, name: string, pid: number): void {
    if (!holder.removed) return;
    const told = this.#lately(pid);
    // it asks for all names of the path already
    if (told !== undefined && told.unheard === undefined && told.node === holder.child(name)) return;
    if (this.#mayHave(holder, name)) {
      if (told?.node !== holder) this.#tell(pid, { node: holder, unheard: name });
      // whatever it is answered now, it has dropped the name, or does so
      this.#drop(holder, name);
    }
    this.check(holder, pid);
  }

  /**
   * A name is not in `holder`: the call that asked for it ends, and whoever comes to the same node next does so by another call. A
   * walk that ends at a link leaves the names behind it believed. In a removed directory, the kernel may only have dropped the name.
   */
  notFound(holder: Directory, pid: number): void {
    if (!holder.removed) this.#told.delete(pid);
  }

  opened(handle: number, node: Node, pid: number): void {
    this.#listed.set(handle, { pid, node });
  }

  closed(handle: number): void {
    this.#listed.delete(handle);
  }

  /** Has the kernel ask for the names again, unless it has just done so. */
  #sendBack(node: Node, pid: number): void {
    const told = this.#lately(pid);
    if (told?.node !== node || told.unheard !== undefined) this.#tell(pid, { node });
  }

  /** Whether the kernel may have a name that was in a removed directory, and asks for it all the same. */
  #mayHave(holder: Directory, name: string): boolean {
    const node = holder.child(name);
    if (node === undefined || this.names.isForEver(node)) return false;
    return this.nodes.ids(node).length > 0 && this.#dropped.get(holder)?.has(name) !== true;
  }

  #drop(holder: Directory, name: string): void {
    const dropped = this.#dropped.get(holder) ?? new Set();
    this.#dropped.set(holder, dropped.add(name));
  }

  #lately(pid: number): Told | undefined {
    const told = this.#told.get(pid);
    return told !== undefined && performance.now() < told.until ? told : undefined;
  }

  #tell(pid: number, told: Omit<Told, 'until'>): never {
    this.#told.delete(pid);
    const [oldest] = this.#told.keys();
    if (this.#told.size >= MOST_CALLERS && oldest !== undefined) this.#told.delete(oldest);
    this.#told.set(pid, { ...told, until: performance.now() + ONE_CALL });
    throw new Errno('ESTALE');
  }
}

const isFile = (node: Node): node is FileNode => node.kind !== 'directory' && node.kind !== 'symlink';
