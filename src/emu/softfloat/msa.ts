/**
 * The floating-point instructions of MSA on whole registers: 128 bits as one bigint, element 0 in the low bits.
 *
 * Every element is an operation of its own; NaNs are 2008's. MSACSR.FS makes denormal operands zeros (inexact) and tiny
 * results zeros (underflow, inexact). If any element raises an enabled exception the instruction traps and no register
 * changes, unless MSACSR.NX is set: then such an element becomes a signalling NaN with its Cause in the low bits, and its
 * exceptions are not recorded (MIPS64 MSA 3.5).
 */
import { FLAG, H, D, S, infinity, type Environment } from './number.js';
import { vectorOperations, type VectorOperation } from './msa-elements.js';

/** MSACSR bits; RM, Flags, Enables and Cause lie as in FCSR. */
export const MSACSR = {
  rounding: 3,
  flags: 2,
  enables: 7,
  causes: 12,
  nonTrapping: 1 << 18,
  flushToZero: 1 << 24,
} as const;
const FIVE = 0x1f;
const CAUSE_MASK = 0x3f << MSACSR.causes;

export interface VectorOutcome {
  /** The new value of wd, when it does not trap. */
  readonly value: bigint;
  readonly msacsr: number;
  /** Raise MSAFPE instead of writing wd; msacsr holds the Cause in any case. */
  readonly trap: boolean;
}

const OPERATIONS: ReadonlyMap<string, VectorOperation> = new Map(vectorOperations());

const FORMAT_OF_WIDTH = { 16: H, 32: S, 64: D } as const;

const environmentOf = (msacsr: number): Environment => ({
  rounding: msacsr & MSACSR.rounding,
  flushToZero: (msacsr & MSACSR.flushToZero) !== 0,
  flushFlags: FLAG.underflow | FLAG.inexact,
  underflowEnabled: ((msacsr >>> MSACSR.enables) & FLAG.underflow) !== 0,
  nan2008: true,
});

/** Result and new MSACSR of `name` (`fadd.w`, `fexdo.h`, `fcult.d` …). */
export function operateVector(name: string, msacsr: number, ws: bigint, wt: bigint, wd: bigint): VectorOutcome {
  const operation = OPERATIONS.get(name);
  if (operation === undefined) throw new RangeError(`no floating-point operation of MSA ${name}`);
  const { width, operands, element, silent } = operation;
  const environment = environmentOf(msacsr);
  const enables = (msacsr >>> MSACSR.enables) & FIVE;
  const nonTrapping = (msacsr & MSACSR.nonTrapping) !== 0;
  let value = 0n;
  let causes = 0;
  for (let i = 0; i < 128 / width; i++) {
    const { bits, flags } = element(environment, ...operands(i, ws, wt, wd));
    const raised = (flags & enables) !== 0;
    if (!raised || !nonTrapping) causes |= flags;
    const result = raised ? infinity(FORMAT_OF_WIDTH[width], false) | BigInt(flags) : bits;
    value |= result << BigInt(i * width);
  }
  if (silent) return { value, msacsr, trap: false };
  const caused = (msacsr & ~CAUSE_MASK) | (causes << MSACSR.causes);
  if ((causes & enables) !== 0) return { value, msacsr: caused, trap: true };
  return { value, msacsr: caused | (causes << MSACSR.flags), trap: false };
}
