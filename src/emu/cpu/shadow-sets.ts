import { STATE } from '../layout.js';
import type { CoreState } from './state.js';

const WORDS_A_REGISTER = 2;
const WORDS = 32 * WORDS_A_REGISTER;

/** Sets of general registers (SRSCtl). The one in use lies in the state block, the others here. */
export class ShadowSets {
  readonly #sets: readonly Int32Array[];
  readonly #general: Int32Array;
  #inUse = 0;

  constructor(state: CoreState, count: number) {
    this.#sets = Array.from({ length: count }, () => new Int32Array(WORDS));
    this.#general = new Int32Array(state.memory, state.base + STATE.gpr, WORDS);
  }

  /** Puts the set in use away and takes out another. */
  change(next: number): void {
    if (next === this.#inUse) return;
    this.#set(this.#inUse).set(this.#general);
    this.#general.set(this.#set(next));
    this.#inUse = next;
  }

  /** Copies a register of one set to one of another, or of the same. */
  copy(fromSet: number, from: number, toSet: number, to: number): void {
    if (to === 0) return;
    const source = fromSet === this.#inUse ? this.#general : this.#set(fromSet);
    const target = toSet === this.#inUse ? this.#general : this.#set(toSet);
    for (let i = 0; i < WORDS_A_REGISTER; i++)
      target[to * WORDS_A_REGISTER + i] = source[from * WORDS_A_REGISTER + i] ?? 0;
  }

  /** SRSCtl cannot name a set that there is not: what it holds is checked when it is written. */
  #set(number: number): Int32Array {
    const set = this.#sets[number];
    if (set === undefined) throw new RangeError(`register set ${number} of ${this.#sets.length}`);
    return set;
  }
}
