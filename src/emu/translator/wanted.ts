import { ForgetfulMap } from './forgetful.js';

/** Instructions that pass between the first new place and a request for it, so that others come along. */
const PATIENCE = 300_000;
/** The same while what is new is less than this part of what there is. */
const LONG_PATIENCE = 3_000_000;
const WORTHWHILE = 4;
/** Contexts that something is wanted for, that are remembered. */
const MOST_CONTEXTS = 32;

interface Places {
  readonly addresses: Set<number>;
  /** Instructions that had been executed when the first of them came up. */
  readonly since: number;
}

/** Places that a translation is wanted for, by the context in which they are executed. */
export class Wanted {
  readonly #byContext = new ForgetfulMap<number, Places>(MOST_CONTEXTS);

  has(context: number): boolean {
    return this.#byContext.has(context);
  }

  add(context: number, addresses: readonly number[], now: number): void {
    if (addresses.length === 0) return;
    const places = this.#byContext.get(context) ?? { addresses: new Set(), since: now };
    for (const address of addresses) places.addresses.add(address);
    this.#byContext.set(context, places);
  }

  /** Takes all that is wanted in a context. */
  take(context: number): ReadonlySet<number> {
    const places = this.#byContext.get(context);
    this.#byContext.delete(context);
    return places?.addresses ?? new Set();
  }

  /** The same, but nothing while others may still come along. `functions`: how many of the context are translated. */
  takeRipe(context: number, functions: number, now: number): ReadonlySet<number> {
    const places = this.#byContext.get(context);
    if (places === undefined) return new Set();
    const patience = places.addresses.size > functions / WORTHWHILE ? PATIENCE : LONG_PATIENCE;
    return now - places.since < patience ? new Set() : this.take(context);
  }
}
