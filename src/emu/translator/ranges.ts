import type { Range } from './context.js';

export const contains = ({ start, bytes }: Range, address: number): boolean =>
  address >= start && address < start + bytes;

/** Where code at this address is fetched from. */
export const homeOf = (ranges: readonly Range[], address: number): Range | undefined =>
  ranges.find((each) => each.isExecutable && contains(each, address));
