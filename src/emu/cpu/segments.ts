/**
 * Segments of the virtual address space: in which mode an address may be used, and whether the TLB maps it. The 32-bit
 * segments are six, in the terms of SegCtl0-2 (docs/reference/mips-uhi.md 4); a core without these registers has the legacy
 * ones. A 64-bit core has them at the ends of its address space, and regions of 64-bit addresses between.
 */
import { CP0, STATUS } from './registers.js';
import type { Cp0 } from './cp0.js';

export const MODE = { kernel: 0, supervisor: 1, user: 2 } as const;
export type Mode = (typeof MODE)[keyof typeof MODE];

/** What becomes of an address besides a physical address, which is not negative. */
export const MAPPED = -1;
export const REFUSED = -2;

/** SegCtl0-2 out of reset: two segments each, the one at the higher address first. */
export const LEGACY_SEGMENTS = [0x00200010, 0x00030002, 0x003a043a] as const;

const UNMAPPED = -3;
/** By access mode (AM), then mode: unmapped in kernel mode only, mapped in kernel mode only, and so on. */
const [U, M, X] = [UNMAPPED, MAPPED, REFUSED];
const ACCESS_MODES: readonly (readonly [kernel: number, supervisor: number, user: number])[] = [
  [U, X, X], // UK
  [M, X, X], // MK
  [M, M, X], // MSK
  [M, M, M], // MUSK
  [U, M, M], // MUSUK
  [U, U, X], // USK
  [X, X, X], // reserved
  [U, U, U], // UUSK
];

const CONFIGURATION = { AM_SHIFT: 4, AM: 7, EU: 1 << 3, PA_SHIFT: 9, PA: 0x7f } as const;
const HALF_GIB = 0x20000000;
const GIB = 0x40000000;
const HIGH_OF_64 = 2 ** 32;
const COMPATIBILITY_START = 0x80000000;

export class Segments {
  /** Of a legacy core: fixed. */
  readonly #isLegacy: boolean;
  readonly #segmentBits: number;

  constructor(private readonly cp0: Cp0) {
    this.#isLegacy = !cp0.has.segmentControl;
    this.#segmentBits = cp0.model.segmentBits;
  }

  /** The mode that loads and stores are made in. */
  get mode(): Mode {
    const { cp0 } = this;
    if (cp0.kernelMode) return MODE.kernel;
    return (cp0.status & STATUS.KSU) === STATUS.SUPERVISOR ? MODE.supervisor : MODE.user;
  }

  /** The physical address of an unmapped one, MAPPED or REFUSED. */
  find(low: number, high: number, mode: Mode): number {
    if (!this.cp0.has.wide || high === low >> 31) return this.#find32(low, mode);
    return this.#find64(low, high, mode);
  }

  /** CFG0 (at the end of the address space) to CFG5: those of 512 MiB above bit 31, of 1 GiB below. */
  #find32(low: number, mode: Mode): number {
    const number = low < 0 ? 3 - ((low >>> 29) & 3) : 5 - ((low >>> 30) & 1);
    const configuration = this.#configuration(number);
    const accessMode = ACCESS_MODES[(configuration >>> CONFIGURATION.AM_SHIFT) & CONFIGURATION.AM];
    const access = accessMode?.[mode] ?? REFUSED;
    const isBare = mode === MODE.kernel && (configuration & CONFIGURATION.EU) !== 0 && this.#isErrorLevel;
    if (access === UNMAPPED || isBare) {
      const base = (configuration >>> CONFIGURATION.PA_SHIFT) & CONFIGURATION.PA;
      return low < 0 ? base * HALF_GIB + (low & (HALF_GIB - 1)) : (base >>> 1) * GIB + (low & (GIB - 1));
    }
    return access;
  }

  get #isErrorLevel(): boolean {
    return (this.cp0.status & STATUS.ERL) !== 0;
  }

  #configuration(number: number): number {
    const index = number >>> 1;
    const pair = this.#isLegacy ? (LEGACY_SEGMENTS[index] ?? 0) : this.cp0.get(CP0.segCtl0 + index);
    return (number & 1) === 0 ? pair & 0xffff : pair >>> 16;
  }

  /** Addresses that are no sign-extended words: XUSEG, XSSEG, XKPHYS, XKSEG by bits 63:62. */
  #find64(low: number, high: number, mode: Mode): number {
    const { status } = this.cp0;
    const above = this.#segmentBits - 32;
    const offset = high & 0x3fffffff;
    switch (high >>> 30) {
      case 0:
        return (status & STATUS.UX) !== 0 && offset >>> above === 0 ? MAPPED : REFUSED;
      case 1:
        return mode !== MODE.user && (status & STATUS.SX) !== 0 && offset >>> above === 0 ? MAPPED : REFUSED;
      case 2: {
        const pa = (high & 0x07ffffff) * HIGH_OF_64 + (low >>> 0);
        const allowed = mode === MODE.kernel && (status & STATUS.KX) !== 0;
        return allowed && pa < 2 ** this.cp0.physicalBits ? pa : REFUSED;
      }
      default: {
        const last = 2 ** above - 1;
        const inside = offset < last || (offset === last && low >>> 0 < COMPATIBILITY_START);
        return mode === MODE.kernel && (status & STATUS.KX) !== 0 && inside ? MAPPED : REFUSED;
      }
    }
  }
}
