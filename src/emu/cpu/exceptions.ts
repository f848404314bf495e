/**
 * Exceptions, taken precisely before the next instruction: what they leave in coprocessor 0, and where execution goes on
 * (docs/reference/mips-uhi.md 4). One that arrives where there is no handler ends the firmware with a report.
 */
import { EXCEPTION } from '../isa/exceptions.js';
import { branchBytes, STATE } from '../layout.js';
import type { Core } from './core.js';
import { CAUSE, CONFIG3, CP0, DEBUG, INT_CTL, SRS_CTL, STATUS } from './registers.js';

const VECTOR = { refill: 0x000, refill64: 0x080, general: 0x180, interrupt: 0x200 } as const;
/** Exceptions within exceptions, without an ERET between, that no handler needs. */
const NESTED_LIMIT = 64;
/** An exception takes the core's own code as long as about so many instructions of the generated code. */
const COST = 100;

const codes = (...list: readonly number[]): number => list.reduce((mask, code) => mask | (1 << code), 0);

/** Which exceptions of an address set Context, XContext and EntryHi. */
const OF_TLB = codes(EXCEPTION.Mod, EXCEPTION.TLBL, EXCEPTION.TLBS, EXCEPTION.TLBRI, EXCEPTION.TLBXI);
/** Which are of an instruction that has been fetched: they set BadInstr. */
const OF_INSTRUCTION = codes(
  ...[EXCEPTION.Mod, EXCEPTION.TLBL, EXCEPTION.TLBS, EXCEPTION.TLBRI, EXCEPTION.AdEL, EXCEPTION.AdES],
  ...[EXCEPTION.Sys, EXCEPTION.Bp, EXCEPTION.RI, EXCEPTION.CpU, EXCEPTION.Ov, EXCEPTION.Tr],
  ...[EXCEPTION.FPE, EXCEPTION.MSAFPE, EXCEPTION.MSADis, EXCEPTION.DSPDis],
);
const among = (set: number, code: number): boolean => ((set >>> code) & 1) === 1;

export class Exceptions {
  /** The last exception was raised by fetching the instruction itself. */
  fetchFailed = false;

  constructor(
    private readonly core: Core,
    /** KSEG0 address of the vectors that Linux leaves in EBase: a firmware that gets there has no handler. */
    private readonly linuxVectors: number,
  ) {}

  /** An exception of the instruction in execution. `unit` is the coprocessor of CpU. */
  raise(exception: number, unit = 0): void {
    this.fetchFailed = false;
    this.#enter(exception, unit, VECTOR.general);
  }

  /** The exception of an address that the MMU has refused (mmu.refusal). */
  refused(isFetch: boolean): void {
    const { cp0, mmu } = this.core;
    const { exception, low, high, hasAddress, refill } = mmu.refusal;
    this.fetchFailed = isFetch;
    if (hasAddress) {
      cp0.put(CP0.badVAddr, low, cp0.has.wide ? high : low >> 31);
      if (among(OF_TLB, exception)) this.#describeMiss(low, high);
    }
    const isNested = (cp0.status & STATUS.EXL) !== 0;
    this.#enter(exception, 0, refill && !isNested ? this.#refillVector(high) : VECTOR.general);
  }

  /** An interrupt, or another exception that belongs to no instruction, before the next one. */
  raiseBetween(exception: number): void {
    const { state } = this.core;
    state.copyAddress(STATE.pc, STATE.current);
    state.set(STATE.currentSlot, state.get(STATE.slot));
    this.fetchFailed = false;
    this.#enter(exception, 0, exception === EXCEPTION.Int ? this.#interruptVector() : VECTOR.general);
  }

  /** A debug exception without a probe: its vector lies in the boot ROM. */
  raiseDebug(cause: number): void {
    const { cp0 } = this.core;
    const branch = this.#returnTo(CP0.depc);
    const kept = cp0.get(CP0.debug) & ~(DEBUG.DBD | DEBUG.CAUSES | DEBUG.EXC);
    cp0.put(CP0.debug, kept | DEBUG.DM | cause | (branch === 0 ? 0 : DEBUG.DBD));
    this.fetchFailed = false;
    this.core.fail('debug exception, and there is no probe', 'SDBBP');
  }

  raiseNmi(): void {
    const { cp0, state } = this.core;
    state.copyAddress(STATE.pc, STATE.current);
    state.set(STATE.currentSlot, state.get(STATE.slot));
    this.#returnTo(CP0.errorEpc);
    cp0.status = (cp0.status & ~STATUS.TS) | STATUS.NMI | STATUS.ERL | STATUS.BEV;
    this.fetchFailed = false;
    this.core.fail('its vector lies in the boot ROM, and there is none', 'non-maskable interrupt');
  }

  /**
   * Lets translated code take exceptions and return from them (translator/exceptions.ts), unless it takes more than it knows of: a
   * call of the boot monitor, or register sets that handlers have of their own.
   */
  announce(): void {
    const { cp0, state } = this.core;
    const isPlain = !this.#atLinux && cp0.has.registerSets <= 1;
    state.setAddress(STATE.vector, isPlain ? this.#handler(VECTOR.general) : 0, cp0.getHigh(CP0.ebase));
  }

  returned(): void {
    this.core.state.set(STATE.nested, 0);
  }

  #enter(exception: number, unit: number, offset: number): void {
    const { core } = this;
    const { cp0, state } = core;
    if (this.#isUhi(exception)) {
      core.serveUhi();
      return;
    }
    const { status } = cp0;
    const isNested = (status & STATUS.EXL) !== 0;
    const keep = cp0.get(CP0.cause) & ~(CAUSE.EXC | (3 << CAUSE.CE_SHIFT));
    const code = (exception << CAUSE.EXC_SHIFT) | (unit << CAUSE.CE_SHIFT);
    if (isNested) cp0.put(CP0.cause, keep | code);
    else {
      const branch = this.#returnTo(CP0.epc);
      cp0.put(CP0.cause, (keep & ~CAUSE.BD) | code | (branch === 0 ? 0 : CAUSE.BD));
      if (cp0.has.registerSets > 1) this.#switchSets(exception, offset);
      if (cp0.has.badInstr && among(OF_INSTRUCTION, exception) && !this.fetchFailed) {
        cp0.put(CP0.badInstr, state.get(STATE.word));
        if (cp0.has.badInstrP && branch !== 0) cp0.put(CP0.badInstrP, this.#branch());
      }
    }
    cp0.status = status | STATUS.EXL;
    state.set(STATE.nested, isNested ? state.get(STATE.nested) + 1 : 0);
    this.#go(status, offset);
  }

  #go(status: number, offset: number): void {
    const { core } = this;
    const { cp0 } = core;
    const atRom = (status & STATUS.BEV) !== 0;
    if (cp0.debugMode) core.fail('in debug mode, and there is no probe');
    else if (atRom) core.fail('no handler (Status.BEV is set and there is no boot ROM)');
    else if (this.#atLinux) core.fail('no handler (EBase was never set)');
    else if (core.state.get(STATE.nested) > NESTED_LIMIT) core.fail('exceptions without end in its own handler');
    else {
      core.charge(COST);
      core.jump(this.#handler(offset), cp0.getHigh(CP0.ebase));
    }
  }

  /** The low word of the address of a handler, with its ISA mode. */
  #handler(offset: number): number {
    const { cp0 } = this.core;
    const mode = (cp0.get(CP0.config3) & CONFIG3.ISA_ON_EXC) === 0 ? 0 : 1;
    return ((cp0.get(CP0.ebase) & ~0xfff) + offset) | mode;
  }

  get #atLinux(): boolean {
    return (this.core.cp0.get(CP0.ebase) & ~0xfff) === this.linuxVectors;
  }

  /**
   * A UHI system call is served where a boot monitor would get it: at the vectors that Linux left, as Status.BEV = 0 at the
   * entry promises, or at the boot ROM (mips-uhi.md 2.1).
   */
  #isUhi(exception: number): boolean {
    const { cp0, state } = this.core;
    if (exception !== EXCEPTION.Sys || (cp0.status & STATUS.EXL) !== 0) return false;
    const word = state.get(STATE.word);
    const code = (state.get(STATE.current) & 1) === 0 ? (word >>> 6) & 0xfffff : (word >>> 16) & 0x3ff;
    return code === 1 && (this.#atLinux || (cp0.status & STATUS.BEV) !== 0);
  }

  /** Where to go on afterwards: the instruction, or the branch that it is the delay slot of; gives that branch's bytes. */
  #returnTo(register: number): number {
    const { cp0, state } = this.core;
    const branch = branchBytes(state.get(STATE.currentSlot));
    const current = state.get(STATE.current);
    const low = (current - branch) | 0;
    const borrow = current >>> 0 < branch ? 1 : 0;
    cp0.put(register, low, cp0.has.wide ? (state.get(STATE.current + 4) - borrow) | 0 : low >> 31);
    return branch;
  }

  /** The instruction before this one, of which this is the delay slot. */
  #branch(): number {
    const { cp0, mmu, state } = this.core;
    const isShort = branchBytes(state.get(STATE.currentSlot)) === 2;
    const compressed = (cp0.get(CP0.epc) & 1) === 1;
    const at = mmu.findRam(cp0.get(CP0.epc) & ~1, cp0.getHigh(CP0.epc), 'fetch');
    if (at < 0) return 0;
    if (!compressed) return this.core.readCode(at, 4);
    const first = this.core.readCode(at, 2);
    return isShort ? first : (first << 16) | this.core.readCode(at + 2, 2);
  }

  /** Context, XContext, EntryHi: the page that has no translation. */
  #describeMiss(low: number, high: number): void {
    const { cp0 } = this.core;
    const pairs = low >>> 9;
    cp0.put(CP0.context, (cp0.get(CP0.context) & 0xff800000) | (pairs & 0x7ffff0), cp0.getHigh(CP0.context));
    const { segmentBits } = cp0.model;
    const asid = cp0.get(CP0.entryHi) & cp0.has.asidMask;
    if (!cp0.has.wide) {
      cp0.put(CP0.entryHi, asid | (low & ~0x1fff));
      return;
    }
    const offset = 2 ** (segmentBits - 32) - 1;
    cp0.put(CP0.entryHi, asid | (low & ~0x1fff), high & (0xc0000000 | offset));
    const region = (high >>> 30) << (segmentBits - 9 - 32);
    const base = cp0.getHigh(CP0.xContext) & (-1 << (segmentBits - 7 - 32));
    cp0.put(CP0.xContext, ((high << 23) | pairs) & ~0xf, base | region | ((high & offset) >>> 9));
  }

  /** With 64-bit addresses enabled for the region of an address, misses go to a handler of their own. */
  #refillVector(high: number): number {
    const { cp0 } = this.core;
    if (!cp0.has.wide) return VECTOR.refill;
    const region = high >>> 30;
    const enable = region === 0 ? STATUS.UX : region === 1 ? STATUS.SX : STATUS.KX;
    return (cp0.status & enable) === 0 ? VECTOR.refill : VECTOR.refill64;
  }

  #interruptVector(): number {
    const { cp0 } = this.core;
    if ((cp0.get(CP0.cause) & CAUSE.IV) === 0) return VECTOR.general;
    return VECTOR.interrupt + this.#vectorNumber() * (cp0.get(CP0.intCtl) & INT_CTL.VS);
  }

  /** IP7 comes first. Without vectors, or with those of the boot ROM, all are number 0. */
  #vectorNumber(): number {
    const { cp0, cause } = this.core;
    const { status } = cp0;
    return (status & STATUS.BEV) === 0 ? 31 - Math.clz32(((cause & status & STATUS.IM) >>> 8) & 0xff) : 0;
  }

  /** The handler has general registers of its own, if SRSCtl or, for vectored interrupts, SRSMap says so. */
  #switchSets(exception: number, offset: number): void {
    const { cp0, shadows } = this.core;
    if ((cp0.status & (STATUS.BEV | STATUS.ERL)) !== 0) return;
    const control = cp0.get(CP0.srsCtl);
    const isVectored = exception === EXCEPTION.Int && offset >= VECTOR.interrupt && this.#usesSpacing;
    const map = cp0.get(CP0.srsMap) >>> (4 * this.#vectorNumber());
    const next = (isVectored ? map : control >>> SRS_CTL.ESS_SHIFT) & SRS_CTL.CSS;
    const current = control & SRS_CTL.CSS;
    const kept = control & ~(SRS_CTL.CSS | SRS_CTL.PSS);
    cp0.put(CP0.srsCtl, kept | (current << SRS_CTL.PSS_SHIFT) | next);
    shadows.change(next);
  }

  get #usesSpacing(): boolean {
    return (this.core.cp0.get(CP0.intCtl) & INT_CTL.VS) !== 0;
  }
}
