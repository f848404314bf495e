/**
 * The fields of an encoding: runs of bits that make one number, most significant run first. A few encodings number things
 * through a list (microMIPS: register 0 of three bits is $16), or leave out a field that others have (a fixed value).
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
  /** Where they stand; together `width` bits. Empty: the number is `fixed`. */
  readonly runs: readonly Bits[];
  readonly fixed: number;
  /** What the numbers 0, 1, … stand for. */
  readonly list: readonly number[] | undefined;
}

/** The number that an instruction has in a field, unsigned unless `list` has signed ones. */
export function fieldValue(word: number, { runs, fixed, list }: Field): number {
  const number =
    runs.length === 0
      ? fixed
      : runs.reduce((sum, { low, width }) => sum * 2 ** width + ((word >>> low) & (2 ** width - 1)), 0);
  return list?.[number] ?? number;
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
