interface Places {
  readonly first: number;
  readonly count: number;
}

const MOST_GONE = 8;

/** The functions of all batches of a core stand in one table, so that they can call each other. */
export class FunctionTable {
  #table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
  /** Modules that have used it, and are gone. */
  #gone = 0;
  /** In use, by where they begin. */
  readonly #taken: Places[] = [];

  get table(): WebAssembly.Table {
    return this.#table;
  }

  /** A table holds the instances of all modules that it was given to. */
  get isToBeRenewed(): boolean {
    return this.#gone > Math.max(MOST_GONE, this.#taken.length);
  }

  /** Makes an empty one with the same places. */
  renew(): void {
    this.#table = new WebAssembly.Table({ element: 'anyfunc', initial: this.#table.length });
    this.#gone = 0;
  }

  /** Finds places for so many functions, one at least, one after the other: gives the first. */
  take(functions: number): number {
    // two that begin at the same place could not be told apart
    const count = Math.max(1, functions);
    let first = 0;
    let at = 0;
    for (const places of this.#taken) {
      if (places.first - first >= count) break;
      first = places.first + places.count;
      at++;
    }
    const missing = first + count - this.table.length;
    if (missing > 0) this.table.grow(Math.max(missing, this.table.length));
    this.#taken.splice(at, 0, { first, count });
    return first;
  }

  /** Those that begin there are free again; their functions may go. */
  release(first: number): void {
    const at = this.#taken.findIndex((places) => places.first === first);
    const [places] = at < 0 ? [] : this.#taken.splice(at, 1);
    if (places === undefined) throw new RangeError(`no functions at ${first}`);
    this.#gone++;
    for (let index = first; index < first + places.count; index++) this.table.set(index, null);
  }
}
