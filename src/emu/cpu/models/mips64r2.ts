/** MIPS64 Release 2: 5KE, and a core with everything of that release. */
import { bits, CONFIG7, fixed, K0, PLAIN, RELEASE_2, type CoreModel } from './model.js';

const CONFIG = bits(0x80004482, K0);
const RELEASE_2_64 = { ...RELEASE_2, segmentBits: 42, physicalBits: 36 } as const;

export const MIPS_5KEF: CoreModel = {
  ...RELEASE_2_64,
  name: '5KEf',
  isa: { ...PLAIN, bits: 64 },
  prid: 0x00018900,
  config: [CONFIG, fixed(0xbe61309b), fixed(0x80000000), fixed(0), fixed(0), fixed(0), fixed(0), CONFIG7],
  status: bits(0x00400004, 0x34f8ffff),
  fir: 0x00738900,
  tlbEntries: 32,
};

export const MIPS64R2_GENERIC: CoreModel = {
  ...RELEASE_2_64,
  name: 'MIPS64R2-generic',
  isa: { ...PLAIN, bits: 64, pairedSingle: true },
  prid: 0x00010000,
  config: [CONFIG, fixed(0xfea3519b), fixed(0x80000000), fixed(0x80), fixed(0), fixed(0), fixed(0), CONFIG7],
  status: bits(0x00400004, 0x34f8ffff),
  fir: 0x00770000,
  tlbEntries: 64,
  writeGate: true,
};
