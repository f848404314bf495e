/**
 * Coprocessor 0 of a core: its registers (which ones: cp0-registers.ts), which lie in the state block. A register is two words;
 * the upper one of a 32-bit register is its sign. Count and Compare are the timer's.
 */
import { STATE } from '../layout.js';
import { AccessibilityRegisters } from './accessibility.js';
import { definitionsOf, type Surroundings } from './cp0-registers.js';
import type { CountTimer } from './count.js';
import { featuresOf, type Features } from './features.js';
import type { CoreModel } from './models/index.js';
import { CAUSE, CONFIG5, CP0, DEBUG, EBASE, INT_CTL, PAGE_GRAIN, SRS_CTL, STATUS, TC_STATUS } from './registers.js';
import type { CoreState } from './state.js';
import {
  interruptMask,
  interruptsPending,
  withInterruptMask,
  withSoftwareInterrupts,
  writtenInRelease6,
} from './status.js';

export { CAUSE, CP0, STATUS } from './registers.js';

const REGISTERS = 256;
/** RI and XI: bits 31:30 of a word, 63:62 of a double word. */
const INHIBIT = 0xc0000000 | 0;
/** Physical address bits without PageGrain.ELPA. */
const PLAIN_PHYSICAL = { 32: 32, 64: 36 } as const;

export interface Cp0Options extends Surroundings {
  readonly model: CoreModel;
  readonly bits: 32 | 64;
}

/** Who knows what devices drive; asked only by what depends on it, since it takes time. */
export interface InterruptSource {
  /** Cause.IP7…IP2 */
  readonly interruptLines: number;
}

export class Cp0 {
  readonly has: Features;
  readonly model: CoreModel;
  /** Low and high words in turns. */
  readonly #words: Int32Array;
  readonly #writable = new Int32Array(REGISTERS);
  readonly #writableHigh = new Int32Array(REGISTERS);
  /** 1: the register has an upper half of its own. */
  readonly #isWide = new Uint8Array(REGISTERS);
  readonly #maars: AccessibilityRegisters;

  constructor(
    private readonly state: CoreState,
    readonly timer: CountTimer,
    { model, bits, ...around }: Cp0Options,
  ) {
    this.model = model;
    this.#words = new Int32Array(state.memory, state.base + STATE.cp0, 2 * REGISTERS);
    this.has = { ...featuresOf(model), wide: bits === 64 };
    this.#maars = new AccessibilityRegisters(this.has.wide);
    for (const each of definitionsOf(model, this.has, around)) {
      this.put(each.key, each.reset, each.resetHigh);
      this.#writable[each.key] = each.writable;
      this.#writableHigh[each.key] = each.writableHigh ?? 0;
      this.#isWide[each.key] = this.has.wide && each.writableHigh !== undefined ? 1 : 0;
    }
    this.status = model.status.reset;
  }

  get(key: number): number {
    return this.#words[2 * key] ?? 0;
  }

  getHigh(key: number): number {
    return this.#words[2 * key + 1] ?? 0;
  }

  /** Sets a register from inside, whatever MTC0 could change. */
  put(key: number, low: number, high = low >> 31): void {
    this.#words[2 * key] = low;
    this.#words[2 * key + 1] = high;
  }

  get status(): number {
    return this.state.get(STATE.status);
  }

  set status(value: number) {
    this.state.set(STATE.status, value);
  }

  get debugMode(): boolean {
    return (this.get(CP0.debug) & DEBUG.DM) !== 0;
  }

  get kernelMode(): boolean {
    const status = this.status;
    return (status & STATUS.KSU) === 0 || (status & (STATUS.EXL | STATUS.ERL)) !== 0 || this.debugMode;
  }

  get asid(): number {
    return this.get(CP0.entryHi) & this.has.asidMask;
  }

  /** Bits of a physical address. */
  get physicalBits(): number {
    const large = this.has.largeAddresses && (this.get(CP0.pageGrain) & PAGE_GRAIN.ELPA) !== 0;
    return large ? this.model.physicalBits : PLAIN_PHYSICAL[this.has.wide ? 64 : 32];
  }

  /** MFC0: registers that this core does not have read 0. */
  read(register: number, select: number, devices: InterruptSource): number {
    const key = register * 8 + select;
    switch (key) {
      case CP0.status:
        return this.status;
      case CP0.cause:
        return this.causeWith(devices.interruptLines);
      case CP0.viewIpl:
        return this.has.interruptViews ? interruptMask(this.status) : 0;
      case CP0.viewRipl:
        return this.has.interruptViews ? interruptsPending(this.causeWith(devices.interruptLines)) : 0;
      case CP0.count:
        return this.timer.count | 0;
      case CP0.compare:
        return this.timer.compare | 0;
      case CP0.random:
        return this.has.release6 ? 0 : this.random();
      case CP0.tcStatus:
        return this.has.multiThreading ? this.threadStatus() : 0;
      case CP0.llAddr:
        return this.linkedAddress();
      case CP0.badInstr:
        // translated code puts it there on every core
        return this.has.badInstr ? this.get(key) : 0;
      case CP0.maarIndex:
        return this.#maars.index;
      case CP0.maar:
        return this.#maars.low;
      default:
        return this.get(key);
    }
  }

  /** The upper half that DMFC0 gets, after `read`. */
  readHigh(register: number, select: number, low: number): number {
    const key = register * 8 + select;
    if (key === CP0.maar) return this.#maars.high;
    return this.#isWide[key] === 1 ? this.getHigh(key) : low >> 31;
  }

  /** MFHC0 on a 32-bit core: the upper half of a register that has one, else 0. */
  readUpper(register: number, select: number): number {
    const key = register * 8 + select;
    return key === CP0.entryLo0 || key === CP0.entryLo1 ? this.getHigh(key) : 0;
  }

  /** MFC0 on a 64-bit core: the low word, but RI and XI of EntryLo move into it. */
  readWord(register: number, select: number, devices: InterruptSource): number {
    const low = this.read(register, select, devices);
    const key = register * 8 + select;
    if (!this.has.wide || (key !== CP0.entryLo0 && key !== CP0.entryLo1)) return low;
    return (low & ~INHIBIT) | (this.getHigh(key) & INHIBIT);
  }

  /** MTC0 of a word: upper halves become its sign, or 0 where a 32-bit core has them. RI and XI of EntryLo move up. */
  writeWord(register: number, select: number, value: number): void {
    const key = register * 8 + select;
    const isEntryLo = key === CP0.entryLo0 || key === CP0.entryLo1;
    if (isEntryLo && this.has.wide) this.write(register, select, value & ~INHIBIT, value & INHIBIT);
    else this.write(register, select, value, this.has.wide && !isEntryLo ? value >> 31 : 0);
  }

  /** DMTC0. What a core does not have, or may only be read, stays. */
  write(register: number, select: number, low: number, high = low >> 31): void {
    const key = register * 8 + select;
    switch (key) {
      case CP0.status:
        this.writeStatus(low);
        return;
      case CP0.cause:
        this.mask(key, low, high);
        this.timer.disabled = (low & CAUSE.DC) !== 0;
        return;
      case CP0.viewIpl:
        if (this.has.interruptViews) this.writeStatus(withInterruptMask(this.status, low));
        return;
      case CP0.viewRipl:
        if (this.has.interruptViews) this.mask(CP0.cause, withSoftwareInterrupts(this.get(CP0.cause), low), 0);
        return;
      case CP0.count:
        this.timer.count = low;
        return;
      case CP0.compare:
        this.timer.compare = low;
        return;
      case CP0.ebase:
        this.writeEbase(low, high);
        return;
      case CP0.index:
      case CP0.wired:
        // Release 6 ignores what is no entry's number
        if (!this.has.release6 || (low & 0x7fffffff) < this.model.tlbEntries)
          this.mask(key, key === CP0.wired ? Math.min(low & this.writable(key), this.model.tlbEntries - 1) : low, 0);
        return;
      case CP0.pageMask:
        if (!this.has.release6 || isPageMask(low)) this.mask(key, low, 0);
        return;
      case CP0.entryLo0:
      case CP0.entryLo1:
        this.writeEntryLo(key, low, high);
        return;
      case CP0.config5:
        this.mask(key, low, high);
        this.state.set(STATE.msaEnabled, (this.get(key) & CONFIG5.MSAEN) === 0 ? 0 : 1);
        this.state.set(STATE.singlesReserved, (this.get(key) & CONFIG5.FRE) === 0 ? 0 : 1);
        return;
      case CP0.llAddr:
        if (this.has.linkBit && (low & 1) === 0) this.state.set(STATE.linkAddress, -1);
        return;
      case CP0.maarIndex:
        if (this.has.accessibility) this.#maars.select(low & 0x3f);
        return;
      case CP0.maar:
        if (this.has.accessibility) this.#maars.write(low, high);
        return;
      case CP0.tcStatus:
        if (this.has.multiThreading) this.writeThreadStatus(low);
        return;
      default:
        this.mask(key, low, high);
    }
  }

  /** MTHC0 on a 32-bit core: the upper half of a register that has one. */
  writeUpper(register: number, select: number, high: number): void {
    const key = register * 8 + select;
    if (key === CP0.entryLo0 || key === CP0.entryLo1) this.put(key, this.get(key), high & this.pfnHighMask);
  }

  /** Cause with the lines that other devices drive, and the timer's. */
  causeWith(interruptLines: number, isTimerPending = this.timer.pending): number {
    const cause = (this.get(CP0.cause) & ~(CAUSE.HARDWARE_IP | CAUSE.TI)) | interruptLines;
    if (!isTimerPending) return cause;
    return cause | CAUSE.TI | (this.model.timerThroughGic ? 0 : this.timerLine);
  }

  /** The bit of Cause.IP that IntCtl.IPTI gives to the timer. */
  get timerLine(): number {
    return 0x100 << (this.get(CP0.intCtl) >>> INT_CTL.IPTI_SHIFT);
  }

  /** Any entry that is not wired; it moves with Count. */
  random(): number {
    const wired = this.get(CP0.wired);
    return wired + (this.timer.count % (this.model.tlbEntries - wired));
  }

  /** Upper half of EntryLo: page frame number above bit 35 of the address, on a 64-bit core with RI and XI on top. */
  private get pfnHighMask(): number {
    const bits = this.physicalBits - (this.has.wide ? 38 : 36);
    return bits > 0 ? 2 ** bits - 1 : 0;
  }

  /** The low bits of EntryLo: flags, and the page frame number. */
  private get pfnLowMask(): number {
    const bits = Math.min(this.physicalBits - 6, this.has.wide ? 32 : 30);
    return (2 ** bits - 1) | 0;
  }

  private writeEntryLo(key: number, low: number, high: number): void {
    const grain = this.get(CP0.pageGrain) & INHIBIT;
    const lowMask = this.pfnLowMask | (this.has.wide ? 0 : grain);
    const highMask = this.pfnHighMask | (this.has.wide ? grain : 0);
    this.put(key, low & lowMask, high & highMask);
  }

  private writable(key: number): number {
    return this.#writable[key] ?? 0;
  }

  private mask(key: number, low: number, high: number): void {
    const writable = this.writable(key);
    const merged = (this.get(key) & ~writable) | (low & writable);
    const upper = this.#writableHigh[key] ?? 0;
    const isWide = this.#isWide[key] === 1;
    this.put(key, merged, isWide ? (this.getHigh(key) & ~upper) | (high & upper) : merged >> 31);
  }

  private writeStatus(value: number): void {
    const { writable } = this.model.status;
    this.status = this.has.release6
      ? writtenInRelease6(this.status, value, writable)
      : (this.status & ~writable) | (value & writable);
  }

  /** Bits 31:30 and above stay as they are unless the write gate is set in the written value. */
  private writeEbase(low: number, high: number): void {
    const gate = this.model.writeGate ? low & EBASE.WG : 0;
    const writable = gate === 0 ? 0x3ffff000 : 0xfffff000;
    const merged = (this.get(CP0.ebase) & ~writable & ~EBASE.WG) | (low & writable) | gate;
    const above = gate === 0 ? this.getHigh(CP0.ebase) : high;
    this.put(CP0.ebase, merged, this.has.wide ? above : merged >> 31);
  }

  /** LLAddr: what LL linked, with LLB in bit 0 where the core has it. */
  private linkedAddress(): number {
    const address = this.state.get(STATE.linkAddress);
    if (address === -1) return 0;
    return this.has.linkBit ? ((address >>> 5) << 1) | 1 : address >>> 4;
  }

  /** TCStatus repeats bits of Status and EntryHi. */
  private threadStatus(): number {
    const status = this.status;
    const user = ((status & STATUS.KSU) >>> 3) << 11;
    const mx = (status & STATUS.MX) === 0 ? 0 : 1 << 27;
    return (
      (this.get(CP0.tcStatus) & OWN_THREAD_BITS) | (status & 0xf0000000) | mx | user | (this.get(CP0.entryHi) & 0xff)
    );
  }

  private writeThreadStatus(value: number): void {
    this.put(CP0.tcStatus, value & OWN_THREAD_BITS);
    const mode = ((value >>> 11) & 3) << 3;
    const mx = (value & (1 << 27)) === 0 ? 0 : STATUS.MX;
    this.writeStatus((this.status & ~(0xf0000000 | STATUS.MX | STATUS.KSU)) | (value & 0xf0000000) | mx | mode);
    this.put(CP0.entryHi, (this.get(CP0.entryHi) & ~0xff) | (value & 0xff), this.getHigh(CP0.entryHi));
  }

  /** The current set of general registers, and the previous one. */
  get currentSet(): number {
    return this.get(CP0.srsCtl) & SRS_CTL.CSS;
  }

  get previousSet(): number {
    return (this.get(CP0.srsCtl) & SRS_CTL.PSS) >>> SRS_CTL.PSS_SHIFT;
  }
}

const OWN_THREAD_BITS = TC_STATUS.A | TC_STATUS.IXMT | TC_STATUS.DA | TC_STATUS.DT;

/** A number of pairs of ones above bit 12, without gaps: 4 KiB, 16 KiB, … */
function isPageMask(value: number): boolean {
  const mask = (value >>> 13) & 0xffff;
  return (mask & (mask + 1)) === 0 && Math.clz32(mask) % 2 === 0;
}

/** A physical address of the page frame number in EntryLo. */
export const pageAddress = (low: number, high: number, wide: boolean): number =>
  wide
    ? ((low >>> 6) + (high & 0x3fffffff) * 2 ** 26) * 4096
    : (((low & 0x3fffffff) >>> 6) + (high >>> 0) * 2 ** 24) * 4096;
