/**
 * What the generated code leaves to the core's own code (`host` statements of the instruction table): system instructions,
 * exact floating point, UHI. Each is called with up to four words; the result is the value of the instruction.
 */
import { EXCEPTION } from '../isa/index.js';
import { STATE } from '../layout.js';
import { uhi } from '../uhi/index.js';
import type { HostCall } from '../wasm/interface.js';
import type { Core } from './core.js';
import { coprocessorOf } from './coprocessors.js';
import { CP0, STATUS } from './cp0.js';
import { controlRead, controlWrite } from './fpu-control.js';
import { compareExactly, operateExactly } from './fpu.js';
import type { TlbEntry, TlbHalf } from './tlb.js';

type Implementation = (core: Core, a: number, b: number, c: number, d: number) => number | undefined;

const raise = (core: Core, exception: number, unit = 0): undefined => {
  core.exception({ exception, badVAddr: undefined, refill: false }, unit);
};

/** Runs `action` if coprocessor 0 may be used: in kernel mode, or with Status.CU0. */
const privileged =
  (action: Implementation): Implementation =>
  (core, a, b, c, d) =>
    core.cp0.kernelMode || (core.cp0.status & STATUS.CU0) !== 0
      ? action(core, a, b, c, d)
      : raise(core, EXCEPTION.CpU, 0);

/** After a change of Status or Cause: other tables, perhaps an interrupt. */
function reconsider(core: Core): void {
  core.leave();
  core.interruptCheck();
}

const UHI_CODE = 1;

function readEntry(core: Core): void {
  const { cp0, tlb } = core;
  const entry = tlb.read(cp0.get(CP0.index) & 0x3f);
  if (entry === undefined) return;
  const low = (half: TlbHalf): number =>
    (half.pfn << 6) | (half.cca << 3) | (half.dirty ? 4 : 0) | (half.valid ? 2 : 0) | (entry.global ? 1 : 0);
  cp0.put(CP0.entryHi, entry.vpn2 | entry.asid);
  cp0.put(CP0.pageMask, entry.mask);
  cp0.put(CP0.entryLo0, low(entry.even));
  cp0.put(CP0.entryLo1, low(entry.odd));
}

function entryFromRegisters(core: Core): TlbEntry {
  const { cp0 } = core;
  const mask = cp0.get(CP0.pageMask) & 0x1fffe000;
  const half = (low: number): TlbHalf => ({
    pfn: (low >>> 6) & 0xfffff,
    cca: (low >>> 3) & 7,
    dirty: (low & 4) !== 0,
    valid: (low & 2) !== 0,
  });
  const [low0, low1] = [cp0.get(CP0.entryLo0), cp0.get(CP0.entryLo1)];
  return {
    vpn2: cp0.get(CP0.entryHi) & ~(mask | 0x1fff),
    asid: cp0.get(CP0.entryHi) & 0xff,
    mask,
    global: (low0 & low1 & 1) !== 0,
    even: half(low0),
    odd: half(low1),
  };
}

function writeEntry(core: Core, index: number): void {
  if (index >= core.tlb.size) return;
  core.tlb.write(index, entryFromRegisters(core));
  core.state.forgetPages();
  core.leave(); // also the page that instructions are being fetched from
}

function returnFromException(core: Core): undefined {
  const { cp0 } = core;
  const fromError = (cp0.status & STATUS.ERL) !== 0;
  const to = cp0.get(fromError ? CP0.errorEpc : CP0.epc);
  cp0.status &= ~(fromError ? STATUS.ERL : STATUS.EXL);
  if (fromError) core.state.forgetPages();
  core.state.set(STATE.linkAddress, -1);
  core.exceptionReturned();
  core.jump(to);
  reconsider(core);
  return undefined;
}

/** With ERL, KUSEG is not mapped; supervisor mode shares the remembered pages of user mode, but may use more of them. */
function addressSpaceChanged(before: number, after: number): boolean {
  const isSupervisor = (status: number): boolean => (status & STATUS.KSU) === STATUS.SUPERVISOR;
  return ((before ^ after) & STATUS.ERL) !== 0 || isSupervisor(before) !== isSupervisor(after);
}

function writeControl(core: Core, register: number, select: number, value: number): undefined {
  const { cp0 } = core;
  const before = { asid: cp0.get(CP0.entryHi) & 0xff, status: cp0.status };
  cp0.write(register, select, value);
  if ((cp0.get(CP0.entryHi) & 0xff) !== before.asid || addressSpaceChanged(before.status, cp0.status))
    core.state.forgetPages();
  if ((cp0.status & STATUS.EXL) === 0) core.exceptionReturned();
  reconsider(core);
  return undefined;
}

const HARDWARE_REGISTERS: ReadonlyMap<number, (core: Core) => number> = new Map([
  [0, (core: Core) => core.cpu],
  [1, () => 32], // SYNCI_Step
  [2, (core: Core) => core.timer.count | 0],
  [3, () => 2], // CCRes
  [29, (core: Core) => core.cp0.get(CP0.userLocal)],
]);

/** RDHWR: kernel mode, Status.CU0, or the register's bit in HWREna. */
function hardwareRegister(core: Core, register: number): number | undefined {
  const { cp0 } = core;
  const allowed = cp0.kernelMode || (cp0.status & STATUS.CU0) !== 0 || ((cp0.get(CP0.hwrena) >>> register) & 1) !== 0;
  const value = HARDWARE_REGISTERS.get(register);
  if (allowed && value !== undefined) return value(core);
  raise(core, EXCEPTION.RI);
  return undefined;
}

/** A word that is no instruction. */
function reserved(core: Core): undefined {
  const compressed = (core.state.get(STATE.current) & 1) !== 0;
  const unit = coprocessorOf(core.isa, core.state.get(STATE.word), compressed);
  const usable =
    unit === undefined || (unit === 0 && core.cp0.kernelMode) || ((core.cp0.status >>> (28 + unit)) & 1) !== 0;
  raise(core, usable ? EXCEPTION.RI : EXCEPTION.CpU, usable ? 0 : unit);
  return undefined;
}

/** The address of CACHE and SYNCI must be one that a load could use. */
function checkAddress(core: Core, address: number): undefined {
  const result = core.mmu.translate(address, 'load', 1);
  if (typeof result !== 'number') core.exception(result, 0);
  return undefined;
}

const INDEX_OPERATIONS_END = 4;

export const hostCalls: Readonly<Record<HostCall, Implementation>> = {
  raise: (core, exception, unit) => raise(core, exception, unit),
  reserved,
  syscall: (core) => raise(core, EXCEPTION.Sys),
  sdbbp: (core, code) => (code === UHI_CODE ? uhi(core) : raise(core, EXCEPTION.Bp)),
  rdhwr: (core, register) => hardwareRegister(core, register),
  mfc0: privileged((core, register, select) => core.cp0.read(register, select, core.interruptLines)),
  mtc0: privileged((core, register, select, value) => writeControl(core, register, select, value)),
  privileged: privileged(() => undefined),
  interruptEnable: privileged((core, enable) => {
    core.cp0.status = (core.cp0.status & ~STATUS.IE) | (enable === 0 ? 0 : STATUS.IE);
    reconsider(core);
    return undefined;
  }),
  tlbr: privileged((core) => {
    const asid = core.cp0.get(CP0.entryHi) & 0xff;
    readEntry(core);
    if ((core.cp0.get(CP0.entryHi) & 0xff) !== asid) core.state.forgetPages();
    core.leave();
    return undefined;
  }),
  tlbwi: privileged((core) => {
    writeEntry(core, core.cp0.get(CP0.index) & 0x3f);
    return undefined;
  }),
  tlbwr: privileged((core) => {
    writeEntry(core, core.cp0.random());
    return undefined;
  }),
  tlbp: privileged((core) => {
    const entryHi = core.cp0.get(CP0.entryHi);
    const index = core.tlb.probe(entryHi & ~0x1fff, entryHi & 0xff);
    core.cp0.put(CP0.index, index < 0 ? 0x80000000 : index);
    return undefined;
  }),
  eret: privileged(returnFromException),
  wait: privileged((core) => {
    core.waiting = true;
    core.leave();
    return undefined;
  }),
  cache: privileged((core, operation, address) =>
    operation >>> 2 < INDEX_OPERATIONS_END ? undefined : checkAddress(core, address),
  ),
  synci: (core, address) => checkAddress(core, address),
  fp: (core, operation, fd, fs, ft) => operateExactly(core, operation, fd, fs, ft),
  fpCompare: (core, operation, condition, fs, ftAndFlag) => compareExactly(core, operation, condition, fs, ftAndFlag),
  cfc1: (core, register) => controlRead(core, register),
  ctc1: (core, register, value, rt) => controlWrite(core, register, value, rt),
};
