import { Errno } from '../kernel/index.js';

const PAGE = 4096;

export const pageAlign = (length: number): number => Math.ceil(length / PAGE) * PAGE;

export interface Range {
  readonly start: number;
  /** First address behind the range. */
  readonly end: number;
}

export const overlaps = (a: Range, b: Range): boolean => a.start < b.end && b.start < a.end;

/** Where a block may lie. */
export interface Placement {
  /** The block's address must equal this modulo its natural alignment, so that it can be mapped with large pages. */
  readonly congruentTo?: number;
  /** Exactly here. */
  readonly at?: number;
  /** Not here. */
  readonly avoid?: readonly Range[];
}

export interface Block {
  /** Physical address in bytes; the DMA address is the same. */
  readonly address: number;
  readonly length: number;
  /** The memory itself, zeroed when it was given out. */
  readonly bytes: Uint8Array;
}

/** What a platform hands carveouts out of, as dma_alloc_coherent() does. */
export interface CoherentMemory {
  /** @throws Errno ENOMEM when there is no such block. */
  allocate(length: number, placement?: Placement): Block;
  free(block: Block): void;
}

const powerOfTwo = (length: number): number => 2 ** Math.ceil(Math.log2(Math.max(length, PAGE)));

/**
 * Pages of physical memory, highest address first; a block is aligned to the power of two that holds it, and to less
 * only where that does not fit any more.
 */
export class PagePool implements CoherentMemory {
  /** Free ranges, sorted by address, none touching the next. */
  #free: Range[];

  constructor(
    /** All memory; `ram[address - base]` is the byte at that physical address. */
    private readonly ram: Uint8Array,
    private readonly pool: Range,
    private readonly base = 0,
  ) {
    if (pool.start % PAGE !== 0 || pool.end % PAGE !== 0 || pool.start < base || pool.end > base + ram.length)
      throw new RangeError(`not whole pages of memory: ${pool.start}…${pool.end}`);
    this.#free = [pool];
  }

  /** Bytes that are not given out. */
  get available(): number {
    return this.#free.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  allocate(wanted: number, placement: Placement = {}): Block {
    const length = pageAlign(wanted);
    const start = length > 0 && length <= this.ram.length ? this.#place(length, placement) : undefined;
    if (start === undefined) throw new Errno('ENOMEM');
    const taken = { start, end: start + length };
    this.#free = this.#free.flatMap((range) => without(range, taken));
    const bytes = this.ram.subarray(start - this.base, taken.end - this.base);
    bytes.fill(0);
    return { address: start, length, bytes };
  }

  /** The bytes at a physical address, whoever has them; undefined when one of them is not memory of the pool. */
  at(address: bigint, length: number): Uint8Array | undefined {
    const { start, end } = this.pool;
    if (address < BigInt(start) || address + BigInt(length) > BigInt(end)) return undefined;
    const offset = Number(address) - this.base;
    return this.ram.subarray(offset, offset + length);
  }

  free(block: Block): void {
    const freed = { start: block.address, end: block.address + block.length };
    if (this.#free.some((range) => overlaps(range, freed))) throw new Error(`block ${block.address} is free already`);
    const touching = this.#free.filter(({ start, end }) => end === freed.start || start === freed.end);
    const merged = {
      start: Math.min(freed.start, ...touching.map(({ start }) => start)),
      end: Math.max(freed.end, ...touching.map(({ end }) => end)),
    };
    const below = this.#free.filter(({ end }) => end < freed.start);
    const above = this.#free.filter(({ start }) => start > freed.end);
    this.#free = [...below, merged, ...above];
  }

  #place(length: number, { at, congruentTo = 0, avoid = [] }: Placement): number | undefined {
    const open = avoid.reduce((ranges, hole) => ranges.flatMap((range) => without(range, hole)), this.#free);
    if (at !== undefined)
      return open.some(({ start, end }) => start <= at && at + length <= end) && at % PAGE === 0 ? at : undefined;
    for (let alignment = powerOfTwo(length); alignment >= PAGE; alignment /= 2) {
      const phase = (congruentTo - (congruentTo % PAGE)) % alignment;
      for (const { start, end } of [...open].reverse()) {
        const highest = Math.floor((end - length - phase) / alignment) * alignment + phase;
        if (highest >= start) return highest;
      }
    }
    return undefined;
  }
}

/** What is left of `range` when `hole` is taken out. */
function without(range: Range, hole: Range): Range[] {
  if (!overlaps(range, hole)) return [range];
  return [
    { start: range.start, end: hole.start },
    { start: hole.end, end: range.end },
  ].filter(({ start, end }) => start < end);
}
