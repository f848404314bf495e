import type { Endian } from '../emu/hardware.js';
import { vringSize } from '../rproc/index.js';

/** VRING_DESC_F_* */
const DESCRIPTOR = { size: 16, next: 1, write: 2 } as const;
/** The remote side does not want to be kicked (VRING_USED_F_NO_NOTIFY). */
const NO_NOTIFY = 1;
/** Linux does not want to be interrupted (VRING_AVAIL_F_NO_INTERRUPT). */
const NO_INTERRUPT = 1;

/** Memory that the remote side reads, or writes. */
export interface Buffer {
  /** Physical address, bytes. */
  readonly address: number;
  readonly length: number;
  readonly writable: boolean;
}

const swap = (value: number): number => ((value & 0xff) << 8) | (value >>> 8);

/**
 * A split virtqueue as it lies in memory, in the byte order of a legacy device: the machine's own. Linux writes the
 * descriptors and the available ring, the remote side the used ring, at any time and with any contents: whoever reads from
 * here checks what it got.
 *
 * 16-bit indices are read and written as one access each, in program order with what they guard.
 */
export class RingMemory {
  readonly #view: DataView;
  readonly #halves: Uint16Array;
  readonly #little: boolean;
  readonly #available: number;
  readonly #used: number;

  /** Whether a ring can lie there: whole, and with its 16-bit fields where they can be accessed as one. */
  static fits(memory: Uint8Array, num: number, align: number): boolean {
    return memory.length >= vringSize(num, align) && memory.byteOffset % 2 === 0;
  }

  /**
   * The used ring is aligned by masking, as Linux does, from the ring's own beginning: all offsets are even, and inside.
   *
   * @param memory That fits.
   */
  constructor(
    memory: Uint8Array,
    readonly num: number,
    align: number,
    endian: Endian,
  ) {
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    this.#halves = new Uint16Array(memory.buffer, memory.byteOffset, memory.length >> 1);
    this.#little = endian === 'le';
    this.#available = DESCRIPTOR.size * num;
    this.#used = Number((BigInt(this.#available + 6 + 2 * num) + BigInt(align) - 1n) & ~(BigInt(align) - 1n));
  }

  setDescriptor(index: number, { address, length, writable }: Buffer, next: number | undefined): void {
    const at = DESCRIPTOR.size * index;
    const flags = (writable ? DESCRIPTOR.write : 0) | (next === undefined ? 0 : DESCRIPTOR.next);
    this.#view.setBigUint64(at, BigInt(address), this.#little);
    this.#view.setUint32(at + 8, length, this.#little);
    this.#view.setUint16(at + 12, flags, this.#little);
    this.#view.setUint16(at + 14, next ?? 0, this.#little);
  }

  setAvailable(slot: number, head: number): void {
    this.#view.setUint16(this.#available + 4 + 2 * slot, head, this.#little);
  }

  /** The remote side may take everything before `index`: all that was written before is there when it sees it. */
  publish(index: number): void {
    this.#store(this.#available + 2, index);
  }

  set interruptsSuppressed(suppressed: boolean) {
    this.#store(this.#available, suppressed ? NO_INTERRUPT : 0);
  }

  /** With event indices: the used entry whose completion is to be told. */
  set usedEvent(index: number) {
    this.#store(this.#available + 4 + 2 * this.num, index);
  }

  get usedIndex(): number {
    return this.#load(this.#used + 2);
  }

  get kicksSuppressed(): boolean {
    return (this.#load(this.#used) & NO_NOTIFY) !== 0;
  }

  /** With event indices: the available entry that the remote side wants to be kicked for. */
  get availableEvent(): number {
    return this.#load(this.#used + 4 + 8 * this.num);
  }

  /** What the remote side says that it has used: anything at all. */
  used(slot: number): { readonly id: number; readonly length: number } {
    const at = this.#used + 4 + 8 * slot;
    return { id: this.#view.getUint32(at, this.#little), length: this.#view.getUint32(at + 4, this.#little) };
  }

  #load(at: number): number {
    const value = Atomics.load(this.#halves, at >> 1);
    return this.#little ? value : swap(value);
  }

  #store(at: number, value: number): void {
    const half = value & 0xffff;
    Atomics.store(this.#halves, at >> 1, this.#little ? half : swap(half));
  }
}
