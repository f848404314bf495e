/** Each run takes one of so many rows of seeds, so that a few runs take what one long run would. */
const ROWS = 2;

/** The first of `count` seeds: what the environment says, or where one of the rows begins. */
export function firstSeed(variable: string, count: number): number {
  const given = process.env[variable];
  return given === undefined ? 1 + count * (Date.now() % ROWS) : Number(given);
}
