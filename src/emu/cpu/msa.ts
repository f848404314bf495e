/** The core's side of MSA: floating point on vectors, and the control registers (isa/msa-float.ts, isa/msa-memory.ts). */
import { EXCEPTION } from '../isa/exceptions.js';
import { MSA_OPERATIONS } from '../isa/msa-operations.js';
import { STATE, STRIDE } from '../layout.js';
import { MSACSR, operateVector } from '../softfloat/index.js';
import type { Core } from './core.js';

const VECTOR_BYTES = 1 << STRIDE.fpr;
const HALF = 64n;

/** Numbers of the control registers that every core with MSA has; those of the partitioned file are not implemented. */
const CONTROL = { implementation: 0, status: 1 } as const;

/** FS, NX, Cause, Enables, Flags, RM. */
const WRITABLE = 0x0107ffff;
const FIVE = 0x1f;
/** Cause.E: only ever set by software here. */
const UNIMPLEMENTED = 1 << 17;

function readVector({ state }: Core, number: number): bigint {
  const at = STATE.fpr + number * VECTOR_BYTES;
  return state.get64(at) | (state.get64(at + 8) << HALF);
}

function writeVector({ state }: Core, number: number, value: bigint): void {
  const at = STATE.fpr + number * VECTOR_BYTES;
  state.set64(at, BigInt.asUintN(64, value));
  state.set64(at + 8, value >> HALF);
}

const trap = (core: Core): void => core.raise(EXCEPTION.MSAFPE);

/** Performs MSA_OPERATIONS[operation] on registers by their numbers; when it traps, wd keeps its value. */
export function operateOnVectors(core: Core, operation: number, wd: number, ws: number, wt: number): undefined {
  const name = MSA_OPERATIONS[operation];
  if (name === undefined) throw new RangeError(`floating-point operation ${operation} of MSA`);
  const operands = [ws, wt, wd].map((number) => readVector(core, number));
  const [s = 0n, t = 0n, d = 0n] = operands;
  const outcome = operateVector(name, core.state.get(STATE.msacsr), s, t, d);
  core.state.set(STATE.msacsr, outcome.msacsr);
  if (outcome.trap) trap(core);
  else writeVector(core, wd, outcome.value);
  return undefined;
}

/** CFCMSA: MSAIR, which names the unit as FIR does, and MSACSR; the others read 0. */
export function vectorControlRead(core: Core, register: number): number {
  if (register === CONTROL.implementation) return core.cp0.model.fir & 0xffff;
  return register === CONTROL.status ? core.state.get(STATE.msacsr) : 0;
}

/** CTCMSA: a Cause bit whose Enable is set traps at once. */
export function vectorControlWrite(core: Core, register: number, value: number): undefined {
  if (register !== CONTROL.status) return undefined;
  const msacsr = value & WRITABLE;
  core.state.set(STATE.msacsr, msacsr);
  const causes = msacsr >>> MSACSR.causes;
  if ((causes & (msacsr >>> MSACSR.enables) & FIVE) !== 0 || (msacsr & UNIMPLEMENTED) !== 0) trap(core);
  return undefined;
}
