/** The core's side of coprocessor 1: exact operations, control registers, and the Cause bits that were left open (isa/fpu.ts). */
import { FCSR, FP_OPERATIONS } from '../isa/fp-operations.js';
import { EXCEPTION } from '../isa/index.js';
import { STATE, STRIDE } from '../layout.js';
import { D, S, type Environment, type Format } from '../softfloat/number.js';
import { compare, operate } from '../softfloat/operations.js';
import type { Core } from './core.js';
import { STATUS } from './cp0.js';

const FPR_BYTES = 1 << STRIDE.fpr;
const CAUSE_SHIFT = 12;
const ENABLE_SHIFT = 7;
const FLAG_SHIFT = 2;
const FIVE = 0x1f;
/** E: only ever set by software here; nothing is left unimplemented. */
const UNIMPLEMENTED = 1 << 17;
const UNDERFLOW_ENABLE = 1 << 8;
const FCSR_WRITABLE = 0xff83ffff | 0;
/** F64, L, W, D, S; the processor's identity */
const FIR = 0x0073a100;

const isDouble = (letter: string | undefined): boolean => letter === 'd' || letter === 'l';

/** Names end in the formats of result and operand: `add.d`, `trunc.w.s`. */
function formatsOf(name: string): { result: boolean; operand: boolean } {
  const [, first, second] = name.split('.');
  return { result: isDouble(first), operand: isDouble(second ?? first) };
}

const operationName = (operation: number): string => {
  const name = FP_OPERATIONS[operation];
  if (name === undefined) throw new RangeError(`floating-point operation ${operation}`);
  return name;
};

function readRegister(core: Core, number: number, double: boolean): bigint {
  const { state } = core;
  const low = (n: number): bigint => BigInt(state.get(STATE.fpr + n * FPR_BYTES) >>> 0);
  if (!double) return low(number);
  if ((core.cp0.status & STATUS.FR) !== 0) return state.get64(STATE.fpr + number * FPR_BYTES);
  return low(number & ~1) | (low(number | 1) << 32n);
}

function writeRegister(core: Core, number: number, double: boolean, bits: bigint): void {
  const { state } = core;
  const setLow = (n: number, value: bigint): void =>
    state.set(STATE.fpr + n * FPR_BYTES, Number(BigInt.asIntN(32, value)));
  if (!double) setLow(number, bits);
  else if ((core.cp0.status & STATUS.FR) !== 0) state.set64(STATE.fpr + number * FPR_BYTES, bits);
  else {
    setLow(number & ~1, bits);
    setLow(number | 1, bits >> 32n);
  }
}

const environmentOf = (fcsr: number): Environment => ({
  rounding: fcsr & FCSR.roundingMode,
  flushToZero: (fcsr & FCSR.flushToZero) !== 0,
  underflowEnabled: (fcsr & UNDERFLOW_ENABLE) !== 0,
});

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
  const outcome = operate(name, environmentOf(core.state.get(STATE.fcsr)), operands);
  if (signal(core, outcome.flags)) writeRegister(core, fd, result, outcome.bits);
  return undefined;
}

/** `ft` holds the condition flag's number in bits 10:8. */
export function compareExactly(core: Core, operation: number, condition: number, fs: number, ft: number): undefined {
  const double = operationName(operation) === 'c.d';
  const format: Format = double ? D : S;
  const [a, b] = [readRegister(core, fs, double), readRegister(core, ft & 0xff, double)];
  const { holds, flags } = compare(format, condition, a, b);
  if (!signal(core, flags)) return undefined;
  const cc = ft >>> 8;
  const bit = 1 << (cc === 0 ? 23 : 24 + cc);
  const fcsr = core.state.get(STATE.fcsr);
  core.state.set(STATE.fcsr, holds ? fcsr | bit : fcsr & ~bit);
  return undefined;
}

/** FCSR with the Cause bits of the last operation, should they still be open. */
function settledFcsr(core: Core): number {
  const { state } = core;
  const open = state.get(STATE.fpOperation);
  const fcsr = state.get(STATE.fcsr);
  if (open === 0) return fcsr;
  const operands = [STATE.fpA, STATE.fpB, STATE.fpC].map((offset) => state.get64(offset));
  const { flags } = operate(operationName(open - 1), environmentOf(fcsr), operands);
  const settled = (fcsr & ~FCSR.causes) | (flags << CAUSE_SHIFT);
  state.set(STATE.fpOperation, 0);
  state.set(STATE.fcsr, settled);
  return settled;
}

const conditions = (fcsr: number): number => ((fcsr >>> 24) & 0xfe) | ((fcsr >>> 23) & 1);

/** CFC1: FIR, FCCR, FEXR, FENR, FCSR; the others read 0. */
export function controlRead(core: Core, register: number): number {
  if (register === 0) return FIR;
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
  const merged = merge(before, register, value);
  if (merged === undefined) return undefined;
  core.state.set(STATE.fcsr, merged);
  const causes = merged >>> CAUSE_SHIFT;
  if ((causes & (merged >>> ENABLE_SHIFT) & FIVE) !== 0 || (merged & UNIMPLEMENTED) !== 0) trap(core);
  return undefined;
}

function merge(fcsr: number, register: number, value: number): number | undefined {
  switch (register) {
    case 25:
      return (fcsr & 0x017fffff) | ((value & 0xfe) << 24) | ((value & 1) << 23);
    case 26:
      return (fcsr & ~0x0003f07c) | (value & 0x0003f07c);
    case 28:
      return (fcsr & ~0x01000f83) | (value & 0xf83) | ((value & 4) << 22);
    case 31:
      return (fcsr & ~FCSR_WRITABLE) | (value & FCSR_WRITABLE);
    default:
      return undefined;
  }
}
