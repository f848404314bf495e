/** A notifier chain: listeners in the order in which they joined. */
export class Notifier<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  /** Calls `listener` for every later event until the returned function is called. */
  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(event: Event): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
