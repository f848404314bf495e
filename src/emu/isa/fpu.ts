/** Coprocessor 1: the groups of its rows, and the cores that have them. */
import { group, type Group } from './encoding.js';
import { ARITHMETIC, RECIPROCALS_AND_MULTIPLY_ADDS } from './fpu-arithmetic.js';
import { CONDITION_FLAGS } from './fpu-compare.js';
import { CONVERSIONS, LONG_CONVERSIONS } from './fpu-convert.js';
import { PAIRED_SINGLE } from './fpu-paired.js';
import { FUSED_MULTIPLY_ADDS } from './fpu-fused.js';
import { FPU_FROM_RELEASE_6 } from './fpu-r6.js';
import { DOUBLE_WORD_TRANSFERS, INDEXED, TRANSFERS, UPPER_HALVES } from './fpu-transfer.js';
import type { Isa } from './isa.js';

/** MIPS32 Release 1 has 32-bit floating-point registers, and no COP1X. */
const has64BitRegisters = ({ fpu, bits, release }: Isa): boolean => fpu && (bits === 64 || release >= 2);

export const FPU: readonly Group[] = [
  group(({ fpu }) => fpu, [...ARITHMETIC, ...CONVERSIONS, ...TRANSFERS]),
  group(has64BitRegisters, LONG_CONVERSIONS),
  group(({ fpu, release }) => fpu && release >= 2, UPPER_HALVES),
  group(({ fpu, bits }) => fpu && bits === 64, DOUBLE_WORD_TRANSFERS),
  group(({ fpu, release }) => fpu && release < 6, CONDITION_FLAGS),
  group((isa) => has64BitRegisters(isa) && isa.release < 6, [...RECIPROCALS_AND_MULTIPLY_ADDS, ...INDEXED]),
  group(({ fpu, pairedSingle, release }) => fpu && pairedSingle && release < 6, PAIRED_SINGLE),
  group(({ fpu, release }) => fpu && release === 6, [...FPU_FROM_RELEASE_6, ...FUSED_MULTIPLY_ADDS]),
];
