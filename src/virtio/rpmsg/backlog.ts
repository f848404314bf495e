/** Messages that may wait for a reader, of all endpoints of a device. */
const LARGEST = 16_384;

/**
 * How many messages wait for a reader. Linux keeps them as long as it has memory; here a remote side that sends what nobody
 * reads must not take the host's.
 */
export class Backlog {
  #count = 0;

  /** False when there is no room for another one. */
  add(): boolean {
    if (this.#count === LARGEST) return false;
    this.#count++;
    return true;
  }

  remove(count: number): void {
    this.#count -= count;
  }
}
