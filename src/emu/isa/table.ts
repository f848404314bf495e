/**
 * All rows, in groups. Release 6 gave many encodings a new meaning, so most groups say until or from which release a core
 * has them.
 */
import { JALX, compressedRows, executedBy, type CompressedGroup } from './compressed.js';
import { ACCUMULATORS, HI_AND_LO } from './accumulators.js';
import { CONTROL, CONTROL_FROM_RELEASE_2, CONTROL_UNTIL_RELEASE_5 } from './control.js';
import { CONTROL_FROM_RELEASE_6, VIRTUAL_PROCESSORS } from './control-r6.js';
import { DSP } from './dsp.js';
import { group, ofUnit, type Group, type Instruction } from './encoding.js';
import { FPU } from './fpu.js';
import { INTEGER, INTEGER_FROM_RELEASE_2, INTEGER_UNTIL_RELEASE_5 } from './integer.js';
import { INTEGER_64, INTEGER_64_FROM_RELEASE_2, INTEGER_64_UNTIL_RELEASE_5 } from './integer-64.js';
import {
  CRC,
  CRC_64,
  INTEGER_64_FROM_RELEASE_6,
  INTEGER_FROM_RELEASE_6,
  SCALED_ADD,
  SCALED_ADD_64,
} from './integer-r6.js';
import type { Encoding, Isa } from './isa.js';
import { MCU } from './mcu.js';
import { MSA } from './msa.js';
import { MICROMIPS_16, MICROMIPS_16_FROM_RELEASE_6, MICROMIPS_16_UNTIL_RELEASE_5 } from './micromips-16.js';
import {
  MICROMIPS_ARITHMETIC,
  MICROMIPS_ARITHMETIC_FROM_RELEASE_6,
  MICROMIPS_ARITHMETIC_UNTIL_RELEASE_5,
} from './micromips-arithmetic.js';
import { MICROMIPS_CONTROL_UNTIL_RELEASE_5, MICROMIPS_SYSTEM } from './micromips-control.js';
import { MICROMIPS_DSP, MICROMIPS_DSP_UNTIL_RELEASE_5 } from './micromips-dsp.js';
import {
  MICROMIPS_FPU,
  MICROMIPS_FPU_BRANCHES_FROM_RELEASE_6,
  MICROMIPS_FPU_BRANCHES_UNTIL_RELEASE_5,
  MICROMIPS_FPU_FROM_RELEASE_6,
  MICROMIPS_FPU_UNTIL_RELEASE_5,
} from './micromips-fpu.js';
import {
  MICROMIPS_MEMORY,
  MICROMIPS_MEMORY_64,
  MICROMIPS_MEMORY_FROM_RELEASE_6,
  MICROMIPS_MEMORY_UNTIL_RELEASE_5,
} from './micromips-memory.js';
import { MICROMIPS_CONTROL_FROM_RELEASE_6 } from './micromips-r6.js';
import { MIPS16, MIPS16_64 } from './mips16.js';
import { MIPS16_CONTROL } from './mips16-control.js';
import { LINKED, LOADS_AND_STORES, UNALIGNED } from './memory.js';
import { CONTROL_64, CONTROL_FROM_RELEASE_5, DEBUG_RETURN, TLB_INVALIDATE } from './privileged.js';
import { MULTI_THREADING } from './threads.js';
import { EVA, LINKED_64_FROM_RELEASE_6, LINKED_FROM_RELEASE_6, LINKED_PAIRS } from './memory-r6.js';

const always = (): boolean => true;
const fromRelease2 = ({ release }: Isa): boolean => release >= 2;
const untilRelease5 = ({ release }: Isa): boolean => release < 6;
const fromRelease6 = ({ release }: Isa): boolean => release >= 6;
const wide =
  (has: (isa: Isa) => boolean) =>
  (isa: Isa): boolean =>
    isa.bits === 64 && has(isa);

const CLASSIC: readonly Group[] = [
  group(always, INTEGER),
  group(fromRelease2, INTEGER_FROM_RELEASE_2),
  group(untilRelease5, INTEGER_UNTIL_RELEASE_5),
  group((isa) => isa.release < 6 && isa.dsp === 0, HI_AND_LO),
  group((isa) => isa.dsp > 0, ACCUMULATORS),
  ...ofUnit('dsp', DSP),
  ...ofUnit('msa', MSA),
  group(always, CONTROL),
  group(fromRelease2, CONTROL_FROM_RELEASE_2),
  group(untilRelease5, CONTROL_UNTIL_RELEASE_5),
  group(fromRelease2, DEBUG_RETURN),
  group(({ release }) => release >= 3, TLB_INVALIDATE),
  group(({ release }) => release >= 5, CONTROL_FROM_RELEASE_5),
  group(wide(always), CONTROL_64),
  group(fromRelease6, INTEGER_FROM_RELEASE_6),
  group(fromRelease6, CONTROL_FROM_RELEASE_6),
  group(fromRelease6, LINKED_FROM_RELEASE_6),
  group((isa) => isa.linkedPairs, LINKED_PAIRS),
  group((isa) => isa.release >= 6 || isa.msa, SCALED_ADD),
  group(wide(always), INTEGER_64),
  group(wide(fromRelease2), INTEGER_64_FROM_RELEASE_2),
  group(wide(untilRelease5), INTEGER_64_UNTIL_RELEASE_5),
  group(wide(fromRelease6), INTEGER_64_FROM_RELEASE_6),
  group(wide(fromRelease6), LINKED_64_FROM_RELEASE_6),
  group(
    wide((isa) => isa.release >= 6 || isa.msa),
    SCALED_ADD_64,
  ),
  group((isa) => isa.mcu, MCU),
  group((isa) => isa.crc, CRC),
  group(
    wide((isa) => isa.crc),
    CRC_64,
  ),
  group((isa) => isa.eva, EVA),
  group((isa) => isa.virtualProcessors, VIRTUAL_PROCESSORS),
  group((isa) => isa.multiThreading, MULTI_THREADING),
  group(always, LOADS_AND_STORES),
  group(untilRelease5, UNALIGNED),
  group(untilRelease5, LINKED),
  ...ofUnit('fpu', FPU),
  group((isa) => isa.compressed !== 'none' && isa.release < 6, JALX),
];

const micromips =
  (has: (isa: Isa) => boolean) =>
  (isa: Isa): boolean =>
    isa.compressed === 'micromips' && has(isa);
const mips16 =
  (has: (isa: Isa) => boolean) =>
  (isa: Isa): boolean =>
    isa.compressed === 'mips16' && has(isa);
const withFpu =
  (has: (isa: Isa) => boolean) =>
  (isa: Isa): boolean =>
    isa.fpu && has(isa);

const COMPRESSED: readonly CompressedGroup[] = [
  { has: micromips(always), rows: MICROMIPS_16 },
  { has: micromips(untilRelease5), rows: MICROMIPS_16_UNTIL_RELEASE_5 },
  { has: micromips(fromRelease6), rows: MICROMIPS_16_FROM_RELEASE_6 },
  { has: micromips(always), rows: MICROMIPS_ARITHMETIC },
  { has: micromips(untilRelease5), rows: MICROMIPS_ARITHMETIC_UNTIL_RELEASE_5 },
  { has: micromips(fromRelease6), rows: MICROMIPS_ARITHMETIC_FROM_RELEASE_6 },
  { has: micromips(always), rows: MICROMIPS_MEMORY },
  { has: micromips(wide(always)), rows: MICROMIPS_MEMORY_64 },
  { has: micromips(untilRelease5), rows: MICROMIPS_MEMORY_UNTIL_RELEASE_5 },
  { has: micromips(fromRelease6), rows: MICROMIPS_MEMORY_FROM_RELEASE_6 },
  { has: micromips(always), rows: MICROMIPS_SYSTEM },
  { has: micromips(untilRelease5), rows: MICROMIPS_CONTROL_UNTIL_RELEASE_5 },
  { has: micromips(fromRelease6), rows: MICROMIPS_CONTROL_FROM_RELEASE_6 },
  { has: micromips(always), rows: executedBy('fpu', MICROMIPS_FPU) },
  { has: micromips(untilRelease5), rows: executedBy('fpu', MICROMIPS_FPU_UNTIL_RELEASE_5) },
  { has: micromips(fromRelease6), rows: executedBy('fpu', MICROMIPS_FPU_FROM_RELEASE_6) },
  { has: micromips(withFpu(untilRelease5)), rows: MICROMIPS_FPU_BRANCHES_UNTIL_RELEASE_5 },
  { has: micromips(withFpu(fromRelease6)), rows: MICROMIPS_FPU_BRANCHES_FROM_RELEASE_6 },
  { has: micromips(({ dsp }) => dsp > 0), rows: executedBy('dsp', MICROMIPS_DSP) },
  {
    has: micromips(({ dsp, release }) => dsp > 0 && release < 6),
    rows: executedBy('dsp', MICROMIPS_DSP_UNTIL_RELEASE_5),
  },
  { has: mips16(always), rows: MIPS16 },
  { has: mips16(wide(always)), rows: MIPS16_64 },
  { has: mips16(always), rows: MIPS16_CONTROL },
];

/** Every instruction that a core with this instruction set has. */
export function instructions(isa: Isa, encoding: Encoding = 'classic'): readonly Instruction[] {
  const classic = CLASSIC.filter(({ has }) => has(isa)).flatMap(({ rows }) => rows);
  return encoding === 'classic' ? classic : compressedRows(COMPRESSED, isa, classic);
}
