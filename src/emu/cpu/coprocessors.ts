/** Which coprocessor a word that is no instruction of the core would belong to: that it is unusable comes first. */
import type { Isa } from '../isa/index.js';

/** By opcode: COP0, COP1, COP2. */
const UNIT_OF_OPCODE: ReadonlyMap<number, number> = new Map([
  [0x10, 0],
  [0x11, 1],
  [0x12, 2],
]);
/** LWC1, LDC1, SWC1, SDC1: rows of the table where there is an FPU. */
const COP1_TRANSFERS = [0x31, 0x35, 0x39, 0x3d];
/** LWC2, LDC2, SWC2, SDC2, which Release 6 moved into COP2. */
const COP2_TRANSFERS = [0x32, 0x36, 0x3a, 0x3e];
/** COP1X; before it there was a coprocessor 3. */
const COP1X = 0x13;
const MOVCI = 1;

function classic({ fpu, bits, release }: Isa, word: number): number | undefined {
  const opcode = word >>> 26;
  if (COP1_TRANSFERS.includes(opcode)) return 1;
  if (release < 6) {
    if (COP2_TRANSFERS.includes(opcode)) return 2;
    if (opcode === COP1X) return bits === 64 || release >= 2 ? 1 : 3;
    // MOVF and MOVT look at the FPU's condition flags
    if (opcode === 0 && (word & 0x3f) === MOVCI && !fpu) return 1;
  }
  return UNIT_OF_OPCODE.get(opcode);
}

/** POOL32F; SWC1, LWC1, SDC1, LDC1. */
const MICROMIPS_COP1 = [0x15, 0x26, 0x27, 0x2e, 0x2f];

/** @param compressed whether it stands in code of the compressed set; then `word` has its first half word on top. */
export function coprocessorOf(isa: Isa, word: number, compressed: boolean): number | undefined {
  if (!compressed) return classic(isa, word);
  return isa.compressed === 'micromips' && MICROMIPS_COP1.includes(word >>> 26) ? 1 : undefined;
}
