/**
 * Executes a core with translated code where there is some, and with the interpreter elsewhere. The interpreter counts where
 * execution goes on after jumps and stops where that is often; such places are given to the translator, and what
 * comes back is entered from then on.
 */
import type { Core } from '../cpu/core.js';
import { CODE_GRANULE_SHIFT, HOT, hotEntryOf, STATE, type CodeLayout } from '../layout.js';
import { ContextWatch, type Context } from './context.js';
import { ForgetfulMap } from './forgetful-map.js';
import { Libraries, type Batch, type CompiledTranslation, type Library } from './library.js';
import { DISPATCHER, INVOKER } from './module.js';
import type { Job } from './translator.js';
import type { Verifier } from './verifier.js';

/** Who translates: at once, or in a thread of its own. */
export interface TranslationService {
  /** Every place that is come to is translated before it is executed: for tests. */
  readonly isEager: boolean;
  /** WebAssembly that a core may have, bytes: its share of the machine's. */
  readonly mostBytes: number;
  /** False: whatever is hot, it is not worth a translator yet. */
  readonly isAwake: boolean;
  /** The answer comes as `Engine.install`, with the same job. */
  request(engine: Pick<Engine, 'install'>, job: Job, context: Context): void;
}

/** Visits that an entry must have to count as often, where the dispatcher finds no region. */
const MISSES = 30;
/** Instructions that pass between the first new hot place and a request for it, so that others come along. */
const PATIENCE = 300_000;
/** The same while what is new is less than this part of what there is. */
const LONG_PATIENCE = 3_000_000;
const WORTHWHILE = 4;
/** Instructions without anything new, after which all batches become one. */
const QUIET = 100_000_000;
/** Visits of a place inside a region, which is not entered at its start, until it gets a region of its own. */
const SECOND_THRESHOLD = 20_000;
/** So often code may change under a translation before that place is left to the interpreter for good. */
const MOST_CHANGES = 3;
/** Modules of one context, before they are made one. */
const MOST_BATCHES = 6;
const MOST_BATCHES_IN_TESTS = 200;
/** Functions of one context: those that are executed now come again soon when all are dropped. */
const MOST_FUNCTIONS = 4000;
/** Places of interest, and contexts that something is wanted for, that are remembered. */
const MOST_PLACES = 1 << 16;
const MOST_WANTED = 32;
/**
 * What it takes to enter translated code and to leave it again at an instruction that is the interpreter's, in
 * instructions of the interpreter; and the loss after which a place is refused.
 */
const ENTRY_COST = 100;
const WORST_LOSS = 50_000;
/** Bytes: a vector of MSA. */
const LONGEST_STORE = 16;
/** A place that is not to be looked at soon again. */
const COOLED = 0x7fffffff;

const isDispatcher = (value: unknown): value is Batch['dispatch'] => typeof value === 'function';
const isInvoker = (value: unknown): value is Batch['invoke'] => typeof value === 'function';

export class Engine {
  readonly #watch: ContextWatch;
  readonly #libraries: Libraries;
  readonly #wanted = new ForgetfulMap<number, Set<number>>(MOST_WANTED);
  readonly #misses = new ForgetfulMap<number, number>(MOST_PLACES);
  readonly #refused = new Set<number>();
  readonly #deferred = new Set<number>();
  readonly #changes = new ForgetfulMap<number, number>(MOST_PLACES);
  /** Instructions that were executed from an entry on, less what that cost. */
  readonly #gains = new ForgetfulMap<number, number>(MOST_PLACES);
  readonly #memory: WebAssembly.Memory;
  readonly #words: DataView;
  readonly #map: Uint8Array;
  readonly #shared: Int32Array;
  readonly #codeChanges: number;
  readonly #verifier: Verifier | undefined;
  #changesSeen: number;
  #serial = 0;
  /** Instructions that are worth a call of `execute`. */
  readonly leastRest: number;
  private readonly isExact: boolean;
  /** Something has been translated. */
  isTranslated = false;
  #context: Context | undefined;
  #library: Library | undefined;
  /** Instructions executed when the oldest unanswered want came up; and whether a job is under way. */
  #wantedSince = Infinity;
  #isWaiting = false;
  #installedAt = 0;
  /** The context is new: others may have had its code translated. */
  #isToAsk = false;

  constructor(
    private readonly core: Core,
    private readonly interpret: () => void,
    private readonly service: TranslationService,
    {
      memory,
      layout,
      ramBytes,
      isExact,
      verifier,
    }: {
      readonly memory: WebAssembly.Memory;
      readonly layout: CodeLayout;
      readonly ramBytes: number;
      /** As many instructions are executed as were asked for: time is made of them. */
      readonly isExact: boolean;
      /** Translated code is executed again by the interpreter, and compared. */
      readonly verifier?: Verifier | undefined;
    },
  ) {
    this.#verifier = verifier;
    this.#watch = new ContextWatch(core, ramBytes);
    this.#libraries = new Libraries(service.mostBytes);
    this.isExact = isExact;
    this.leastRest = isExact ? 1 : HOT.leastBudget;
    this.#memory = memory;
    this.#words = new DataView(memory.buffer);
    this.#map = new Uint8Array(memory.buffer, layout.codeMap);
    this.#shared = new Int32Array(memory.buffer);
    this.#codeChanges = layout.codeChanges / 4;
    this.#changesSeen = Atomics.load(this.#shared, this.#codeChanges);
  }

  /** Executes the instructions in STATE.budget, or fewer when something asks to leave. */
  execute(): void {
    const { state } = this.core;
    const changes = Atomics.load(this.#shared, this.#codeChanges);
    if (changes !== this.#changesSeen) {
      this.#changesSeen = changes;
      this.revalidate();
    }
    for (;;) {
      let least = 1;
      if (state.get(STATE.budget) >= HOT.leastBudget && state.get(STATE.slot) === 0) {
        this.#translated();
        if (this.core.stopped) return;
        least = this.leastRest;
      }
      if (state.get(STATE.budget) < least) return;
      this.interpret();
      const reserve = state.get(STATE.reserve);
      if (reserve === 0) return;
      state.set(STATE.budget, state.get(STATE.budget) + reserve);
      state.set(STATE.reserve, 0);
      if (state.get(STATE.leave) !== 0) return;
    }
  }

  /** A store went to where code was translated, by this core or another one. */
  codeStored(host: number): void {
    const [first, end] = [host & ~3, host + LONGEST_STORE];
    const codes = this.#libraries.batches.flatMap(({ translation }) => translation.code);
    const granule = host >>> CODE_GRANULE_SHIFT;
    const isOurs = codes.some(({ addresses }) => addresses.some((pa) => pa >>> CODE_GRANULE_SHIFT === granule));
    const isCode = codes.some(({ addresses }) => addresses.some((pa) => pa >= first && pa < end));
    // data beside code of the same firmware, and of nobody else's
    if (isOurs && !isCode) return;
    Atomics.store(this.#map, granule, 0);
    this.#changesSeen = Atomics.add(this.#shared, this.#codeChanges, 1) + 1;
    this.revalidate();
  }

  /** Somebody is about to write to these bytes of RAM, before the core executes more. */
  willBeWritten({ byteOffset, length }: Uint8Array): void {
    const [first, last] = [byteOffset >>> CODE_GRANULE_SHIFT, (byteOffset + length) >>> CODE_GRANULE_SHIFT];
    if (this.#map.subarray(first, last + 1).includes(1)) Atomics.add(this.#shared, this.#codeChanges, 1);
  }

  /** Drops what was translated from code that is another now. */
  revalidate(): void {
    for (const [id, library] of this.#libraries)
      for (const batch of library.batches) {
        if (!this.#hasChanged(batch.translation)) continue;
        library.drop(batch);
        this.#want(id, batch.translation.entries);
      }
  }

  install(job: Job, context: Context, translation: CompiledTranslation): void {
    this.#isWaiting = false;
    // its state block may be another core's already
    if (this.core.stopped) return;
    this.#installedAt = this.core.retired;
    const library = this.#libraries.of(context.id);
    const before = library.size;
    // room may be made for it
    this.#context = undefined;
    for (const entry of translation.refused) {
      this.#refuse(entry);
      library.remove(entry);
    }
    for (const entry of translation.deferred) this.#defer(entry);
    if (translation.module !== undefined) this.#add(library, context, translation, translation.module);
    // what was known to the translator already may have been a part of it, or there may be more
    this.#want(
      context.id,
      job.entries.filter((entry) => library.find(entry) === undefined && !translation.deferred.includes(entry)),
    );
    if (job.entries.length === 0 && library.size > before) this.#isToAsk = true;
  }

  #add(library: Library, { id }: Context, translation: CompiledTranslation, module: WebAssembly.Module): void {
    if (this.#hasChanged(translation)) {
      this.#want(id, translation.entries);
      return;
    }
    const { exports } = new WebAssembly.Instance(module, {
      env: {
        memory: this.#memory,
        extend: () => this.#extend(),
        callElsewhere: (address: number, depth: number) => this.#call(address, depth),
      },
    });
    const { [DISPATCHER]: dispatch, [INVOKER]: invoke } = exports;
    if (!isDispatcher(dispatch) || !isInvoker(invoke)) throw new TypeError('translated code has no dispatcher');
    library.called = translation.functions;
    const batch = { serial: ++this.#serial, dispatch, invoke, translation };
    this.isTranslated = true;
    library.add(batch, (entry) => !this.#refused.has(entry));
    for (const [at, entry] of translation.entries.entries())
      if (library.find(entry)?.batch === batch) this.#announce(entry, at + 1, batch);
  }

  /** Translated code has come to the end of its slice: 1 when it may go on at once. */
  #extend(): number {
    const isUpToDate = Atomics.load(this.#shared, this.#codeChanges) === this.#changesSeen;
    const hasNews = this.#wantedSince !== Infinity && !this.#isWaiting;
    // the instructions between two comparisons are counted by the budget
    const isFree = !this.isExact && this.#verifier === undefined;
    return isFree && isUpToDate && !hasNews && this.core.extend() ? 1 : 0;
  }

  /** Calls a function of another batch than that which executes: 1, and STATE.pc is where execution goes on; 0: there is none. */
  #call(address: number, depth: number): number {
    const found = this.#library?.find(address);
    if (found === undefined || depth < 0) return 0;
    const { state } = this.core;
    const caller = state.get(STATE.context);
    this.#announce(address, found.index, found.batch);
    state.set(STATE.context, found.batch.serial);
    const isWide = this.core.isa.bits === 64;
    const next = found.batch.invoke(state.base, isWide ? BigInt(address) : address, depth);
    state.set(STATE.context, caller);
    const low = Number(BigInt.asIntN(32, BigInt(next)));
    state.setAddress(STATE.pc, low, isWide ? Number(BigInt(next) >> 32n) : low >> 31);
    return 1;
  }

  /** Runs translated code from STATE.pc on, as far as there is some. */
  #translated(): void {
    const { state } = this.core;
    this.#follow();
    const context = this.#context;
    const library = this.#library;
    if (context === undefined || library === undefined) return;
    if (!this.service.isEager) this.#submit(context);
    let isReached = this.#isHot(state.get(STATE.pc));
    for (;;) {
      if (this.service.isEager && this.#wantUnknown(context)) this.#submit(context);
      const pc = state.get(STATE.pc);
      const found = state.get(STATE.pc + 4) === pc >> 31 ? library.find(pc) : undefined;
      if (found === undefined) break;
      const { batch, index } = found;
      // another place may have had its entry
      this.#announce(pc, index, batch);
      state.set(STATE.context, batch.serial);
      state.set(STATE.exited, 0);
      const { retired } = this.core;
      if (!this.#run(batch)) return;
      if (state.get(STATE.exited) !== 0) this.#account(library, pc, this.core.retired - retired);
      if (state.get(STATE.exited) !== 0 || state.get(STATE.budget) < HOT.leastBudget) return;
      isReached = true;
    }
    // where a slice happens to begin is no place of interest
    if (isReached) this.#visit(context);
  }

  /** False: it comes to something else than the interpreter does, and the core has been stopped. */
  #run(batch: Batch): boolean {
    const { base } = this.core.state;
    const verifier = this.#verifier;
    if (verifier === undefined) {
      batch.dispatch(base);
      return true;
    }
    const differences = verifier.differences(() => batch.dispatch(base));
    if (differences.length === 0) return true;
    // another core may have written new code between one and the other
    const { batches } = this.#libraries;
    this.revalidate();
    const unchanged = new Set(this.#libraries.batches);
    if (batches.some((each) => !unchanged.has(each))) return true;
    verifier.fail(differences);
    return false;
  }

  /** Code that is left again and again at once is better left to the interpreter. */
  #account(library: Library, pc: number, executed: number): void {
    const gain = Math.min(WORST_LOSS, (this.#gains.get(pc) ?? 0) + executed - ENTRY_COST);
    if (gain > -WORST_LOSS || this.service.isEager) {
      this.#gains.set(pc, gain);
      return;
    }
    this.#gains.delete(pc);
    this.#refuse(pc);
    library.remove(pc);
    this.core.state.set(this.#entry(pc) + HOT.count, COOLED);
    this.core.state.set(this.#entry(pc) + HOT.function, 0);
  }

  #refuse(entry: number): void {
    // what is forgotten is tried again
    if (this.#refused.size >= MOST_PLACES) this.#refused.clear();
    this.#refused.add(entry);
  }

  #defer(entry: number): void {
    if (this.#deferred.size >= MOST_PLACES) this.#deferred.clear();
    this.#deferred.add(entry);
    const { state } = this.core;
    const place = this.#entry(entry);
    state.set(place + HOT.tag, entry);
    state.set(place + HOT.count, SECOND_THRESHOLD);
    state.set(place + HOT.function, 0);
  }

  /** True when what is at STATE.pc has not been translated, and may be. */
  #wantUnknown(context: Context): boolean {
    const { state } = this.core;
    const pc = state.get(STATE.pc);
    if (this.#library?.find(pc) !== undefined || this.#refused.has(pc) || !this.#mayBegin(pc)) return false;
    this.#want(context.id, [pc]);
    return true;
  }

  /** At STATE.pc, whose low word is this, there may be an instruction: a word, or in a compressed set a half word. */
  #mayBegin(pc: number): boolean {
    const { state, isa } = this.core;
    const isPlace = (pc & 1) === 0 ? (pc & 2) === 0 : isa.compressed !== 'none';
    return isPlace && state.get(STATE.pc + 4) === pc >> 31;
  }

  /** Nothing is translated at STATE.pc. */
  #visit(context: Context): void {
    const { state } = this.core;
    const pc = state.get(STATE.pc);
    const isHot = this.#isHot(pc);
    if (isHot) state.set(this.#entry(pc) + HOT.count, COOLED);
    if (this.#refused.has(pc) || !this.#mayBegin(pc)) return;
    const misses = (this.#misses.get(pc) ?? 0) + 1;
    this.#misses.set(pc, misses);
    if (isHot || misses === MISSES) this.#want(context.id, [pc]);
  }

  #want(id: number, entries: readonly number[]): void {
    const wanted = this.#wanted.get(id) ?? new Set();
    for (const entry of entries) if (!this.#refused.has(entry)) wanted.add(entry);
    if (wanted.size === 0) return;
    this.#wanted.set(id, wanted);
    this.#wantedSince = Math.min(this.#wantedSince, this.core.retired);
  }

  #submit(context: Context): void {
    if (this.#isWaiting || !this.service.isAwake) return;
    if (this.#isToAsk) {
      this.#isToAsk = false;
      this.#request(context, [], []);
      return;
    }
    const library = this.#libraries.of(context.id);
    const wanted = this.#ripe(context, library);
    const isQuiet = this.#wantedSince === Infinity && this.core.retired - this.#installedAt > QUIET;
    const { length } = library.batches;
    if (wanted.size === 0 && !(isQuiet && length > 1 && !this.service.isEager)) return;
    if (library.size + wanted.size > MOST_FUNCTIONS) library.clear();
    this.#libraries.makeRoom(library);
    const most = this.service.isEager ? MOST_BATCHES_IN_TESTS : MOST_BATCHES;
    const isWhole = length > 0 && (wanted.size === 0 || length + 1 > most);
    const known = isWhole ? library.entries : [];
    const again = [...wanted].filter((entry) => this.service.isEager || this.#deferred.has(entry));
    this.#request(context, [...new Set([...known, ...wanted])], [...known, ...again]);
  }

  #request(context: Context, entries: readonly number[], insisted: readonly number[]): void {
    const { ranges, status } = context;
    const { called: functions, entries: had } = this.#libraries.of(context.id);
    const known = [...had, ...this.#refused];
    this.#isWaiting = true;
    this.service.request(this, { ranges, status, entries, insisted: new Set(insisted), functions, known }, context);
  }

  /** Takes what has been wanted for some time. */
  #ripe(context: Context, { size }: Library): ReadonlySet<number> {
    const wanted = this.#wanted.get(context.id);
    if (wanted === undefined) return new Set();
    const patience = wanted.size > size / WORTHWHILE ? PATIENCE : LONG_PATIENCE;
    if (!this.service.isEager && this.core.retired - this.#wantedSince < patience) return new Set();
    this.#wanted.delete(context.id);
    this.#wantedSince = this.#wanted.size === 0 ? Infinity : this.core.retired;
    return wanted;
  }

  /** Keeps up with what may be taken for granted. */
  #follow(): void {
    const context = this.#watch.current;
    if (context === this.#context) return;
    this.#context = context;
    this.#isToAsk ||= context !== undefined && !this.#libraries.has(context.id) && !this.service.isEager;
    this.#library = context && this.#libraries.of(context.id);
    context?.ranges.forEach(({ start, pa }, index) => {
      this.core.state.set(STATE.distances + 4 * index, (pa - start) | 0);
    });
  }

  /** The interpreter has stopped there because it is often there. */
  #isHot(pc: number): boolean {
    const { state } = this.core;
    const entry = this.#entry(pc);
    return state.get(entry + HOT.tag) === pc && state.get(entry + HOT.count) === 0;
  }

  #entry(pc: number): number {
    return STATE.hot + hotEntryOf(pc);
  }

  #announce(pc: number, index: number, { serial }: Batch): void {
    const { state } = this.core;
    const entry = this.#entry(pc);
    state.set(entry + HOT.tag, pc);
    state.set(entry + HOT.count, 0);
    state.set(entry + HOT.function, index);
    state.set(entry + HOT.context, serial);
  }

  /** Marks what a translation was made from, and compares; a place that changes often is refused. */
  #hasChanged({ code, entries }: CompiledTranslation): boolean {
    let hasChanged = false;
    for (const [index, { addresses, words }] of code.entries()) {
      for (const pa of addresses) Atomics.store(this.#map, pa >>> CODE_GRANULE_SHIFT, 1);
      if (addresses.every((pa, at) => this.#words.getInt32(pa, this.core.littleEndian) === words[at])) continue;
      hasChanged = true;
      const entry = entries[index] ?? 0;
      const changes = (this.#changes.get(entry) ?? 0) + 1;
      this.#changes.set(entry, changes);
      if (changes >= MOST_CHANGES) this.#refuse(entry);
    }
    return hasChanged;
  }
}
