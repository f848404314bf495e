/** Numbers of which the lowest free one is given next, as ida_alloc(). */
export class Ids {
  readonly #used = new Set<number>();

  allocate(): number {
    let id = 0;
    while (this.#used.has(id)) id++;
    this.#used.add(id);
    return id;
  }

  free(id: number): void {
    this.#used.delete(id);
  }
}
