/** The local section of a processor's interrupts in the GIC: its timers, and what becomes of their interrupts. */

/** Bits of the local PEND and MASK. */
export const LOCAL = { watchdog: 1 << 0, compare: 1 << 1, timer: 1 << 2, all: 0x7f } as const;

/** Word offsets in a processor's block. Times are numbers of 64 bits: ticks of its clock, 0 for never. */
export const L = {
  ctl: 0,
  mask: 1,
  /** The maps, in the order of the bits above. */
  maps: 2,
  other: 9,
  compareLow: 10,
  compareHigh: 11,
  compareDue: 12,
  watchdogConfig: 14,
  watchdogInitial: 15,
  watchdogDue: 16,
  /** EIC_SHADOW registers are plain storage. */
  shadow: 32,
} as const;

export const SHADOWS = 64;
export const BLOCK_WORDS = 128;

export const MAPS = 7;
export const LOCAL_RESET_MASK = 0x32;

/** Register offsets in the section. */
export const REGISTER = {
  ctl: 0x00,
  pend: 0x04,
  mask: 0x08,
  rmask: 0x0c,
  smask: 0x10,
  maps: 0x40,
  other: 0x80,
  ident: 0x88,
  watchdogConfig: 0x90,
  watchdogCount: 0x94,
  watchdogInitial: 0x98,
  compareLow: 0xa0,
  compareHigh: 0xa4,
  shadow: 0x100,
} as const;

/** WD_CONFIG. The two status bits are cleared by writing ones. */
export const WATCHDOG = {
  start: 1,
  typeShift: 1,
  typeMask: 7,
  /** Types: one trip; a second countdown, which resets; over and over. */
  oneTrip: 0,
  secondCountdown: 1,
  periodic: 2,
  /** Goes on while the core waits. */
  inWait: 1 << 5,
  interrupt: 1 << 6,
  reset: 1 << 7,
  writable: 0x3f,
} as const;
