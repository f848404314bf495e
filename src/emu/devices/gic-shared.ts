/** The layout of the GIC's shared section: registers with a bit an interrupt, and those with a register an interrupt. */
import { MAX_CPUS } from '../hardware.js';

export const SHARED_INTERRUPTS = 256;
export const WORDS = SHARED_INTERRUPTS / 32;

/** Word indices in the shared block. */
export const PEND = 0;
export const MASK = PEND + WORDS;
export const POLARITY = MASK + WORDS;
export const TRIGGER = POLARITY + WORDS;
export const DUAL = TRIGGER + WORDS;
/** CONFIG.COUNTSTOP; the counter when it was stopped, or how far it is ahead of the clock (64 bits). */
export const COUNT_STOP = DUAL + WORDS;
export const COUNT_BASE = COUNT_STOP + 2;
export const MAP_PIN = 64;
export const MAP_VP = MAP_PIN + SHARED_INTERRUPTS;
/** A bit a processor. */
export const MAP_VP_WORDS = MAX_CPUS / 32;
export const LOCAL_BLOCKS = 1536;

/** MAP_PIN and the local maps: to an interrupt pin, or to NMI. */
export const TO_PIN = 0x80000000 | 0;
export const TO_NMI = 1 << 30;
const PINS = 6;

export type BitWrite = 'set' | 'clear' | 'store' | 'none';

/** Register offsets of the shared section that hold one bit an interrupt. RMASK and SMASK read 0. */
const BIT_REGISTERS: readonly { readonly at: number; readonly word: number; readonly write: BitWrite }[] = [
  { at: 0x100, word: POLARITY, write: 'store' },
  { at: 0x180, word: TRIGGER, write: 'store' },
  { at: 0x200, word: DUAL, write: 'store' },
  { at: 0x300, word: MASK, write: 'clear' },
  { at: 0x380, word: MASK, write: 'set' },
  { at: 0x400, word: MASK, write: 'none' },
  { at: 0x480, word: PEND, write: 'none' },
];

/** Among interrupt lines: NMI. */
export const NMI_LINE = TO_NMI;

/** The line that a map leads to: Cause.IP of a pin, bits 15:10, or NMI_LINE. */
export function lineOf(map: number): number {
  if ((map & TO_NMI) !== 0) return NMI_LINE;
  return (map & TO_PIN) !== 0 && (map & 0x3f) < PINS ? 1 << (10 + (map & 0x3f)) : 0;
}

export function bitRegister(offset: number): { index: number; write: BitWrite } | undefined {
  const found = BIT_REGISTERS.find(({ at }) => offset >= at && offset < at + WORDS * 4);
  return found && { index: found.word + (offset - found.at) / 4, write: found.write };
}

/** The word of MAP_PIN or MAP_VP; of the latter's 0x20 bytes an interrupt those are kept that stand for a processor. */
export function mapRegister(offset: number): number | undefined {
  if (offset >= 0x500 && offset < 0x500 + SHARED_INTERRUPTS * 4) return MAP_PIN + (offset - 0x500) / 4;
  const within = offset - 0x2000;
  if (within < 0 || within >= SHARED_INTERRUPTS * 0x20 || (within & 0x1f) >= MAP_VP_WORDS * 4) return undefined;
  return MAP_VP + (within >>> 5) * MAP_VP_WORDS + ((within & 0x1f) >>> 2);
}

/** CONFIG.COUNTBITS: the counter has 32 + 4 * this many bits. */
export const COUNT_BITS = 8;
