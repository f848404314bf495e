import type { CoreState } from '../cpu/state.js';
import { HOT, hotEntryOf, STATE } from '../layout.js';

/** Visits of a place inside a region, which is not entered at its start, until it gets a region of its own. */
const SECOND_THRESHOLD = 20_000;
/** A place that is not to be looked at soon again. */
const COOLED = 0x7fffffff;

/** The table of a core in which the interpreter counts visits of places, and translated code finds functions (HOT of layout.ts). */
export class HotTable {
  constructor(private readonly state: CoreState) {}

  /** The interpreter has stopped there because it is often there. */
  isHot(pc: number): boolean {
    const entry = this.#entry(pc);
    return this.state.get(entry + HOT.tag) === pc && this.state.get(entry + HOT.count) === 0;
  }

  /** The interpreter is not to stop there soon. */
  cool(pc: number): void {
    this.state.set(this.#entry(pc) + HOT.count, COOLED);
  }

  /** The interpreter is not to stop there soon, nor is translated code to find a function. */
  withdraw(pc: number): void {
    this.cool(pc);
    this.state.set(this.#entry(pc) + HOT.function, 0);
  }

  /** Lets the interpreter count there as if it had never been there. */
  renew(pc: number): void {
    this.#set(pc, HOT.threshold, 0);
  }

  /** Lets the interpreter count there once more. */
  defer(pc: number): void {
    this.#set(pc, SECOND_THRESHOLD, 0);
  }

  /** The function of that number, in the table of the batch of that serial number, begins there. */
  announce(pc: number, index: number, serial: number): void {
    this.#set(pc, 0, index);
    this.state.set(this.#entry(pc) + HOT.context, serial);
  }

  #set(pc: number, count: number, index: number): void {
    const entry = this.#entry(pc);
    this.state.set(entry + HOT.tag, pc);
    this.state.set(entry + HOT.count, count);
    this.state.set(entry + HOT.function, index);
  }

  #entry(pc: number): number {
    return STATE.hot + hotEntryOf(pc);
  }
}
