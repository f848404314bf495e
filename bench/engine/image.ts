/** What has to be known of a workload's ELF file to run it: its segments, its entry, its one carveout. */
import { ElfImage } from '../../src/rproc/index.js';

export const KSEG0 = 0x80000000;
const PT_LOAD = 1n;
const PAIR_OF_PAGES = 8192;

export interface Image {
  readonly entry: number;
  /** The carveout: the address of its first byte, and its length. */
  readonly start: number;
  readonly length: number;
  readonly segments: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

export function loadImage(file: Uint8Array): Image {
  const image = new ElfImage(file, 'le');
  const loaded = [...image.programHeaders()].filter(({ type }) => type === PT_LOAD);
  const start = Math.min(...loaded.map(({ paddr }) => Number(paddr)));
  const end = Math.max(...loaded.map(({ paddr, memsz }) => Number(paddr) + Number(memsz)));
  return {
    entry: Number(image.header.entry),
    start,
    // as the linker script makes it (fixtures/sections.ld): 64 bytes that nothing uses, then whole pairs of pages
    length: Math.ceil((end - start + 64) / PAIR_OF_PAGES) * PAIR_OF_PAGES,
    segments: loaded.map(({ paddr, offset, filesz }) => ({ at: Number(paddr), bytes: image.slice(offset, filesz) })),
  };
}
