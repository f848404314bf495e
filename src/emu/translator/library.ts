/** The translated code that a core has, by what it takes for granted, and how much of it there may be. */
import { CODE_GRANULE_SHIFT } from '../layout.js';
import type { FunctionTable } from './function-table.js';
import type { HotTable } from './hot-table.js';
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
  /** Where in the table its functions stand. */
  readonly first: number;
  dispatch: (state: number) => void;
  /** Gives the address where execution goes on. */
  invoke: (state: number, address: number | bigint, depth: number) => number | bigint;
  readonly translation: CompiledTranslation;
}

/** A batch is made anew with others that have, together, at least this part of its functions, in all. */
const WORTHWHILE = 2;
/** Functions of a batch that is large enough for the time being. */
const LARGE = 400;
/** So many contexts are remembered: a firmware may change its mappings without end. */
const MOST_CONTEXTS = 32;

/** Addresses that are called from other batches, now or before. */
const MOST_LINKS = 1 << 16;

/** A function: its batch, and 1 + its place in the table. */
export interface Found {
  readonly batch: Batch;
  readonly index: number;
}

/** What has been translated for one context. */
export class Library {
  readonly #functions = new Map<number, Found>();
  /** How many of the functions are a batch's: one that has none left goes. */
  readonly #batches = new Map<Batch, number>();
  /** By address: what batches know of a function of another one. */
  readonly #links = new Map<number, WebAssembly.Global>();
  /** Entries that are called. */
  called: readonly number[] = [];
  /** Nothing is left to be made one. */
  isSettled = false;

  constructor(
    readonly id: number,
    private readonly hot: HotTable,
    private readonly table: FunctionTable,
  ) {}

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

  find(entry: number): Found | undefined {
    return this.#functions.get(entry);
  }

  /** 1 + the place in the table of the function at an address, or 0, from now on. */
  linkTo(address: number): WebAssembly.Global {
    const known = this.#links.get(address);
    if (known !== undefined) return known;
    const link = new WebAssembly.Global({ value: 'i32', mutable: true }, this.find(address)?.index ?? 0);
    this.#links.set(address, link);
    return link;
  }

  /** Entries of the functions that the word at a physical address belongs to. */
  madeFrom(pa: number): readonly number[] {
    return [...this.#functions].flatMap(([entry, { batch, index }]) =>
      batch.translation.code[index - 1 - batch.first]?.addresses.includes(pa) === true ? [entry] : [],
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
      if (count > LARGE && more > 0) break;
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
      this.#put(entry, { batch, index: 1 + batch.first + at });
    }
    if (this.#batches.get(batch) === 0) this.#dismiss(batch);
  }

  #put(entry: number, found: Found): void {
    this.#functions.set(entry, found);
    this.#batches.set(found.batch, (this.#batches.get(found.batch) ?? 0) + 1);
    this.hot.announce(entry, found.index, this.id);
    const link = this.#links.get(entry);
    if (link !== undefined) link.value = found.index;
  }

  #dismiss(batch: Batch): void {
    this.#batches.delete(batch);
    this.table.release(batch.first);
  }

  remove(entry: number): void {
    const found = this.#functions.get(entry);
    if (found === undefined) return;
    this.#functions.delete(entry);
    this.hot.retract(entry, this.id);
    const link = this.#links.get(entry);
    if (link !== undefined) link.value = 0;
    const left = (this.#batches.get(found.batch) ?? 0) - 1;
    if (left > 0) this.#batches.set(found.batch, left);
    else this.#dismiss(found.batch);
  }

  drop(batch: Batch): void {
    for (const entry of batch.translation.entries) if (this.find(entry)?.batch === batch) this.remove(entry);
  }

  clear(): void {
    for (const entry of this.entries) this.remove(entry);
    this.#links.clear();
  }

  /** Its firmware has called so many places that they had better be forgotten. */
  get isOvergrown(): boolean {
    return this.#links.size > MOST_LINKS;
  }
}

/** The libraries of all contexts of a core; the one that was asked for last is the last to go. */
export class Libraries {
  readonly #all = new Map<number, Library>();

  constructor(
    private readonly mostBytes: number,
    private readonly hot: HotTable,
    private readonly table: FunctionTable,
  ) {}

  [Symbol.iterator](): Iterator<[number, Library]> {
    return this.#all.entries();
  }

  of(id: number): Library {
    const library = this.#all.get(id) ?? new Library(id, this.hot, this.table);
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

  /** Addresses in a granule of the code map that something was made from. */
  madeNear(granule: number): readonly number[] {
    const isNear = (pa: number): boolean => pa >>> CODE_GRANULE_SHIFT === granule;
    return this.batches.flatMap(({ translation }) =>
      translation.code.flatMap(({ addresses }) => (addresses.some(isNear) ? [...addresses.filter(isNear)] : [])),
    );
  }

  get bytes(): number {
    return [...this.#all.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Drops what was used longest ago until there is room for more; what is executed comes again soon. */
  makeRoom(current: Library): void {
    while (this.bytes > this.mostBytes && this.#all.size > 1) this.#dropOldest();
    if (this.bytes > this.mostBytes || current.isOvergrown) current.clear();
  }

  #dropOldest(): void {
    for (const [id, library] of this.#all) {
      library.clear();
      this.#all.delete(id);
      return;
    }
  }
}
