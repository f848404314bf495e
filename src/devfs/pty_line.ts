import type { Socket } from 'node:net';
import { descriptorSocket } from '../fs/index.js';
import type { After } from '../kernel/index.js';
import type { Tty, TtyOptions } from '../virtio/index.js';
import { ByteQueue } from './byte_queue.js';
import type { PtyPair } from './pty_binding.js';
import { Presence } from './pty_presence.js';

/** What is kept for clients that don't read, bytes: as much as the flip buffers of a tty hold (TTYB_DEFAULT_MEM_LIMIT). */
const CAPACITY = 640 * 1024;

/** One pty, whose master belongs to a driver. */
export class PtyLine implements Tty {
  readonly path: string;
  ended = false;
  readonly #presence: Presence;
  readonly #socket: Socket;
  #begun = false;
  /** For clients: what waits, and how much that is with what is being written. */
  readonly #waiting = new ByteQueue();
  #length = 0;
  #writing = false;
  /** The driver was refused something. */
  #throttled = false;
  /** Of clients: what the driver did not take. */
  #unsent = new Uint8Array();
  #sending = false;

  /** The descriptor of the master is its own when it is made, and the caller's when that fails. */
  constructor(
    { master, path }: PtyPair,
    private readonly options: TtyOptions,
    after: After,
  ) {
    this.path = path;
    this.#presence = new Presence(master, path, after, (bytes) => this.#written(bytes));
    try {
      this.#socket = descriptorSocket(master, (bytes) => this.#written(bytes));
    } catch (error) {
      this.#presence.close();
      throw error;
    }
    this.#socket.on('error', () => this.hangup());
  }

  /** Its settings are made: what comes goes to clients from here on. */
  begin(): void {
    this.#begun = true;
    this.#arrived();
  }

  receive(bytes: Uint8Array): number {
    if (this.ended || (this.options.whileClosed === 'refuse' && !this.#isOpen)) {
      this.#throttled = true;
      return 0;
    }
    const taken = Math.min(bytes.length, CAPACITY - this.#length);
    if (taken < bytes.length) this.#throttled = true;
    if (taken === 0) return 0;
    this.#waiting.add(bytes.subarray(0, taken));
    this.#length += taken;
    this.#write();
    return taken;
  }

  room(): void {
    if (this.ended || this.#unsent.length === 0 || this.#sending) return;
    if (this.#send()) this.#socket.resume();
  }

  hangup(): void {
    if (this.ended) return;
    this.ended = true;
    this.#presence.close();
    this.#socket.destroy();
    this.#waiting.take();
    this.#unsent = new Uint8Array();
  }

  /** A client has it open. When not, who asked is told of the first. */
  get #isOpen(): boolean {
    if (!this.#begun) return false;
    // a look reads, and there would be no room for it
    if (this.#unsent.length > 0 || this.#presence.someone) return true;
    this.#presence.watch(() => this.#arrived());
    return false;
  }

  #arrived(): void {
    this.#write();
    this.#unthrottle();
  }

  #unthrottle(): void {
    if (!this.#throttled || this.ended || this.#length > CAPACITY / 2) return;
    this.#throttled = false;
    this.options.unthrottle?.();
  }

  #write(): void {
    if (this.#writing || this.#waiting.length === 0 || this.ended || !this.#isOpen) return;
    const bytes = this.#waiting.take();
    this.#writing = true;
    this.#socket.write(bytes, () => {
      this.#writing = false;
      this.#length -= bytes.length;
      this.#write();
      this.#unthrottle();
    });
  }

  /** False: the driver has no room, and says when it has. */
  #written(bytes: Uint8Array): boolean {
    if (this.ended) return false;
    this.#unsent = this.#unsent.length === 0 ? Uint8Array.from(bytes) : Buffer.concat([this.#unsent, bytes]);
    return !this.#sending && this.#send();
  }

  #send(): boolean {
    this.#sending = true;
    try {
      while (this.#unsent.length > 0 && !this.ended) {
        const taken = this.options.write(this.#unsent);
        if (taken === 0) break;
        this.#unsent = this.#unsent.subarray(taken);
      }
    } finally {
      this.#sending = false;
    }
    return this.#unsent.length === 0;
  }
}
