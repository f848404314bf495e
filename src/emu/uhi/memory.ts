/** The firmware's memory. Pointers and lengths are hostile: EFAULT, and never more than a bound. */
import { UhiError } from './errno.js';
import type { UhiHost } from './host.js';

/** A longer transfer is done in part: the caller sees how much was done. */
export const LONGEST_TRANSFER = 1 << 20;
const LONGEST_TEXT = 4096;
/** newlib's PATH_MAX, with the NUL. */
const LONGEST_PATH = 1024;

type Access = (va: bigint, length: number) => Uint8Array | undefined;

/** Length of a transfer that the firmware asks for: a size_t. */
export const lengthOf = (register: bigint): number => {
  const length = BigInt.asUintN(64, register);
  return length < BigInt(LONGEST_TRANSFER) ? Number(length) : LONGEST_TRANSFER;
};

/** Bytes as many as there are, a page at a time. */
function* pages(access: Access, at: bigint, length: number): Generator<Uint8Array> {
  for (let done = 0; done < length;) {
    const bytes = access(at + BigInt(done), length - done);
    if (bytes === undefined || bytes.length === 0) return;
    done += bytes.length;
    yield bytes;
  }
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Up to a NUL; undefined when there is none among the first `longest` bytes. Throws EFAULT. */
function stringAt(host: UhiHost, at: bigint, longest: number): { text: string; ended: boolean } {
  let text = '';
  for (const bytes of pages((va, length) => host.readable(va, length), at, longest)) {
    const end = bytes.indexOf(0);
    text += textOf(end < 0 ? bytes : bytes.subarray(0, end));
    if (end >= 0) return { text, ended: true };
  }
  if (text.length < longest) throw new UhiError('EFAULT');
  return { text, ended: false };
}

/** A message: as much of it as a line may be long. Throws EFAULT. */
export const messageAt = (host: UhiHost, at: bigint): string => stringAt(host, at, LONGEST_TEXT).text;

/** Throws EFAULT, ENAMETOOLONG. */
export function pathAt(host: UhiHost, at: bigint): string {
  const { text, ended } = stringAt(host, at, LONGEST_PATH);
  if (!ended) throw new UhiError('ENAMETOOLONG');
  return text;
}

/** A copy of `length` bytes. Throws EFAULT. */
export function bytesAt(host: UhiHost, at: bigint, length: number): Buffer {
  const bytes = Buffer.concat([...pages((va, most) => host.readable(va, most), at, length)]);
  if (bytes.length < length) throw new UhiError('EFAULT');
  return bytes;
}

/** Throws EFAULT; what could be written then has been. */
export function putBytes(host: UhiHost, at: bigint, bytes: Uint8Array): void {
  let done = 0;
  for (const place of pages((va, most) => host.writable(va, most), at, bytes.length)) {
    place.set(bytes.subarray(done, done + place.length));
    done += place.length;
  }
  if (done < bytes.length) throw new UhiError('EFAULT');
}

/**
 * Moves bytes between the firmware's memory and a file, a page at a time. `step` gets a page's bytes and how many went
 * before them, and gives how many it moved; fewer than the page has end the transfer. What was moved counts, as in read(2):
 * an error behind it is met by the next call.
 */
export function transfer(
  access: Access,
  at: bigint,
  length: number,
  step: (bytes: Uint8Array, before: number) => number,
): number {
  let done = 0;
  for (const bytes of pages(access, at, length)) {
    let count;
    try {
      count = step(bytes, done);
    } catch (error) {
      if (done === 0) throw error;
      return done;
    }
    done += count;
    if (count < bytes.length) return done;
  }
  if (done === 0 && length > 0) throw new UhiError('EFAULT');
  return done;
}
