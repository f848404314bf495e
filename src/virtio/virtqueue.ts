import { Errno, type DeviceLog } from '../kernel/index.js';
import type { RingMemory } from './ring_memory.js';

/** Memory that the remote side reads, or writes. */
export interface Buffer {
  /** Physical address, bytes. */
  readonly address: number;
  readonly length: number;
  readonly writable: boolean;
}

/** What the remote side is done with. */
export interface Used<Token> {
  readonly token: Token;
  /** Bytes that it says to have written: any number from 0 to 2^32 - 1. */
  readonly length: number;
}

interface Pending<Token> {
  readonly token: Token;
  readonly descriptors: readonly number[];
}

export interface VirtqueueOptions {
  /** In the messages about a broken ring. */
  readonly name: string;
  readonly ring: RingMemory;
  readonly eventIndices: boolean;
  /** Of the virtio device, as it is at the time. */
  readonly log: () => DeviceLog;
  /** Tells the remote side that there is something in the queue. */
  readonly notify: () => void;
}

/**
 * Linux's side of a split virtqueue. What it has given out it remembers itself, so that nothing which the remote side
 * writes to the ring can lead it to other memory; what it reads from the ring are the used index and entries, and a
 * queue whose entries make no sense is broken for good.
 *
 * Slots are chosen by masking, as Linux does: `num` should be a power of two, and with another the ring is of little use.
 */
export class Virtqueue<Token> {
  readonly name: string;
  readonly num: number;
  /** Called when the remote side has used something, unless disabled. */
  callback: (() => void) | undefined;
  /** The remote side wrote nonsense, or the device is gone: nothing goes in or out any more. */
  broken = false;
  readonly #ring: RingMemory;
  readonly #free: number[];
  readonly #pending = new Map<number, Pending<Token>>();
  #nextAvailable = 0;
  /** Added since the remote side was last told. */
  #added = 0;
  #lastUsed = 0;
  #callbacksDisabled = false;

  constructor(private readonly options: VirtqueueOptions) {
    this.name = options.name;
    this.#ring = options.ring;
    this.num = options.ring.num;
    this.#free = Array.from({ length: this.num }, (_, index) => this.num - 1 - index);
  }

  /** Descriptors that are not in use. */
  get freeCount(): number {
    return this.#free.length;
  }

  /** @throws Errno ENOSPC when there are not enough descriptors, EIO when the queue is broken. */
  add(buffers: readonly Buffer[], token: Token): void {
    if (this.broken) throw new Errno('EIO');
    if (buffers.length > this.#free.length) {
      // the remote side may have to be told before anything comes back
      if (buffers.some(({ writable }) => !writable)) this.options.notify();
      throw new Errno('ENOSPC');
    }
    const descriptors = this.#free.splice(this.#free.length - buffers.length).reverse();
    for (const [index, { address, length, writable }] of buffers.entries()) {
      const [at = 0, next] = [descriptors[index], descriptors[index + 1]];
      this.#ring.setDescriptor(at, address, length, writable, next);
    }
    const [head = 0] = descriptors;
    this.#pending.set(head, { token, descriptors });
    this.#ring.setAvailable(this.#nextAvailable & (this.num - 1), head);
    this.#nextAvailable = (this.#nextAvailable + 1) & 0xffff;
    this.#ring.publish(this.#nextAvailable);
    this.#added++;
    if (this.#added === 0xffff) this.kick();
  }

  /** Tells the remote side about what was added, if it wants to know. */
  kick(): void {
    const wanted = this.options.eventIndices ? this.#isEventWanted() : !this.#ring.kicksSuppressed;
    this.#added = 0;
    if (wanted && !this.broken) this.options.notify();
  }

  /** The next buffer that came back. */
  take(): Used<Token> | undefined {
    if (this.broken || !this.hasUsed) return undefined;
    const { id, length } = this.#ring.used(this.#lastUsed & (this.num - 1));
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      this.#break(id >= this.num ? `id ${id} out of range` : `id ${id} is not a head!`);
      return undefined;
    }
    this.#recycle(id, pending);
    this.#lastUsed = (this.#lastUsed + 1) & 0xffff;
    if (!this.#callbacksDisabled) this.#ring.usedEvent = this.#lastUsed;
    return { token: pending.token, length };
  }

  /** Something was used that has not been taken. */
  get hasUsed(): boolean {
    return this.#ring.usedIndex !== this.#lastUsed;
  }

  /** Asks the remote side not to interrupt; it may all the same. */
  disableCallbacks(): void {
    this.#callbacksDisabled = true;
    this.#ring.interruptsSuppressed = true;
  }

  /** False when something was used in the meantime: nobody will call for that. */
  enableCallbacks(): boolean {
    this.#callbacksDisabled = false;
    this.#ring.interruptsSuppressed = false;
    this.#ring.usedEvent = this.#lastUsed;
    return !this.hasUsed;
  }

  /** The other side rang. False when it was not for this queue. */
  interrupt(): boolean {
    if (!this.hasUsed) return false;
    if (!this.broken) this.callback?.();
    return true;
  }

  /** What the remote side still has, one at a time, once it can't use it any more. */
  detachUnused(): Token | undefined {
    const [first] = this.#pending;
    if (first === undefined) return undefined;
    this.#recycle(...first);
    return first[1].token;
  }

  #recycle(head: number, { descriptors }: Pending<Token>): void {
    this.#pending.delete(head);
    this.#free.push(...descriptors.toReversed());
  }

  /** vring_need_event() */
  #isEventWanted(): boolean {
    const next = this.#nextAvailable;
    return ((next - this.#ring.availableEvent - 1) & 0xffff) < this.#added;
  }

  #break(why: string): void {
    this.options.log().err(`${this.name}:${why}`);
    this.broken = true;
  }
}
