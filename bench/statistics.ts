/** What is made of repeated measurements. */

/** NaN of none. Of an even number, the upper of the two in the middle. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** The value that this part of all values lies below. */
export const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
