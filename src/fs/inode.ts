import type { Directory } from './directory.js';
import { FLAVOURS, type Flavour } from './flavour.js';
import type { TreeWatcher } from './watcher.js';

let lastInode = 0;

export interface AttributeChange {
  /** Permission bits, at most 0o7777. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Milliseconds since 1970. */
  readonly atime?: number;
  readonly mtime?: number;
}

/**
 * What every node has. Mode, owner and times are what a user last made them and live as long as the node
 * (docs/reference/kernel-abi.md 0.2: chmod and chown persist until the node is removed).
 */
export abstract class Inode {
  /** st_ino: unique and constant while the process lives. */
  readonly ino = ++lastInode;
  uid = process.getuid?.() ?? 0;
  gid = process.getgid?.() ?? 0;
  /** Milliseconds since 1970. */
  atime = Date.now();
  mtime = this.atime;
  ctime = this.atime;
  #parent: Directory | undefined;
  #detached = false;

  constructor(public mode: number) {}

  /** Number of hard links. */
  get links(): number {
    return 1;
  }

  /** The directory that holds the node, or held it before it was removed. */
  get parent(): Directory | undefined {
    return this.#parent;
  }

  /** True as soon as the node, or a directory above it, has been removed. */
  get removed(): boolean {
    return this.#detached || (this.#parent?.removed ?? false);
  }

  get flavour(): Flavour {
    return this.#parent?.flavour ?? FLAVOURS.sysfs;
  }

  /** Those of the tree that the node is in, or was in before it was removed. */
  get watchers(): Iterable<TreeWatcher> {
    return this.#parent?.watchers ?? [];
  }

  /** For Directory alone. A node has one place in its life. */
  attach(parent: Directory): void {
    if (this.#parent !== undefined) throw new Error('a node cannot be added twice: make a new one');
    this.#parent = parent;
  }

  /** For Directory alone. */
  detach(): void {
    this.#detached = true;
  }

  change({ mode, uid, gid, atime, mtime }: AttributeChange): void {
    this.mode = mode ?? this.mode;
    this.uid = uid ?? this.uid;
    this.gid = gid ?? this.gid;
    this.atime = atime ?? this.atime;
    this.mtime = mtime ?? this.mtime;
    this.ctime = Date.now();
    this.changed();
  }

  /** stat(2) shows something else than before. */
  protected changed(): void {
    for (const watcher of this.watchers) watcher.changed(this);
  }
}
