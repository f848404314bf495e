import type { Block, CoherentMemory } from '../../rproc/index.js';
import type { Virtqueue } from '../virtqueue.js';

const BUFFER_SIZE = 4096;

/** A buffer that the remote side has filled, as far as it was not read yet. */
interface Filled {
  readonly block: Block;
  /** As many of its bytes as there can be. */
  readonly length: number;
  offset: number;
}

/**
 * What a port receives. All slots of the ring have a buffer, each followed by a kick; one that has been read is offered
 * again, and one that is being read is held. What nobody reads stays in the ring.
 */
export class PortInput {
  /** As the remote side counts: what it says to have written. */
  received = 0;
  discarded = 0;
  readonly #blocks = new Set<Block>();
  #current: Filled | undefined;

  constructor(
    private readonly queue: Virtqueue<Block>,
    private readonly memory: CoherentMemory,
  ) {}

  /** Offers as many buffers as the ring has slots. @throws Errno ENOMEM */
  fill(): void {
    while (this.queue.freeCount > 0) {
      const block = this.memory.allocate(BUFFER_SIZE);
      this.#blocks.add(block);
      this.#offer(block);
    }
  }

  get hasData(): boolean {
    return this.#filled() !== undefined;
  }

  /** A copy of what can be read at once: the rest of one buffer, which may be empty. Undefined when nothing has come. */
  peek(size: number): Uint8Array | undefined {
    const filled = this.#filled();
    if (filled === undefined) return undefined;
    const { block, length, offset } = filled;
    return block.bytes.slice(offset, Math.min(length, offset + size));
  }

  /** `size` bytes of what was peeked have been read. */
  consume(size: number): void {
    const filled = this.#current;
    if (filled === undefined) return;
    filled.offset += size;
    if (filled.offset < filled.length) return;
    this.#current = undefined;
    this.#offer(filled.block);
  }

  read(size: number): Uint8Array | undefined {
    const bytes = this.peek(size);
    if (bytes !== undefined) this.consume(bytes.length);
    return bytes;
  }

  /** Drops what has come: at most a ring of it, as the remote side may send on. */
  discard(): void {
    for (let left = this.queue.num; left >= 0; left--) {
      const filled = this.#filled();
      if (filled === undefined) return;
      this.discarded += filled.length - filled.offset;
      this.consume(filled.length - filled.offset);
    }
  }

  /** Gives the memory back; the remote side can't use it any more. */
  end(): void {
    for (const block of this.#blocks) this.memory.free(block);
    this.#blocks.clear();
    this.#current = undefined;
  }

  #filled(): Filled | undefined {
    if (this.#current !== undefined) return this.#current;
    const used = this.queue.take();
    if (used === undefined) return undefined;
    this.received += used.length;
    this.#current = { block: used.token, length: Math.min(used.length, BUFFER_SIZE), offset: 0 };
    return this.#current;
  }

  /** There is a slot for every buffer; a broken ring takes none, and gives none back either. */
  #offer(block: Block): void {
    const { address } = block;
    if (!this.queue.broken) this.queue.add([{ address, length: BUFFER_SIZE, writable: true }], block);
    this.queue.kick();
  }
}
