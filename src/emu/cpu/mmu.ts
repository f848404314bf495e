/**
 * Virtual to physical to host addresses: segments, TLB, RAM, devices (docs/reference/mips-uhi.md 4). An address that may not
 * be used leaves the reason in `refusal`, which is one object for all times: the common ways make none.
 */
import { EXCEPTION } from '../isa/exceptions.js';
import { ACCESS } from '../wasm/interface.js';
import type { Cp0 } from './cp0.js';
import { CP0, PAGE_GRAIN } from './registers.js';
import { MAPPED, MODE, REFUSED, Segments, type Mode } from './segments.js';
import { segmentHigh } from './cp0-registers.js';
import type { CoreState } from './state.js';
import { FLAG, type Tlb } from './tlb.js';
import type { DataPath } from './data-path.js';
import type { Watchpoints } from './watchpoints.js';

export type Use = 'fetch' | 'load' | 'store';

/** Why an address may not be used. */
export interface Refusal {
  exception: number;
  /** The address goes to BadVAddr. */
  low: number;
  high: number;
  hasAddress: boolean;
  /** A miss goes to the refill vector, with 64-bit addresses to that of XTLB. */
  refill: boolean;
}

const PAGE = 4096;
const OFFSET = PAGE - 1;
const VECTOR_BYTES = 16;
/** Physical addresses that are no host addresses. */
export const NOWHERE = -1;

/** A page of a device, and how it was accessed: most accesses to devices go where the one before went. */
interface DevicePage {
  /** Of CoreState, when it was found. */
  mapping: number;
  mode: Mode;
  kind: number;
  low: number;
  high: number;
  pa: number;
}

const noPage = (): DevicePage => ({ mapping: -1, mode: MODE.kernel, kind: 0, low: 0, high: 0, pa: 0 });

export class Mmu {
  readonly refusal: Refusal = { exception: 0, low: 0, high: 0, hasAddress: false, refill: false };
  /** Those that were read from and written to last. */
  readonly #devices: Readonly<Record<'load' | 'store', DevicePage>> = { load: noPage(), store: noPage() };
  readonly segments: Segments;
  readonly #highMask: number;

  constructor(
    private readonly state: CoreState,
    private readonly cp0: Cp0,
    private readonly tlb: Tlb,
    private readonly data: DataPath,
    private readonly watchpoints: Watchpoints,
    private readonly ramBytes: number,
  ) {
    this.segments = new Segments(cp0);
    this.#highMask = cp0.has.wide ? segmentHigh(cp0.model.segmentBits) : 0;
  }

  /**
   * Host address of the bytes at an address, for an access of this kind (ACCESS), or -1. A device's data, and those of an
   * access that lies across pages, pass through the state block.
   */
  translate(address: number, kind: number, high: number): number {
    const use = (kind & ACCESS.store) !== 0 ? 'store' : (kind & ACCESS.load) !== 0 ? 'load' : 'fetch';
    const size = kind & ACCESS.sizeMask;
    if (use !== 'fetch' && (address & (size - 1)) === 0) {
      const pa = this.#knownDevice(this.#devices[use], address, kind, high);
      if (pa !== NOWHERE) return use === 'load' ? this.data.load(pa, size) : this.data.storeAt(pa, size, false);
    }
    const isPartial = (kind & ACCESS.partial) !== 0;
    const low = isPartial ? address & -size : address;
    const offset = low & (size - 1);
    const { active } = this.watchpoints;
    if (active && this.watchpoints.hit(low, high, use, size)) return this.#refuse(EXCEPTION.Watch);
    if (offset !== 0 && !this.#allowsMisaligned(use, size, kind)) return this.#addressError(low, high, use);
    const isUser = (kind & ACCESS.user) !== 0;
    const mode = isUser ? MODE.user : this.segments.mode;
    if (offset !== 0 && (low & OFFSET) + size > PAGE) return this.#across(low, high, use, size, mode);
    const pa = this.find(low, high, use, mode);
    if (pa === NOWHERE) {
      this.refusal.low |= isPartial ? address & (size - 1) : 0;
      return -1;
    }
    if (pa + size <= this.ramBytes) {
      const isKept = !isUser && !(active && this.watchpoints.watches(low, high, use));
      if (isKept) this.state.rememberPage(mode === MODE.kernel ? 0 : 1, use, low, high, pa);
      return pa;
    }
    if (use === 'fetch') return this.#refuse(EXCEPTION.IBE);
    if (!this.data.answers(pa)) return this.#refuse(EXCEPTION.DBE);
    if (!active && !isPartial && !isUser && pa >= this.ramBytes)
      this.#keepDevice(this.#devices[use], low, kind, high, pa);
    return use === 'load' ? this.data.load(pa, size) : this.data.storeAt(pa, size, isPartial);
  }

  /** Where the data of a load have been put, if it is from the page of a device that was read from last; else 0. Raises nothing. */
  loadFromKnownDevice(address: number, kind: number, high: number): number {
    const size = kind & ACCESS.sizeMask;
    if ((address & (size - 1)) !== 0) return 0;
    const pa = this.#knownDevice(this.#devices.load, address, kind, high);
    return pa === NOWHERE ? 0 : this.data.load(pa, size);
  }

  #knownDevice(page: DevicePage, address: number, kind: number, high: number): number {
    const isSame =
      page.low === (address & ~OFFSET) &&
      page.kind === kind &&
      page.high === high &&
      page.mapping === this.state.mapping &&
      page.mode === this.segments.mode;
    return isSame ? page.pa + (address & OFFSET) : NOWHERE;
  }

  #keepDevice(page: DevicePage, low: number, kind: number, high: number, pa: number): void {
    const start = pa - (low & OFFSET);
    // only where all of the page is the device's
    if (!this.data.isDevicePage(start, PAGE)) return;
    page.mapping = this.state.mapping;
    page.mode = this.segments.mode;
    page.kind = kind;
    page.low = low & ~OFFSET;
    page.high = high;
    page.pa = start;
  }

  /** The physical address, if it may be used in that mode; NOWHERE if not. */
  find(low: number, high: number, use: Use, mode: Mode): number {
    const found = this.segments.find(low, high, mode);
    if (found === REFUSED) return this.#addressError(low, high, use);
    return found === MAPPED ? this.#mapped(low, high, use) : found;
  }

  /** Of RAM that may be used as the core could in its mode; -1 where there is none. Raises and remembers nothing. */
  findRam(low: number, high: number, use: Use): number {
    const pa = this.find(low, high, use, this.segments.mode);
    return pa < this.ramBytes ? pa : -1;
  }

  /** The index of the entry that maps an address, or -1: TLBP. */
  probe(low: number, high: number, asid: number): number {
    return this.tlb.probe(low, high & this.#highMask, asid);
  }

  #mapped(low: number, high: number, use: Use): number {
    const index = this.tlb.probe(low, high & this.#highMask, this.cp0.asid);
    const miss = use === 'store' ? EXCEPTION.TLBS : EXCEPTION.TLBL;
    if (index < 0) return this.#refuse(miss, low, high, true);
    const flags = this.tlb.flags(index, low);
    if ((flags & FLAG.V) === 0) return this.#refuse(miss, low, high);
    if (use === 'store' && (flags & FLAG.D) === 0) return this.#refuse(EXCEPTION.Mod, low, high);
    if (use === 'load' && (flags & FLAG.RI) !== 0) return this.#refuse(this.#inhibited(EXCEPTION.TLBRI), low, high);
    if (use === 'fetch' && (flags & FLAG.XI) !== 0) return this.#refuse(this.#inhibited(EXCEPTION.TLBXI), low, high);
    return this.tlb.physical(index, low);
  }

  /** Without PageGrain.IEC a page that may not be read or executed is refused like an invalid one. */
  #inhibited(exception: number): number {
    return (this.cp0.get(CP0.pageGrain) & PAGE_GRAIN.IEC) !== 0 ? exception : EXCEPTION.TLBL;
  }

  /** Release 6 has misaligned loads and stores in hardware, MSA those of vectors; linked ones and fetches never. */
  #allowsMisaligned(use: Use, size: number, kind: number): boolean {
    return use !== 'fetch' && (kind & ACCESS.aligned) === 0 && (this.cp0.has.release6 || size === VECTOR_BYTES);
  }

  /** Both pages may be used, or nothing is done. */
  #across(low: number, high: number, use: Use, size: number, mode: Mode): number {
    const first = this.find(low, high, use, mode);
    if (first === NOWHERE) return -1;
    const next = (low | OFFSET) + 1;
    const nextHigh = (low | OFFSET) === -1 ? high + 1 : high;
    const second = this.find(next | 0, nextHigh | 0, use, mode);
    if (second === NOWHERE) return -1;
    if (!this.data.answers(first) || !this.data.answers(second)) return this.#refuse(EXCEPTION.DBE);
    const count = PAGE - (low & OFFSET);
    return use === 'load'
      ? this.data.loadAcross(first, second, count, size)
      : this.data.storeAcross(first, second, count, size);
  }

  #addressError(low: number, high: number, use: Use): number {
    return this.#refuse(use === 'store' ? EXCEPTION.AdES : EXCEPTION.AdEL, low, high);
  }

  #refuse(exception: number, low?: number, high = 0, refill = false): number {
    const { refusal } = this;
    refusal.exception = exception;
    refusal.hasAddress = low !== undefined;
    refusal.low = low ?? 0;
    refusal.high = high;
    refusal.refill = refill;
    return NOWHERE;
  }
}
