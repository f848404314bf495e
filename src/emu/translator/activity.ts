/** Whether cores compute so much that a translator beside them pays: a thread, its memory, and its work. */

/** Instructions within a time, ms. At the interpreter's full speed it is half a second. */
const MUCH = 100_000_000;
const PERIOD = 20_000;

export class Activity {
  /** From the first busy time on. */
  isMuch = false;
  #since = -Infinity;
  #instructions = 0;

  constructor(private readonly now: () => number) {}

  /** Tells of instructions that have been executed just now. */
  add(instructions: number): void {
    if (this.isMuch) return;
    const now = this.now();
    if (now - this.#since > PERIOD) {
      this.#since = now;
      this.#instructions = 0;
    }
    this.#instructions += instructions;
    this.isMuch = this.#instructions >= MUCH;
  }
}
