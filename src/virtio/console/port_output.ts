import { Errno } from '../../kernel/index.js';
import type { Block, CoherentMemory } from '../../rproc/index.js';
import type { Virtqueue } from '../virtqueue.js';

/** What a port sends: every write is a buffer of its own, until the remote side has used it. */
export class PortOutput {
  sent = 0;
  /** No slot is free, as far as has been looked. */
  full = false;
  readonly #blocks = new Set<Block>();

  constructor(
    private readonly queue: Virtqueue<Block>,
    private readonly memory: CoherentMemory,
  ) {}

  /** Buffers that the remote side has not used. */
  get outstanding(): number {
    return this.#blocks.size;
  }

  /** Takes back what the remote side has used. */
  reclaim(): void {
    for (let used = this.queue.take(); used !== undefined; used = this.queue.take()) {
      this.#free(used.token);
      this.full = false;
    }
  }

  /**
   * Gives the number of bytes that were sent: all, or none when the ring takes nothing.
   *
   * @throws Errno ENOMEM
   */
  send(bytes: Uint8Array): number {
    const block = this.memory.allocate(bytes.length);
    this.#blocks.add(block);
    block.bytes.set(bytes);
    this.reclaim();
    const added = this.#add(block, bytes.length);
    this.queue.kick();
    if (!added) {
      this.#free(block);
      return 0;
    }
    if (this.queue.freeCount === 0) this.full = true;
    this.sent += bytes.length;
    return bytes.length;
  }

  /** Gives the memory back; the remote side can't use it any more. */
  end(): void {
    for (const block of [...this.#blocks]) this.#free(block);
  }

  #add(block: Block, length: number): boolean {
    try {
      this.queue.add([{ address: block.address, length, writable: false }], block);
      return true;
    } catch (error) {
      if (error instanceof Errno) return false;
      throw error;
    }
  }

  #free(block: Block): void {
    this.#blocks.delete(block);
    this.memory.free(block);
  }
}
