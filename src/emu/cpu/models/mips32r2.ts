/** 24K, 34K, 74K: MIPS32 Release 2 with MIPS16e; DSP and threads on the later ones. */
import { bits, CONFIG7, fixed, K0, PLAIN, RELEASE_2, type CoreModel } from './model.js';

const CONFIG = bits(0x80000482, K0);
const COUNT_MANY_SETS = 0x3c000000;

export const MIPS_24KF: CoreModel = {
  ...RELEASE_2,
  name: '24Kf',
  isa: { ...PLAIN, compressed: 'mips16' },
  prid: 0x00019300,
  config: [CONFIG, fixed(0x9e190c8f), fixed(0x80000000), fixed(0), fixed(0), fixed(0), fixed(0), CONFIG7],
  status: bits(0x00400004, 0x3478ff1f),
  fir: 0x00739300,
  tlbEntries: 16,
};

export const MIPS_34KF: CoreModel = {
  ...RELEASE_2,
  name: '34Kf',
  isa: { ...PLAIN, compressed: 'mips16', dsp: 1, multiThreading: true },
  prid: 0x00019500,
  config: [CONFIG, fixed(0xfe190c8f), fixed(0x80000000), fixed(0x00000424), fixed(0), fixed(0), fixed(0), CONFIG7],
  status: bits(0x00400004, 0x3578ff1f),
  srsCtl: bits(COUNT_MANY_SETS, 0xf3c0),
  fir: 0x00739500,
  tlbEntries: 64,
};

export const MIPS_74KF: CoreModel = {
  ...RELEASE_2,
  name: '74Kf',
  isa: { ...PLAIN, compressed: 'mips16', dsp: 2 },
  prid: 0x00019700,
  config: [CONFIG, fixed(0x9e190c8f), fixed(0x80000000), fixed(0x00000c20), fixed(0), fixed(0), fixed(0), CONFIG7],
  status: bits(0x00400004, 0x3578ff1f),
  fir: 0x00739300,
  tlbEntries: 16,
};
