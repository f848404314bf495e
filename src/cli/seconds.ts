import { InvalidArgumentError } from 'commander';

/** What a timer of Node can take. */
const LONGEST = 2 ** 31 / 1000;

/** A length of time as a user gives it. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value >= LONGEST)
    throw new InvalidArgumentError('It must be a number of seconds.');
  return value;
}
