/** Status and Cause: what of a written value counts, and their parts that View_IPL and View_RIPL show. */
import { CAUSE, STATUS } from './registers.js';

const RESERVED_MODE = STATUS.KSU;

/** View_IPL and View_RIPL: interrupts 9…0 in the low bits. */
const VIEW = 0x3ff;
const IP_SHIFT = 8;
export const interruptMask = (status: number): number =>
  ((status & STATUS.IM) >>> IP_SHIFT) | ((status & STATUS.IM8) >>> 8) | ((status & STATUS.IM9) >>> 9);
export const interruptsPending = (cause: number): number => (cause >>> IP_SHIFT) & VIEW;
export const withInterruptMask = (status: number, view: number): number =>
  (status & ~(STATUS.IM | STATUS.IM8 | STATUS.IM9)) |
  ((view << IP_SHIFT) & STATUS.IM) |
  ((view << 8) & STATUS.IM8) |
  ((view << 9) & STATUS.IM9);
export const withSoftwareInterrupts = (cause: number, view: number): number =>
  (cause & ~CAUSE.SOFTWARE_IP) | ((view << IP_SHIFT) & CAUSE.SOFTWARE_IP);

/** A mode that there is not, and bits that can only be cleared. */
const ignoredInRelease6 = (status: number): number =>
  ((status & STATUS.KSU) === RESERVED_MODE ? STATUS.KSU : 0) | (status & (STATUS.SR | STATUS.NMI));

/** Without 64-bit addresses in kernel mode there are none in supervisor mode, and without those none in user mode. */
function withoutWiderUsers(status: number): number {
  if ((status & STATUS.KX) === 0) return status & ~(STATUS.SX | STATUS.UX);
  return (status & STATUS.SX) === 0 ? status & ~STATUS.UX : status;
}

export function writtenInRelease6(status: number, value: number, writable: number): number {
  const changed = writable & ~ignoredInRelease6(value);
  return (status & ~changed) | (withoutWiderUsers(value) & changed);
}
