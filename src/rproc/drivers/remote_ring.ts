import type { Endian } from '../../emu/hardware.js';

/** VRING_DESC_F_* */
const FLAG = { next: 1, write: 2 } as const;
const DESCRIPTOR = 16;
/** VRING_AVAIL_F_NO_INTERRUPT */
const NO_INTERRUPT = 1;

/** What Linux offers: memory to read from, and memory to write to. */
export interface Offer {
  /** What `use` gives back. */
  readonly head: number;
  readonly readable: readonly Uint8Array[];
  readonly writable: readonly Uint8Array[];
}

export interface RemoteRingOptions {
  /** vringSize(num, align) bytes. */
  readonly memory: Uint8Array;
  readonly num: number;
  readonly endian: Endian;
  /** The memory at a physical address, of which none of the bytes may be missing. */
  readonly memoryAt: (address: bigint, length: number) => Uint8Array | undefined;
}

/**
 * The device's side of a split virtqueue (virtio 1.x, 2.7), in the byte order of a legacy device: the machine's own. It
 * takes what the driver offers and gives it back; what it finds in the ring need not make sense.
 */
export class RemoteRing {
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #available: number;
  readonly #used: number;
  #taken = 0;
  #returned = 0;

  constructor(private readonly options: RemoteRingOptions) {
    const { memory, num, endian } = options;
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    this.#little = endian === 'le';
    this.#available = DESCRIPTOR * num;
    this.#used = memory.length - 6 - 8 * num;
  }

  /** The driver wants to hear of what was used. */
  get interruptWanted(): boolean {
    return (this.#u16(this.#available) & NO_INTERRUPT) === 0;
  }

  /** The next offer. */
  take(): Offer | undefined {
    // a driver that begins anew zeroes the ring
    if (this.#u16(this.#used + 2) !== this.#returned) this.#taken = this.#returned = this.#u16(this.#used + 2);
    const { num } = this.options;
    const waiting = (this.#u16(this.#available + 2) - this.#taken) & 0xffff;
    if (waiting === 0 || waiting > num) return undefined;
    const head = this.#u16(this.#available + 4 + 2 * (this.#taken % num));
    this.#taken = (this.#taken + 1) & 0xffff;
    return { head, ...this.#walk(head) };
  }

  /** Gives an offer back, in whatever order; `length` bytes of it were written. */
  use(head: number, length: number): void {
    const entry = this.#used + 4 + 8 * (this.#returned % this.options.num);
    this.#view.setUint32(entry, head, this.#little);
    this.#view.setUint32(entry + 4, length, this.#little);
    this.#returned = (this.#returned + 1) & 0xffff;
    this.#view.setUint16(this.#used + 2, this.#returned, this.#little);
  }

  /** The buffers of a chain, up to the first descriptor that there can't be; a chain has no more than the ring. */
  #walk(head: number): Pick<Offer, 'readable' | 'writable'> {
    const { num, memoryAt } = this.options;
    const [readable, writable]: [Uint8Array[], Uint8Array[]] = [[], []];
    for (let index = head, left = num; index < num && left > 0; left--) {
      const at = DESCRIPTOR * index;
      const flags = this.#u16(at + 12);
      const buffer = memoryAt(this.#view.getBigUint64(at, this.#little), this.#view.getUint32(at + 8, this.#little));
      if (buffer === undefined) break;
      ((flags & FLAG.write) === 0 ? readable : writable).push(buffer);
      if ((flags & FLAG.next) === 0) break;
      index = this.#u16(at + 14);
    }
    return { readable, writable };
  }

  #u16(offset: number): number {
    return this.#view.getUint16(offset, this.#little);
  }
}
