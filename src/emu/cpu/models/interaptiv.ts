/**
 * interAptiv, the default: what Linux's driver takes cores from (docs/reference/mips-uhi.md 3.1). QEMU has no such model;
 * the values are those of a 34K with a coherence manager and EBase.WG (mips-uhi.md 7.5, 7.6).
 */
import { bits, CONFIG7, fixed, K0, PLAIN, RELEASE_2, type CoreModel } from './model.js';

export const INTERAPTIV: CoreModel = {
  ...RELEASE_2,
  name: 'interAptiv',
  isa: { ...PLAIN, compressed: 'mips16', dsp: 2, multiThreading: true },
  prid: 0x0001a120,
  config: [
    bits(0x80000482, K0),
    // 64 TLB entries, 32 KiB 4-way caches of 32-byte lines; WR, CA, EP, FP
    fixed(0xfea3518f),
    fixed(0x80000000),
    // CMGCR, ULRI, DSP2P, DSPP, VInt, MT
    fixed(0x20002c24),
    fixed(0),
    fixed(0),
    fixed(0),
    CONFIG7,
  ],
  status: bits(0x00400004, 0x3578ff1f),
  hwrena: bits(0, 0x2000000f),
  fir: 0x0073a100,
  tlbEntries: 64,
  writeGate: true,
  watchPairs: 4,
};
