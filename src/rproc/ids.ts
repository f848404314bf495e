/** Numbers of which the lowest free one is given next, as ida_alloc(). */
export class Ids {
  readonly #used = new Set<number>();
  /** No free one is below. */
  #lowest = 0;

  allocate(): number {
    while (this.#used.has(this.#lowest)) this.#lowest++;
    this.#used.add(this.#lowest);
    return this.#lowest;
  }

  free(id: number): void {
    this.#used.delete(id);
    this.#lowest = Math.min(this.#lowest, id);
  }
}
