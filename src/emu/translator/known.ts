/**
 * Translations that have been made before: for another core, before code changed and changed back, or by another process. One
 * fits a job when the core takes the same for granted and has the same words at the same addresses; where in RAM they lie
 * does not matter, since translated code goes by way of STATE.distances.
 */
import type { Range } from './context.js';
import type { CompiledTranslation } from './library.js';
import { homeOf } from './ranges.js';
import type { Code, Job, Translation } from './translator.js';

/** A translation without its bytes. */
export type Made = Omit<Translation, 'bytes'> & { readonly size: number };

export interface Known {
  /** What its code takes for granted: see shapeOf. */
  readonly shape: string;
  readonly made: Made;
  readonly module: () => Promise<WebAssembly.Module>;
  /** Its name in the cache, if it is there. */
  readonly file: string | undefined;
}

/** The word at a physical address, in the byte order of the cores. */
export type ReadWord = (pa: number) => number;

const MOST_KNOWN = 64;
/** WebAssembly; what is compiled from it takes several times as much. */
const MOST_BYTES = 32 << 20;

/** Equal for cores that may use the same code, if they have the same words. */
export const shapeOf = ({ status, isKernel, ranges }: Pick<Job, 'status' | 'isKernel' | 'ranges'>): string =>
  JSON.stringify([
    status,
    isKernel,
    ...ranges.map((each) => [each.start, each.bytes, each.isExecutable, each.isWritable]),
  ]);

/** What is to be added to addresses of code at `entry`; undefined when it may not be fetched from there. */
function distanceOf(ranges: readonly Range[], entry: number): number | undefined {
  const home = homeOf(ranges, entry);
  return home && home.pa - home.start;
}

/** For the core that asked: where code lies in its RAM, and of entries that have no function those that it wanted. */
export function answerOf(
  { ranges, entries: wanted }: Job,
  { entries, functions, code, refused, deferred, size }: Made,
  module: WebAssembly.Module | undefined,
): CompiledTranslation {
  const asked = new Set(wanted);
  const located = code.map(({ addresses, words }, index): Code => {
    const distance = distanceOf(ranges, entries[index] ?? 0) ?? 0;
    return { addresses: addresses.map((address) => address + distance), words };
  });
  const among = (all: readonly number[]): number[] => all.filter((entry) => asked.has(entry));
  return { module, size, entries, functions, code: located, refused: among(refused), deferred: among(deferred) };
}

function isThere(ranges: readonly Range[], read: ReadWord, entries: readonly number[], code: readonly Code[]): boolean {
  return code.every(({ addresses, words }, index) => {
    const entry = entries[index] ?? 0;
    const distance = distanceOf(ranges, entry);
    // what may not be fetched has no words, and is refused for that
    if (distance === undefined) return words.length === 0;
    return words.every((word, at) => read((addresses[at] ?? 0) + distance) === word);
  });
}

const fits = ({ made }: Known, { ranges }: Job, read: ReadWord): boolean =>
  isThere(ranges, read, made.entries, made.code) && isThere(ranges, read, made.refused, made.refusedCode);

/** Made with what is known of where accesses go, as far as it matters to it. */
function minds({ elsewhere: sites }: Job, { elsewhere, code }: Made): boolean {
  const there = new Set(elsewhere);
  return sites.every((pc) => there.has(pc) || !code.some(({ addresses }) => addresses.includes(pc & ~3)));
}

const countOf = (entries: readonly number[], isCounted: (entry: number) => boolean): number =>
  entries.reduce((sum, entry) => sum + (isCounted(entry) ? 1 : 0), 0);

/** True when whoever has the second one has no use for the first. */
function isReplacedBy(older: Made, newer: Made): boolean {
  const entries = new Set([...newer.entries, ...newer.refused]);
  if (!older.entries.every((entry) => entries.has(entry))) return false;
  const words = new Map<number, number>();
  for (const { addresses, words: all } of newer.code)
    for (const [at, address] of addresses.entries()) words.set(address, all[at] ?? 0);
  return older.code.every(({ addresses, words: all }) =>
    addresses.every((address, at) => (words.get(address) ?? all[at]) === all[at]),
  );
}

export class KnownTranslations {
  /** Used last at the end. */
  readonly #all = new Set<Known>();

  constructor(
    private readonly read: ReadWord,
    private readonly mostKnown = MOST_KNOWN,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  get size(): number {
    return this.#all.size;
  }

  /** Gives back those that nobody needs now that there is this one. */
  add(known: Known): Known[] {
    const replaced = [...this.#all].filter(
      ({ shape, made }) => shape === known.shape && isReplacedBy(made, known.made),
    );
    for (const each of replaced) this.#all.delete(each);
    this.#all.add(known);
    let bytes = [...this.#all].reduce((sum, { made }) => sum + made.size, 0);
    for (const each of this.#all) {
      if (this.#all.size <= this.mostKnown && bytes <= this.mostBytes) break;
      this.#all.delete(each);
      bytes -= each.made.size;
    }
    return replaced;
  }

  remove(known: Known): void {
    this.#all.delete(known);
  }

  /** The largest one that has everything that is wanted. */
  whole(job: Job): Known | undefined {
    if (job.entries.length === 0) return undefined;
    return this.#best(job, ({ entries, refused, deferred }) => {
      const has = new Set([...entries, ...refused, ...deferred.filter((entry) => !job.insisted.has(entry))]);
      return job.entries.every((entry) => has.has(entry)) ? entries.length : 0;
    });
  }

  /** The one that has most of what is new to the core and wanted; when nothing is wanted, most that is new. */
  part(job: Job): Known | undefined {
    const known = new Set(job.known);
    const wanted = new Set(job.entries);
    return this.#best(job, ({ entries }) =>
      countOf(entries, (entry) => !known.has(entry) && (wanted.size === 0 || wanted.has(entry))),
    );
  }

  #best(job: Job, worth: (made: Made) => number): Known | undefined {
    const shape = shapeOf(job);
    const [best] = [...this.#all]
      .filter((known) => known.shape === shape && minds(job, known.made))
      .map((known) => ({ known, worth: worth(known.made) }))
      .filter((each) => each.worth > 0)
      .sort((a, b) => b.worth - a.worth)
      .filter(({ known }) => fits(known, job, this.read));
    if (best === undefined) return undefined;
    this.#all.delete(best.known);
    this.#all.add(best.known);
    return best.known;
  }
}
