import { constants } from 'node:fs';
import { Errno } from '../kernel/index.js';
import { errnoNumber } from './errors.js';
import type { FileNode } from './node.js';
import type { Awaitable, OpenFile, OpenFlags } from './request.js';

export interface Opened {
  readonly node: FileNode;
  readonly file: OpenFile;
  readonly flags: OpenFlags;
}

const O_ACCMODE = 0o3;

/** The O_ bits of open(2) that matter here. @throws Errno EINVAL for O_DIRECT, which none of these files can do. */
export function openFlags(bits: number): OpenFlags {
  if (bits & constants.O_DIRECT) throw new Errno('EINVAL');
  const access = bits & O_ACCMODE;
  return {
    read: access === constants.O_RDONLY || access === constants.O_RDWR,
    write: access === constants.O_WRONLY || access === constants.O_RDWR,
    nonblock: (bits & constants.O_NONBLOCK) !== 0,
  };
}

/** The open files of one mount, by the handle that the kernel is given. */
export class OpenFiles {
  readonly #opened = new Map<number, Opened>();
  readonly #writers = new Map<FileNode, number>();
  #lastHandle = 0;

  add(opened: Opened): number {
    this.#opened.set(++this.#lastHandle, opened);
    if (opened.flags.write) this.#writers.set(opened.node, this.writers(opened.node) + 1);
    return this.#lastHandle;
  }

  /** EBADF when the handle is not open. */
  get(handle: number): Opened {
    const opened = this.#opened.get(handle);
    if (opened === undefined) throw new Errno('EBADF');
    return opened;
  }

  /** How many open files can write to `node`. */
  writers(node: FileNode): number {
    return this.#writers.get(node) ?? 0;
  }

  /** Whether anybody has it open. */
  isOpen(node: FileNode): boolean {
    for (const opened of this.#opened.values()) if (opened.node === node) return true;
    return false;
  }

  release(handle: number): Awaitable<void> {
    const { node, file, flags } = this.get(handle);
    this.#opened.delete(handle);
    if (flags.write) {
      const left = this.writers(node) - 1;
      if (left > 0) this.#writers.set(node, left);
      else this.#writers.delete(node);
    }
    return file.release();
  }

  /** When the mount is gone the kernel releases nothing any more. */
  async releaseAll(): Promise<void> {
    for (const handle of [...this.#opened.keys()])
      try {
        await this.release(handle);
      } catch (error) {
        errnoNumber(error, 'release');
      }
  }
}
