import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { codeOf } from '../fs/index.js';

/**
 * Writes lines to the terminal of standard error, and never waits for it. Node's own stream does: a terminal that somebody has
 * stopped with Ctrl-S would stop this process, and with it everybody who uses the mount. What the terminal does not take is lost.
 */
export class TerminalWriter {
  readonly #fd: number;
  /** The end of a line of which the terminal took the beginning. */
  #rest: Buffer = Buffer.alloc(0);
  #over = false;

  /** Opens the terminal anew: that it does not wait would else hold for everybody who has it open. @throws Error */
  constructor() {
    this.#fd = openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  }

  /** False when the terminal has gone, and from then on. */
  write(line: Buffer): boolean {
    this.#rest = this.#try(this.#rest);
    if (this.#rest.length === 0) this.#rest = this.#try(line);
    return !this.#over;
  }

  #try(bytes: Buffer): Buffer {
    if (this.#over || bytes.length === 0) return bytes;
    try {
      return bytes.subarray(writeSync(this.#fd, bytes));
    } catch (error) {
      // of a whole line that finds no room nothing is kept
      if (codeOf(error) === 'EAGAIN') return bytes === this.#rest ? bytes : Buffer.alloc(0);
      this.#over = true;
      closeSync(this.#fd);
      return Buffer.alloc(0);
    }
  }
}
