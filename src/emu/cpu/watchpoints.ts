/** WatchLo and WatchHi: exceptions on fetches, loads and stores at an address. */
import type { Cp0 } from './cp0.js';
import type { Use } from './mmu.js';
import { CAUSE, CP0, STATUS } from './registers.js';

const BIT: Readonly<Record<Use, number>> = { fetch: 4, load: 2, store: 1 };
const ANY = 7;
/** WatchHi: the bits of the address that are not compared, and any address space. */
const MASK = 0xff8;
const GLOBAL = 1 << 30;
const ASID_SHIFT = 16;
const LONG_ASID_SHIFT = 24;
const GRAIN = 8;
const PAGE = -4096;

export class Watchpoints {
  /** Some pair watches something. */
  active = false;
  /** Some pair watches fetches: then every fetch is looked at. */
  fetches = false;
  /** A match was deferred: Cause.WP was set by the core itself. */
  deferred = false;

  constructor(private readonly cp0: Cp0) {}

  /** After a write to WatchLo, WatchHi, EntryHi or Cause. */
  update(): void {
    let enabled = 0;
    for (let i = 0; i < this.cp0.has.watchPairs; i++) enabled |= this.cp0.get(CP0.watchLo + i) & ANY;
    this.active = enabled !== 0;
    this.fetches = (enabled & BIT.fetch) !== 0;
    if ((this.cp0.get(CP0.cause) & CAUSE.WP) === 0) this.deferred = false;
  }

  /** Whether a page has an address that is watched for this use, so that every access to it must come here. */
  watches(low: number, high: number, use: Use): boolean {
    return this.#find(low, low, high, use, PAGE) >= 0;
  }

  /**
   * True when the access raises Watch. Within an exception handler it is put off: Cause.WP says so, and the exception is
   * taken when EXL and ERL are 0 again.
   */
  hit(low: number, high: number, use: Use, size: number): boolean {
    const pair = this.#find(low, (low + size - 1) | 0, high, use, -1);
    if (pair < 0 || this.cp0.debugMode) return false;
    const watchHi = CP0.watchHi + pair;
    this.cp0.put(watchHi, this.cp0.get(watchHi) | BIT[use]);
    if ((this.cp0.status & (STATUS.EXL | STATUS.ERL)) === 0) return true;
    this.cp0.put(CP0.cause, this.cp0.get(CP0.cause) | CAUSE.WP);
    this.deferred = true;
    return false;
  }

  /** The pair that watches some of the double words from `first` to `last`, or -1; only address bits in `compared` count. */
  #find(first: number, last: number, high: number, use: Use, compared: number): number {
    const { cp0 } = this;
    for (let i = 0; i < cp0.has.watchPairs; i++) {
      const watchLo = cp0.get(CP0.watchLo + i);
      if ((watchLo & BIT[use]) === 0) continue;
      const watchHi = cp0.get(CP0.watchHi + i);
      if (!this.#inSpace(watchHi)) continue;
      if (cp0.has.wide && cp0.getHigh(CP0.watchLo + i) !== high) continue;
      const bits = ~((watchHi & MASK) | ANY) & compared;
      for (let at = first & -GRAIN; ; at = (at + GRAIN) | 0) {
        if (((at ^ watchLo) & bits) === 0) return i;
        if (at === (last & -GRAIN)) break;
      }
    }
    return -1;
  }

  #inSpace(watchHi: number): boolean {
    if ((watchHi & GLOBAL) !== 0) return true;
    const asid = ((watchHi >>> ASID_SHIFT) & 0xff) | (((watchHi >>> LONG_ASID_SHIFT) & 3) << 8);
    return (asid & this.cp0.has.asidMask) === this.cp0.asid;
  }
}
