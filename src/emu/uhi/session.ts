import { Descriptors } from './descriptors.js';
import { FileRoot } from './file-root.js';

/** Memory that a firmware may use: virtual addresses, sign-extended to 64 bits. */
export interface MemoryRange {
  readonly start: bigint;
  /** The first address behind it. */
  readonly end: bigint;
}

export interface UhiSessionOptions {
  /** Descriptor of the directory that files are confined to (openDirectory); none: there are no files. */
  readonly root?: number | undefined;
  readonly memory?: MemoryRange | undefined;
}

/** What UHI keeps of one run of a firmware. Whoever makes it closes it, when the core has stopped. */
export class UhiSession {
  readonly descriptors: Descriptors;
  readonly memory: MemoryRange | undefined;

  constructor({ root, memory }: UhiSessionOptions = {}) {
    this.descriptors = new Descriptors(root === undefined ? undefined : new FileRoot(root));
    this.memory = memory;
  }

  close(): void {
    this.descriptors.closeAll();
  }
}
