/** The wired entries that the driver makes before a firmware is entered (docs/reference/mips-uhi.md 1.7). */
import { FLAG, PAIR_OF_4K, type TlbEntry, type TlbHalf } from './tlb.js';

interface Mapping {
  readonly va: number;
  readonly pa: number;
  /** Bytes. */
  readonly length: number;
  readonly cca: number;
}

const INVALID: TlbHalf = { pa: 0, flags: 0 };
const PAIR_SIZES = Array.from({ length: 9 }, (_, i) => 0x2000 * 4 ** i).reverse();

const words = (address: number): { low: number; high: number } => ({
  low: address | 0,
  high: Math.floor(address / 2 ** 32),
});

/** Entries for one mapping: the largest pairs that alignment and length allow; a last single page is half a pair. */
function* entriesFor({ cca, ...mapping }: Mapping): Generator<TlbEntry> {
  let { va, pa, length } = mapping;
  const half = (at: number): TlbHalf => ({ pa: at, flags: (cca << FLAG.C_SHIFT) | FLAG.D | FLAG.V });
  const entry = { asid: 0, global: false };
  while (length > 0) {
    const pair = PAIR_SIZES.find((size) => size <= length && va % size === 0 && pa % (size / 2) === 0);
    if (pair !== undefined) {
      yield { ...entry, ...words(va), mask: pair - 1, even: half(pa), odd: half(pa + pair / 2) };
      va += pair;
      pa += pair;
      length -= pair;
      continue;
    }
    const isOdd = va % 0x2000 !== 0;
    const [even, odd] = isOdd ? [INVALID, half(pa)] : [half(pa), INVALID];
    yield { ...entry, ...words(va - (va % 0x2000)), mask: PAIR_OF_4K, even, odd };
    va += 0x1000;
    pa += 0x1000;
    length -= 0x1000;
  }
}

/** Two mappings may share a pair of pages, one half each: they become one entry, since two would both match. */
export function wiredEntries(mappings: readonly Mapping[]): TlbEntry[] {
  const merged = new Map<string, TlbEntry>();
  for (const entry of mappings.flatMap((mapping) => [...entriesFor(mapping)])) {
    const key = `${entry.high}/${entry.low}/${entry.mask}`;
    const other = merged.get(key);
    const pick = (a: TlbHalf, b: TlbHalf | undefined): TlbHalf => ((a.flags & FLAG.V) !== 0 || !b ? a : b);
    merged.set(key, { ...entry, even: pick(entry.even, other?.even), odd: pick(entry.odd, other?.odd) });
  }
  return [...merged.values()];
}
