/**
 * Translations that are kept from one run to the next. A name says which memory a file may be of any use for, so that few of
 * them have to be read: key, first entry, number and hash of the words there, hash of the whole.
 */
import { createHash } from 'node:crypto';
import type { CacheDirectory } from './cache-directory.js';
import { decodeTranslation, encodeTranslation } from './translation-file.js';
import type { Translation } from './translator.js';

const NAME = /^([0-9a-f]{32})-([0-9a-f]{8})-([1-8])-([0-9a-f]{16})-[0-9a-f]{16}$/;
const MOST_WORDS = 8;

/** The words at these addresses, or undefined where a core may not fetch them. */
export type Fetch = (address: number, count: number) => readonly number[] | undefined;

export interface Found {
  readonly name: string;
  readonly translation: Translation;
}

const hex = (bytes: Uint8Array, digits: number): string => Buffer.from(bytes).toString('hex').slice(0, digits);

const hashOf = (words: readonly number[]): string =>
  hex(createHash('sha256').update(Int32Array.from(words)).digest(), 16);

/** The first words of a translation that follow each other. */
function beginning({ entries, code }: Translation): readonly number[] {
  const [entry = 0] = entries;
  const words = code[0]?.words ?? new Int32Array();
  const addresses = code[0]?.addresses ?? new Int32Array();
  const end = addresses.findIndex((address, index) => address !== (entry & ~3) + 4 * index);
  return [...words.subarray(0, Math.min(MOST_WORDS, end < 0 ? words.length : end))];
}

export class TranslationCache {
  constructor(private readonly directory: CacheDirectory) {}

  /** Those with this key that `isNew` and that begin with words which are in memory. */
  find(key: Uint8Array, fetch: Fetch, isNew: (name: string) => boolean): Found[] {
    return this.directory.names.flatMap((name) => {
      const [, its, entry = '', count = '', words] = NAME.exec(name) ?? [];
      if (its !== hex(key, 32) || !isNew(name)) return [];
      const there = fetch(Number.parseInt(entry, 16) & ~3, Number(count));
      if (there === undefined || hashOf(there) !== words) return [];
      const file = this.directory.read(name);
      if (file === undefined) return [];
      const translation = decodeTranslation(key, file);
      if (translation !== undefined) return [{ name, translation }];
      this.directory.remove(name);
      return [];
    });
  }

  /** Its name. */
  keep(key: Uint8Array, translation: Translation): string {
    const file = encodeTranslation(key, translation);
    const words = beginning(translation);
    const entry = ((translation.entries[0] ?? 0) >>> 0).toString(16).padStart(8, '0');
    const whole = hex(createHash('sha256').update(file).digest(), 16);
    const name = `${hex(key, 32)}-${entry}-${words.length}-${hashOf(words)}-${whole}`;
    this.directory.write(name, file);
    return name;
  }

  remove(name: string): void {
    this.directory.remove(name);
  }
}
