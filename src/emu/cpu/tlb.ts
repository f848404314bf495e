/** The TLB of a 32-bit core: dual entries, variable page sizes, wired entries (mips-uhi.md 4). */

export interface TlbHalf {
  readonly pfn: number;
  readonly cca: number;
  readonly dirty: boolean;
  readonly valid: boolean;
}

export interface TlbEntry {
  /** EntryHi.VPN2 as an address, its masked bits 0. */
  readonly vpn2: number;
  readonly asid: number;
  /** PageMask: ones are offset bits, from bit 13 up. */
  readonly mask: number;
  readonly global: boolean;
  readonly even: TlbHalf;
  readonly odd: TlbHalf;
}

export type TlbResult =
  { readonly kind: 'hit'; readonly pa: number; readonly writable: boolean } | { readonly kind: 'miss' | 'invalid' };

const INVALID: TlbHalf = { pfn: 0, cca: 0, dirty: false, valid: false };
const KSEG0 = 0x80000000;

export class Tlb {
  readonly #entries: TlbEntry[];

  constructor(readonly size: number) {
    // after a flush: every entry invalid, each with a page of its own so that no two can match
    this.#entries = Array.from({ length: size }, (_, i) => ({
      vpn2: KSEG0 + i * 0x2000,
      asid: 0,
      mask: 0,
      global: false,
      even: INVALID,
      odd: INVALID,
    }));
  }

  read(index: number): TlbEntry | undefined {
    return this.#entries[index];
  }

  write(index: number, entry: TlbEntry): void {
    if (index < 0 || index >= this.size) throw new RangeError(`TLB index ${index}`);
    this.#entries[index] = entry;
  }

  /** Index of the entry that matches, or -1. */
  probe(va: number, asid: number): number {
    return this.#entries.findIndex((entry) => {
      const compared = ~(entry.mask | 0x1fff);
      return ((va ^ entry.vpn2) & compared) === 0 && (entry.global || entry.asid === asid);
    });
  }

  translate(va: number, asid: number): TlbResult {
    const entry = this.#entries[this.probe(va, asid)];
    if (entry === undefined) return { kind: 'miss' };
    const pairMask = entry.mask | 0x1fff;
    const half = (va & (pairMask ^ (pairMask >>> 1))) === 0 ? entry.even : entry.odd;
    if (!half.valid) return { kind: 'invalid' };
    const offset = pairMask >>> 1;
    return { kind: 'hit', pa: (((half.pfn << 12) & ~offset) | (va & offset)) >>> 0, writable: half.dirty };
  }
}

const PAIR_SIZES = Array.from({ length: 9 }, (_, i) => 0x2000 * 4 ** i).reverse();

/** Wired entries for one mapping: the largest pairs that alignment and length allow; a last single page is half a pair. */
export function* wiredEntries(mapping: { va: number; pa: number; length: number; cca: number }): Generator<TlbEntry> {
  let { va, pa, length } = mapping;
  const half = (at: number): TlbHalf => ({ pfn: at >>> 12, cca: mapping.cca, dirty: true, valid: true });
  while (length > 0) {
    const pair = PAIR_SIZES.find((size) => size <= length && va % size === 0 && pa % (size / 2) === 0);
    const entry = { asid: 0, global: false };
    if (pair !== undefined) {
      yield { ...entry, vpn2: va, mask: (pair - 1) & ~0x1fff, even: half(pa), odd: half(pa + pair / 2) };
      va += pair;
      pa += pair;
      length -= pair;
      continue;
    }
    const odd = va % 0x2000 !== 0;
    yield {
      ...entry,
      vpn2: va - (va % 0x2000),
      mask: 0,
      even: odd ? INVALID : half(pa),
      odd: odd ? half(pa) : INVALID,
    };
    va += 0x1000;
    pa += 0x1000;
    length -= 0x1000;
  }
}

/** Two mappings may share a pair of pages, one half each: they become one entry, since two would both match. */
export function mergePairs(entries: readonly TlbEntry[]): TlbEntry[] {
  const merged = new Map<string, TlbEntry>();
  for (const entry of entries) {
    const key = `${entry.vpn2}/${entry.mask}`;
    const other = merged.get(key);
    const pick = (a: TlbHalf, b: TlbHalf | undefined): TlbHalf => (a.valid || b === undefined ? a : b);
    merged.set(key, { ...entry, even: pick(entry.even, other?.even), odd: pick(entry.odd, other?.odd) });
  }
  return [...merged.values()];
}
