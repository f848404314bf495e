/** Release 6: a generic 32-bit core with microMIPS, and the I6400 with MSA and virtual processors. */
import { bits, CONFIG7, FCSR_RELEASE_6, fixed, K0, PLAIN, RELEASE_2, type CoreModel } from './model.js';

const ISA_ON_EXC = 1 << 16;
const RELEASE_6 = {
  ...RELEASE_2,
  hwrena: bits(0, 0x2000002f),
  fcsr: FCSR_RELEASE_6,
} as const;

export const MIPS32R6_GENERIC: CoreModel = {
  ...RELEASE_6,
  name: 'mips32r6-generic',
  isa: { ...PLAIN, release: 6, nan2008: true, compressed: 'micromips' },
  prid: 0x00010000,
  config: [
    bits(0x80000882, K0),
    fixed(0xbea3518b),
    fixed(0x80000000),
    bits(0x8c00b000, ISA_ON_EXC),
    fixed(0xe0fc0000),
    bits(0x00002010, 0x340),
    fixed(0),
    CONFIG7,
  ],
  status: bits(0x04400004, 0x3058ff1f),
  pageGrain: fixed(0xc8000000),
  fir: 0x20f30000,
  tlbEntries: 32,
};

export const I6400: CoreModel = {
  ...RELEASE_6,
  name: 'I6400',
  isa: { ...PLAIN, bits: 64, release: 6, nan2008: true, msa: true, virtualProcessors: true },
  prid: 0x0001a900,
  config: [
    bits(0x80004882, K0),
    fixed(0x9eab558b),
    fixed(0x80000000),
    fixed(0xbc0030a0),
    fixed(0xf0fc0000),
    bits(0x00002098, 0x08000340),
    fixed(0),
    CONFIG7,
  ],
  status: bits(0x04400004, 0x30d8ffff),
  pageGrain: bits(0xc8000000, 0x20000000),
  fir: 0x20f30300,
  tlbEntries: 16,
  segmentBits: 48,
  physicalBits: 48,
  writeGate: true,
  coherenceManager: 'cm3',
};
