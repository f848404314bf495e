/** In which order a directory lists its entries. Programs that care sort; those that remove a tree show it. */

const MASK_64 = (1n << 64n) - 1n;
/** 2^64 divided by the golden ratio, as the kernel's hash_64() has it. */
const GOLDEN_RATIO = 0x61c8_8646_80b5_83ebn;
/** kernfs keeps 0, 1 and the largest for `.`, `..` and the end. */
const [LEAST, MOST] = [2, 0x7fff_fffe];

/** kernfs orders its entries by this hash of their names, on a 64-bit kernel. */
export function kernfsHash(name: string): number {
  let sum = 0n;
  for (const byte of Buffer.from(name)) {
    const value = BigInt(byte);
    sum = ((sum + (value << 4n) + (value >> 4n)) * 11n) & MASK_64;
  }
  const hash = Number((((sum * GOLDEN_RATIO) & MASK_64) >> 32n) & 0x7fff_ffffn);
  return Math.min(hash < LEAST ? hash + LEAST : hash, MOST);
}

/** Sorts by hash, as kernfs; names with the same hash by themselves. */
export const byHash = <T>(entries: Iterable<[string, T]>): [string, T][] =>
  [...entries]
    .map((entry) => ({ entry, hash: kernfsHash(entry[0]) }))
    .sort((a, b) => a.hash - b.hash || (a.entry[0] < b.entry[0] ? -1 : 1))
    .map(({ entry }) => entry);

/** The newest first, as a file system that lives in the directory cache: debugfs. */
export const newestFirst = <T>(entries: Iterable<[string, T]>): [string, T][] => [...entries].reverse();
