/** The device's side of a split virtqueue (virtio 1.1, 2.6, in the byte order of a legacy device), for memory that a test owns. */
import type { Endian } from '../../src/emu/hardware.js';

const [NEXT, WRITE] = [1, 2];

export interface Chain {
  readonly head: number;
  readonly buffers: readonly { readonly address: bigint; readonly length: number; readonly writable: boolean }[];
}

export class DeviceRing {
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #available: number;
  readonly #used: number;
  #lastAvailable = 0;

  constructor(
    readonly memory: Uint8Array,
    readonly num: number,
    align: number,
    endian: Endian = 'le',
  ) {
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    this.#little = endian === 'le';
    this.#available = 16 * num;
    this.#used = Math.ceil((this.#available + 4 + 2 * num + 2) / align) * align;
  }

  get availableIndex(): number {
    return this.#u16(this.#available + 2);
  }

  get interruptsSuppressed(): boolean {
    return this.#u16(this.#available) === 1;
  }

  get usedEvent(): number {
    return this.#u16(this.#available + 4 + 2 * this.num);
  }

  get usedIndex(): number {
    return this.#u16(this.#used + 2);
  }

  set usedIndex(index: number) {
    this.#set16(this.#used + 2, index);
  }

  set availableEvent(index: number) {
    this.#set16(this.#used + 4 + 8 * this.num, index);
  }

  set kicksSuppressed(suppressed: boolean) {
    this.#set16(this.#used, suppressed ? 1 : 0);
  }

  /** The next chain that the driver has made available. */
  take(): Chain | undefined {
    if (this.availableIndex === this.#lastAvailable) return undefined;
    const head = this.#u16(this.#available + 4 + 2 * (this.#lastAvailable % this.num));
    this.#lastAvailable = (this.#lastAvailable + 1) & 0xffff;
    const buffers = [];
    for (let at = head, more = true; more; at = this.#u16(16 * at + 14)) {
      const flags = this.#u16(16 * at + 12);
      const address = this.#view.getBigUint64(16 * at, this.#little);
      const length = this.#view.getUint32(16 * at + 8, this.#little);
      buffers.push({ address, length, writable: (flags & WRITE) !== 0 });
      // a test may have spoilt them
      more = (flags & NEXT) !== 0 && buffers.length < this.num;
    }
    return { head, buffers };
  }

  /** Gives something back, which need not be a chain. */
  use(id: number, length = 0): void {
    this.put(this.usedIndex, id, length);
    this.usedIndex = this.usedIndex + 1;
  }

  /** Writes an entry of the used ring, and nothing else. */
  put(index: number, id: number, length = 0): void {
    const at = this.#used + 4 + 8 * (index % this.num);
    this.#view.setUint32(at, id, this.#little);
    this.#view.setUint32(at + 4, length, this.#little);
  }

  #u16(at: number): number {
    return this.#view.getUint16(at, this.#little);
  }

  #set16(at: number, value: number): void {
    this.#view.setUint16(at, value & 0xffff, this.#little);
  }
}
