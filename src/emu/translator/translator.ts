/** From entries to a module: finds the regions, and has them translated together. */
import type { Target } from '../wasm/interface.js';
import { CODE_GRANULE_SHIFT } from '../layout.js';
import type { Range } from './context.js';
import type { Read } from './decoder.js';
import { translatedModule, type Part } from './module.js';
import { contains, homeOf } from './ranges.js';
import { InstructionReader } from './reader.js';
import { loopOf, stretchOf } from './piece.js';
import { findRegion, type Region, type Source } from './region.js';
import type { Window } from './step-lowering.js';

const STATUS_FR = 1 << 26;

/** What a core wants to have translated. */
export interface Job {
  readonly ranges: readonly Range[];
  readonly status: number;
  readonly entries: readonly number[];
  /** Of the entries, those that are made even if they are only places inside of another region. */
  readonly insisted: ReadonlySet<number>;
  /** Entries that are known to be called. */
  readonly functions: readonly number[];
  /** Where they return to: the address that $31 had when each was looked at once. */
  readonly returns: ReadonlyMap<number, number>;
  /** Entries that it has functions of, or wants none of: without `entries`, it asks for what else has been translated already. */
  readonly known: readonly number[];
}

/** Addresses and the words there, in the byte order of the core. */
export interface Code {
  readonly addresses: Int32Array;
  readonly words: Int32Array;
}

export interface Translation {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the functions in the module's table, in order. */
  readonly entries: readonly number[];
  readonly functions: readonly number[];
  /** What each was made from, by its own addresses: they lie in one of the ranges. */
  readonly code: readonly Code[];
  /** Entries of which nothing can be translated, and what says so. */
  readonly refused: readonly number[];
  readonly refusedCode: readonly Code[];
  /** Entries that are inside of other regions, and need none of their own if those are entered soon. */
  readonly deferred: readonly number[];
}

/** Functions that are translated because what was asked for calls them. */
const MOST_CALLED = 64;

/** What is known of a job while its regions are found. */
interface Findings {
  readonly functions: ReadonlySet<number>;
  /** Of functions, in instructions. */
  readonly sizes: Map<number, number>;
  /** By the address that they return to. */
  readonly returning: ReadonlyMap<number, readonly number[]>;
}

export class Translator {
  readonly #reader: InstructionReader;
  readonly #view: DataView;
  readonly #map: Uint8Array;
  readonly #littleEndian: boolean;

  constructor(
    private readonly target: Target,
    memory: SharedArrayBuffer,
  ) {
    this.#reader = new InstructionReader(target.isa);
    this.#view = new DataView(memory);
    this.#map = new Uint8Array(memory, target.codeMap);
    this.#littleEndian = target.isa.endian === 'le';
  }

  translate(job: Job): Translation {
    const functions = new Set(job.functions);
    const sizes = new Map<number, number>();
    const returning = byReturn(job.returns);
    const find = (entry: number): Region => this.#find(job, entry, { functions, sizes, returning });
    // a second one would not find, by the table, what is called through registers where the first one is
    const there = new Set(job.known.filter((entry) => functions.has(entry)));
    // what calls there are is known when all have been found
    const wanted = new Set(job.entries);
    for (const entry of wanted)
      for (const called of find(entry).calls) {
        functions.add(called);
        if (wanted.size < job.entries.length + MOST_CALLED && !there.has(called)) wanted.add(called);
      }
    const regions = [...wanted].map(find);
    const isRefused = ({ blocks, entry, entryKey }: Region): boolean =>
      (blocks.get(entryKey)?.steps.length ?? 0) === 0 || windowOf(job.ranges, entry) === undefined;
    const inside = placesInside(regions.filter(({ entry }) => functions.has(entry)));
    const isDeferred = ({ entry }: Region): boolean =>
      inside.has(entry) && !functions.has(entry) && !job.insisted.has(entry);

    const code: Code[] = [];
    const parts: Part[] = [];
    for (const region of regions) {
      const { entry } = region;
      const window = windowOf(job.ranges, entry);
      if (window === undefined || isRefused(region) || isDeferred(region)) continue;
      code.push(codeOf(region));
      parts.push({ region, assumptions: { target: this.target, window, wideFloats: (job.status & STATUS_FR) !== 0 } });
    }
    return {
      bytes: parts.length === 0 ? new Uint8Array() : translatedModule(this.target, parts),
      entries: parts.map(({ region }) => region.entry),
      functions: [...functions],
      code,
      refused: regions.filter(isRefused).map(({ entry }) => entry),
      refusedCode: regions.filter(isRefused).map(codeOf),
      deferred: regions.filter((region) => !isRefused(region) && isDeferred(region)).map(({ entry }) => entry),
    };
  }

  #find(job: Job, entry: number, { functions, sizes, returning }: Findings): Region {
    const range = homeOf(job.ranges, entry);
    const fetch = this.#fetchFrom(range);
    const source: Source = {
      returningTo: (pc) => returning.get(pc) ?? [],
      read: (pc, branchPc) => this.#reader.read(fetch, pc, branchPc, job.status),
      isFunction: (pc) => functions.has(pc),
      data: (address) => {
        const home = job.ranges.find((each) => contains(each, address));
        return home && this.#view.getInt32(address - home.start + home.pa, this.#littleEndian);
      },
      sizeOf: (pc) => {
        const known = sizes.get(pc);
        if (known !== undefined) return known;
        const size = sizeOfRegion(findRegion({ ...source, sizeOf: () => Infinity }, pc));
        sizes.set(pc, size);
        return size;
      },
    };
    const region = findRegion(source, entry);
    if (functions.has(entry)) return region;
    const loop = loopOf(region);
    if (loop !== undefined) return loop;
    if (stretchOf(region) === region) return region;
    // it is executed once in a while: it takes nothing in
    return stretchOf(findRegion({ ...source, sizeOf: () => Infinity }, entry));
  }

  /** Gives aligned words of a range. What has been read once is what a region is made from, whoever writes there meanwhile. */
  #fetchFrom(range: Range | undefined): Read {
    const words = new Map<number, number>();
    return (address) => {
      const known = words.get(address);
      if (known !== undefined || range === undefined || !contains(range, address)) return known;
      const pa = address - range.start + range.pa;
      // stores are looked at from now on: what is read afterwards can't be outdated unnoticed
      Atomics.store(this.#map, pa >>> CODE_GRANULE_SHIFT, 1);
      const word = this.#view.getInt32(pa, this.#littleEndian);
      words.set(address, word);
      return word;
    };
  }
}

/** Those that return to the same address, by that address. */
function byReturn(returns: Job['returns']): ReadonlyMap<number, readonly number[]> {
  const functions = new Map<number, number[]>();
  for (const [address, back] of returns) {
    const others = functions.get(back);
    if (others === undefined) functions.set(back, [address]);
    else others.push(address);
  }
  return functions;
}

/** Where blocks begin that have instructions, other than at the entries. */
function placesInside(regions: readonly Region[]): ReadonlySet<number> {
  const places = new Set<number>();
  for (const { blocks, entry } of regions)
    for (const { pc, steps } of blocks.values()) if (steps.length > 0 && pc !== entry) places.add(pc);
  return places;
}

/** Instructions of a function; more than any when nothing of it can be translated. */
function sizeOfRegion({ blocks, entryKey }: Region): number {
  if ((blocks.get(entryKey)?.steps.length ?? 0) === 0) return Infinity;
  return [...blocks.values()].reduce((sum, { instructions }) => sum + instructions, 0);
}

const codeOf = ({ words }: Region): Code => ({
  addresses: Int32Array.from(words.keys()),
  words: Int32Array.from(words.values()),
});

/** Data are expected in the range that the code lies in, if it may be written. */
function windowOf(ranges: readonly Range[], entry: number): Window | undefined {
  const home = ranges.findIndex((each) => each.isWritable && contains(each, entry));
  const largest = ranges.reduce(
    (best, each, index) => (each.isWritable && each.bytes > (ranges[best]?.bytes ?? 0) ? index : best),
    -1,
  );
  const index = home >= 0 ? home : largest;
  const range = ranges[index];
  return range === undefined ? undefined : { start: range.start, bytes: range.bytes, index };
}
