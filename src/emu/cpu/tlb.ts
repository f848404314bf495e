/**
 * The TLB: dual entries, variable page sizes (docs/reference/mips-uhi.md 4). Addresses are two words; those of a 32-bit core
 * have the upper word 0 here. Entries lie in columns, so that looking one up makes no objects.
 */

/** EntryLo0 or EntryLo1: its flags as they stand in bits 5:0, RI and XI in bits 31:30; the page's physical address. */
export interface TlbHalf {
  readonly pa: number;
  readonly flags: number;
}

export interface TlbEntry {
  /** EntryHi.VPN2 as an address, its masked bits 0. */
  readonly low: number;
  readonly high: number;
  readonly asid: number;
  /** Offset bits of a pair of pages: PageMask, and ones below it. */
  readonly mask: number;
  readonly global: boolean;
  readonly even: TlbHalf;
  readonly odd: TlbHalf;
}

export const PAIR_OF_4K = 0x1fff;
export const FLAG = { G: 1, V: 2, D: 4, C_SHIFT: 3, C: 7 << 3, XI: 1 << 30, RI: 0x80000000 | 0 } as const;

export class Tlb {
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  readonly #asid: Int32Array;
  readonly #mask: Int32Array;
  readonly #global: Uint8Array;
  /** 0: no address matches (EntryHi.EHINV, or nothing was ever written). */
  readonly #present: Uint8Array;
  /** Even and odd halves. */
  readonly #pa: Float64Array;
  readonly #flags: Int32Array;
  #pinned = 0;
  /** Counts the changes of pinned entries. */
  pinnedVersion = 0;

  constructor(readonly size: number) {
    this.#low = new Int32Array(size);
    this.#high = new Int32Array(size);
    this.#asid = new Int32Array(size);
    this.#mask = new Int32Array(size).fill(PAIR_OF_4K);
    this.#global = new Uint8Array(size);
    this.#present = new Uint8Array(size);
    this.#pa = new Float64Array(2 * size);
    this.#flags = new Int32Array(2 * size);
  }

  /** From now on changes of the first `count` entries are counted. */
  pin(count: number): void {
    this.#pinned = count;
  }

  /** Undefined when no address matches it. */
  read(index: number): TlbEntry | undefined {
    if (this.#present[index] !== 1) return undefined;
    const half = (at: number): TlbHalf => ({ pa: this.#pa[at] ?? 0, flags: this.#flags[at] ?? 0 });
    return {
      low: this.#low[index] ?? 0,
      high: this.#high[index] ?? 0,
      asid: this.#asid[index] ?? 0,
      mask: this.mask(index),
      global: this.#global[index] === 1,
      even: half(2 * index),
      odd: half(2 * index + 1),
    };
  }

  write(index: number, { low, high, asid, mask, global, even, odd }: TlbEntry): void {
    if (index < 0 || index >= this.size) throw new RangeError(`TLB index ${index}`);
    if (index < this.#pinned) this.pinnedVersion++;
    this.#low[index] = low & ~mask;
    this.#high[index] = high;
    this.#asid[index] = asid;
    this.#mask[index] = mask;
    this.#global[index] = global ? 1 : 0;
    this.#present[index] = 1;
    this.#pa[2 * index] = even.pa;
    this.#pa[2 * index + 1] = odd.pa;
    this.#flags[2 * index] = even.flags;
    this.#flags[2 * index + 1] = odd.flags;
  }

  invalidate(index: number): void {
    if (index < this.#pinned) this.pinnedVersion++;
    this.#present[index] = 0;
  }

  /** TLBINV: entries of an address space that are not global. */
  invalidateSpace(asid: number): void {
    this.pinnedVersion++;
    for (let i = 0; i < this.size; i++) if (this.#global[i] === 0 && this.#asid[i] === asid) this.#present[i] = 0;
  }

  /** Start and offset bits of the pair that an entry maps, whether or not it is present. */
  start(index: number): number {
    return this.#low[index] ?? 0;
  }

  mask(index: number): number {
    return this.#mask[index] ?? PAIR_OF_4K;
  }

  /** Index of the entry that matches, or -1. */
  probe(low: number, high: number, asid: number): number {
    for (let i = 0; i < this.size; i++)
      if (
        ((low ^ (this.#low[i] ?? 0)) & ~(this.#mask[i] ?? 0)) === 0 &&
        this.#high[i] === high &&
        this.#present[i] === 1 &&
        (this.#global[i] === 1 || this.#asid[i] === asid)
      )
        return i;
    return -1;
  }

  /** Whether an entry written at `index` would match an address that another one matches. */
  hasRival(index: number, { low, high, asid, mask, global }: TlbEntry): boolean {
    for (let i = 0; i < this.size; i++) {
      const compared = ~(mask | this.mask(i));
      const sameSpace = global || this.#global[i] === 1 || this.#asid[i] === asid;
      if (i !== index && this.#present[i] === 1 && sameSpace && this.#high[i] === high)
        if (((low ^ this.start(i)) & compared) === 0) return true;
    }
    return false;
  }

  /** The flags of the half of entry `index` that an address lies in. */
  flags(index: number, low: number): number {
    return this.#flags[this.#half(index, low)] ?? 0;
  }

  /** The physical address, by the same half. */
  physical(index: number, low: number): number {
    const offset = this.mask(index) >>> 1;
    const page = this.#pa[this.#half(index, low)] ?? 0;
    // pages are naturally aligned: bits of the page frame number within the page count for nothing
    return page - (page % (offset + 1)) + (low & offset);
  }

  #half(index: number, low: number): number {
    const mask = this.mask(index);
    return 2 * index + ((low & (mask ^ (mask >>> 1))) === 0 ? 0 : 1);
  }
}
