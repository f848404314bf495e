/**
 * What the translator's thread answers a core with: a translation that is known already, from another core or from the cache,
 * or a new one, which is known from then on.
 */
import type { Target } from '../wasm/interface.js';
import { cacheKey } from './cache-key.js';
import { answerOf, KnownTranslations, shapeOf, type Known } from './known.js';
import type { CompiledTranslation } from './library.js';
import { contains, homeOf } from './ranges.js';
import type { TranslationCache } from './translation-cache.js';
import type { Job, Translation, Translator } from './translator.js';

/** What a core gets that asked what there is, and there is nothing. */
const NOTHING: CompiledTranslation = {
  module: undefined,
  size: 0,
  entries: [],
  functions: [],
  code: [],
  refused: [],
  deferred: [],
};

const isCompileError = (error: unknown): boolean => error instanceof Error && error.name === 'CompileError';

export interface SharedTranslatorOptions {
  readonly target: Target;
  readonly memory: SharedArrayBuffer;
  readonly cache: TranslationCache | undefined;
  /** With it comes the table of all instructions: it is not loaded before there is something to translate. */
  readonly translator: () => Promise<Translator>;
  readonly say: (line: string) => void;
}

export class SharedTranslator {
  readonly #known: KnownTranslations;
  readonly #read: (pa: number) => number;
  readonly #keys = new Map<string, Buffer>();
  /** Files that have been looked at. */
  readonly #seen = new Set<string>();

  constructor(private readonly options: SharedTranslatorOptions) {
    const view = new DataView(options.memory);
    const isLittle = options.target.isa.endian === 'le';
    this.#read = (pa) => view.getInt32(pa, isLittle);
    this.#known = new KnownTranslations(this.#read);
  }

  async answer(job: Job): Promise<CompiledTranslation> {
    let known = this.#known.whole(job);
    if (known === undefined) {
      this.#load(job);
      known = this.#known.whole(job) ?? this.#known.part(job);
    }
    if (known !== undefined) return this.#again(job, known);
    return job.entries.length === 0 ? NOTHING : this.#make(job);
  }

  async #again(job: Job, known: Known): Promise<CompiledTranslation> {
    const { file, made } = known;
    let module: WebAssembly.Module;
    try {
      module = await known.module();
    } catch (error) {
      if (!isCompileError(error) || file === undefined) throw error;
      this.#known.remove(known);
      this.options.cache?.remove(file);
      return this.answer(job);
    }
    this.options.say(`known: ${made.entries.length} functions, ${made.size} bytes`);
    return answerOf(job, made, module);
  }

  async #make(job: Job): Promise<CompiledTranslation> {
    const translation = (await this.options.translator()).translate(job);
    const { bytes, ...made } = translation;
    const size = bytes.length;
    if (size === 0) return answerOf(job, { ...made, size }, undefined);
    const module = await WebAssembly.compile(bytes);
    const shape = shapeOf(job);
    const file = this.options.cache?.keep(this.#key(shape), translation);
    if (file !== undefined) this.#seen.add(file);
    this.options.say(`translated: ${made.entries.length} functions, ${size} bytes`);
    this.#add({ shape, made: { ...made, size }, module: () => Promise.resolve(module), file });
    return answerOf(job, { ...made, size }, module);
  }

  #add(known: Known): void {
    for (const { file } of this.#known.add(known)) if (file !== undefined) this.options.cache?.remove(file);
  }

  /** Makes known what the cache has for memory as it is. */
  #load(job: Job): void {
    const { cache, say } = this.options;
    if (cache === undefined) return;
    const shape = shapeOf(job);
    const fetch = (address: number, count: number): readonly number[] | undefined => {
      const home = homeOf(job.ranges, address);
      if (home === undefined || (address & 3) !== 0 || address + 4 * count > home.start + home.bytes) return undefined;
      return Array.from({ length: count }, (_, index) => this.#read(address - home.start + home.pa + 4 * index));
    };
    for (const { name, translation } of cache.find(this.#key(shape), fetch, (name) => !this.#seen.has(name))) {
      this.#seen.add(name);
      if (!isWithin(job, translation)) continue;
      say(`from the cache: ${translation.entries.length} functions, ${translation.bytes.length} bytes`);
      this.#add(knownOf(shape, name, translation));
    }
  }

  #key(shape: string): Buffer {
    const key = this.#keys.get(shape) ?? cacheKey(this.options.target, shape);
    // a firmware may change its mappings without end
    if (this.#keys.size >= 64) this.#keys.clear();
    this.#keys.set(shape, key);
    return key;
  }
}

/** Compiled when it is wanted, and once. */
function knownOf(shape: string, file: string, { bytes, ...made }: Translation): Known {
  let module: Promise<WebAssembly.Module> | undefined;
  return { shape, made: { ...made, size: bytes.length }, module: () => (module ??= WebAssembly.compile(bytes)), file };
}

/** Every word lies where it may be fetched: in the range of its entry. */
function isWithin({ ranges }: Job, { entries, code, refused, refusedCode }: Translation): boolean {
  const all = [...code, ...refusedCode];
  return [...entries, ...refused].every((entry, index) => {
    const home = homeOf(ranges, entry);
    const addresses = all[index]?.addresses ?? new Int32Array();
    if (home === undefined) return addresses.length === 0;
    return addresses.every((pc) => (pc & 3) === 0 && contains(home, pc));
  });
}
