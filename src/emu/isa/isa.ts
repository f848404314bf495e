/** What the instruction set of a core is made of: a choice of rows of the one table. A core model gives it (../cpu/models). */
import type { Endian } from '../hardware.js';

export interface Isa {
  readonly endian: Endian;
  /** Width of general registers and addresses. */
  readonly bits: 32 | 64;
  /** Release of the architecture. 4 does not exist. */
  readonly release: 1 | 2 | 3 | 5 | 6;
  readonly fpu: boolean;
  /** The paired-single format. */
  readonly pairedSingle: boolean;
  /** FCSR.NAN2008 and ABS2008 are 1. */
  readonly nan2008: boolean;
  /** Revision of the DSP ASE. */
  readonly dsp: 0 | 1 | 2;
  /** The compressed set that odd addresses are executed in. */
  readonly compressed: 'none' | 'mips16' | 'micromips';
  readonly msa: boolean;
  /** Loads and stores with the user's view of memory (LBE…). */
  readonly eva: boolean;
  /** DVPE, EVPE, DMT, EMT, MFTR, MTTR. */
  readonly multiThreading: boolean;
  /** DVP, EVP (Release 6). */
  readonly virtualProcessors: boolean;
  /** ASET, ACLR, IRET. */
  readonly mcu: boolean;
  /** LLWP, SCWP (Release 6). */
  readonly linkedPairs: boolean;
  /** CRC32… (Release 6). */
  readonly crc: boolean;
}

/** MIPS32 Release 2 with an FPU, as the default core has it. */
export const MIPS32R2: Isa = {
  endian: 'le',
  bits: 32,
  release: 2,
  fpu: true,
  pairedSingle: false,
  nan2008: false,
  dsp: 0,
  compressed: 'none',
  msa: false,
  eva: false,
  multiThreading: true,
  virtualProcessors: false,
  mcu: false,
  linkedPairs: false,
  crc: false,
};

/** The sets of rows that a core decodes: words at even addresses, and half words and words at odd ones. */
export type Encoding = 'classic' | 'compressed';
