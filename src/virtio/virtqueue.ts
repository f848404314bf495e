import { Errno, type DeviceLog } from '../kernel/index.js';
import type { Buffer, RingMemory } from './ring_memory.js';

export type { Buffer } from './ring_memory.js';

/** How many buffers a driver takes in one turn of the event loop. */
const BATCH = 64;

/** What the remote side is done with. */
export interface Used<Token> {
  readonly token: Token;
  /** Bytes that it says to have written: any number from 0 to 2^32 - 1. */
  readonly length: number;
}

interface Pending<Token> {
  readonly token: Token;
  /** The first one is the head. */
  readonly descriptors: readonly number[];
}

export interface VirtqueueOptions {
  /** In the messages about a broken ring. */
  readonly name: string;
  readonly ring: RingMemory;
  readonly eventIndices: boolean;
  /** Without one, the remote side is asked not to interrupt. */
  readonly callback?: (() => void) | undefined;
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
 *
 * A remote side may use buffers as fast as they are taken, or say that it did. A driver's callback therefore never takes
 * until nothing is left: it calls {@link Virtqueue.drain}, which takes a bounded number, and comes back in a later turn
 * of the event loop for the rest, by way of the callback. A driver that leaves used buffers where they are, because
 * nobody reads, takes them one at a time with {@link Virtqueue.take} when somebody does.
 */
export class Virtqueue<Token> {
  readonly name: string;
  readonly num: number;
  /** Called when the remote side has used something, unless disabled. */
  callback: (() => void) | undefined;
  /** The remote side wrote nonsense, or the device is gone, and the ring's memory with it: nothing goes in or out any more. */
  broken = false;
  readonly #ring: RingMemory;
  /** Descriptors that came back, the next one last. */
  readonly #free: number[] = [];
  /** The first descriptor that was never in use; so are all behind it. */
  #fresh = 0;
  readonly #pending = new Map<number, Pending<Token>>();
  #nextAvailable = 0;
  /** Added since the remote side was last told. */
  #added = 0;
  #lastUsed = 0;
  #callbacksDisabled = false;
  /** The callback will be called in a later turn. */
  #resuming = false;

  constructor(private readonly options: VirtqueueOptions) {
    this.name = options.name;
    this.#ring = options.ring;
    this.num = options.ring.num;
    this.callback = options.callback;
    if (options.callback === undefined) this.disableCallbacks();
  }

  /** Descriptors that are not in use. */
  get freeCount(): number {
    return this.#free.length + this.num - this.#fresh;
  }

  /** @throws Errno ENOSPC when there are not enough descriptors, EIO when the queue is broken. */
  add(buffers: readonly [Buffer, ...Buffer[]], token: Token): void {
    if (this.broken) throw new Errno('EIO');
    if (buffers.length > this.freeCount) {
      // the remote side may have to be told before anything comes back
      if (buffers.some(({ writable }) => !writable)) this.options.notify();
      throw new Errno('ENOSPC');
    }
    const head = this.#free.at(-1) ?? this.#fresh;
    const descriptors = buffers.map(() => this.#free.pop() ?? this.#fresh++);
    for (const [index, buffer] of buffers.entries())
      this.#ring.setDescriptor(descriptors[index] ?? head, buffer, descriptors[index + 1]);
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
    if (!this.hasUsed) return undefined;
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

  /**
   * Gives what came back to `each`, and calls the callback again in a later turn when there is more than a driver may take
   * now. It ends when `each` gives false; then the rest waits for an interrupt.
   */
  drain(each: (used: Used<Token>) => unknown): void {
    for (let count = 0; count < BATCH; count++) {
      const used = this.take();
      if (used === undefined) return;
      if (each(used) === false) return;
    }
    this.#resumeLater();
  }

  /** Something was used that can be taken, and has not been: there is no such thing in a queue that is broken. */
  get hasUsed(): boolean {
    return !this.broken && this.#ring.usedIndex !== this.#lastUsed;
  }

  /** Asks the remote side not to interrupt; it may all the same. */
  disableCallbacks(): void {
    this.#callbacksDisabled = true;
    if (this.broken) return;
    if (this.options.eventIndices) this.#ring.usedEvent = 0;
    else this.#ring.interruptsSuppressed = true;
  }

  /** False when something was used in the meantime: nobody will call for that. */
  enableCallbacks(): boolean {
    this.#callbacksDisabled = false;
    if (this.broken) return true;
    if (!this.options.eventIndices) this.#ring.interruptsSuppressed = false;
    this.#ring.usedEvent = this.#lastUsed;
    return !this.hasUsed;
  }

  /** The other side rang. False when it was not for this queue. */
  interrupt(): boolean {
    if (!this.hasUsed) return false;
    if (!this.#resuming) this.callback?.();
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

  #resumeLater(): void {
    if (this.#resuming) return;
    this.#resuming = true;
    setImmediate(() => {
      this.#resuming = false;
      this.interrupt();
    });
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
