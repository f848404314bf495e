/** P5600: MIPS32 Release 5 with MSA, EVA, larger physical addresses. */
import { bits, CONFIG7, FCSR_2008, fixed, K0, PLAIN, RELEASE_2, type CoreModel } from './model.js';

export const P5600: CoreModel = {
  ...RELEASE_2,
  name: 'P5600',
  isa: { ...PLAIN, release: 5, nan2008: true, msa: true, eva: true },
  prid: 0x0001a800,
  config: [
    bits(0x80040482, K0),
    fixed(0xfea3519b),
    fixed(0x80000000),
    fixed(0xbf0030a0),
    fixed(0xc01c0000),
    bits(0x10000038, 0x68000304),
    fixed(0),
    CONFIG7,
  ],
  status: bits(0x00400004, 0x3c68ff1f),
  pageGrain: bits(0, 0xe8000000),
  hwrena: bits(0, 0x2000000f),
  fir: 0x30f30300,
  fcsr: FCSR_2008,
  tlbEntries: 64,
  physicalBits: 40,
  writeGate: true,
};
