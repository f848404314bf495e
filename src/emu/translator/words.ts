/** Words that instructions are read from: each is read once, so that a region is made from one version of them, whoever writes there meanwhile. */
import { CODE_GRANULE_SHIFT } from '../layout.js';
import type { Range } from './context.js';

const PAGE_SHIFT = 12;
const PAGE_WORDS = 1 << (PAGE_SHIFT - 2);
const OFFSET_IN_PAGE = (1 << PAGE_SHIFT) - 1;
const GRANULES = 1 << (PAGE_SHIFT - CODE_GRANULE_SHIFT);

class Page {
  readonly words = new Int32Array(PAGE_WORDS);
  readonly isRead = new Uint8Array(GRANULES);
}

/** Reads the granule at an address of the range: stores to it are looked at from now on. */
export type ReadGranule = (range: Range, address: number, into: Int32Array) => void;

export class Words {
  readonly #pages: (Page | undefined)[] = [];

  constructor(
    private readonly range: Range,
    private readonly readGranule: ReadGranule,
  ) {}

  /** The word at an aligned address; undefined outside of the range. */
  at(address: number): number | undefined {
    const distance = address - this.range.start;
    if (distance < 0 || distance >= this.range.bytes) return undefined;
    const page = (this.#pages[distance >> PAGE_SHIFT] ??= new Page());
    const offset = distance & OFFSET_IN_PAGE;
    const granule = offset >> CODE_GRANULE_SHIFT;
    if (page.isRead[granule] === 0) {
      page.isRead[granule] = 1;
      const first = granule << (CODE_GRANULE_SHIFT - 2);
      const into = page.words.subarray(first, first + (1 << (CODE_GRANULE_SHIFT - 2)));
      this.readGranule(this.range, address - (offset & ((1 << CODE_GRANULE_SHIFT) - 1)), into);
    }
    return page.words[offset >> 2];
  }
}
