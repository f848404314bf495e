/** From entries to a module: finds the regions, and has them translated together. */
import type { Target } from '../wasm/interface.js';
import { CODE_GRANULE_SHIFT } from '../layout.js';
import type { Range } from './context.js';
import { Discovery, Sizes, type CodeSource } from './discovery.js';
import { translatedModule, type Part } from './module.js';
import { contains } from './ranges.js';
import { InstructionReader } from './reader.js';
import type { Block } from './block.js';
import { isLeftAtOnce, type Region } from './region.js';
import type { Window } from './step-lowering.js';

const STATUS_FR = 1 << 26;

/** What a core wants to have translated. */
export interface Job {
  readonly ranges: readonly Range[];
  readonly status: number;
  readonly isKernel: boolean;
  readonly entries: readonly number[];
  /** Of the entries, those that are made even if they are only places inside of another region. */
  readonly insisted: ReadonlySet<number>;
  /** Entries that are known to be called. */
  readonly functions: readonly number[];
  /** Where they return to: the address that $31 had when each was looked at once. */
  readonly returns: ReadonlyMap<number, number>;
  /** Instructions whose accesses have gone to what is in no window. */
  readonly elsewhere: readonly number[];
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
  /** Of its instructions, those whose accesses may go to what is in no window without that it is left. */
  readonly elsewhere: readonly number[];
  /** Entries that are inside of other regions, and need none of their own if those are entered soon. */
  readonly deferred: readonly number[];
}

/** Functions that are translated because what was asked for calls them. */
const MOST_CALLED = 64;

export class Translator {
  readonly #sizes = new Sizes();
  readonly #view: DataView;
  readonly #map: Uint8Array;
  readonly #littleEndian: boolean;

  constructor(
    readonly target: Target,
    memory: SharedArrayBuffer,
    private readonly reader = new InstructionReader(target.isa),
  ) {
    this.#view = new DataView(memory);
    this.#map = new Uint8Array(memory, target.codeMap);
    this.#littleEndian = target.isa.endian === 'le';
  }

  /** One for other memory. */
  apart(memory: SharedArrayBuffer, codeMap: number): Translator {
    return new Translator({ ...this.target, codeMap }, memory, this.reader.unread());
  }

  translate(job: Job): Translation {
    const elsewhere = new Set(job.elsewhere);
    const mayInterpret = this.target.accessLog === undefined;
    const discovery = new Discovery(
      this.#sourceOf(job),
      job.ranges,
      this.#sizes,
      job.functions,
      byReturn(job.returns),
      { mayInterpret, isElsewhere: (pc) => elsewhere.has(pc) },
    );
    // a second one would not find, by the table, what is called through registers where the first one is
    const there = new Set(job.known.filter((entry) => discovery.isFunction(entry)));
    const wanted = new Set(job.entries.filter((entry) => discovery.isFunction(entry)));
    const followed = new Set<number>();
    const followCalls = (): void => {
      for (const entry of wanted) {
        if (followed.has(entry)) continue;
        followed.add(entry);
        for (const called of discovery.region(entry).calls) {
          discovery.addFunction(called);
          if (wanted.size < job.entries.length + MOST_CALLED && !there.has(called)) wanted.add(called);
        }
      }
    };
    followCalls();
    const isIn = (inside: ReadonlySet<number>, entry: number): boolean =>
      inside.has(entry) && !discovery.isFunction(entry) && !job.insisted.has(entry);
    const places = job.entries.filter((entry) => !wanted.has(entry)).sort(byAddress);
    const enclosing = [...wanted, ...lastBefore(places, there)];
    const covered = new Set(enclosing.flatMap((entry) => placesOf(discovery.region(entry))));
    const deferred: number[] = [];
    // of places that follow each other, as where calls return to, the first one's region has the others
    for (const entry of places) {
      if (isIn(covered, entry)) deferred.push(entry);
      else {
        wanted.add(entry);
        for (const place of placesOf(discovery.region(entry))) covered.add(place);
      }
    }
    // what calls there are is known when all have been found
    followCalls();
    const regions = [...wanted].map((entry) => discovery.region(entry));
    const isRefused = ({ blocks, entry, entryKey }: Region): boolean =>
      isLeftAtOnce(blocks.get(entryKey)) || windowOf(job.ranges, entry) === undefined;
    const inside = new Set(regions.filter(({ entry }) => discovery.isFunction(entry)).flatMap(placesOf));
    const isDeferred = ({ entry }: Region): boolean => isIn(inside, entry);

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
      functions: discovery.functions,
      elsewhere: [...new Set(parts.flatMap(({ region }) => [...region.blocks.values()].flatMap(outsideOf)))],
      code,
      refused: regions.filter(isRefused).map(({ entry }) => entry),
      refusedCode: regions.filter(isRefused).map(codeOf),
      deferred: [
        ...deferred,
        ...regions.filter((region) => !isRefused(region) && isDeferred(region)).map(({ entry }) => entry),
      ],
    };
  }

  #sourceOf(job: Job): CodeSource {
    const physical = ({ start, pa }: Range, address: number): number => address - start + pa;
    const word = (range: Range, address: number): number =>
      this.#view.getInt32(physical(range, address), this.#littleEndian);
    return {
      instruction: (read, pc, branchPc) => this.reader.read(read, pc, branchPc, job),
      word,
      code: (range, address, into) => {
        Atomics.store(this.#map, physical(range, address) >>> CODE_GRANULE_SHIFT, 1);
        for (let index = 0; index < into.length; index++) into[index] = word(range, address + 4 * index);
      },
    };
  }
}

/** Where blocks begin that have instructions, other than at the entry. */
const placesOf = ({ blocks, entry }: Region): number[] =>
  [...blocks.values()].flatMap(({ pc, instructions }) => (instructions > 0 && pc !== entry ? [pc] : []));

const outsideOf = ({ pc, end }: Block): number[] => (end.kind === 'where' ? [pc] : []);

const byAddress = (a: number, b: number): number => (a >>> 0) - (b >>> 0);

/** Of functions, the last ones before each of these places, which may lie in them. */
function lastBefore(places: readonly number[], functions: ReadonlySet<number>): ReadonlySet<number> {
  const found = new Set<number>();
  let last: number | undefined;
  for (const address of [...new Set([...places, ...functions])].sort(byAddress))
    if (functions.has(address)) last = address;
    else if (last !== undefined) found.add(last);
  return found;
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
