import { Errno } from '../kernel/index.js';
import { FLAVOURS, type Flavour, type FlavourName } from './flavour.js';
import { Inode } from './inode.js';
import type { Node } from './node.js';
import { byHash, newestFirst } from './order.js';
import type { TreeWatcher } from './watcher.js';

const LONGEST_NAME = 255;

export type Entries = Readonly<Record<string, Node>>;

/** A directory whose children may come and go while it is mounted. */
export class Directory extends Inode {
  readonly kind = 'directory';
  readonly #children = new Map<string, Node>();
  /** What is seen where there is no child of that name. */
  readonly #backdrop = new Map<string, Node>();
  readonly #watchers = new Set<TreeWatcher>();
  #subdirectories = 0;

  constructor(
    mode: number,
    readonly ownFlavour?: Flavour,
  ) {
    super(mode);
  }

  override get flavour(): Flavour {
    return this.ownFlavour ?? super.flavour;
  }

  /** 2 + the number of subdirectories, as stat(1) shows it for a sysfs directory. */
  override get links(): number {
    return 2 + (this.removed ? 0 : this.#subdirectories);
  }

  override get watchers(): Iterable<TreeWatcher> {
    return this.parent === undefined ? this.#watchers : super.watchers;
  }

  /** Tells `watcher` of every change below this directory, which is the top of its tree, until the result is called. */
  watch(watcher: TreeWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Nothing once the directory has been removed. */
  get(name: string): Node | undefined {
    return this.removed ? undefined : (this.#children.get(name) ?? this.#backdrop.get(name));
  }

  /** As get(), of what was added; also when the directory has been removed. */
  child(name: string): Node | undefined {
    return this.#children.get(name);
  }

  /** Name and node of the children, in the order in which they were added. */
  entries(): IterableIterator<[string, Node]> {
    return this.#children.entries();
  }

  /** Name and node, in the order in which readdir(3) gives them, without `.` and `..`. */
  listed(): [string, Node][] {
    if (this.removed) return [];
    const order = this.flavour.order === 'hash' ? byHash : newestFirst;
    return order(new Map([...this.#backdrop, ...this.#children]));
  }

  /** readdir(3) of a directory that is open. ENOENT when it has been removed, where the flavour says so. */
  checkListing(): void {
    if (this.removed && this.flavour.listRemoved === 'ENOENT') throw new Errno('ENOENT');
  }

  /** Adds `node`, which must be new, and gives it back. EEXIST when the name is taken. */
  add<T extends Node>(name: string, node: T): T {
    if (name === '' || name === '.' || name === '..' || name.includes('/') || Buffer.byteLength(name) > LONGEST_NAME)
      throw new Error(`not a file name: ${JSON.stringify(name)}`);
    if (this.#children.has(name)) throw new Errno('EEXIST');
    node.attach(this);
    this.#cover(name);
    this.#children.set(name, node);
    if (node.kind === 'directory') this.#subdirectories++;
    this.#touch();
    return node;
  }

  /** Shows `node`, which must be new, until a child of that name is added; then never again. */
  addBackdrop(name: string, node: Node): void {
    if (this.#children.has(name) || this.#backdrop.has(name)) throw new Errno('EEXIST');
    node.attach(this);
    this.#backdrop.set(name, node);
    if (node.kind === 'directory') this.#subdirectories++;
    this.changed();
  }

  #cover(name: string): void {
    const hidden = this.#backdrop.get(name);
    if (hidden === undefined) return;
    this.#backdrop.delete(name);
    this.#drop(hidden);
  }

  /** Removes a child and all below it; their open files then answer as the flavour says. False when there is no such name. */
  remove(name: string): boolean {
    const node = this.#children.get(name);
    if (node === undefined) return false;
    this.#children.delete(name);
    this.#drop(node);
    this.#touch();
    return true;
  }

  #drop(node: Node): void {
    node.detach();
    if (node.kind === 'directory') this.#subdirectories--;
    for (const watcher of this.watchers) watcher.removed(node);
  }

  #touch(): void {
    this.mtime = this.ctime = Date.now();
    this.changed();
  }
}

/**
 * Makes a directory with its children, so that a tree reads as `ls -R` prints it.
 * The flavour, given where a subtree begins, holds for everything below.
 */
export function directory(mode: number, entries: Entries = {}, flavour?: FlavourName): Directory {
  const made = new Directory(mode, flavour === undefined ? undefined : FLAVOURS[flavour]);
  for (const [name, node] of Object.entries(entries)) made.add(name, node);
  return made;
}
