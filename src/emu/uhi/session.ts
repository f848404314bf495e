import type { AddressRange } from '../hardware.js';
import { Descriptors } from './descriptors.js';
import { FileRoot } from './file-root.js';

export interface UhiSessionOptions {
  /** Descriptor of the directory that files are confined to (openDirectory); none: there are no files. */
  readonly root?: number | undefined;
  /** What ramrange answers. */
  readonly memory?: AddressRange | undefined;
}

/** What UHI keeps of one run of a firmware. Whoever makes it closes it, when the core has stopped. */
export class UhiSession {
  readonly descriptors: Descriptors;
  readonly memory: AddressRange | undefined;

  constructor({ root, memory }: UhiSessionOptions = {}) {
    this.descriptors = new Descriptors(root === undefined ? undefined : new FileRoot(root));
    this.memory = memory;
  }

  close(): void {
    this.descriptors.closeAll();
  }
}
