/** The control registers of coprocessor 1: what FIR says, which bits of FCSR there are, its parts and the aliases of modes. */
import { EXCEPTION } from '../isa/exceptions.js';
import { STATE } from '../layout.js';
import type { Core } from './core.js';
import { CONFIG5, CP0, STATUS } from './registers.js';
import { CAUSE_SHIFT, ENABLE_SHIFT, FIVE, settledFcsr, trap } from './fpu.js';

/** E: only ever set by software here; nothing is left unimplemented. */
const UNIMPLEMENTED = 1 << 17;

/** FIR: the core has the aliases of FRE, of UFR. */
const FREP = 1 << 29;
const UFRP = 1 << 28;
const CONDITION_FLAGS = 0xfe800000 | 0;

/** FCSR, with the bits that the model fixes (NAN2008, ABS2008). */
function fcsrOf(core: Core): number {
  const { reset, writable } = core.model.fcsr;
  return settledFcsr(core) | (reset & ~writable);
}

const conditions = (fcsr: number): number => ((fcsr >>> 24) & 0xfe) | ((fcsr >>> 23) & 1);

const reserved = (core: Core): void => core.raise(EXCEPTION.RI);

/**
 * Aliases of modes, where FIR says that the core has them and Config5 that they may be used: UFR reads and clears Status.FR,
 * UNFR sets it, FRE reads and clears Config5.FRE, NFRE sets it. They are written from $0.
 */
const ALIASES: ReadonlyMap<number, { readonly has: number; readonly allowed: number; readonly set: boolean }> = new Map(
  [
    [1, { has: UFRP, allowed: CONFIG5.UFR, set: false }],
    [4, { has: UFRP, allowed: CONFIG5.UFR, set: true }],
    [5, { has: FREP, allowed: CONFIG5.UFE, set: false }],
    [6, { has: FREP, allowed: CONFIG5.UFE, set: true }],
  ],
);
const READABLE_ALIASES = [1, 5];

function aliasRead(core: Core, register: number): number {
  const alias = ALIASES.get(register);
  if (alias === undefined || !READABLE_ALIASES.includes(register) || (core.model.fir & alias.has) === 0) return 0;
  const config5 = core.cp0.get(CP0.config5);
  if ((config5 & alias.allowed) === 0) reserved(core);
  const mode = alias.has === UFRP ? core.cp0.status & STATUS.FR : config5 & CONFIG5.FRE;
  return mode === 0 ? 0 : 1;
}

function aliasWrite(core: Core, register: number, rt: number): void {
  const alias = ALIASES.get(register);
  if (alias === undefined || (core.model.fir & alias.has) === 0 || rt !== 0) return;
  const { cp0 } = core;
  const config5 = cp0.get(CP0.config5);
  if ((config5 & alias.allowed) === 0) reserved(core);
  else if (alias.has === UFRP) cp0.status = alias.set ? cp0.status | STATUS.FR : cp0.status & ~STATUS.FR;
  else setSinglesReserved(core, alias.set);
}

/** Config5.FRE */
function setSinglesReserved(core: Core, on: boolean): void {
  const { cp0, state } = core;
  const config5 = cp0.get(CP0.config5);
  cp0.put(CP0.config5, on ? config5 | CONFIG5.FRE : config5 & ~CONFIG5.FRE);
  state.set(STATE.singlesReserved, on ? 1 : 0);
}

/** CFC1: FIR, FCCR, FEXR, FENR, FCSR, the aliases of modes; the others read 0. */
export function controlRead(core: Core, register: number): number {
  if (register === 0) return core.model.fir;
  const fcsr = fcsrOf(core);
  switch (register) {
    case 25:
      return conditions(fcsr);
    case 26:
      return fcsr & 0x0003f07c;
    case 28:
      return (fcsr & 0xf83) | ((fcsr >>> 22) & 4);
    case 31:
      return fcsr;
    default:
      return aliasRead(core, register);
  }
}

/** CTC1: a Cause bit whose Enable is set traps at once. */
export function controlWrite(core: Core, register: number, value: number, rt: number): undefined {
  const before = fcsrOf(core);
  const wanted = merge(before, register, value);
  if (wanted === undefined) {
    aliasWrite(core, register, rt);
    return undefined;
  }
  const { writable } = core.model.fcsr;
  const merged = (before & ~writable) | (wanted & writable);
  core.state.set(STATE.fcsr, merged);
  const causes = merged >>> CAUSE_SHIFT;
  if ((causes & (merged >>> ENABLE_SHIFT) & FIVE) !== 0 || (merged & UNIMPLEMENTED) !== 0) trap(core);
  return undefined;
}

function merge(fcsr: number, register: number, value: number): number | undefined {
  switch (register) {
    case 25:
      return (fcsr & ~CONDITION_FLAGS) | ((value & 0xfe) << 24) | ((value & 1) << 23);
    case 26:
      return (fcsr & ~0x0003f07c) | (value & 0x0003f07c);
    case 28:
      return (fcsr & ~0x01000f83) | (value & 0xf83) | ((value & 4) << 22);
    case 31:
      return value;
    default:
      return undefined;
  }
}
