import { Errno, WaitQueue, type After } from '../../kernel/index.js';
import type { Block } from '../../rproc/index.js';
import type { VirtioDevice } from '../device.js';
import type { Virtqueue } from '../virtqueue.js';
import { ANY_ADDRESS } from './addresses.js';
import type { Endpoint } from './endpoint.js';
import { BUFFER_SIZE, encodeMessage, LARGEST_PAYLOAD } from './message.js';

/** How long who sends waits for a buffer, ms. */
const LONGEST_WAIT = 15_000;

/** A part of the memory that a device has for messages. */
export interface Buffers {
  readonly block: Block;
  /** Of the first buffer, in buffers. */
  readonly first: number;
  readonly count: number;
}

/** What goes to the remote side: docs/reference/kernel-abi.md 7.1, 7.2. */
export class Sender {
  /** Buffers from here on were never used. */
  #unused = 0;
  #sleepers = 0;
  /** Buffers have come back, or an endpoint has gone. */
  readonly #changed = new WaitQueue();

  constructor(
    private readonly device: VirtioDevice,
    private readonly queue: Virtqueue<number>,
    private readonly buffers: Buffers,
    private readonly after: After,
  ) {
    queue.disableCallbacks();
  }

  /** The remote side has read something. */
  wake(): void {
    this.#changed.wake();
  }

  /** @throws Errno EINVAL, EMSGSIZE, ENOMEM when all buffers are in use. */
  trySend(from: Endpoint, destination: number, payload: Uint8Array): void {
    check(from, destination, payload);
    if (!this.#sendInFree(from, destination, payload)) throw new Errno('ENOMEM');
  }

  /** Waits for a buffer. @throws Errno as above, EINTR, EPIPE when the endpoint goes, ERESTARTSYS when it took too long. */
  async send(from: Endpoint, destination: number, payload: Uint8Array, signal: AbortSignal): Promise<void> {
    check(from, destination, payload);
    if (this.#sendInFree(from, destination, payload)) return;
    let late = false;
    const cancel = this.after(LONGEST_WAIT, () => {
      late = true;
      this.wake();
    });
    this.#addSleeper();
    try {
      await this.#changed.until(() => {
        if (from.closed) throw new Errno('EPIPE');
        if (this.#sendInFree(from, destination, payload)) return true;
        if (late) throw new Errno('ERESTARTSYS');
        return undefined;
      }, signal);
    } catch (error) {
      if (error instanceof Errno && error.code === 'ERESTARTSYS') from.log.err('timeout waiting for a tx buffer');
      throw error;
    } finally {
      cancel();
      this.#removeSleeper();
    }
  }

  /** Calls `action` once, when there is a buffer again, unless the function that it returns is called first. */
  onRoom(action: () => void): () => void {
    this.#addSleeper();
    const leave = this.#changed.add(() => {
      if (!this.queue.hasUsed) return;
      end();
      action();
    });
    let waits = true;
    const end = (): void => {
      leave();
      if (waits) this.#removeSleeper();
      waits = false;
    };
    // one that came back before it was asked for is not told of
    if (this.queue.hasUsed) queueMicrotask(() => this.wake());
    return end;
  }

  /** False when there is no buffer. */
  #sendInFree(from: Endpoint, destination: number, payload: Uint8Array): boolean {
    const slot = this.#takeBuffer();
    if (slot === undefined) return false;
    const { block, first } = this.buffers;
    const offset = (first + slot) * BUFFER_SIZE;
    const buffer = block.bytes.subarray(offset, offset + BUFFER_SIZE);
    const length = encodeMessage(buffer, from.address, destination, payload, this.device.endian);
    try {
      this.queue.add([{ address: block.address + offset, length, writable: false }], slot);
    } catch (error) {
      // the buffer is lost, as in Linux: the ring is smaller than the other one, or it is broken
      if (error instanceof Errno) from.log.err(`virtqueue_add_outbuf failed: ${-error.number}`);
      throw error;
    }
    this.queue.kick();
    return true;
  }

  #takeBuffer(): number | undefined {
    return this.#unused < this.buffers.count ? this.#unused++ : this.queue.take()?.token;
  }

  /** Whoever waits wants to hear of buffers that come back, and may have missed one. */
  #addSleeper(): void {
    if (this.#sleepers++ === 0) this.queue.enableCallbacks();
  }

  #removeSleeper(): void {
    if (--this.#sleepers === 0) this.queue.disableCallbacks();
  }
}

function check(from: Endpoint, destination: number, { length }: Uint8Array): void {
  const { address, log } = from;
  if (destination === ANY_ADDRESS) {
    log.err(`invalid addr (src 0x${address.toString(16)}, dst 0x${destination.toString(16)})`);
    throw new Errno('EINVAL');
  }
  if (length <= LARGEST_PAYLOAD) return;
  log.err(`message is too big (${length})`);
  throw new Errno('EMSGSIZE');
}
