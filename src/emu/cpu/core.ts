/**
 * One core: the state block, coprocessor 0, TLB, timer, and the generated interpreter that runs on them. A core is run in
 * slices by its host thread; exceptions are taken here, precisely, before the next instruction.
 */
import { EXCEPTION, exceptionName, disassemble, type Isa } from '../isa/index.js';
import { hostCalls } from './host-calls.js';
import { ACCESS, HOST_CALLS, type HostCall } from '../wasm/interface.js';
import type { Bus } from '../devices/bus.js';
import { GCR_BASE } from '../devices/bus.js';
import type { Gic } from '../devices/gic.js';
import type { Clock } from '../clock.js';
import type { Entry } from '../hardware.js';
import { branchBytes, STATE } from '../layout.js';
import { UhiSession } from '../uhi/index.js';
import { CAUSE, CP0, Cp0, STATUS } from './cp0.js';
import { CountTimer } from './count.js';
import { Mmu, type Refusal, type Use } from './mmu.js';
import { registerDump } from './register-dump.js';
import { CoreState } from './state.js';
import { mergePairs, Tlb, wiredEntries } from './tlb.js';

/** Instructions that a core may execute before others on the same host thread, and interrupts, get their turn. */
export const SLICE = 50_000;
const TLB_ENTRIES = 64;
const PAGE = 4096;
/** Exceptions within exceptions, without an ERET between, that no handler needs. */
const NESTED_LIMIT = 64;

/** What the core's own code takes, in instructions of the generated code. */
const COST = { hostCall: 15, translation: 15, exception: 100, deviceStore: 200, float: 300, uhi: SLICE } as const;

/** A call that gives a value does not end its instruction, so it must not be charged for; these are quick. */
function costOf(call: HostCall): number {
  if (call === 'fp') return COST.float;
  return ['rdhwr', 'mfc0', 'cfc1', 'privileged'].includes(call) ? 0 : COST.hostCall;
}

/** What a core tells the machine. */
export interface CoreEvents {
  fault(reason: string, registers: readonly string[]): void;
  exit(code: number): void;
  /** False when Linux has not kept up with earlier output: the call is to be made again later. */
  output(text: string): boolean;
}

export interface CoreOptions {
  readonly cpu: number;
  readonly isa: Isa;
  readonly ramBytes: number;
  readonly memory: WebAssembly.Memory;
  readonly stateBase: number;
  readonly interpreter: WebAssembly.Module;
  readonly clock: Clock;
  readonly gic: Gic;
  readonly bus: Bus;
  /** Physical page of the exception vectors that Linux leaves in EBase: a firmware that gets there has no handler. */
  readonly vectors: number;
  readonly events: CoreEvents;
  /** What UHI keeps of this run; by default there are no files. Whoever makes it closes it. */
  readonly uhi?: UhiSession;
}

const isRun = (value: unknown): value is (state: number) => void => typeof value === 'function';

const sharedBuffer = (memory: WebAssembly.Memory): SharedArrayBuffer => {
  if (!(memory.buffer instanceof SharedArrayBuffer)) throw new TypeError('the machine needs shared memory');
  return memory.buffer;
};

export class Core {
  readonly state: CoreState;
  readonly cp0: Cp0;
  readonly tlb = new Tlb(TLB_ENTRIES);
  readonly mmu: Mmu;
  readonly timer: CountTimer;
  readonly ram: Uint8Array;
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
  private idle(): boolean {
    return this.waiting || this.stopped || this.stalled;
  }

  /** Instructions retired since the start. */
  retired = 0n;
  #nested = 0;
  /** What `charge` has counted in this slice. */
  #spent = 0;
  readonly #run: (state: number) => void;
  readonly #runCompressed: (state: number) => void;
  readonly #options: CoreOptions;

  constructor(options: CoreOptions, entry: Entry) {
    const { cpu, isa, memory, stateBase, clock, bus, ramBytes } = options;
    this.#options = options;
    this.cpu = cpu;
    this.events = options.events;
    this.uhi = options.uhi ?? new UhiSession();
    this.isa = isa;
    this.littleEndian = isa.endian === 'le';
    const buffer = sharedBuffer(memory);
    this.ram = new Uint8Array(buffer, 0, ramBytes);
    this.state = new CoreState(buffer, stateBase);
    this.state.clear();
    this.timer = new CountTimer(clock);
    this.cp0 = new Cp0(this.state, this.timer, {
      cpu,
      bigEndian: isa.endian === 'be',
      tlbEntries: TLB_ENTRIES,
      gcrBase: GCR_BASE,
    });
    this.mmu = new Mmu(this.state, this.cp0, this.tlb, bus, ramBytes, this.littleEndian, cpu);
    this.cp0.put(CP0.ebase, (0x80000000 + options.vectors) | cpu);
    const instance = new WebAssembly.Instance(options.interpreter, {
      env: {
        memory,
        translate: (va: number, kind: number, high: number) => this.#translate(va, kind, high),
        deviceStore: () => {
          this.mmu.deviceStore();
          this.charge(COST.deviceStore);
        },
        host: this.#hostFunction(),
      },
    });
    const { run, runCompressed = run } = instance.exports;
    if (!isRun(run) || !isRun(runCompressed)) throw new TypeError('the interpreter has no function run');
    this.#run = run;
    this.#runCompressed = runCompressed;
    this.#enter(entry);
  }

  /** Executes up to SLICE instructions, or fewer when the core waits or stops. */
  slice(): void {
    if (this.stopped) return;
    this.stalled = false;
    if (!this.interruptCheck() || this.idle()) return;
    this.#spent = 0;
    this.state.set(STATE.budget, SLICE);
    this.state.set(STATE.leave, 0);
    this.state.selectMode(this.cp0.kernelMode ? 0 : 1);
    let left = SLICE;
    do {
      if ((this.state.address(STATE.pc) & 1) === 0) this.#run(this.state.base);
      else this.#runCompressed(this.state.base);
      left = this.state.get(STATE.budget);
      this.state.set(STATE.leave, 0);
      this.state.selectMode(this.cp0.kernelMode ? 0 : 1);
    } while (left > 0 && this.#spent < SLICE && !this.idle());
    this.retired += BigInt(SLICE - left);
  }

  /** True when the core has something to do: an interrupt woke it, or it is not waiting. Takes a pending interrupt. */
  interruptCheck(): boolean {
    const { status } = this.cp0;
    const pending = this.cause & status & STATUS.IM;
    if (pending === 0) return !this.waiting;
    this.waiting = false;
    if ((status & (STATUS.IE | STATUS.EXL | STATUS.ERL)) === STATUS.IE) {
      this.state.setAddress(STATE.current, this.state.address(STATE.pc));
      this.state.set(STATE.currentSlot, this.state.get(STATE.slot));
      this.exception({ exception: EXCEPTION.Int, badVAddr: undefined, refill: false }, 0);
    }
    return true;
  }

  /** When something will happen in a waiting core by itself: ms of the clock, or Infinity. */
  get due(): number {
    return Math.min(this.timer.due, this.#options.gic.due(this.cpu));
  }

  get cause(): number {
    return this.cp0.causeWith(this.#options.gic.lines(this.cpu));
  }

  get interruptLines(): number {
    return this.#options.gic.lines(this.cpu);
  }

  /**
   * Counts the core's own work for an instruction as that many instructions of the slice, so that a slice takes about as
   * long whatever it executes. Only for what ends its instruction.
   */
  charge(instructions: number): void {
    this.#spent += instructions;
    if (this.#spent >= SLICE) this.leave();
  }

  /** Leaves the generated code before the next instruction. */
  leave(): void {
    this.state.set(STATE.leave, 1);
  }

  jump(address: number): void {
    this.state.setAddress(STATE.pc, address | 0);
    this.state.setAddress(STATE.npc, (address + 4) | 0);
    this.state.set(STATE.slot, 0);
    this.leave();
  }

  /** Executes the current instruction, or the branch that it is the delay slot of, again in the next slice. */
  stall(): void {
    this.stalled = true;
    this.jump(this.state.address(STATE.current) - branchBytes(this.state.get(STATE.currentSlot)));
  }

  exceptionReturned(): void {
    this.#nested = 0;
  }

  /** Executes nothing more, and leaves in the state block what Linux may want to know. */
  stop(): void {
    this.stopped = true;
    this.state.set(STATE.cause, this.cause);
    this.state.setAddress(STATE.badVAddr, this.cp0.get(CP0.badVAddr));
    this.leave();
  }

  /** Takes an exception of the instruction in execution (STATE.current). `unit` is the coprocessor of CpU. */
  exception({ exception, badVAddr, refill }: Refusal, unit: number): void {
    const { cp0, state } = this;
    const status = cp0.status;
    const nested = (status & STATUS.EXL) !== 0;
    const branch = branchBytes(state.get(STATE.currentSlot));
    const inSlot = branch !== 0;
    if (!nested) cp0.put(CP0.epc, state.address(STATE.current) - branch);
    const keep = cp0.get(CP0.cause) & ~(CAUSE.EXC | (3 << CAUSE.CE_SHIFT)) & (nested ? -1 : ~CAUSE.BD);
    cp0.put(CP0.cause, keep | (exception << 2) | (unit << CAUSE.CE_SHIFT) | (!nested && inSlot ? CAUSE.BD : 0));
    if (badVAddr !== undefined) {
      cp0.put(CP0.badVAddr, badVAddr);
      if (exception <= EXCEPTION.TLBS) {
        cp0.put(CP0.context, (cp0.get(CP0.context) & 0xff800000) | ((badVAddr >>> 9) & 0x7ffff0));
        cp0.put(CP0.entryHi, (cp0.get(CP0.entryHi) & 0xff) | (badVAddr & ~0x1fff));
      }
    }
    cp0.status = status | STATUS.EXL;
    this.#nested = nested ? this.#nested + 1 : 0;
    const offset = this.#vectorOffset(exception, refill && !nested);
    if (this.#handOver(exception)) return;
    if (this.#nested > NESTED_LIMIT) {
      this.fail('exceptions without end in its own handler');
      return;
    }
    const base = (status & STATUS.BEV) !== 0 ? 0xbfc00200 : cp0.get(CP0.ebase) & ~0xfff;
    this.#spent += COST.exception;
    this.jump((base + offset) | 0);
  }

  /** The exception in Cause was raised by fetching the instruction itself. */
  get fetchFailed(): boolean {
    const code = (this.cp0.get(CP0.cause) & CAUSE.EXC) >>> 2;
    const shared = code === EXCEPTION.TLBL || code === EXCEPTION.AdEL;
    return code === EXCEPTION.IBE || (shared && this.cp0.get(CP0.badVAddr) === this.state.address(STATE.current));
  }

  /** Reports that the firmware can't go on, with what is known, and stops. */
  fail(why: string): void {
    const { cp0, state } = this;
    const at = hex(state.address(STATE.current));
    const code = (this.cp0.get(CP0.cause) & CAUSE.EXC) >>> 2;
    const address = code >= EXCEPTION.Mod && code <= EXCEPTION.AdES ? `, address ${hex(cp0.get(CP0.badVAddr))}` : '';
    const name = exceptionName(code, this.fetchFailed);
    this.events.fault(`${name} at ${at}${address}: ${why}`, registerDump(this));
    this.state.setAddress(STATE.pc, this.state.address(STATE.current));
    this.stop();
  }

  /** The instruction in execution as text, if it can be read. */
  currentInstruction(): string {
    if (this.fetchFailed) return '(cannot be read)';
    const pc = this.state.address(STATE.current);
    const word = this.state.get(STATE.word) >>> 0;
    return disassemble(word, pc >>> 0, this.isa);
  }

  /** Ends the slice: a call of the host may have taken long. */
  chargeHostService(): void {
    this.charge(COST.uhi);
  }

  /** Bytes from an address up to the end of its page, at most `length`, in place; undefined where there is no RAM. */
  readPage(low: number, length: number, high = low >> 31): Uint8Array | undefined {
    return this.#page('load', low, length, high);
  }

  /** The same for bytes that may be written. */
  writePage(low: number, length: number, high = low >> 31): Uint8Array | undefined {
    return this.#page('store', low, length, high);
  }

  #page(use: Use, low: number, length: number, high: number): Uint8Array | undefined {
    const host = this.mmu.translate(low, use, 1, high);
    if (typeof host !== 'number' || host >= this.ram.length) return undefined;
    return this.ram.subarray(host, host + Math.min(length, PAGE - (host % PAGE)));
  }

  /**
   * An exception that arrives at the vectors Linux left, or at the boot ROM: UHI system calls are served, as the boot
   * monitor that Status.BEV = 0 promises (mips-uhi.md 2.1); everything else means that the firmware has no handler.
   */
  #handOver(exception: number): boolean {
    const atRom = (this.cp0.status & STATUS.BEV) !== 0;
    const base = this.cp0.get(CP0.ebase) & ~0xfff;
    const atLinux = base === (0x80000000 + this.#options.vectors) >> 0;
    if (!atRom && !atLinux) return false;
    const isUhi = exception === EXCEPTION.Sys && ((this.state.get(STATE.word) >>> 6) & 0xfffff) === 1;
    if (isUhi && this.#nested === 0) {
      this.cp0.status &= ~STATUS.EXL;
      this.state.set(STATE.leave, 1);
      hostCalls.sdbbp(this, 1, 0, 0, 0);
      return true;
    }
    this.fail(atRom ? 'no handler (Status.BEV is set and there is no boot ROM)' : 'no handler (EBase was never set)');
    return true;
  }

  #vectorOffset(exception: number, refill: boolean): number {
    if (refill) return 0;
    const cause = this.cp0.get(CP0.cause);
    if (exception !== EXCEPTION.Int || (cause & CAUSE.IV) === 0) return 0x180;
    const spacing = this.cp0.get(CP0.intCtl) & 0x3e0;
    const inRom = (this.cp0.status & STATUS.BEV) !== 0;
    if (spacing === 0 || inRom) return 0x200;
    const pending = ((this.cause & this.cp0.status & STATUS.IM) >>> 8) & 0xff;
    return 0x200 + (31 - Math.clz32(pending)) * spacing;
  }

  #translate(va: number, kind: number, high: number): number {
    const use = (kind & ACCESS.store) !== 0 ? 'store' : (kind & ACCESS.load) !== 0 ? 'load' : 'fetch';
    const size = kind & ACCESS.sizeMask;
    const partial = (kind & ACCESS.partial) !== 0;
    const result = this.mmu.translate(partial ? va & -size : va, use, size, high);
    this.#spent += COST.translation;
    if (typeof result === 'number') return result;
    if (use === 'fetch') this.state.set(STATE.word, 0);
    this.exception(partial && result.badVAddr !== undefined ? { ...result, badVAddr: va >>> 0 } : result, 0);
    return -1;
  }

  #hostFunction(): (call: number, a: number, b: number, c: number, d: number) => number {
    const table = HOST_CALLS.map((name) => ({ implementation: hostCalls[name], cost: costOf(name) }));
    return (call, a, b, c, d) => {
      const entry = table[call];
      if (entry === undefined) throw new RangeError(`host call ${call}`);
      const result = entry.implementation(this, a, b, c, d);
      if (entry.cost !== 0) this.charge(entry.cost);
      return result ?? 0;
    };
  }

  /** The UHI coprocessor boot protocol as the MIPS driver does it (mips-uhi.md 1.0). */
  #enter(entry: Entry): void {
    const wired = mergePairs(entry.mappings.flatMap((mapping) => [...wiredEntries(mapping)]));
    if (wired.length >= TLB_ENTRIES) throw new RangeError(`${wired.length} wired TLB entries, of ${TLB_ENTRIES}`);
    wired.forEach((each, i) => this.tlb.write(i, each));
    this.cp0.put(CP0.wired, wired.length);
    const [a0, a1, a2, a3] = entry.args;
    for (const [number, value] of [
      [4, a0],
      [5, a1],
      [6, a2],
      [7, a3],
    ] as const)
      this.state.setGpr(number, value);
    for (const [number, address] of [
      [28, entry.gp],
      [29, entry.sp],
      [31, entry.ra],
    ] as const)
      this.state.set64(STATE.gpr + 8 * number, BigInt.asUintN(64, address));
    if (entry.wide) this.cp0.status |= STATUS.KX;
    this.jump(Number(BigInt.asIntN(32, entry.pc)));
  }
}

export const hex = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
