import { CONTROL } from './control.js';
import type { Instruction } from './encoding.js';
import { FPU } from './fpu.js';
import { INTEGER } from './integer.js';
import { memory } from './memory.js';

/** Every instruction of MIPS32 Release 2 with FPU. The byte order decides what LWL and its kin mean. */
export const instructions = (endian: 'le' | 'be'): readonly Instruction[] => [
  ...INTEGER,
  ...CONTROL,
  ...memory(endian),
  ...FPU,
];
