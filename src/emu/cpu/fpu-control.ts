/** The control registers of coprocessor 1: what FIR says, which bits of FCSR there are, its parts and the aliases of modes. */
import { EXCEPTION, type Isa } from '../isa/index.js';
import { STATE } from '../layout.js';
import type { Core } from './core.js';
import { CP0, STATUS } from './cp0.js';
import { CAUSE_SHIFT, ENABLE_SHIFT, FIVE, settledFcsr, trap } from './fpu.js';

/** E: only ever set by software here; nothing is left unimplemented. */
const UNIMPLEMENTED = 1 << 17;

const FIR = {
  frep: 1 << 29,
  ufrp: 1 << 28,
  has2008: 1 << 23,
  f64: 1 << 22,
  l: 1 << 21,
  w: 1 << 20,
  ps: 1 << 18,
  d: 1 << 17,
  s: 1 << 16,
} as const;
const CONFIG5 = 16 * 8 + 5;
/** Config5: user code may change Status.FR (UFR), and FRE (UFE). */
const UFR = 1 << 2;
const FRE = 1 << 8;
const UFE = 1 << 9;
const NAN2008_AND_ABS2008 = 0x000c0000;
const FLUSH_TO_ZERO_AND_BELOW = 0x0103ffff;
const CONDITION_FLAGS = 0xfe800000 | 0;

/** Bits of FCSR that software changes, and bits that are 1. */
const fcsrWritable = ({ release }: Isa): number =>
  release === 6 ? FLUSH_TO_ZERO_AND_BELOW : FLUSH_TO_ZERO_AND_BELOW | CONDITION_FLAGS;
const fcsrFixed = ({ nan2008 }: Isa): number => (nan2008 ? NAN2008_AND_ABS2008 : 0);

/** Formats, and the processor's identity and revision, as in PRId. */
function fir(core: Core): number {
  const { isa, cp0 } = core;
  const wide = isa.bits === 64 || isa.release >= 2 ? FIR.f64 | FIR.l : 0;
  const modes = (isa.release >= 5 ? FIR.frep : 0) | (isa.release === 5 ? FIR.ufrp : 0);
  const optional = modes | (isa.nan2008 ? FIR.has2008 : 0) | (isa.pairedSingle ? FIR.ps : 0);
  return FIR.w | FIR.d | FIR.s | wide | optional | (cp0.get(CP0.prid) & 0xffff);
}

const conditions = (fcsr: number): number => ((fcsr >>> 24) & 0xfe) | ((fcsr >>> 23) & 1);

const reserved = (core: Core): void => core.raise(EXCEPTION.RI);

/**
 * Aliases of modes, where FIR says that the core has them and Config5 that they may be used: UFR reads and clears Status.FR,
 * UNFR sets it, FRE reads and clears Config5.FRE, NFRE sets it. They are written from $0.
 */
const ALIASES: ReadonlyMap<number, { readonly has: number; readonly allowed: number; readonly set: boolean }> = new Map(
  [
    [1, { has: FIR.ufrp, allowed: UFR, set: false }],
    [4, { has: FIR.ufrp, allowed: UFR, set: true }],
    [5, { has: FIR.frep, allowed: UFE, set: false }],
    [6, { has: FIR.frep, allowed: UFE, set: true }],
  ],
);
const READABLE_ALIASES = [1, 5];

function aliasRead(core: Core, register: number): number {
  const alias = ALIASES.get(register);
  if (alias === undefined || !READABLE_ALIASES.includes(register) || (fir(core) & alias.has) === 0) return 0;
  const config5 = core.cp0.get(CONFIG5);
  if ((config5 & alias.allowed) === 0) reserved(core);
  const mode = alias.has === FIR.ufrp ? core.cp0.status & STATUS.FR : config5 & FRE;
  return mode === 0 ? 0 : 1;
}

function aliasWrite(core: Core, register: number, rt: number): void {
  const alias = ALIASES.get(register);
  if (alias === undefined || (fir(core) & alias.has) === 0 || rt !== 0) return;
  const { cp0 } = core;
  const config5 = cp0.get(CONFIG5);
  if ((config5 & alias.allowed) === 0) reserved(core);
  else if (alias.has === FIR.ufrp) cp0.status = alias.set ? cp0.status | STATUS.FR : cp0.status & ~STATUS.FR;
  else setSinglesReserved(core, alias.set);
}

/** Config5.FRE */
function setSinglesReserved(core: Core, on: boolean): void {
  const { cp0, state } = core;
  cp0.put(CONFIG5, on ? cp0.get(CONFIG5) | FRE : cp0.get(CONFIG5) & ~FRE);
  state.set(STATE.singlesReserved, on ? 1 : 0);
}

/** CFC1: FIR, FCCR, FEXR, FENR, FCSR, the aliases of modes; the others read 0. */
export function controlRead(core: Core, register: number): number {
  if (register === 0) return fir(core);
  const fcsr = settledFcsr(core) | fcsrFixed(core.isa);
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
  const before = settledFcsr(core) | fcsrFixed(core.isa);
  const wanted = merge(before, register, value);
  if (wanted === undefined) {
    aliasWrite(core, register, rt);
    return undefined;
  }
  const writable = fcsrWritable(core.isa);
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
