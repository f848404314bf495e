/**
 * The fields of an encoding: runs of bits that make one number, most significant run first. A few encodings number things
 * through a list (microMIPS: register 0 of three bits is $16), leave out a field that others have (a fixed value), or leave
 * out low bits that are always 0 (offsets of words).
 */

/** Bits `low … low + width - 1` of the instruction. */
export interface Bits {
  readonly low: number;
  readonly width: number;
}

export interface Field {
  readonly name: string;
  /** Bits of the number, before `list` is looked up. */
  readonly width: number;
  /** Where they stand, from the number's highest bit on; bits that are left over are 0. Empty: the number is `fixed`. */
  readonly runs: readonly Bits[];
  readonly fixed: number;
  /** What the numbers 0, 1, … stand for. */
  readonly list: readonly number[] | undefined;
  /** Never negative, also where other encodings of the instruction have a signed number. */
  readonly unsigned: boolean;
}

/** The number that an instruction has in a field, unsigned unless `list` has signed ones. */
export function fieldValue(word: number, { width, runs, fixed, list }: Field): number {
  if (runs.length === 0) return fixed;
  let left = width;
  let number = 0;
  for (const run of runs) {
    left -= run.width;
    number += ((word >>> run.low) & (2 ** run.width - 1)) * 2 ** left;
  }
  return list?.[number] ?? number;
}

/** The same as a signed number, where the field is one. */
export function signedFieldValue(word: number, field: Field): number {
  const number = fieldValue(word, field);
  const isSigned = field.runs.length > 0 && field.list === undefined && !field.unsigned;
  return isSigned && number >= 2 ** (field.width - 1) ? number - 2 ** field.width : number;
}

/** `word` with a number put into a field; higher bits of the number are dropped. */
export function withField(word: number, { runs, width }: Field, number: number): number {
  let left = width;
  let result = word;
  for (const run of runs) {
    left -= run.width;
    result |= ((number >>> left) & (2 ** run.width - 1)) << run.low;
  }
  return result >>> 0;
}
