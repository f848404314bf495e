/**
 * Exact floating-point arithmetic, as MIPS's FPU and MSA do it. A pure library: bit patterns in, bit patterns and exception
 * flags out; who reads registers, sets Cause and traps is its user (../cpu).
 *
 * Vocabulary. A *format* is a width and its split; a *value* is a pattern taken apart; an *environment* is what FCSR or
 * MSACSR says about rounding, denormals and NaNs; an *outcome* is a pattern and flags.
 *
 *     number.ts        formats, values, rounding                 nan.ts           the two encodings of NaNs
 *     arithmetic.ts    + - × ÷ √, reciprocals, multiply-add      conversions.ts   formats, integers, fixed point
 *     comparisons.ts   conditions, minimum and maximum, classes  exponents.ts     logarithm and power of two
 *     host-doubles.ts  what the host's own doubles are enough for, faster by far
 *     operations.ts    the FPU's operations by name              msa.ts           MSA's on whole registers (msa-elements.ts)
 */
export { FLAG, ROUND, D, S, type Environment, type Format, type Outcome } from './number.js';
export { byHost, hostOperations } from './host-doubles.js';
export { compare, operate } from './operations.js';
export { MSACSR, operateVector, type VectorOutcome } from './msa.js';
