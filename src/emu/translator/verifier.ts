/**
 * Runs translated code, and then the interpreter on the same registers and the same memory: reads get what translated
 * code has read, and stores are compared with its own (wasm/access-log.ts). Translated code leaves everything to the
 * interpreter that needs the core's own code but system calls and the like (exceptions.ts), so the second time there is little to ask it for.
 */
import type { Core } from '../cpu/core.js';
import { leaveHandler } from '../cpu/flow.js';
import { LOG, SLOT, STATE } from '../layout.js';
import { EXCEPTION } from '../isa/exceptions.js';
import { ACCESS, HOST_CALLS, type HostCall } from '../wasm/interface.js';
import { accessText, haveSameRegisters, registerDifferences } from './difference.js';

/** Of the state block: what translated code reads and changes, without the tables behind it. */
const REGISTERS = STATE.accessTables;

const viewOf = ({ buffer, byteOffset }: Int32Array): DataView => new DataView(buffer, byteOffset, REGISTERS);
const isRun = (value: unknown): value is (state: number) => void => typeof value === 'function';

export class Verifier {
  readonly #block: Int32Array;
  readonly #view: DataView;
  readonly #before = new Int32Array(REGISTERS / 4);
  readonly #translated = new Int32Array(REGISTERS / 4);
  readonly #interpret: (pc: number) => void;
  /** Why the interpreter has stopped too early. */
  #obstacle: string | undefined;

  /** @param interpreter one that reads the log */
  constructor(
    private readonly core: Core,
    interpreter: WebAssembly.Module,
    memory: WebAssembly.Memory,
  ) {
    const { state } = core;
    this.#block = new Int32Array(state.memory, state.base, REGISTERS / 4);
    this.#view = new DataView(state.memory, state.base, STATE.hot);
    const env = {
      memory,
      translate: (low: number, kind: number, high: number) => this.#find(low, kind, high),
      watchedStore: () => this.#stop(this.#accessDifference()),
      host: (call: number, a: number, b: number, c: number) => this.#call(HOST_CALLS[call], a, b, c),
    };
    const { run, runCompressed = run } = new WebAssembly.Instance(interpreter, { env }).exports;
    if (!isRun(run) || !isRun(runCompressed)) throw new TypeError('the interpreter has no function run');
    this.#interpret = (pc) => ((pc & 1) === 0 ? run : runCompressed)(state.base);
  }

  /** What differs, in words. The core is then where translated code has left it. */
  differences(translated: () => void): string[] {
    const { state } = this.core;
    const first = state.base + STATE.log;
    this.#before.set(this.#block);
    state.set(STATE.logNext, first);
    state.set(STATE.logEnd, first + LOG.entries * LOG.entryBytes);
    translated();
    const executed = this.#budgetBefore - state.get(STATE.budget);
    const end = state.get(STATE.logNext);
    this.#translated.set(this.#block);
    this.#block.set(this.#before);
    state.set(STATE.logNext, first);
    state.set(STATE.logEnd, end);
    const differences = this.#repeat(executed);
    this.#block.set(this.#translated);
    return differences;
  }

  /** Stops the core where the translated code began that came to something else. */
  fail(differences: readonly string[]): void {
    const { core } = this;
    const { state } = core;
    const budget = state.get(STATE.budget);
    const executed = this.#budgetBefore - budget;
    this.#block.set(this.#before);
    state.set(STATE.budget, budget);
    this.#pointAtInstruction();
    core.fail(
      `within ${executed} instructions from there the translator and the interpreter come to different results (--engine verify)`,
      'wrong translation',
      [...differences, 'Registers before these instructions:'],
    );
  }

  /** The report of a fault shows the instruction in execution: here, the next one. */
  #pointAtInstruction(): void {
    const { exceptions, mmu, state } = this.core;
    state.copyAddress(STATE.pc, STATE.current);
    const pc = state.address(STATE.pc);
    const host = mmu.findRam(pc & ~1, state.get(STATE.pc + 4), 'fetch');
    exceptions.fetchFailed = host < 0 || (pc & 1) === 1;
    if (!exceptions.fetchFailed) state.set(STATE.word, this.core.readCode(host, 4));
  }

  get #budgetBefore(): number {
    return viewOf(this.#before).getInt32(STATE.budget, true);
  }

  #repeat(instructions: number): string[] {
    const { state, isa } = this.core;
    this.#obstacle = undefined;
    state.set(STATE.budget, instructions);
    // the one that executes words hands over to the one for a compressed set, and back
    for (let left = instructions; left > 0 && this.#obstacle === undefined;) {
      state.set(STATE.leave, 0);
      this.#interpret(state.address(STATE.pc));
      const now = state.get(STATE.budget);
      if (now === left) this.#obstacle = 'the interpreter does not get on there';
      left = now;
    }
    if (this.#obstacle !== undefined) {
      const place = state.get(STATE.current) >>> 0;
      return [`at 0x${place.toString(16).padStart(8, '0')}: ${this.#obstacle}`];
    }
    const missing = this.#missingStore();
    if (missing !== undefined && !this.#isBegunAnew()) return [missing];
    if (haveSameRegisters(this.#translated, this.#block)) return [];
    const differences = registerDifferences(viewOf(this.#translated), this.#view, isa.bits);
    return this.#isBranchRepeated() ? [] : differences;
  }

  /** Code that is left between two stores of an instruction goes on at that instruction: what it has stored is stored again. */
  #isBegunAnew(): boolean {
    const { state } = this.core;
    if (this.#translated[STATE.exited / 4] === 0) return false;
    const interpreted = this.#block.slice();
    const hasMore = (): boolean => this.#obstacle === undefined && state.get(STATE.logNext) < state.get(STATE.logEnd);
    this.#step();
    if (hasMore() && state.get(STATE.slot) !== SLOT.none) this.#step();
    const isAll = state.get(STATE.logNext) === state.get(STATE.logEnd);
    this.#block.set(interpreted);
    this.#obstacle = undefined;
    return isAll;
  }

  #step(): void {
    const { state } = this.core;
    state.set(STATE.budget, 1);
    state.set(STATE.leave, 0);
    this.#interpret(state.address(STATE.pc));
  }

  /**
   * Code that is left in a delay slot goes on at the branch, which may have set its return address already: that is no
   * difference when the branch makes both the same.
   */
  #isBranchRepeated(): boolean {
    if (this.#translated[STATE.exited / 4] === 0) return false;
    const [interpreted, translated] = [this.#block.slice(), this.#translated].map((from) => this.#afterBranch(from));
    return interpreted !== undefined && translated !== undefined && haveSameRegisters(translated, interpreted);
  }

  /** The registers one instruction further on, if that has a delay slot. */
  #afterBranch(from: Int32Array): Int32Array | undefined {
    const { state } = this.core;
    const end = state.get(STATE.logEnd);
    this.#block.set(from);
    state.set(STATE.logNext, end);
    state.set(STATE.logEnd, end);
    this.#step();
    return this.#obstacle === undefined && state.get(STATE.slot) !== SLOT.none ? this.#block.slice() : undefined;
  }

  /** A load more is no matter: an instruction may have been left to the interpreter after it. */
  #missingStore(): string | undefined {
    const { state } = this.core;
    const end = state.get(STATE.logEnd) - state.base;
    for (let entry = state.get(STATE.logNext) - state.base; entry < end; entry += LOG.entryBytes)
      if (state.get(entry + LOG.kind) >= LOG.store * LOG.kindUnit)
        return `translated code ${accessText(this.#view, entry)}, the interpreter does not`;
    return undefined;
  }

  #accessDifference(): string {
    const { state } = this.core;
    const own = accessText(this.#view, STATE.log - LOG.entryBytes);
    const [next, end] = [state.get(STATE.logNext), state.get(STATE.logEnd)];
    const other = next < end ? accessText(this.#view, next - state.base) : 'does not use memory any more';
    return `translated code ${other}, the interpreter ${own}`;
  }

  /** What translated code does in place (exceptions.ts). */
  #call(call: HostCall | undefined, register: number, select: number, value: number): number {
    const { core } = this;
    switch (call) {
      case 'syscall':
        core.raise(EXCEPTION.Sys);
        return 0;
      case 'eret':
        leaveHandler(core, true);
        return 0;
      case 'mfc0':
        return core.cp0.readWord(register, select, core);
      case 'mtc0':
        core.cp0.writeWord(register, select, value);
        return 0;
      default:
        return this.#stop(`the interpreter comes to what is never translated (${call ?? 'unknown'})`);
    }
  }

  /** Leaves the interpreter. */
  #stop(obstacle: string): number {
    this.#obstacle ??= obstacle;
    this.core.leave();
    return 0;
  }

  /** Host address of RAM that the interpreter has not used recently; nothing is raised where there is none. */
  #find(low: number, kind: number, high: number): number {
    const { cp0, mmu, state } = this.core;
    const use = (kind & ACCESS.store) !== 0 ? 'store' : (kind & ACCESS.load) !== 0 ? 'load' : 'fetch';
    const size = kind & ACCESS.sizeMask;
    const address = (kind & ACCESS.partial) === 0 ? low : low & -size;
    const host = (address & (size - 1)) === 0 ? mmu.findRam(address, high, use) : -1;
    if (host >= 0) state.rememberPage(cp0.kernelMode ? 0 : 1, use, address, high, host);
    else this.#stop(`the interpreter cannot ${use} ${size} bytes at 0x${(low >>> 0).toString(16).padStart(8, '0')}`);
    return host;
  }
}
