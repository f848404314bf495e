/** Moves between general registers and coprocessor 0, and what a new value there changes; DI, EI; shadow registers; RDHWR. */
import { EXCEPTION } from '../isa/exceptions.js';
import { STATE } from '../layout.js';
import { mayUseCp0, privileged, raise } from './call.js';
import type { Core } from './core.js';
import { at, CONFIG5, CP0, STATUS } from './registers.js';

/** Bits of Status that decide where addresses lead to, besides the mode. */
const ADDRESSING = STATUS.ERL | STATUS.UX | STATUS.SX | STATUS.KX;
const isSupervisor = (status: number): boolean => (status & STATUS.KSU) === STATUS.SUPERVISOR;

/** Supervisor mode shares the remembered pages of user mode, but may use more of them. */
const leadsElsewhere = (before: number, after: number): boolean =>
  ((before ^ after) & ADDRESSING) !== 0 || isSupervisor(before) !== isSupervisor(after);

const SEGMENTS: readonly number[] = [CP0.segCtl0, CP0.segCtl1, CP0.segCtl2, CP0.config5, CP0.pageGrain];
const isWatch = (key: number): boolean => key >= CP0.watchLo && key < at(20);

/** Nothing looks at them but exceptions, instructions for the TLB, and whoever reads them. */
const IDLE: ReadonlySet<number> = new Set<number>([
  ...[CP0.epc, CP0.errorEpc, CP0.depc, CP0.desave, CP0.badVAddr, CP0.context, CP0.xContext, CP0.userLocal, CP0.hwrena],
  ...[CP0.index, CP0.entryLo0, CP0.entryLo1, CP0.pageMask, CP0.ebase, CP0.errCtl, CP0.tagLo, CP0.tagHi],
  ...[2, 3, 4, 5, 6, 7].map((scratch) => at(31, scratch)),
]);

/** Behind a write to them the generated code goes on, unless that has changed the mode or where addresses lead. */
const PASSING: ReadonlySet<number> = new Set<number>([CP0.status, CP0.cause, CP0.count, CP0.compare]);

/** After a write to a register: the others are those from before. */
function settle(core: Core, key: number, { status, asid, kernelMode }: Before): void {
  if (key === CP0.ebase) core.exceptions.announce();
  if (IDLE.has(key)) return;
  const { cp0, state } = core;
  const watches = isWatch(key);
  if (watches || key === CP0.cause) core.watchpoints.update();
  const isElsewhere = cp0.asid !== asid || leadsElsewhere(status, cp0.status) || watches || SEGMENTS.includes(key);
  if (isElsewhere) state.forgetPages();
  if (isElsewhere || !PASSING.has(key) || cp0.kernelMode !== kernelMode || core.hasVirtualTime) core.leave();
  if (key !== CP0.status) core.lines.forget();
  else if ((cp0.status & STATUS.EXL) === 0) core.exceptions.returned();
  core.interruptCheck('recent');
}

interface Before {
  readonly status: number;
  readonly asid: number;
  readonly kernelMode: boolean;
}

const before = ({ cp0: { status, asid, kernelMode } }: Core): Before => ({ status, asid, kernelMode });

/** The result is the low word; all 64 bits are left where `wideResult` finds them. */
function readDouble(core: Core, register: number, select: number): number {
  if (at(register, select) === CP0.count) core.lines.forget();
  const low = core.cp0.read(register, select, core);
  core.state.setAddress(STATE.deviceLoad, low, core.cp0.readHigh(register, select, low));
  return low;
}

const needsUpperHalves = (core: Core, action: () => number | undefined): number | undefined =>
  core.cp0.has.highHalves ? action() : raise(core, EXCEPTION.RI);

const USER_LOCAL = 29;

/** RDHWR by number; undefined: not on this core. */
function hardwareRegister(core: Core, register: number): number | undefined {
  const { cp0, model } = core;
  switch (register) {
    case 0:
      return core.cpu;
    case 1:
      return model.synciStep;
    case 2:
      core.lines.forget();
      return core.timer.count | 0;
    case 3:
      return model.countResolution;
    case 5:
      return cp0.has.release6 ? (cp0.get(CP0.config5) & CONFIG5.XNP) >>> 13 : undefined;
    case USER_LOCAL:
      return cp0.has.userLocal ? cp0.get(CP0.userLocal) : undefined;
    default:
      return undefined;
  }
}

/** RDHWR: kernel mode, Status.CU0, or the register's bit in HWREna. UserLocal is as wide as a general register. */
function readHardware(core: Core, register: number): number | undefined {
  const { cp0 } = core;
  const allowed = mayUseCp0(core) || ((cp0.get(CP0.hwrena) >>> register) & 1) !== 0;
  const value = hardwareRegister(core, register);
  if (!allowed || value === undefined) {
    raise(core, EXCEPTION.RI);
    return;
  }
  const high = register === USER_LOCAL && cp0.has.wide ? cp0.getHigh(CP0.userLocal) : value >> 31;
  core.state.setAddress(STATE.deviceLoad, value, high);
  return value;
}

export const cp0Calls = {
  mfc0: privileged((core, register, select) => {
    if (at(register, select) === CP0.count) core.lines.forget();
    return core.cp0.readWord(register, select, core);
  }),
  mtc0: privileged((core, register, select, value) => {
    const old = before(core);
    core.cp0.writeWord(register, select, value);
    settle(core, at(register, select), old);
    return undefined;
  }),
  dmfc0: privileged(readDouble),
  dmtc0: privileged((core, register, select, low, high) => {
    const old = before(core);
    core.cp0.write(register, select, low, high);
    settle(core, at(register, select), old);
    return undefined;
  }),
  mfhc0: privileged((core, register, select) => needsUpperHalves(core, () => core.cp0.readUpper(register, select))),
  mthc0: privileged((core, register, select, value) =>
    needsUpperHalves(core, () => {
      core.cp0.writeUpper(register, select, value);
      return undefined;
    }),
  ),
  privileged: privileged(() => undefined),
  interruptEnable: privileged((core, enable) => {
    core.cp0.status = (core.cp0.status & ~STATUS.IE) | (enable === 0 ? 0 : STATUS.IE);
    if (core.hasVirtualTime) core.leave();
    core.interruptCheck('recent');
    return undefined;
  }),
  rdpgpr: privileged((core, rd, rt) => {
    core.shadows.copy(core.cp0.previousSet, rt, core.cp0.currentSet, rd);
    return undefined;
  }),
  wrpgpr: privileged((core, rd, rt) => {
    core.shadows.copy(core.cp0.currentSet, rt, core.cp0.previousSet, rd);
    return undefined;
  }),
  rdhwr: readHardware,
} as const;
