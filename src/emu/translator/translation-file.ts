/**
 * A translation as a file. Little-endian words after a mark and a checksum of all that follows:
 *
 *     8 bytes    MARK
 *     32         SHA-256 of the rest
 *     32         key: what the translation was made by and for (cache-key.ts)
 *     8 words    numbers of entries, functions, refused and deferred entries, instructions with accesses elsewhere, of words of code, of those of
 *                refused code; bytes of WebAssembly
 *     words      entries, functions, refused and deferred entries, instructions with accesses elsewhere; of each entry and refused one how many words it was made from; their
 *                addresses; the words
 *     bytes      WebAssembly
 */
import { createHash } from 'node:crypto';
import type { Code, Translation } from './translator.js';

const MARK = Buffer.from('MIPSWASM');
const SUM_BYTES = 32;
export const KEY_BYTES = 32;
const SUMMED = MARK.length + SUM_BYTES;
const COUNTS = SUMMED + KEY_BYTES;
const NUMBERS = 8;
const HEAD = COUNTS + 4 * NUMBERS;

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

function wordsOf(numbers: readonly (readonly number[] | Int32Array)[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of numbers) for (const number of each) at = bytes.writeInt32LE(number, at);
  return bytes;
}

const total = (code: readonly Code[]): number => code.reduce((sum, { words }) => sum + words.length, 0);

export function encodeTranslation(key: Uint8Array, translation: Translation): Buffer {
  const { entries, functions, code, refused, refusedCode, deferred, elsewhere, bytes } = translation;
  const lists = [entries, functions, refused, deferred, elsewhere];
  const all = [...code, ...refusedCode];
  const rest = [
    key,
    wordsOf([
      [...lists.map(({ length }) => length), total(code), total(refusedCode), bytes.length],
      ...lists,
      all.map(({ words }) => words.length),
      ...all.map(({ addresses }) => addresses),
      ...all.map(({ words }) => words),
    ]),
    bytes,
  ];
  return Buffer.concat([MARK, sha256(...rest), ...rest]);
}

/** Undefined for what is damaged, is no such file, or has another key. */
export function decodeTranslation(key: Uint8Array, file: Buffer): Translation | undefined {
  if (file.length < HEAD || !file.subarray(0, MARK.length).equals(MARK)) return undefined;
  const sum = file.subarray(MARK.length, SUMMED);
  if (!sum.equals(sha256(file.subarray(SUMMED))) || !file.subarray(SUMMED, COUNTS).equals(key)) return undefined;
  const counts = Array.from({ length: NUMBERS }, (_, index) => file.readUInt32LE(COUNTS + 4 * index));
  const [entryCount = 0, functionCount = 0, refusedCount = 0, deferredCount = 0, siteCount = 0, ...sizes] = counts;
  const [codeWords = 0, refusedWords = 0, byteCount = 0] = sizes;
  const lists = 2 * (entryCount + refusedCount) + functionCount + deferredCount + siteCount;
  const numbers = lists + 2 * (codeWords + refusedWords);
  if (HEAD + 4 * numbers + byteCount !== file.length) return undefined;
  let at = HEAD;
  const take = (length: number): Int32Array => {
    const words = Int32Array.from({ length }, (_, index) => file.readInt32LE(at + 4 * index));
    at += 4 * length;
    return words;
  };
  const [entries, functions] = [take(entryCount), take(functionCount)];
  const [refused, deferred, elsewhere] = [take(refusedCount), take(deferredCount), take(siteCount)];
  const lengths = take(entryCount + refusedCount);
  if (!addUp(lengths.subarray(0, entryCount), codeWords) || !addUp(lengths.subarray(entryCount), refusedWords))
    return undefined;
  const [addresses, words] = [take(codeWords + refusedWords), take(codeWords + refusedWords)];
  let first = 0;
  const all = Array.from(lengths, (length): Code => {
    const [from, to] = [first, (first += length)];
    return { addresses: addresses.slice(from, to), words: words.slice(from, to) };
  });
  return {
    entries: [...entries],
    functions: [...functions],
    refused: [...refused],
    deferred: [...deferred],
    elsewhere: [...elsewhere],
    code: all.slice(0, entryCount),
    refusedCode: all.slice(entryCount),
    bytes: Uint8Array.from(file.subarray(at)),
  };
}

const addUp = (lengths: Int32Array, sum: number): boolean =>
  lengths.every((length) => length >= 0) && lengths.reduce((all, length) => all + length, 0) === sum;
