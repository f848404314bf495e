/** The core's side of coprocessor 1: exact operations, control registers, and the Cause bits that were left open (isa/fpu-common.ts). */
import { FCSR, FP_OPERATIONS } from '../isa/fp-operations.js';
import { EXCEPTION, type Isa } from '../isa/index.js';
import { STATE, STRIDE } from '../layout.js';
import { D, S, compare, operate, type Environment } from '../softfloat/index.js';
import type { Core } from './core.js';
import { CP0, STATUS } from './cp0.js';

const FPR_BYTES = 1 << STRIDE.fpr;
const CAUSE_SHIFT = 12;
const ENABLE_SHIFT = 7;
const FLAG_SHIFT = 2;
const FIVE = 0x1f;
/** E: only ever set by software here; nothing is left unimplemented. */
const UNIMPLEMENTED = 1 << 17;
const UNDERFLOW_ENABLE = 1 << 8;

const FIR = { has2008: 1 << 23, f64: 1 << 22, l: 1 << 21, w: 1 << 20, ps: 1 << 18, d: 1 << 17, s: 1 << 16 } as const;
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
  const optional = (isa.nan2008 ? FIR.has2008 : 0) | (isa.pairedSingle ? FIR.ps : 0);
  return FIR.w | FIR.d | FIR.s | wide | optional | (cp0.get(CP0.prid) & 0xffff);
}

const isWide = (format: string | undefined): boolean => format === 'd' || format === 'l' || format === 'ps';

/** Names end in the formats of result and operand: `add.d`, `trunc.w.s`. */
function formatsOf(name: string): { result: boolean; operand: boolean } {
  const [, first, second] = name.split('.');
  return { result: isWide(first), operand: isWide(second ?? first) };
}

const operationName = (operation: number): string => {
  const name = FP_OPERATIONS[operation];
  if (name === undefined) throw new RangeError(`floating-point operation ${operation}`);
  return name;
};

function readRegister(core: Core, number: number, wide: boolean): bigint {
  const { state } = core;
  const low = (n: number): bigint => BigInt(state.get(STATE.fpr + n * FPR_BYTES) >>> 0);
  if (!wide) return low(number);
  if ((core.cp0.status & STATUS.FR) !== 0) return state.get64(STATE.fpr + number * FPR_BYTES);
  return low(number & ~1) | (low(number | 1) << 32n);
}

function writeRegister(core: Core, number: number, wide: boolean, bits: bigint): void {
  const { state } = core;
  const setLow = (n: number, value: bigint): void =>
    state.set(STATE.fpr + n * FPR_BYTES, Number(BigInt.asIntN(32, value)));
  if (!wide) setLow(number, bits);
  else if ((core.cp0.status & STATUS.FR) !== 0) state.set64(STATE.fpr + number * FPR_BYTES, bits);
  else {
    setLow(number & ~1, bits);
    setLow(number | 1, bits >> 32n);
  }
}

const environmentOf = (core: Core): Environment => {
  const fcsr = core.state.get(STATE.fcsr);
  return {
    rounding: fcsr & FCSR.roundingMode,
    flushToZero: (fcsr & FCSR.flushToZero) !== 0,
    underflowEnabled: (fcsr & UNDERFLOW_ENABLE) !== 0,
    nan2008: core.isa.nan2008,
  };
};

const trap = (core: Core): void => core.exception({ exception: EXCEPTION.FPE, badVAddr: undefined, refill: false }, 0);

/** Sets Cause; then either traps (false) or accumulates Flags (true). */
function signal(core: Core, flags: number): boolean {
  const fcsr = core.state.get(STATE.fcsr);
  const caused = (fcsr & ~FCSR.causes) | (flags << CAUSE_SHIFT);
  core.state.set(STATE.fpOperation, 0);
  if (((fcsr >>> ENABLE_SHIFT) & flags & FIVE) !== 0) {
    core.state.set(STATE.fcsr, caused);
    trap(core);
    return false;
  }
  core.state.set(STATE.fcsr, caused | (flags << FLAG_SHIFT));
  return true;
}

/** Register numbers; `ft` holds a third operand's number in bits 15:8. */
export function operateExactly(core: Core, operation: number, fd: number, fs: number, ft: number): undefined {
  const name = operationName(operation);
  const { result, operand } = formatsOf(name);
  const operands = [fs, ft & 0xff, ft >>> 8].map((number) => readRegister(core, number, operand));
  const outcome = operate(name, environmentOf(core), operands);
  if (signal(core, outcome.flags)) writeRegister(core, fd, result, outcome.bits);
  return undefined;
}

function setConditions(core: Core, conditions: readonly (readonly [cc: number, holds: boolean])[]): void {
  const before = core.state.get(STATE.fcsr);
  const after = conditions.reduce((fcsr, [cc, holds]) => {
    const bit = 1 << (cc === 0 ? 23 : 24 + cc);
    return holds ? fcsr | bit : fcsr & ~bit;
  }, before);
  core.state.set(STATE.fcsr, after);
}

/**
 * C.cond.fmt and CMP.condn.fmt. Bits 15:8 of `ft` say where the result goes: a condition flag (paired singles: and the next
 * one), or a register.
 */
export function compareExactly(core: Core, operation: number, condition: number, fs: number, ft: number): undefined {
  const name = operationName(operation);
  const { result: wide } = formatsOf(name);
  const format = name.endsWith('.d') ? D : S;
  const target = ft >>> 8;
  const [a, b] = [readRegister(core, fs, wide), readRegister(core, ft & 0xff, wide)];
  const outcomes = (name === 'c.ps' ? [0n, 32n] : [0n]).map((shift) => {
    const [x, y] = [a >> shift, b >> shift].map((bits) => BigInt.asUintN(format.width, bits));
    return compare(format, condition, x ?? 0n, y ?? 0n, core.isa);
  });
  const flags = outcomes.reduce((sum, outcome) => sum | outcome.flags, 0);
  if (!signal(core, flags)) return undefined;
  if (name.startsWith('c.'))
    setConditions(
      core,
      outcomes.map(({ holds }, i) => [target | i, holds] as const),
    );
  else writeRegister(core, target, wide, outcomes[0]?.holds === true ? -1n : 0n);
  return undefined;
}

/** FCSR with the Cause bits of the last operation, should they still be open. */
function settledFcsr(core: Core): number {
  const { state } = core;
  const open = state.get(STATE.fpOperation);
  const fcsr = state.get(STATE.fcsr) | fcsrFixed(core.isa);
  if (open === 0) return fcsr;
  const operands = [STATE.fpA, STATE.fpB, STATE.fpC].map((offset) => state.get64(offset));
  const { flags } = operate(operationName(open - 1), environmentOf(core), operands);
  const settled = (fcsr & ~FCSR.causes) | (flags << CAUSE_SHIFT);
  state.set(STATE.fpOperation, 0);
  state.set(STATE.fcsr, settled);
  return settled;
}

const conditions = (fcsr: number): number => ((fcsr >>> 24) & 0xfe) | ((fcsr >>> 23) & 1);

/** CFC1: FIR, FCCR, FEXR, FENR, FCSR; the others read 0. */
export function controlRead(core: Core, register: number): number {
  if (register === 0) return fir(core);
  const fcsr = settledFcsr(core);
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
      return 0;
  }
}

/** CTC1: a Cause bit whose Enable is set traps at once. */
export function controlWrite(core: Core, register: number, value: number): undefined {
  const before = settledFcsr(core);
  const wanted = merge(before, register, value);
  if (wanted === undefined) return undefined;
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
