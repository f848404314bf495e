import { Errno, type After } from '../../kernel/index.js';
import type { Ids } from '../../rproc/index.js';
import { NO_TTYS, type Tty, type TtyHost } from '../tty.js';
import type { HvcClass } from './hvc_class.js';
import type { Port, PortConsole } from './port.js';

/** As much of a write as goes into one buffer: what hvc_alloc() is told. */
const LONGEST_WRITE = 4096;
/** Buffers that are received in one turn of the event loop. */
const BATCH = 16;
/** How often is looked whether a remote side that does not interrupt has used a buffer, ms. */
const LOOK = 10;

export interface HvcOptions {
  readonly ttys: TtyHost;
  readonly hvcs: HvcClass;
  /** Numbers of virtual terminals. */
  readonly vtermnos: Ids;
  readonly after: After;
  /** Columns and rows; 0 and 0 when the remote side does not say. */
  readonly size: readonly [number, number];
}

/**
 * A console port as a terminal, `hvc<K>`. put_chars() waits until the remote side has used what it was given: here, too,
 * it is given one buffer at a time, but it is the writers that wait.
 */
export class Hvc implements PortConsole {
  readonly vtermno: number;
  readonly #index: number;
  readonly #tty: Tty;
  #removed = false;
  #receiving = false;
  #endLook: (() => void) | undefined;

  constructor(
    private readonly port: Port,
    private readonly options: HvcOptions,
  ) {
    const { hvcs, vtermnos, ttys, size } = options;
    this.vtermno = vtermnos.allocate() + 1;
    this.#index = hvcs.allocate();
    // a terminal that nobody can open would be the host's loss
    this.#tty = (hvcs.hasNode(this.#index) ? ttys : NO_TTYS).open(`hvc${this.#index}`, {
      termios: 'cooked',
      whileClosed: 'refuse',
      size,
      ready: (path) => hvcs.back(this.#index, path),
      write: (bytes) => this.#write(bytes),
      unthrottle: () => this.receive(),
    });
  }

  /** What clients don't take stays in the ring. */
  receive(): void {
    if (this.#receiving) return;
    this.#receiving = true;
    const more = this.#receiveSome();
    if (!more) this.#receiving = false;
    else
      setImmediate(() => {
        this.#receiving = false;
        this.receive();
      });
  }

  room(): void {
    if (this.#removed || this.#isBusy) return;
    this.#endLook?.();
    this.#endLook = undefined;
    this.#tty.room();
  }

  remove(): void {
    const { hvcs, vtermnos } = this.options;
    this.#removed = true;
    this.#endLook?.();
    this.#tty.hangup();
    hvcs.free(this.#index);
    vtermnos.free(this.vtermno - 1);
  }

  /** Whether there may be more. */
  #receiveSome(): boolean {
    for (let count = 0; count < BATCH && !this.#removed; count++) {
      const bytes = this.port.input.peek(LONGEST_WRITE);
      if (bytes === undefined) return false;
      const taken = this.#tty.receive(bytes);
      this.port.input.consume(taken);
      if (taken < bytes.length) return false;
    }
    return !this.#removed;
  }

  get #isBusy(): boolean {
    this.port.output.reclaim();
    return this.port.output.outstanding > 0;
  }

  #write(bytes: Uint8Array): number {
    if (this.#removed) return bytes.length;
    if (this.#isBusy) {
      this.#look();
      return 0;
    }
    const part = bytes.subarray(0, LONGEST_WRITE);
    try {
      return this.port.output.send(part);
    } catch (error) {
      // what can't be sent is thrown away: there is no session
      if (error instanceof Errno) return part.length;
      throw error;
    }
  }

  #look(): void {
    this.#endLook ??= this.options.after(LOOK, () => {
      this.#endLook = undefined;
      if (this.#isBusy) this.#look();
      else this.room();
    });
  }
}
