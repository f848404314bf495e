/**
 * All rows, in groups. Release 6 gave many encodings a new meaning, so most groups say until or from which release a core
 * has them.
 */
import { CONTROL } from './control.js';
import { group, type Group, type Instruction } from './encoding.js';
import { FPU } from './fpu.js';
import { INTEGER } from './integer.js';
import type { Encoding, Isa } from './isa.js';
import { LINKED, LOADS_AND_STORES, UNALIGNED } from './memory.js';

const always = (): boolean => true;
const untilRelease5 = ({ release }: Isa): boolean => release < 6;

export const GROUPS: Readonly<Record<Encoding, readonly Group[]>> = {
  classic: [
    group(untilRelease5, INTEGER),
    group(untilRelease5, CONTROL),
    group(always, LOADS_AND_STORES),
    group(untilRelease5, UNALIGNED),
    group(untilRelease5, LINKED),
    group((isa) => isa.fpu && isa.release < 6, FPU),
  ],
  compressed: [],
};

/** Every instruction that a core with this instruction set has. */
export const instructions = (isa: Isa, encoding: Encoding = 'classic'): readonly Instruction[] =>
  GROUPS[encoding].filter(({ has }) => has(isa)).flatMap(({ rows }) => rows);
