/** MSA: vectors of 128 bits. */
import { group, type Group } from './encoding.js';
import { MSA_ARITHMETIC } from './msa-arithmetic.js';
import { MSA_BITS } from './msa-bits.js';
import { MSA_FLOAT } from './msa-float.js';
import { MSA_MEMORY } from './msa-memory.js';
import { MSA_MULTIPLY } from './msa-multiply.js';
import { MSA_PERMUTE, MSA_PERMUTE_64 } from './msa-permute.js';

export const MSA: readonly Group[] = [
  group(
    ({ msa }) => msa,
    [...MSA_MEMORY, ...MSA_ARITHMETIC, ...MSA_MULTIPLY, ...MSA_BITS, ...MSA_PERMUTE, ...MSA_FLOAT],
  ),
  group(({ msa, bits }) => msa && bits === 64, MSA_PERMUTE_64),
];
