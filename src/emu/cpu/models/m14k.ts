/** M14K: microMIPS and MIPS32, no FPU. */
import { bits, CONFIG7, fixed, K0, PLAIN, RELEASE_2, type CoreModel } from './model.js';

const ISA_ON_EXC = 1 << 16;

export const M14KC: CoreModel = {
  ...RELEASE_2,
  name: 'M14Kc',
  isa: { ...PLAIN, fpu: false, compressed: 'micromips' },
  prid: 0x00019c00,
  config: [
    bits(0x80000482, K0),
    fixed(0x9e190c8a),
    fixed(0x80000000),
    bits(0x00008000, ISA_ON_EXC),
    fixed(0),
    fixed(0),
    fixed(0),
    CONFIG7,
  ],
  status: bits(0x00400004, 0x1078ff17),
  fir: 0,
  fcsr: fixed(0),
  tlbEntries: 16,
};
