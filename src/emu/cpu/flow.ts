/** Instructions that end the ordinary flow: returns from exceptions, WAIT, breakpoints, words that are no instruction. */
import { EXCEPTION } from '../isa/exceptions.js';
import { STATE } from '../layout.js';
import { privileged, raise, reconsider } from './call.js';
import { coprocessorOf } from './coprocessors.js';
import type { Core } from './core.js';
import { CONFIG5, CP0, DEBUG, SRS_CTL, STATUS } from './registers.js';

/** What ERET is, but for interrupts that it lets in. */
export function leaveHandler(core: Core, breaksLink: boolean): void {
  const { cp0, state } = core;
  const { status } = cp0;
  const fromError = (status & STATUS.ERL) !== 0;
  const from = fromError ? CP0.errorEpc : CP0.epc;
  cp0.status = status & ~(fromError ? STATUS.ERL : STATUS.EXL);
  if (fromError) state.forgetPages();
  else if (cp0.has.registerSets > 1 && (status & STATUS.BEV) === 0) {
    const { previousSet } = cp0;
    cp0.put(CP0.srsCtl, (cp0.get(CP0.srsCtl) & ~SRS_CTL.CSS) | previousSet);
    core.shadows.change(previousSet);
  }
  if (breaksLink) state.set(STATE.linkAddress, -1);
  core.exceptions.returned();
  core.jump(cp0.get(from), cp0.getHigh(from));
}

function returnFromException(core: Core, breaksLink: boolean): undefined {
  leaveHandler(core, breaksLink);
  reconsider(core);
  return undefined;
}

function returnFromDebug(core: Core): undefined {
  const { cp0 } = core;
  if (!cp0.debugMode) {
    raise(core, EXCEPTION.RI);
    return;
  }
  cp0.put(CP0.debug, cp0.get(CP0.debug) & ~DEBUG.DM);
  core.jump(cp0.get(CP0.depc), cp0.getHigh(CP0.depc));
  reconsider(core);
  return undefined;
}

/** A word that is no instruction: that its coprocessor is unusable comes first. */
function reserved(core: Core): undefined {
  const { state, cp0 } = core;
  const unit = coprocessorOf(core.isa, state.get(STATE.word), (state.get(STATE.current) & 1) === 1);
  const isUsable = unit === undefined || ((cp0.status >>> (28 + unit)) & 1) !== 0 || (unit === 0 && cp0.kernelMode);
  if (isUsable) raise(core, EXCEPTION.RI);
  else raise(core, EXCEPTION.CpU, unit);
}

const UHI_CODE = 1;

/** UHI, or a debug exception, which Config5.SBRI keeps from user programs. */
function breakpoint(core: Core, code: number): undefined {
  const { cp0 } = core;
  if ((cp0.get(CP0.config5) & CONFIG5.SBRI) !== 0 && !cp0.kernelMode) raise(core, EXCEPTION.RI);
  else if (code === UHI_CODE) core.serveUhi();
  else core.exceptions.raiseDebug(DEBUG.DBP);
  return undefined;
}

/** The address of CACHE and SYNCI must be one that a load could use. */
function checkAddress(core: Core, low: number, high: number): undefined {
  if (core.mmu.find(low, high, 'load', core.mmu.segments.mode) < 0) core.exceptions.refused(false);
  return undefined;
}

const INDEX_OPERATIONS_END = 4;

export const flowCalls = {
  raise: (core: Core, exception: number, unit: number) => raise(core, exception, unit),
  reserved,
  syscall: (core: Core) => raise(core, EXCEPTION.Sys),
  sdbbp: breakpoint,
  eret: privileged((core) => returnFromException(core, true)),
  eretnc: privileged((core) => (core.cp0.has.linkBit ? returnFromException(core, false) : raise(core, EXCEPTION.RI))),
  deret: privileged(returnFromDebug),
  wait: privileged((core) => {
    core.waiting = true;
    core.leave();
    return undefined;
  }),
  cache: privileged((core, operation, low, high) =>
    operation >>> 2 < INDEX_OPERATIONS_END ? undefined : checkAddress(core, low, high),
  ),
  synci: (core: Core, low: number, high: number) => checkAddress(core, low, high),
} as const;
