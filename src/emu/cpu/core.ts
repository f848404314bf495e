/**
 * One core: the state block, coprocessor 0, TLB, timer, and the generated interpreter that runs on them. A core is run in
 * slices by its host thread; exceptions are taken precisely, before the next instruction (exceptions.ts).
 */
import { EXCEPTION } from '../isa/exceptions.js';
import type { Isa } from '../isa/index.js';
import { InstructionClock, whenAt, type Clock } from '../clock.js';
import { GCR_BASE } from '../devices/bus.js';
import { NMI_LINE, type Gic } from '../devices/gic.js';
import type { Entry } from '../hardware.js';
import { CODE_GRANULE_SHIFT, STATE } from '../layout.js';
import { sharedBuffer } from '../shared-buffer.js';
import { Engine, Verifier } from '../translator/index.js';
import { uhi, UhiSession } from '../uhi/index.js';
import { ACCESS } from '../wasm/interface.js';
import { CAUSE, CP0, Cp0, STATUS } from './cp0.js';
import type { CoreEvents, CoreOptions } from './core-options.js';
import { CountTimer } from './count.js';
import { DataPath } from './data-path.js';
import { enterFirmware } from './enter.js';
import { Exceptions } from './exceptions.js';
import { hostFunction } from './host-calls.js';
import { Mmu, type Use } from './mmu.js';
import type { CoreModel } from './models/index.js';
import { faultReason, registerDump } from './register-dump.js';
import type { PowerRequest } from '../devices/power-controller.js';
import { TC_HALT, TC_STATUS } from './registers.js';
import { interpret, interpretersOf } from './interpreter-functions.js';
import { InterruptLines } from './interrupt-lines.js';
import { ShadowSets } from './shadow-sets.js';
import { CoreState } from './state.js';
import { Tlb } from './tlb.js';
import { Watchpoints } from './watchpoints.js';

/** Instructions that a core may execute before others on the same host thread, and interrupts, get their turn. */
export const SLICE = 50_000;
/** The same with translated code, which is several times as fast. */
const TRANSLATED_SLICE = 200_000;
const PAGE = 4096;

/** What the core's own code takes, in instructions of the generated code. */
const COST = { translation: 15, deviceStore: 200 } as const;

export class Core {
  readonly state: CoreState;
  readonly cp0: Cp0;
  readonly tlb: Tlb;
  readonly mmu: Mmu;
  readonly timer: CountTimer;
  readonly exceptions: Exceptions;
  readonly watchpoints: Watchpoints;
  readonly shadows: ShadowSets;
  readonly lines: InterruptLines;
  readonly ram: Uint8Array;
  readonly model: CoreModel;
  readonly isa: Isa;
  readonly littleEndian: boolean;
  readonly cpu: number;
  readonly events: CoreEvents;
  readonly uhi: UhiSession;
  /** In WAIT, until an interrupt is pending. */
  waiting = false;
  /** Executes nothing more: faulted, exited or halted. */
  stopped = false;
  /** Waits for Linux to take output; the call is repeated in the next slice. */
  stalled = false;

  /** Instructions executed before the chunk that the generated code is in. */
  #executed = 0;
  /** Instructions of that chunk; what is left of it stands in the state block. */
  #granted = 0;
  /** What `charge` has counted in this slice. */
  #spent = 0;
  #isOff = false;
  readonly #execute: () => void;
  readonly #engine: Engine | undefined;
  readonly #data: DataPath;
  readonly #gic: Gic;
  readonly #clock: Clock;

  constructor(options: CoreOptions, entry: Entry) {
    const { cpu, model, isa, memory, stateBase, clock, gic, bus, ramBytes, vectors } = options;
    this.cpu = cpu;
    this.events = options.events;
    this.uhi = options.uhi ?? new UhiSession();
    this.model = model;
    this.isa = isa;
    this.littleEndian = isa.endian === 'le';
    this.#gic = gic;
    this.#clock = clock;
    this.lines = new InterruptLines(this, gic, clock);
    const buffer = sharedBuffer(memory);
    this.ram = new Uint8Array(buffer, 0, ramBytes);
    this.state = new CoreState(buffer, stateBase);
    this.state.clear();
    if (clock instanceof InstructionClock) clock.follow(() => this.retired);
    this.timer = new CountTimer(clock);
    this.cp0 = new Cp0(this.state, this.timer, {
      model,
      bits: isa.bits,
      cpu,
      bigEndian: isa.endian === 'be',
      gcrBase: GCR_BASE,
    });
    this.tlb = new Tlb(model.tlbEntries);
    this.watchpoints = new Watchpoints(this.cp0);
    this.shadows = new ShadowSets(this.state, this.cp0.has.registerSets);
    this.#data = new DataPath(this.state, bus, ramBytes, this.littleEndian, cpu);
    this.mmu = new Mmu(this.state, this.cp0, this.tlb, this.#data, this.watchpoints, ramBytes);
    const linuxVectors = (0x80000000 + vectors) | 0;
    this.exceptions = new Exceptions(this, linuxVectors);
    gic.resetLocal(cpu);
    const interpreters = interpretersOf(options.interpreter, this.#imports(memory));
    const { layout, translation, verifying } = options;
    const map = new Uint8Array(buffer, layout.codeMap);
    map[(stateBase + STATE.deviceStore) >>> CODE_GRANULE_SHIFT] = 1;
    const loadFromDevice = this.#loadFromDevice.bind(this);
    this.#engine =
      translation &&
      new Engine(this, { ...interpreters, loadFromDevice }, translation, {
        memory,
        layout,
        ramBytes,
        isExact: clock instanceof InstructionClock,
        verifier: verifying && new Verifier(this, verifying, memory),
      });
    const engine = this.#engine;
    this.#execute = engine === undefined ? () => interpret(interpreters, this.state) : () => engine.execute();
    enterFirmware(this, entry, linuxVectors);
  }

  /** Instructions executed since the start. */
  get retired(): number {
    return this.#executed + this.#granted - this.state.get(STATE.budget) - this.state.get(STATE.reserve);
  }

  /** Executes up to SLICE instructions, or with translated code TRANSLATED_SLICE, or fewer when the core waits or stops. */
  slice(): void {
    if (this.stopped) return;
    this.#slice();
    this.state.publish(STATE.retired, this.retired);
  }

  #slice(): void {
    this.stalled = false;
    if (!this.interruptCheck() && !this.#skipWait()) return;
    if (this.#idle()) return;
    this.#spent = 0;
    let left = this.#sliceLength;
    // what is left when translated code has come to its end is left out
    const least = this.#engine?.leastRest ?? 1;
    do {
      left -= this.#chunk(Math.min(left, this.#untilEvent()));
      if (this.waiting && !this.#skipWait()) return;
    } while (left >= least && this.#spent < SLICE && !this.#idle());
  }

  /**
   * True when the core has something to do: an interrupt woke it, or it is not waiting. Takes a pending interrupt.
   * `recent`: it is enough to know what devices drove when they were last asked, a short while ago, which takes less time.
   */
  interruptCheck(what: 'now' | 'recent' = 'now'): boolean {
    const { cp0 } = this;
    const { status } = cp0;
    const known = what === 'recent' ? this.lines.recent : undefined;
    const lines = known ?? this.lines.ask();
    if ((lines & NMI_LINE) !== 0) this.exceptions.raiseNmi();
    if (known === undefined && this.#gic.watchdogReset(this.cpu))
      this.fail('the core is reset, and there is no boot ROM', 'watchdog');
    if (this.#isHalted()) this.waiting = true;
    if (this.stopped || this.#isHalted()) return false;
    const isOpen = (status & (STATUS.EXL | STATUS.ERL)) === 0 && !cp0.debugMode;
    const cause = cp0.causeWith(lines & CAUSE.IP, known === undefined ? this.timer.pending : this.timer.wasPending);
    this.state.set(STATE.pending, cause & STATUS.IM);
    const pending = cause & status & STATUS.IM;
    if (pending !== 0) {
      this.waiting = false;
      if (isOpen && (status & STATUS.IE) !== 0 && !this.#threadMasks()) this.exceptions.raiseBetween(EXCEPTION.Int);
    } else if (isOpen && this.watchpoints.deferred) this.exceptions.raiseBetween(EXCEPTION.Watch);
    return !this.waiting;
  }

  /** When something will happen in a waiting core by itself: ms of the clock, or Infinity. */
  get due(): number {
    const next = this.#nextEvent;
    // virtual time jumps there in the next slice
    if (this.#clock instanceof InstructionClock) return next === Infinity ? Infinity : 0;
    return whenAt(next);
  }

  /** When something happens depends on registers, and is looked for before the generated code is entered. */
  get hasVirtualTime(): boolean {
    return this.#clock instanceof InstructionClock;
  }

  get cause(): number {
    return this.cp0.causeWith(this.interruptLines);
  }

  /** Cause.IP7…IP2 as devices drive them. */
  get interruptLines(): number {
    return this.lines.ask() & CAUSE.IP;
  }

  /**
   * Counts the core's own work for an instruction as that many instructions of the slice, so that a slice takes about as
   * long whatever it executes. Only for what ends its instruction.
   */
  charge(instructions: number): void {
    this.#spent += instructions;
    if (this.#spent >= SLICE) this.leave();
  }

  /** Ends the slice: a call of the host may have taken long. */
  chargeHostService(): void {
    this.charge(SLICE);
  }

  /** Leaves the generated code before the next instruction. */
  leave(): void {
    this.state.set(STATE.leave, 1);
  }

  jump(low: number, high = low >> 31): void {
    const { state } = this;
    const next = (low + 4) | 0;
    state.setAddress(STATE.pc, low, high);
    state.setAddress(STATE.npc, next, this.cp0.has.wide ? high + (low < 0 && next >= 0 ? 1 : 0) : next >> 31);
    state.set(STATE.slot, 0);
    this.leave();
  }

  /** Executes the current instruction again in the next slice, as if it had not been begun. */
  stall(): void {
    const { state } = this;
    this.stalled = true;
    state.copyAddress(STATE.pc, STATE.npc);
    state.copyAddress(STATE.current, STATE.pc);
    state.set(STATE.slot, state.get(STATE.currentSlot));
    state.set(STATE.budget, state.get(STATE.budget) + 1);
    this.leave();
  }

  /** An exception of the instruction in execution. `unit` is the coprocessor of CpU. */
  raise(exception: number, unit = 0): void {
    this.exceptions.raise(exception, unit);
  }

  /** A call of the host from where it is no matter of exceptions. */
  serveUhi(): void {
    uhi(this);
  }

  /** What the processor asked the power controller for. Nobody switches it on again but Linux. */
  power(what: PowerRequest): void {
    if (what === 'reset') this.fail('the core is reset, and there is no boot ROM', 'reset by the power controller');
    this.#isOff = true;
    this.waiting = true;
    this.leave();
  }

  /** Executes nothing more, and leaves in the state block what Linux may want to know. */
  stop(): void {
    const { cp0, state } = this;
    this.stopped = true;
    state.set(STATE.cause, this.cause);
    state.setAddress(STATE.badVAddr, cp0.get(CP0.badVAddr), cp0.getHigh(CP0.badVAddr));
    this.leave();
  }

  /** Reports that the firmware can't go on, with what is known, and stops. */
  fail(why: string, what?: string, details: readonly string[] = []): void {
    this.events.fault(faultReason(this, why, what), [...details, ...registerDump(this)]);
    this.state.copyAddress(STATE.current, STATE.pc);
    this.stop();
  }

  /** Bytes from an address up to the end of its page, at most `length`, in place; undefined where there is no RAM. */
  readPage(low: number, length: number, high = low >> 31): Uint8Array | undefined {
    return this.#page('load', low, length, high);
  }

  /** The same for bytes that may be written. */
  writePage(low: number, length: number, high = low >> 31): Uint8Array | undefined {
    const page = this.#page('store', low, length, high);
    if (page !== undefined) this.#engine?.willBeWritten(page);
    return page;
  }

  /** A half word or word of instructions at a physical address, in the byte order of the core. */
  readCode(pa: number, bytes: 2 | 4): number {
    const view = new DataView(this.state.memory, pa, bytes);
    return bytes === 4 ? view.getInt32(0, this.littleEndian) : view.getUint16(0, this.littleEndian);
  }

  #page(use: Use, low: number, length: number, high: number): Uint8Array | undefined {
    const host = this.mmu.findRam(low, high, use);
    if (host < 0) return undefined;
    return this.ram.subarray(host, host + Math.min(length, PAGE - (host % PAGE)));
  }

  get #sliceLength(): number {
    return this.#engine?.isTranslated === true ? TRANSLATED_SLICE : SLICE;
  }

  #idle(): boolean {
    return this.waiting || this.stopped || this.stalled;
  }

  /** Executes up to so many instructions, fewer when something asks to leave; gives how many. */
  #chunk(instructions: number): number {
    const { state } = this;
    this.#granted = instructions;
    state.set(STATE.budget, instructions);
    state.set(STATE.leave, 0);
    state.selectMode(this.cp0.kernelMode ? 0 : 1);
    this.exceptions.announce();
    this.#execute();
    const done = this.#granted - state.get(STATE.budget);
    this.#executed += done;
    this.#granted = 0;
    state.set(STATE.budget, 0);
    return done;
  }

  /** Instructions until the core has to look up: at the next event of a virtual clock; at each one while fetches are watched. */
  #untilEvent(): number {
    if (this.watchpoints.fetches) return 1;
    const clock = this.#clock;
    if (!(clock instanceof InstructionClock)) return this.#sliceLength;
    if (!this.interruptCheck()) return 1;
    return clock.instructionsUntil(this.#nextEvent);
  }

  /** In virtual time nobody waits for an event that is sure to come. False: there is none. */
  #skipWait(): boolean {
    const clock = this.#clock;
    const next = this.#nextEvent;
    if (!(clock instanceof InstructionClock) || next === Infinity) return false;
    clock.skipTo(next);
    return this.interruptCheck();
  }

  get #nextEvent(): number {
    return this.#isHalted() ? Infinity : this.lines.due;
  }

  #threadMasks(): boolean {
    return this.cp0.has.multiThreading && (this.cp0.get(CP0.tcStatus) & TC_STATUS.IXMT) !== 0;
  }

  /** Switched off, or the only thread context has halted itself. */
  #isHalted(): boolean {
    const { cp0 } = this;
    if (this.#isOff) return true;
    if (!cp0.has.multiThreading) return false;
    return (cp0.get(CP0.tcHalt) & TC_HALT.H) !== 0 || (cp0.get(CP0.tcStatus) & TC_STATUS.A) === 0;
  }

  #translate(low: number, kind: number, high: number): number {
    const host = this.mmu.translate(low, kind, high);
    this.#spent += COST.translation;
    if (host >= this.ram.length) this.lines.forget();
    if ((kind & ACCESS.store) !== 0) this.#willStore(host, kind & ACCESS.sizeMask);
    if (host >= 0) return host;
    const isFetch = (kind & (ACCESS.load | ACCESS.store)) === 0;
    if (isFetch) this.state.set(STATE.word, 0);
    this.exceptions.refused(isFetch);
    return -1;
  }

  /** What `translate` does for a load from a device that is known already; 0: it is not. */
  #loadFromDevice(low: number, kind: number, high: number): number {
    const host = this.mmu.loadFromKnownDevice(low, kind, high);
    if (host === 0) return 0;
    this.#spent += COST.translation;
    this.lines.forget();
    return host;
  }

  /** The generated code looks for code only where the first byte goes to, and a misaligned store may go on into the next granule. */
  #willStore(host: number, size: number): void {
    const last = host + size - 1;
    if (host < 0 || last >= this.ram.length || host >>> CODE_GRANULE_SHIFT === last >>> CODE_GRANULE_SHIFT) return;
    if (this.#engine?.willBeWritten(this.ram.subarray(host, last + 1)) === true) this.leave();
  }

  #imports(memory: WebAssembly.Memory): Readonly<Record<string, unknown>> {
    const host = hostFunction(this, () => this.#engine?.isOutOfContext === true);
    const device = this.state.base + STATE.deviceStore;
    const watchedStore = (host: number): void => {
      if (host !== device) this.#engine?.codeStored(host);
      else if (this.#data.finishStore()) this.#engine?.written();
      this.charge(COST.deviceStore);
    };
    return { memory, translate: this.#translate.bind(this), watchedStore, host };
  }
}
