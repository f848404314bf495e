/** Virtual to physical to host addresses: segments, TLB, RAM, devices (mips-uhi.md 4). */
import { EXCEPTION } from '../isa/index.js';
import { STATE } from '../layout.js';
import type { Bus } from '../devices/bus.js';
import { CP0, STATUS, type Cp0 } from './cp0.js';
import type { CoreState } from './state.js';
import type { Tlb } from './tlb.js';

export type Use = 'fetch' | 'load' | 'store';

export interface Refusal {
  readonly exception: number;
  readonly badVAddr: number | undefined;
  /** A miss goes to the refill vector. */
  readonly refill: boolean;
}

type Physical = { readonly pa: number; readonly writable: boolean } | { readonly refused: Refusal };

const refuse = (exception: number, badVAddr?: number, refill = false): { refused: Refusal } => ({
  refused: { exception, badVAddr, refill },
});

export class Mmu {
  /** A device access in flight, between the translation and the store's data. */
  #pendingStore: { pa: number; size: number } | undefined;

  constructor(
    private readonly state: CoreState,
    private readonly cp0: Cp0,
    private readonly tlb: Tlb,
    private readonly bus: Bus,
    private readonly ramBytes: number,
    private readonly littleEndian: boolean,
    private readonly cpu: number,
  ) {}

  /** Host address of `size` bytes at `va`; a device's data pass through the state block. */
  translate(va: number, use: Use, size: number, high = va >> 31): number | Refusal {
    const address = va >>> 0;
    const misaligned = address % size !== 0;
    if (misaligned) return refuse(use === 'store' ? EXCEPTION.AdES : EXCEPTION.AdEL, address).refused;
    const physical = this.physical(address, use);
    if ('refused' in physical) return physical.refused;
    const { pa, writable } = physical;
    if (pa + size <= this.ramBytes) {
      const mode = this.cp0.kernelMode ? 0 : 1;
      if (use !== 'store' || writable) this.state.rememberPage(mode, use, va, high, pa);
      return pa;
    }
    if (use === 'fetch') return refuse(EXCEPTION.IBE).refused;
    if (!this.bus.has(pa)) return refuse(EXCEPTION.DBE).refused;
    return use === 'load' ? this.deviceLoad(pa, size) : this.deviceStoreAt(pa, size);
  }

  /** The data of a store to a device have reached STATE.deviceStore. */
  deviceStore(): void {
    const store = this.#pendingStore;
    if (store === undefined) return;
    this.#pendingStore = undefined;
    const data = this.buffer(STATE.deviceStore);
    const { pa, size } = store;
    if (size === 8) {
      this.bus.write(pa, data.getInt32(0, this.littleEndian), this.cpu);
      this.bus.write(pa + 4, data.getInt32(4, this.littleEndian), this.cpu);
    } else if (size === 4) this.bus.write(pa, data.getInt32(0, this.littleEndian), this.cpu);
    else {
      const shift = this.laneShift(pa, size);
      const mask = (size === 1 ? 0xff : 0xffff) << shift;
      const value = (size === 1 ? data.getUint8(0) : data.getUint16(0, this.littleEndian)) << shift;
      this.bus.write(pa, (this.bus.read(pa, this.cpu) & ~mask) | value, this.cpu);
    }
  }

  private physical(va: number, use: Use): Physical {
    const error = use === 'store' ? EXCEPTION.AdES : EXCEPTION.AdEL;
    const segment = va >>> 29;
    const { status } = this.cp0;
    const kernel = this.cp0.kernelMode;
    if (segment < 4) return (status & STATUS.ERL) !== 0 ? { pa: va, writable: true } : this.mapped(va, use);
    const supervisor = !kernel && (status & STATUS.KSU) === STATUS.SUPERVISOR;
    if (!kernel && !(supervisor && segment === 6)) return refuse(error, va);
    if (segment === 4 || segment === 5) return { pa: va & 0x1fffffff, writable: true };
    return this.mapped(va, use);
  }

  private mapped(va: number, use: Use): Physical {
    const result = this.tlb.translate(va, this.cp0.get(CP0.entryHi) & 0xff);
    const exception = use === 'store' ? EXCEPTION.TLBS : EXCEPTION.TLBL;
    if (result.kind !== 'hit') return refuse(exception, va, result.kind === 'miss');
    if (use === 'store' && !result.writable) return refuse(EXCEPTION.Mod, va);
    return result;
  }

  private buffer(offset: number): DataView {
    return new DataView(this.state.memory, this.state.base + offset, 8);
  }

  private deviceLoad(pa: number, size: number): number {
    const data = this.buffer(STATE.deviceLoad);
    if (size === 8) {
      data.setInt32(0, this.bus.read(pa, this.cpu), this.littleEndian);
      data.setInt32(4, this.bus.read(pa + 4, this.cpu), this.littleEndian);
    } else if (size === 4) data.setInt32(0, this.bus.read(pa, this.cpu), this.littleEndian);
    else {
      const value = this.bus.read(pa, this.cpu) >>> this.laneShift(pa, size);
      if (size === 1) data.setUint8(0, value);
      else data.setUint16(0, value, this.littleEndian);
    }
    return this.state.base + STATE.deviceLoad;
  }

  private deviceStoreAt(pa: number, size: number): number {
    this.#pendingStore = { pa, size };
    // SWL and SWR change a part of the register that they find here
    if (size === 4) this.buffer(STATE.deviceStore).setInt32(0, this.bus.read(pa, this.cpu), this.littleEndian);
    return this.state.base + STATE.deviceStore;
  }

  /** Where the byte or half word at `pa` stands in its register. */
  private laneShift(pa: number, size: number): number {
    const byte = pa & 3;
    return (this.littleEndian ? byte : 4 - size - byte) * 8;
  }
}
