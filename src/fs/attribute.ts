import { Errno } from '../kernel/index.js';
import { PAGE_SIZE, type Flavour } from './flavour.js';
import { Inode } from './inode.js';
import { checkOpen } from './open-check.js';
import {
  ALWAYS_READY,
  bytesOf,
  noIoctl,
  type Awaitable,
  type Content,
  type OpenFile,
  type OpenFlags,
  type Request,
} from './request.js';

export interface AttributeHandlers {
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  /** The whole value. Called at every read from offset 0; what it gives is kept for the later offsets. */
  show?(request: Request): Awaitable<Content>;
  /** The bytes of one write, whatever its offset (sysfs: at most 4096). Returning means that all of them are taken. */
  store?(data: Uint8Array, request: Request): Awaitable<void>;
}

/** A file that is one value: docs/reference/kernel-abi.md 0.2 and 0.3. */
export class Attribute extends Inode {
  readonly kind = 'attribute';
  /** Also in debugfs, where a real kernel says 0: docs/reference/fuse.md 3. */
  readonly size = PAGE_SIZE;

  constructor(readonly handlers: AttributeHandlers) {
    super(handlers.mode);
  }

  open(flags: OpenFlags): OpenFile {
    checkOpen(this, flags, { read: this.handlers.show !== undefined, write: this.handlers.store !== undefined });
    return new OpenAttribute(this, this.handlers);
  }
}

export const attribute = (handlers: AttributeHandlers): Attribute => new Attribute(handlers);

class OpenAttribute implements OpenFile {
  readonly seekable = true;
  readonly ioctl = noIoctl;
  readonly #flavour: Flavour;
  #snapshot: Uint8Array | undefined;

  constructor(
    private readonly node: Attribute,
    private readonly handlers: AttributeHandlers,
  ) {
    this.#flavour = node.flavour;
  }

  read(offset: number, size: number, request: Request): Awaitable<Uint8Array> {
    this.#checkPresent();
    if (this.handlers.show === undefined) throw new Errno(this.#flavour.missingHandler);
    if (this.#snapshot !== undefined && offset !== 0) return this.#snapshot.subarray(offset, offset + size);
    const content = this.handlers.show(request);
    if (content instanceof Promise) return content.then((late) => this.#keep(late).subarray(offset, offset + size));
    return this.#keep(content).subarray(offset, offset + size);
  }

  write(_offset: number, data: Uint8Array, request: Request): Awaitable<number> {
    this.#checkPresent();
    if (this.handlers.store === undefined) throw new Errno(this.#flavour.missingHandler);
    const command = data.subarray(0, this.#flavour.longestTransfer);
    const stored = this.handlers.store(command, request);
    return stored instanceof Promise ? stored.then(() => command.length) : command.length;
  }

  poll(): number {
    const seen = this.#snapshot !== undefined && !this.node.removed;
    return seen ? ALWAYS_READY : this.#flavour.unreadPoll;
  }

  release(): void {
    this.#snapshot = undefined;
  }

  #keep(content: Content): Uint8Array {
    this.#snapshot = bytesOf(content).slice(0, this.#flavour.longestShow);
    return this.#snapshot;
  }

  #checkPresent(): void {
    if (this.node.removed) throw new Errno(this.#flavour.removed);
  }
}
