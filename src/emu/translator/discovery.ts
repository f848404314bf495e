/** Finds the regions of a job. What is known of its functions grows meanwhile; a region is found anew when that matters to it. */
import type { Range } from './context.js';
import type { Read } from './decoder.js';
import { ForgetfulMap } from './forgetful.js';
import { contains, homeOf } from './ranges.js';
import { loopOf, stretchOf } from './piece.js';
import type { Instruction } from './reader.js';
import { findRegion, isLeftAtOnce, type Region } from './region.js';
import type { Source } from './source.js';
import { Words, type ReadGranule } from './words.js';

/** The memory that regions are found in. */
export interface CodeSource {
  instruction(read: Read, pc: number, branchPc: number): Instruction | undefined;
  /** The word at an address of the range. */
  word(range: Range, address: number): number;
  /** Those of instructions, as many as the code map has one byte for: stores to them are looked at from now on, so that none goes unnoticed. */
  readonly code: ReadGranule;
}

/** Sizes of functions, in instructions, that other jobs have come upon: what they decide need not be exact, but is asked often. */
export class Sizes {
  readonly #known = new ForgetfulMap<number, { readonly word: number | undefined; readonly size: number }>(1 << 16);

  /** `word`: what stands there now. */
  of(pc: number, word: number | undefined, measure: () => number): number {
    const known = this.#known.get(pc);
    if (known !== undefined && known.word === word) return known.size;
    const size = measure();
    this.#known.set(pc, { word, size });
    return size;
  }
}

interface Found {
  readonly region: Region;
  /** How many functions were known. */
  readonly functions: number;
}

export class Discovery {
  /** Addresses, and how many were known before each. */
  readonly #functions: Map<number, number>;
  readonly #found = new Map<number, Found>();
  readonly #reads = new Map<Range, Read>();
  /** Of functions, by their entries. */
  readonly #places = new Map<number, ReadonlySet<number>>();

  constructor(
    private readonly source: CodeSource,
    private readonly ranges: readonly Range[],
    private readonly sizes: Sizes,
    functions: readonly number[],
    /** What is known to return to an address. */
    private readonly returning: ReadonlyMap<number, readonly number[]>,
    private readonly interpreter: Pick<Source, 'mayInterpret' | 'isElsewhere'>,
  ) {
    this.#functions = new Map([...new Set(functions)].map((address, index) => [address, index]));
  }

  get functions(): readonly number[] {
    return [...this.#functions.keys()];
  }

  isFunction(address: number): boolean {
    return this.#functions.has(address);
  }

  addFunction(address: number): void {
    if (!this.#functions.has(address)) this.#functions.set(address, this.#functions.size);
  }

  region(entry: number): Region {
    const known = this.#found.get(entry);
    if (known !== undefined && !this.#isOutdated(known)) return known.region;
    const region = this.#find(entry);
    this.#found.set(entry, { region, functions: this.#functions.size });
    return region;
  }

  /** A place in it has turned out to be a function, which it does not go on with. */
  #isOutdated({ region, functions }: Found): boolean {
    if (functions === this.#functions.size) return false;
    for (const { pc } of region.blocks.values()) if ((this.#functions.get(pc) ?? -1) >= functions) return true;
    return false;
  }

  #find(entry: number): Region {
    const { ranges } = this;
    const range = homeOf(ranges, entry);
    const read = range === undefined ? () => undefined : this.#readFrom(range);
    const source: Source = {
      ...this.interpreter,
      returningTo: (pc) => this.returning.get(pc) ?? [],
      read: (pc, branchPc) => this.source.instruction(read, pc, branchPc),
      word: read,
      isFunction: (pc) => this.#functions.has(pc),
      data: (address) => {
        const home = ranges.find((each) => contains(each, address));
        return home && this.source.word(home, address);
      },
      sizeOf: (pc) => this.sizes.of(pc, read(pc & ~3), () => sizeOfRegion(alone(pc))),
      placesOf: (pc) => this.#placesOf(pc, alone),
    };
    /** A function that takes nothing in. */
    const alone = (pc: number): Region => findRegion({ ...source, sizeOf: () => Infinity, returningTo: () => [] }, pc);
    const region = findRegion(source, entry);
    if (this.#functions.has(entry)) return region;
    const loop = loopOf(region);
    if (loop !== undefined) return loop;
    if (stretchOf(region) === region) return region;
    // it is executed once in a while
    return stretchOf(alone(entry));
  }

  #placesOf(entry: number, alone: (entry: number) => Region): ReadonlySet<number> {
    const known = this.#places.get(entry);
    if (known !== undefined) return known;
    const places = new Set([...alone(entry).blocks.values()].map(({ pc }) => pc));
    this.#places.set(entry, places);
    return places;
  }

  #readFrom(range: Range): Read {
    const known = this.#reads.get(range);
    if (known !== undefined) return known;
    const words = new Words(range, this.source.code);
    const read = (address: number): number | undefined => words.at(address);
    this.#reads.set(range, read);
    return read;
  }
}

/** Instructions of a function; more than any when nothing of it can be translated. */
function sizeOfRegion({ blocks, entryKey }: Region): number {
  if (isLeftAtOnce(blocks.get(entryKey))) return Infinity;
  return [...blocks.values()].reduce((sum, { instructions }) => sum + instructions, 0);
}
