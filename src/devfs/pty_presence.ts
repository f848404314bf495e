import { closeSync, constants, openSync, readSync } from 'node:fs';
import { codeOf } from '../fs/index.js';
import type { After } from '../kernel/index.js';

/** How long an answer is good for, and how often is looked while nobody is there; ms. */
const SURE = 10;
const LOOK_AGAIN = 100;
const READ_SIZE = 4096;

const openSlave = (path: string): number =>
  openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);

/**
 * Whether a client has the slave of a pty open. It matters: the line discipline of a terminal that nobody has open would
 * echo what it is given, and a remote side that answers would never come to an end.
 *
 * The slave is held open here, so that the master goes on when the last client leaves. To look, it is let go for a moment:
 * the master then reads EIO when there is nobody else.
 */
export class Presence {
  #held: number | undefined;
  #endRetry: (() => void) | undefined;
  #sure = false;
  #endSure = (): void => undefined;
  #endWatch: (() => void) | undefined;

  /** @param received Called with what clients wrote, when a look happens to find some. */
  constructor(
    private readonly master: number,
    private readonly path: string,
    private readonly after: After,
    private readonly received: (bytes: Uint8Array) => void,
  ) {
    this.#held = openSlave(path);
  }

  /** Looks, unless it has just been seen that somebody is there. */
  get someone(): boolean {
    if (this.#sure) return true;
    this.#letGo();
    try {
      if (!this.#look()) return false;
    } finally {
      this.#hold();
    }
    this.#sure = true;
    this.#endSure = this.after(SURE, () => (this.#sure = false));
    return true;
  }

  /** Calls `arrived` once, when somebody is there. Again: nothing. */
  watch(arrived: () => void): void {
    this.#endWatch ??= this.after(LOOK_AGAIN, () => {
      this.#endWatch = undefined;
      if (this.someone) arrived();
      else this.watch(arrived);
    });
  }

  close(): void {
    this.#endSure();
    this.#endWatch?.();
    this.#letGo();
  }

  /** A client may keep others out (TIOCEXCL), or descriptors be scarce: then it is tried again for as long as it takes. */
  #hold(): void {
    try {
      this.#held = openSlave(this.path);
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      this.#endRetry = this.after(LOOK_AGAIN, () => this.#hold());
    }
  }

  #letGo(): void {
    this.#endRetry?.();
    this.#endRetry = undefined;
    if (this.#held !== undefined) closeSync(this.#held);
    this.#held = undefined;
  }

  /** Who wrote may have left since: that shows at the next look. */
  #look(): boolean {
    const buffer = Buffer.alloc(READ_SIZE);
    try {
      const size = readSync(this.master, buffer);
      this.received(buffer.subarray(0, size));
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EAGAIN') return true;
      if (code === 'EIO') return false;
      throw error;
    }
  }
}
