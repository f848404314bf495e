/** What a core model is made of. Values are those of docs/reference/mips-uhi.md 3.2, or read on QEMU by the same means. */
import type { Isa } from '../../isa/isa.js';

/** A register's value out of reset, and the bits of it that MTC0 changes. */
export interface RegisterBits {
  readonly reset: number;
  readonly writable: number;
}

export interface CoreModel {
  readonly name: string;
  /** The byte order is the machine's. */
  readonly isa: Omit<Isa, 'endian'>;
  readonly prid: number;
  /** Config to Config7. Config.BE is added; what a core has is read from here (../features.ts). */
  readonly config: readonly RegisterBits[];
  readonly status: RegisterBits;
  readonly cause: RegisterBits;
  readonly pageGrain: RegisterBits;
  readonly intCtl: RegisterBits;
  /** HSS says how many sets of general registers there are. */
  readonly srsCtl: RegisterBits;
  readonly hwrena: RegisterBits;
  /** Floating-point implementation register, and the bits of FCSR. */
  readonly fir: number;
  readonly fcsr: RegisterBits;
  readonly tlbEntries: number;
  /** Bits of a virtual address in one region of a 64-bit core; 31 stands for a 32-bit core's. */
  readonly segmentBits: number;
  /** Bits of a physical address, with PageGrain.ELPA where the core has it. */
  readonly physicalBits: number;
  /** Bytes between SYNCI instructions, RDHWR 1. */
  readonly synciStep: number;
  /** Cycles a tick of Count, RDHWR 3. */
  readonly countResolution: number;
  /** EBase.WG: exception vectors anywhere. */
  readonly writeGate: boolean;
  /** Pairs of WatchLo and WatchHi. */
  readonly watchPairs: number;
  /** GIC CTL.TIMER_RTBL: the timer of CP0 goes through the interrupt controller instead of straight to IntCtl.IPTI. */
  readonly timerThroughGic: boolean;
  /** Registers of the coherence manager are 64 bits wide (CM3). */
  readonly coherenceManager: 'cm2' | 'cm3';
}

export const fixed = (reset: number): RegisterBits => ({ reset, writable: 0 });
export const bits = (reset: number, writable: number): RegisterBits => ({ reset, writable });

/** Config.K0 is all that most cores let change in Config to Config7. */
export const K0 = 7;

/** Config7.WII: WAIT goes on when an interrupt is pending that is not enabled, as all cores here do. */
export const CONFIG7 = fixed(0x80000000);

/** The floating-point registers of Release 2 with and without those of 2008. */
export const LEGACY_FCSR = bits(0, 0xff83ffff);
export const FCSR_2008 = bits(0x000c0000, 0xff83ffff);
export const FCSR_RELEASE_6 = bits(0x000c0000, 0x0103ffff);

/** What the cores of Release 2 have in common. */
export const RELEASE_2 = {
  cause: bits(0, 0x08c00300),
  pageGrain: fixed(0),
  intCtl: bits(0xe0000000, 0x3e0),
  srsCtl: fixed(0),
  hwrena: bits(0, 0xf),
  fcsr: LEGACY_FCSR,
  segmentBits: 31,
  physicalBits: 32,
  synciStep: 32,
  countResolution: 2,
  writeGate: false,
  watchPairs: 8,
  timerThroughGic: false,
  coherenceManager: 'cm2',
} as const;

/** Instruction sets that most cores have not. */
export const PLAIN = {
  bits: 32,
  release: 2,
  fpu: true,
  pairedSingle: false,
  nan2008: false,
  dsp: 0,
  compressed: 'none',
  msa: false,
  eva: false,
  multiThreading: false,
  virtualProcessors: false,
  mcu: false,
  linkedPairs: false,
  crc: false,
} as const;
