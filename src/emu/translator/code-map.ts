import { CODE_GRANULE_SHIFT, type CodeLayout } from '../layout.js';
import type { Code } from './translator.js';

/** The map, common to all cores, of the granules of RAM that something was translated from, and what stood there. */
export class CodeMap {
  readonly #words: DataView;
  readonly #map: Uint8Array;
  readonly #shared: Int32Array;
  readonly #changes: number;
  #seen: number;

  constructor(
    memory: ArrayBufferLike,
    layout: CodeLayout,
    private readonly littleEndian: boolean,
  ) {
    this.#words = new DataView(memory);
    this.#map = new Uint8Array(memory, layout.codeMap);
    this.#shared = new Int32Array(memory);
    this.#changes = layout.codeChanges / 4;
    this.#seen = Atomics.load(this.#shared, this.#changes);
  }

  /** False: there was nothing to catch up with. */
  catchUp(): boolean {
    const before = this.#seen;
    this.#seen = Atomics.load(this.#shared, this.#changes);
    return this.#seen !== before;
  }

  mark({ addresses }: Code): void {
    let last = -1;
    for (let at = 0; at < addresses.length; at++) {
      const granule = (addresses[at] ?? 0) >>> CODE_GRANULE_SHIFT;
      // most follow each other
      if (granule !== last) Atomics.store(this.#map, granule, 1);
      last = granule;
    }
  }

  /** The granule is code no more, which this core knows. */
  changed(granule: number): void {
    Atomics.store(this.#map, granule, 0);
    this.#seen = Atomics.add(this.#shared, this.#changes, 1) + 1;
  }

  /** Something was translated from these bytes of RAM, or from what lies beside them. */
  isIn({ byteOffset, length }: Uint8Array): boolean {
    const [first, last] = [byteOffset >>> CODE_GRANULE_SHIFT, (byteOffset + length) >>> CODE_GRANULE_SHIFT];
    return this.#map.subarray(first, last + 1).includes(1);
  }

  /** Code may have changed: every core is to look. */
  notify(): void {
    Atomics.add(this.#shared, this.#changes, 1);
  }

  /** What something was translated from still stands there. */
  isSame({ addresses, words }: Code): boolean {
    for (let at = 0; at < addresses.length; at++)
      if (this.#words.getInt32(addresses[at] ?? 0, this.littleEndian) !== words[at]) return false;
    return true;
  }
}
