import { Errno } from '../kernel/index.js';

/**
 * Strings of the kernel. Each character of such a string is one byte (latin1), so that nothing a writer or a firmware
 * puts into a name is lost; `bytesOf` gives the bytes back.
 */
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** The C string that begins a buffer: up to its first NUL. */
export function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOf(end < 0 ? bytes : bytes.subarray(0, end));
}

/** sysfs_streq(): the word, alone or followed by one newline (kernel-abi.md 0.2). */
export const streq = (input: string, word: string): boolean => input === word || input === `${word}\n`;

/**
 * The first word that equals what was written over the length of that: any non-empty prefix does, and a whole word that
 * ends in NULs.
 */
export function matchWord<Word extends string>(written: string, words: readonly Word[]): Word | undefined {
  const [typed = ''] = written.split('\0', 1);
  const terminated = written.length > typed.length;
  return words.find((word) => (terminated ? word === typed : word.startsWith(typed)));
}

/**
 * The debugfs comparison (kernel-abi.md 2): a newline in the last byte is dropped, then it is {@link matchWord}.
 *
 * @throws Errno EINVAL unless 1…longest bytes were written.
 */
export function matchPrefix<Word extends string>(
  bytes: Uint8Array,
  longest: number,
  words: readonly Word[],
): Word | undefined {
  if (bytes.length < 1 || bytes.length > longest) throw new Errno('EINVAL');
  return matchWord(textOf(bytes).replace(/\n$/, '\0'), words);
}

const DIGITS = { 8: /^[0-7]+$/, 10: /^[0-9]+$/, 16: /^[0-9a-f]+$/ } as const;
const LONGEST_NUMBER = 34;

/**
 * kstrtouint_from_user() with base 0: an optional plus sign, 0x for hexadecimal, a leading 0 for octal, one newline.
 *
 * @throws Errno EINVAL for anything else, ERANGE above 2^32 - 1.
 */
export function parseUnsigned(bytes: Uint8Array): number {
  const text = cString(bytes.subarray(0, LONGEST_NUMBER)).replace(/\n$/, '').replace(/^\+/, '').toLowerCase();
  const [base, digits] = splitBase(text);
  if (!DIGITS[base].test(digits)) throw new Errno('EINVAL');
  const prefix = { 8: '0o', 10: '', 16: '0x' } as const;
  const value = BigInt(prefix[base] + digits);
  if (value > 0xffff_ffffn) throw new Errno('ERANGE');
  return Number(value);
}

/** kstrtoint() with base 0: as {@link parseUnsigned}, and with a minus sign. @throws Errno EINVAL, ERANGE */
export function parseSigned(text: string): number {
  const negative = text.startsWith('-');
  const magnitude = parseUnsigned(bytesOf(negative ? text.slice(1) : text));
  if (magnitude > 0x7fff_ffff + (negative ? 1 : 0)) throw new Errno('ERANGE');
  return negative ? -magnitude : magnitude;
}

function splitBase(text: string): [8 | 10 | 16, string] {
  if (/^0x[0-9a-f]/.test(text)) return [16, text.slice(2)];
  return text.length > 1 && text.startsWith('0') ? [8, text.slice(1)] : [10, text];
}

/** kstrtobool(): the first character decides, after an `o` the second. @throws Errno EINVAL */
export function parseBoolean(text: string): boolean {
  if (/^(?:[1yt]|on)/i.test(text)) return true;
  if (/^(?:[0nf]|of)/i.test(text)) return false;
  throw new Errno('EINVAL');
}

/** Numbers as the kernel's printf shows them. */
export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
export const signed = (value: number): string => String(value | 0);
