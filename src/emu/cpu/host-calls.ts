/**
 * What the generated code leaves to the core's own code (`host` statements of the instruction table). Each is called with up
 * to four words; the result is the value of the instruction.
 */
import { HOST_CALLS, type HostCall } from '../wasm/interface.js';
import type { Implementation } from './call.js';
import type { Core } from './core.js';
import { cp0Calls } from './cp0-instructions.js';
import { flowCalls } from './flow.js';
import { controlRead, controlWrite } from './fpu-control.js';
import { compareExactly, operateExactly } from './fpu.js';
import { operateOnVectors, vectorControlRead, vectorControlWrite } from './msa.js';
import { threadCalls } from './threads.js';
import { tlbCalls } from './tlb-instructions.js';

const hostCalls: Readonly<Record<HostCall, Implementation>> = {
  ...flowCalls,
  ...cp0Calls,
  ...tlbCalls,
  ...threadCalls,
  fp: (core, operation, fd, fs, ft) => operateExactly(core, operation, fd, fs, ft),
  fpCompare: (core, operation, condition, fs, ftAndFlag) => compareExactly(core, operation, condition, fs, ftAndFlag),
  cfc1: (core, register) => controlRead(core, register),
  ctc1: (core, register, value, rt) => controlWrite(core, register, value, rt),
  msaFp: (core, operation, wd, ws, wt) => operateOnVectors(core, operation, wd, ws, wt),
  cfcmsa: (core, register) => vectorControlRead(core, register),
  ctcmsa: (core, register, value) => vectorControlWrite(core, register, value),
};

const [CALL, FLOAT, VECTOR] = [15, 300, 1000];
/** They give a value or go before the rest of an instruction: they do not end it, so they must not be charged for. */
const INSIDE: ReadonlySet<HostCall> = new Set([
  'rdhwr',
  'mfc0',
  'dmfc0',
  'mfhc0',
  'cfc1',
  'cfcmsa',
  'privileged',
  'dvpe',
  'evpe',
  'dmt',
  'emt',
  'yield',
]);

const COSTS: Readonly<Partial<Record<HostCall, number>>> = { fp: FLOAT, msaFp: VECTOR };

/** They may change what translated code takes for granted, which may go on behind them. */
const CONTEXT_CALLS: ReadonlySet<HostCall> = new Set(['mtc0', 'dmtc0', 'mthc0', 'interruptEnable']);

/** What a call takes, in instructions of the generated code. */
const costOf = (call: HostCall): number => (INSIDE.has(call) ? 0 : (COSTS[call] ?? CALL));

/** The import `host` of the interpreter. `isOutOfContext`: what translated code takes for granted has changed. */
export function hostFunction(
  core: Core,
  isOutOfContext: () => boolean,
): (call: number, a: number, b: number, c: number, d: number) => number {
  const calls = HOST_CALLS.map((name) => ({
    implementation: hostCalls[name],
    cost: costOf(name),
    isOfContext: CONTEXT_CALLS.has(name),
  }));
  return (call, a, b, c, d) => {
    const entry = calls[call];
    if (entry === undefined) throw new RangeError(`host call ${call}`);
    const result = entry.implementation(core, a, b, c, d);
    if (entry.cost !== 0) core.charge(entry.cost);
    if (entry.isOfContext && isOutOfContext()) core.leave();
    return result ?? 0;
  };
}
