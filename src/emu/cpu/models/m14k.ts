/**
 * M14K: microMIPS and MIPS32, the MCU ASE, no FPU. Config3 says that there are no vectored interrupts; so nothing of a
 * handler's prologue is automatic, and what IntCtl has for that is 0.
 */
import { CONFIG3, STATUS } from '../registers.js';
import { bits, CONFIG7, fixed, K0, PLAIN, RELEASE_2, type CoreModel } from './model.js';

export const M14KC: CoreModel = {
  ...RELEASE_2,
  name: 'M14Kc',
  isa: { ...PLAIN, fpu: false, compressed: 'micromips', mcu: true },
  prid: 0x00019c00,
  config: [
    bits(0x80000482, K0),
    fixed(0x9e190c8a),
    fixed(0x80000000),
    bits(0x00008000 | CONFIG3.MCU, CONFIG3.ISA_ON_EXC),
    fixed(0),
    fixed(0),
    fixed(0),
    CONFIG7,
  ],
  status: bits(0x00400004, 0x1078ff17 | STATUS.IM9 | STATUS.IM8),
  fir: 0,
  fcsr: fixed(0),
  tlbEntries: 16,
};
