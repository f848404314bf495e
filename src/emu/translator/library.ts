/** The translated code that a core has, by what it takes for granted, and how much of it there may be. */
import { Crossings } from './crossings.js';
import type { Code } from './translator.js';

/** What came back from the translator: addresses of code are those in RAM. */
export interface CompiledTranslation {
  readonly module: WebAssembly.Module | undefined;
  /** Of its WebAssembly, bytes. */
  readonly size: number;
  readonly entries: readonly number[];
  readonly functions: readonly number[];
  readonly code: readonly Code[];
  readonly refused: readonly number[];
  readonly deferred: readonly number[];
}

/** A module of regions for one context. */
export interface Batch {
  /** Never used again: what the table of hot places calls a context. */
  readonly serial: number;
  readonly dispatch: (state: number) => void;
  /** Gives the address where execution goes on. */
  readonly invoke: (state: number, address: number | bigint, depth: number) => number | bigint;
  readonly translation: CompiledTranslation;
}

/** A batch is made anew with others that have, together, at least this part of its functions, in all. */
const WORTHWHILE = 2;
/** So many contexts are remembered: a firmware may change its mappings without end. */
const MOST_CONTEXTS = 32;

/** What has been translated for one context. */
export class Library {
  /** Entry to batch and 1 + index in its table. */
  readonly #functions = new Map<number, { readonly batch: Batch; readonly index: number }>();
  /** How many of the functions are a batch's: one that has none left goes. */
  readonly #batches = new Map<Batch, number>();
  /** Entries that are called. */
  called: readonly number[] = [];
  /** Nothing is left to be made one. */
  isSettled = false;
  readonly crossings = new Crossings();

  get batches(): readonly Batch[] {
    return [...this.#batches.keys()];
  }

  get size(): number {
    return this.#functions.size;
  }

  get entries(): readonly number[] {
    return [...this.#functions.keys()];
  }

  get bytes(): number {
    return this.batches.reduce((sum, { translation }) => sum + translation.size, 0);
  }

  find(entry: number): { readonly batch: Batch; readonly index: number } | undefined {
    return this.#functions.get(entry);
  }

  /** Entries of the functions that the word at a physical address belongs to. */
  madeFrom(pa: number): readonly number[] {
    return [...this.#functions].flatMap(([entry, { batch, index }]) =>
      batch.translation.code[index - 1]?.addresses.includes(pa) === true ? [entry] : [],
    );
  }

  /**
   * Entries of the batches that had better be one with each other and with `more` new functions. What is made anew is slow
   * for a while, until V8 has optimized it: for a few functions, a batch of many is left as it is. But there is always something
   * for what is new, so that there are not more and more batches.
   */
  toMerge(more: number): readonly number[] {
    const merged = new Set<Batch>();
    let functions = more;
    const isSomething = (): boolean => merged.size + Math.sign(more) >= 2;
    for (const [batch, count] of [...this.#batches].sort(([, a], [, b]) => a - b)) {
      if (isSomething() && count > WORTHWHILE * functions) break;
      merged.add(batch);
      functions += count;
    }
    if (!isSomething()) return [];
    return [...this.#functions].filter(([, { batch }]) => merged.has(batch)).map(([entry]) => entry);
  }

  /**
   * Its functions take the place of others with the same entries. But what was not asked for stays where V8 has optimized it already,
   * unless it was no function there but a piece: it was not known to be called.
   */
  add(
    batch: Batch,
    { asked, refused }: { readonly asked: ReadonlySet<number>; readonly refused: ReadonlySet<number> },
  ): void {
    const { functions } = batch.translation;
    const called = new Set(this.called);
    const isCalledNow = new Set(functions.filter((entry) => !called.has(entry)));
    const isWelcome = (entry: number): boolean =>
      !refused.has(entry) && (asked.has(entry) || isCalledNow.has(entry) || this.find(entry) === undefined);
    this.called = functions;
    this.isSettled = false;
    this.#batches.set(batch, 0);
    for (const [at, entry] of batch.translation.entries.entries()) {
      if (!isWelcome(entry)) continue;
      this.remove(entry);
      this.#functions.set(entry, { batch, index: at + 1 });
      this.#batches.set(batch, (this.#batches.get(batch) ?? 0) + 1);
    }
    if (this.#batches.get(batch) === 0) this.#batches.delete(batch);
  }

  /** Entries of two batches that had better be one because of the calls between them, if there are such. */
  takeCrossed(): readonly number[] {
    const sizes = new Map([...this.#batches].map(([{ serial }, count]) => [serial, count]));
    const serials = this.crossings.take((serial) => sizes.get(serial));
    return [...this.#functions].flatMap(([entry, { batch }]) => (serials.includes(batch.serial) ? [entry] : []));
  }

  remove(entry: number): void {
    const found = this.#functions.get(entry);
    if (found === undefined) return;
    this.#functions.delete(entry);
    const left = (this.#batches.get(found.batch) ?? 0) - 1;
    if (left > 0) this.#batches.set(found.batch, left);
    else this.#batches.delete(found.batch);
  }

  drop(batch: Batch): void {
    for (const entry of batch.translation.entries) if (this.find(entry)?.batch === batch) this.remove(entry);
  }

  clear(): void {
    this.#functions.clear();
    this.#batches.clear();
  }
}

/** The libraries of all contexts of a core; the one that was asked for last is the last to go. */
export class Libraries {
  readonly #all = new Map<number, Library>();

  constructor(private readonly mostBytes: number) {}

  [Symbol.iterator](): Iterator<[number, Library]> {
    return this.#all.entries();
  }

  of(id: number): Library {
    const library = this.#all.get(id) ?? new Library();
    this.#all.delete(id);
    this.#all.set(id, library);
    if (this.#all.size > MOST_CONTEXTS) this.#dropOldest();
    return library;
  }

  has(id: number): boolean {
    return this.#all.has(id);
  }

  get batches(): readonly Batch[] {
    return [...this.#all.values()].flatMap(({ batches }) => batches);
  }

  get bytes(): number {
    return [...this.#all.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Drops what was used longest ago until there is room for more; what is executed comes again soon. */
  makeRoom(current: Library): void {
    while (this.bytes > this.mostBytes && this.#all.size > 1) this.#dropOldest();
    if (this.bytes > this.mostBytes) current.clear();
  }

  #dropOldest(): void {
    for (const id of this.#all.keys()) {
      this.#all.delete(id);
      return;
    }
  }
}
