/** One call in so many is noted. */
const SAMPLE = 512;
/**
 * Calls after which two batches had better be one: such a call takes as long as some twenty instructions, and what is made
 * anew, for each function, as long as a thousand calls.
 */
const LEAST = 20_000;
const A_FUNCTION = 1000;

interface Pair {
  readonly caller: number;
  readonly callee: number;
  calls: number;
}

/** Calls from batch to batch, which take a detour: those of pairs that have many are worth a batch of their own. */
export class Crossings {
  readonly #pairs = new Map<string, Pair>();
  #until = SAMPLE;
  /** Grows with each time, should it not help. */
  #patience = 1;

  /** A function of batch `caller` calls one of batch `callee`: serial numbers. */
  note(caller: number, callee: number): void {
    if (--this.#until > 0) return;
    this.#until = SAMPLE;
    const key = `${caller} ${callee}`;
    const pair = this.#pairs.get(key);
    if (pair === undefined) this.#pairs.set(key, { caller, callee, calls: SAMPLE });
    else pair.calls += SAMPLE;
  }

  /** The serial numbers of two batches that are to be one; none, if there are none. `sizeOf`: functions of a batch; undefined: gone. */
  take(sizeOf: (serial: number) => number | undefined): readonly number[] {
    for (const [key, { caller, callee, calls }] of this.#pairs) {
      const [a, b] = [sizeOf(caller), sizeOf(callee)];
      if (a === undefined || b === undefined) this.#pairs.delete(key);
      else if (calls >= this.#patience * (LEAST + A_FUNCTION * (a + b))) {
        this.#pairs.clear();
        this.#patience *= 2;
        return [caller, callee];
      }
    }
    return [];
  }
}
