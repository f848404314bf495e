/** The core's side of coprocessor 1: exact operations, and the Cause bits that were left open (isa/fpu-common.ts). */
import { FCSR, FP_OPERATIONS } from '../isa/fp-operations.js';
import { EXCEPTION } from '../isa/exceptions.js';
import { STATE, STRIDE } from '../layout.js';
import { byHost, compare, D, FLAG, hostOperations, operate, S, type Environment } from '../softfloat/index.js';
import type { Core } from './core.js';
import { STATUS } from './cp0.js';

const FPR_BYTES = 1 << STRIDE.fpr;
export const CAUSE_SHIFT = 12;
export const ENABLE_SHIFT = 7;
const FLAG_SHIFT = 2;
export const FIVE = 0x1f;
const UNDERFLOW_ENABLE = 1 << 8;

const HOST_OPERATIONS: ReadonlySet<number> = new Set(hostOperations.map((name) => FP_OPERATIONS.indexOf(name)));

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

export const trap = (core: Core): void => core.raise(EXCEPTION.FPE);

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

/** A double on its way to or from registers; the host's order of bytes is that of the state block. */
const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** Host addresses of the two words of a double, from the state block on: those of one register or, with Status.FR = 0, of a pair. */
function wordsOf(core: Core, number: number): readonly [low: number, high: number] {
  const isWide = (core.cp0.status & STATUS.FR) !== 0;
  const low = STATE.fpr + (isWide ? number : number & ~1) * FPR_BYTES;
  return [low, isWide ? low + 4 : low + FPR_BYTES];
}

function readDouble(core: Core, number: number): number {
  const [low, high] = wordsOf(core, number);
  halves[0] = core.state.get(low);
  halves[1] = core.state.get(high);
  return double[0] ?? 0;
}

function writeDouble(core: Core, number: number, value: number): void {
  const [low, high] = wordsOf(core, number);
  double[0] = value;
  core.state.set(low, halves[0] ?? 0);
  core.state.set(high, halves[1] ?? 0);
}

/** Does what the host's doubles are enough for. */
function operateByHost(core: Core, name: string, fd: number, fs: number, ft: number): boolean {
  if ((core.state.get(STATE.fcsr) & FCSR.roundingMode) !== 0) return false;
  const outcome = byHost(name, readDouble(core, fs), readDouble(core, ft));
  if (outcome === undefined) return false;
  if (signal(core, outcome.isExact ? 0 : FLAG.inexact)) writeDouble(core, fd, outcome.value);
  return true;
}

/** Register numbers; `ft` holds a third operand's number in bits 15:8. */
export function operateExactly(core: Core, operation: number, fd: number, fs: number, ft: number): undefined {
  const name = operationName(operation);
  if (HOST_OPERATIONS.has(operation) && operateByHost(core, name, fd, fs, ft)) return undefined;
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
export function settledFcsr(core: Core): number {
  const { state } = core;
  const open = state.get(STATE.fpOperation);
  const fcsr = state.get(STATE.fcsr);
  if (open === 0) return fcsr;
  const operands = [STATE.fpA, STATE.fpB, STATE.fpC].map((offset) => state.get64(offset));
  const { flags } = operate(operationName(open - 1), environmentOf(core), operands);
  const settled = (fcsr & ~FCSR.causes) | (flags << CAUSE_SHIFT);
  state.set(STATE.fpOperation, 0);
  state.set(STATE.fcsr, settled);
  return settled;
}
