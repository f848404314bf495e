/**
 * Data that the generated code cannot reach in one piece: registers of devices, and accesses that lie across two pages. They
 * pass through two places in the state block, in the order of memory.
 */
import { STATE } from '../layout.js';
import type { Bus } from '../devices/bus.js';
import type { CoreState } from './state.js';

const WORD = 4;
const LONGEST = 16;

export class DataPath {
  /** The store whose data are on their way: its two parts, and the bytes in the first. */
  #first = 0;
  #second = 0;
  #count = 0;
  #size = 0;
  readonly #ram: Uint8Array;
  readonly #load: DataView;
  readonly #loadWord: Int32Array;
  readonly #store: DataView;

  constructor(
    private readonly state: CoreState,
    private readonly bus: Bus,
    private readonly ramBytes: number,
    private readonly littleEndian: boolean,
    private readonly cpu: number,
  ) {
    this.#ram = new Uint8Array(state.memory, 0, ramBytes);
    this.#load = new DataView(state.memory, state.base + STATE.deviceLoad, LONGEST);
    this.#loadWord = new Int32Array(state.memory, state.base + STATE.deviceLoad, 1);
    this.#store = new DataView(state.memory, state.base + STATE.deviceStore, LONGEST);
  }

  /** Something is at this physical address. */
  answers(pa: number): boolean {
    return pa < this.ramBytes || this.bus.has(pa);
  }

  /** All of a page answers, and is no RAM. */
  isDevicePage(start: number, bytes: number): boolean {
    return start >= this.ramBytes && this.bus.has(start) && this.bus.has(start + bytes - 1);
  }

  /** The data of a load have been put where this host address says. */
  load(pa: number, size: number): number {
    // most are words, and most cores of the host's byte order
    if (size === WORD && this.littleEndian && (pa & 3) === 0) this.#loadWord[0] = this.bus.read(pa, this.cpu);
    else this.#read(pa, size, this.#load);
    return this.state.base + STATE.deviceLoad;
  }

  loadAcross(first: number, second: number, count: number, size: number): number {
    for (let i = 0; i < size; i++) this.#load.setUint8(i, this.#readByte(i < count ? first + i : second + i - count));
    return this.state.base + STATE.deviceLoad;
  }

  /** Where the data of a store are to be put; `finishStore` follows. A partial one changes some bits of what it finds there. */
  storeAt(pa: number, size: number, isPartial: boolean): number {
    if (isPartial) this.#read(pa, size, this.#store);
    return this.storeAcross(pa, pa + size, size, size);
  }

  storeAcross(first: number, second: number, count: number, size: number): number {
    this.#first = first;
    this.#second = second;
    this.#count = count;
    this.#size = size;
    return this.state.base + STATE.deviceStore;
  }

  /** The data of the store have arrived. True if they, or a part of them, went to RAM. */
  finishStore(): boolean {
    const size = this.#size;
    const pa = this.#first;
    this.#size = 0;
    if (this.#count === size && pa % size === 0 && pa >= this.ramBytes) {
      this.#write(pa, size);
      return false;
    }
    for (let i = 0; i < size; i++)
      this.#writeByte(i < this.#count ? pa + i : this.#second + i - this.#count, this.#store.getUint8(i));
    return pa < this.ramBytes || this.#second < this.ramBytes;
  }

  #read(pa: number, size: number, to: DataView): void {
    if (pa % size !== 0) {
      for (let i = 0; i < size; i++) to.setUint8(i, this.#readByte(pa + i));
      return;
    }
    if (size < WORD) {
      const value = this.bus.read(pa, this.cpu) >>> this.#laneShift(pa, size);
      if (size === 1) to.setUint8(0, value);
      else to.setUint16(0, value, this.littleEndian);
      return;
    }
    for (let i = 0; i < size; i += WORD)
      to.setInt32(this.#place(i, size), this.bus.read(pa + i, this.cpu), this.littleEndian);
  }

  /** Of two registers in a double word the first is the low one, whatever the byte order. */
  #place(offset: number, size: number): number {
    return this.littleEndian || size === WORD ? offset : offset ^ WORD;
  }

  #write(pa: number, size: number): void {
    if (size >= WORD) {
      for (let i = 0; i < size; i += WORD)
        this.bus.write(pa + i, this.#store.getInt32(this.#place(i, size), this.littleEndian), this.cpu);
      return;
    }
    const shift = this.#laneShift(pa, size);
    const mask = (size === 1 ? 0xff : 0xffff) << shift;
    const value = (size === 1 ? this.#store.getUint8(0) : this.#store.getUint16(0, this.littleEndian)) << shift;
    this.bus.write(pa, (this.bus.read(pa, this.cpu) & ~mask) | value, this.cpu);
  }

  #readByte(pa: number): number {
    if (pa < this.ramBytes) return this.#ram[pa] ?? 0;
    return (this.bus.read(pa, this.cpu) >>> this.#laneShift(pa, 1)) & 0xff;
  }

  #writeByte(pa: number, value: number): void {
    if (pa < this.ramBytes) {
      this.#ram[pa] = value;
      return;
    }
    const shift = this.#laneShift(pa, 1);
    this.bus.write(pa, (this.bus.read(pa, this.cpu) & ~(0xff << shift)) | (value << shift), this.cpu);
  }

  /** Where the byte or half word at `pa` stands in its register. */
  #laneShift(pa: number, size: number): number {
    const byte = pa % WORD;
    return (this.littleEndian ? byte : WORD - size - byte) * 8;
  }
}
