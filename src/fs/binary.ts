import { Errno } from '../kernel/index.js';
import type { Flavour } from './flavour.js';
import { Inode } from './inode.js';
import { checkOpen } from './open-check.js';
import {
  ALWAYS_READY,
  noIoctl,
  type Awaitable,
  type OpenFile,
  type OpenFlags,
  type Request,
  type StreamRequest,
} from './request.js';

export interface BinaryHandlers {
  /** Permission bits. */
  readonly mode: number;
  /**
   * st_size, and the end that reads and writes are held to, in bytes. Without it there is no end but what read gives.
   * Name it when it is known: programs that copy with sendfile (busybox cat) read no further than st_size.
   */
  readonly size?: number | (() => number);
  /** st_size alone, where reads and writes are not held to it. */
  readonly shownSize?: number;
  /** At most `size` bytes from `offset` on, live: nothing is kept between two reads. Empty at the end. */
  read?(offset: number, size: number, request: Request): Awaitable<Uint8Array>;
  /** All of `data` is taken when it returns. */
  write?(offset: number, data: Uint8Array, request: Request): Awaitable<void>;
}

/** A file with offsets: a sysfs binary attribute, a trace buffer, a dump. */
export class Binary extends Inode {
  readonly kind = 'binary';

  constructor(readonly handlers: BinaryHandlers) {
    super(handlers.mode);
  }

  get size(): number {
    return this.end ?? this.handlers.shownSize ?? this.flavour.binarySize;
  }

  /** The size that the tree named, if it did. */
  get end(): number | undefined {
    const { size } = this.handlers;
    return typeof size === 'function' ? size() : size;
  }

  open(flags: OpenFlags): OpenFile {
    checkOpen(this, flags, { read: this.handlers.read !== undefined, write: this.handlers.write !== undefined });
    return new OpenBinary(this, this.handlers);
  }
}

export const binary = (handlers: BinaryHandlers): Binary => new Binary(handlers);

const NOTHING = new Uint8Array(0);

class OpenBinary implements OpenFile {
  readonly seekable = true;
  readonly ioctl = noIoctl;
  readonly #flavour: Flavour;
  #wasRead = false;

  constructor(
    private readonly node: Binary,
    private readonly handlers: BinaryHandlers,
  ) {
    this.#flavour = node.flavour;
  }

  read(offset: number, size: number, request: StreamRequest): Awaitable<Uint8Array> {
    this.#checkPresent();
    if (this.handlers.read === undefined) throw new Errno(this.#flavour.missingHandler);
    this.#wasRead = true;
    const room = this.#room(offset, size, request.paged === true ? Infinity : this.#flavour.longestTransfer);
    return room === 0 ? NOTHING : this.handlers.read(offset, room, request);
  }

  write(offset: number, data: Uint8Array, request: Request): Awaitable<number> {
    this.#checkPresent();
    if (this.handlers.write === undefined) throw new Errno(this.#flavour.missingHandler);
    const taken = data.subarray(0, this.#room(offset, data.length, this.#flavour.longestTransfer));
    if (taken.length === 0) return 0;
    const written = this.handlers.write(offset, taken, request);
    return written instanceof Promise ? written.then(() => taken.length) : taken.length;
  }

  poll(): number {
    return this.#wasRead && !this.node.removed ? ALWAYS_READY : this.#flavour.unreadPoll;
  }

  release(): void {
    // nothing is held
  }

  /** How much of `size` bytes at `offset` is transferred at once. */
  #room(offset: number, size: number, longest: number): number {
    const untilEnd = Math.max(0, (this.node.end ?? Infinity) - offset);
    return Math.min(size, untilEnd, longest);
  }

  #checkPresent(): void {
    if (this.node.removed) throw new Errno(this.#flavour.removed);
  }
}
