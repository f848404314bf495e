/**
 * All rows, in groups. Release 6 gave many encodings a new meaning, so most groups say until or from which release a core
 * has them.
 */
import { CONTROL, CONTROL_FROM_RELEASE_2, CONTROL_UNTIL_RELEASE_5, MULTI_THREADING } from './control.js';
import { group, type Group, type Instruction } from './encoding.js';
import { FPU } from './fpu.js';
import { INTEGER, INTEGER_FROM_RELEASE_2, INTEGER_UNTIL_RELEASE_5 } from './integer.js';
import type { Encoding, Isa } from './isa.js';
import { LINKED, LOADS_AND_STORES, UNALIGNED } from './memory.js';

const always = (): boolean => true;
const fromRelease2 = ({ release }: Isa): boolean => release >= 2;
const untilRelease5 = ({ release }: Isa): boolean => release < 6;

export const GROUPS: Readonly<Record<Encoding, readonly Group[]>> = {
  classic: [
    group(always, INTEGER),
    group(fromRelease2, INTEGER_FROM_RELEASE_2),
    group(untilRelease5, INTEGER_UNTIL_RELEASE_5),
    group(always, CONTROL),
    group(fromRelease2, CONTROL_FROM_RELEASE_2),
    group(untilRelease5, CONTROL_UNTIL_RELEASE_5),
    group((isa) => isa.multiThreading, MULTI_THREADING),
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
