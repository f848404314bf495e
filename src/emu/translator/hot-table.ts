import type { CoreState } from '../cpu/state.js';
import { HOT, hotEntryOf, STATE } from '../layout.js';

/** Visits of a place inside a region, which is not entered at its start, until it gets a region of its own. */
const SECOND_THRESHOLD = 20_000;
/** Instructions within which a place must have been visited often to be hot. */
const LIFE = 100_000_000;
/** A place that is not to be looked at soon again. */
const COOLED = 0x7fffffff;

/** The table of a core in which the interpreter counts visits of places, and translated code finds functions (HOT of layout.ts). */
export class HotTable {
  #decayedAt = 0;

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

  /** In a context, a function begins there that stands in the table of functions at `index - 1`. */
  announce(pc: number, index: number, context: number): void {
    this.#set(pc, 0, index);
    this.state.set(this.#entry(pc) + HOT.context, context);
  }

  /** That one is there no more. */
  retract(pc: number, context: number): void {
    const entry = this.#entry(pc);
    const isThere = this.state.get(entry + HOT.tag) === pc && this.state.get(entry + HOT.context) === context;
    if (isThere) this.state.set(entry + HOT.function, 0);
  }

  /** Has all places counted anew of which there is no function: what has been visited now and then is not hot. False: it is too early. */
  decay(retired: number, isDeferred: (pc: number) => boolean): boolean {
    if (retired - this.#decayedAt < LIFE) return false;
    this.#decayedAt = retired;
    for (let entry = STATE.hot; entry < STATE.hot + HOT.entries * HOT.entryBytes; entry += HOT.entryBytes) {
      const count = this.state.get(entry + HOT.count);
      if (count === 0 || count > SECOND_THRESHOLD) continue;
      const pc = this.state.get(entry + HOT.tag);
      this.state.set(entry + HOT.count, isDeferred(pc) ? SECOND_THRESHOLD : HOT.threshold);
    }
    return true;
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
