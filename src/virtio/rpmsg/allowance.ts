/** How many there are of something that a remote side may ask for. */
class Count {
  #count = 0;

  constructor(private readonly most: number) {}

  get full(): boolean {
    return this.#count >= this.most;
  }

  add(): void {
    this.#count++;
  }

  remove(count = 1): void {
    this.#count -= count;
  }
}

/**
 * What a remote processor may have, over all its virtio devices. Linux gives as long as it has memory; here a remote side
 * must not take the host's.
 */
export class Allowance {
  readonly channels = new Count(1024);
  /** Messages that wait for a reader. */
  readonly messages = new Count(16_384);
}
