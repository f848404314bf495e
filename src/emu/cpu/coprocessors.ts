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

interface Pattern {
  readonly mask: number;
  readonly match: number;
  readonly unit: number;
  /** Releases that have it: until 5, from 6, or all. */
  readonly release?: 5 | 6;
}
const opcode = (match: number, unit: number): Pattern => ({ mask: 0xfc000000, match: match * 2 ** 26, unit });
const OPCODE_AND_MINOR = 0xffe00000;
const OPCODE_AND_LOW_MINOR = 0xfc00f000;

const MICROMIPS: readonly Pattern[] = [
  // POOL32F; SWC1, LWC1, SDC1, LDC1
  ...[0x15, 0x26, 0x27, 0x2e, 0x2f].map((code) => opcode(code, 1)),
  // BC1F, BC1T; BC1EQZC, BC1NEZC
  ...[0x43800000, 0x43a00000].map((match) => ({ mask: OPCODE_AND_MINOR, match, unit: 1, release: 5 as const })),
  ...[0x41000000, 0x41200000].map((match) => ({ mask: OPCODE_AND_MINOR, match, unit: 1, release: 6 as const })),
  // BC2F, BC2T; BC2EQZC, BC2NEZC
  ...[0x42800000, 0x42a00000].map((match) => ({ mask: OPCODE_AND_MINOR, match, unit: 2, release: 5 as const })),
  ...[0x41400000, 0x41600000].map((match) => ({ mask: OPCODE_AND_MINOR, match, unit: 2, release: 6 as const })),
  // LWC2, LDC2, SWC2, SDC2
  ...[0x20000000, 0x20002000, 0x20008000, 0x2000a000].map((match) => ({ mask: OPCODE_AND_LOW_MINOR, match, unit: 2 })),
  // MFC2 and its kin; COP2
  { mask: 0xfc000fff, match: 0x00000d3c, unit: 2 },
  { mask: 0xfc000007, match: 0x00000002, unit: 2 },
];

function micromips({ release }: Isa, word: number): number | undefined {
  const found = MICROMIPS.find(
    (pattern) =>
      (word & pattern.mask) >>> 0 === pattern.match &&
      (pattern.release === undefined || (pattern.release === 6) === release >= 6),
  );
  return found?.unit;
}

/** @param compressed whether it stands in code of the compressed set; then `word` has its first half word on top. */
export function coprocessorOf(isa: Isa, word: number, compressed: boolean): number | undefined {
  if (!compressed) return classic(isa, word);
  return isa.compressed === 'micromips' ? micromips(isa, word) : undefined;
}
