import type { Batch } from './library.js';

/** Milliseconds: longer than any core's slice. */
const LATER = 20;

/**
 * What has been translated, and whose words have been marked and compared, is to be compared once more: another core, which had
 * looked at the map of code before for many stores at once (swift.ts), may still have been storing there.
 */
export class SecondLook {
  #batches = new Set<Batch>();
  #at = Infinity;

  isWantedOf(batch: Batch): void {
    this.#batches.add(batch);
    this.#at = performance.now() + LATER;
  }

  /** Those that are to be compared now; each is given out once. */
  take(): ReadonlySet<Batch> {
    const due = this.#batches;
    if (performance.now() < this.#at) return NOTHING;
    this.#batches = new Set();
    this.#at = Infinity;
    return due;
  }
}

const NOTHING: ReadonlySet<Batch> = new Set();
