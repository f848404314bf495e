/**
 * Executes a core with translated code where there is some, and with the interpreter elsewhere. The interpreter counts where
 * execution goes on after jumps and stops where that is often; such places are given to the translator, and what
 * comes back is entered from then on.
 */
import type { Core } from '../cpu/core.js';
import { CODE_GRANULE_SHIFT, HOT, STATE, STRIDE } from '../layout.js';
import { CodeMap } from './code-map.js';
import { ContextWatch, type Context } from './context.js';
import type { EngineOptions } from './engine-options.js';
import { HotTable } from './hot-table.js';
import type { TranslatedImports } from './instantiate.js';
import { Interpreting } from './interpreting.js';
import { Libraries, type Batch, type CompiledTranslation, type Library } from './library.js';
import { Linker } from './linker.js';
import { Places } from './places.js';
import { homeOf } from './ranges.js';
import { SecondLook } from './second-look.js';
import type { TranslationService } from './service.js';
import type { Job } from './translator.js';
import type { Verifier } from './verifier.js';
import { Wanted } from './wanted.js';

/** Instructions without anything new, after which all batches of about the same size become one. */
const QUIET = 100_000_000;
/** Instructions between looks for what to request: firmware may leave the generated code every few. */
const SELDOM = 20_000;
/** Modules of one context, before some are made one. */
const MOST_BATCHES = 12;
/** The same, when there is nothing else to do. */
const WORTH_MERGING = 4;
const MOST_BATCHES_IN_TESTS = 200;
/** Functions of one context: those that are executed now come again soon when all are dropped. */
const MOST_FUNCTIONS = 20_000;
/** $31 in the state block. */
const RETURN_ADDRESS = STATE.gpr + (31 << STRIDE.gpr);
/** Bytes: a vector of MSA. */
const LONGEST_STORE = 16;

export class Engine {
  readonly #watch: ContextWatch;
  readonly #libraries: Libraries;
  readonly #wanted = new Wanted();
  readonly #hot: HotTable;
  readonly #code: CodeMap;
  readonly #places = new Places();
  readonly #linker: Linker;
  readonly #interpreting: Interpreting;
  readonly #secondLook = new SecondLook();
  readonly #verifier: Verifier | undefined;
  /** Instructions that are worth a call of `execute`. */
  readonly leastRest: number;
  /** Something has been translated. */
  isTranslated = false;
  #context: Context | undefined;
  #library: Library | undefined;
  /** Somebody has had bytes of code to write to: all cores are told when that has been done. */
  #isWritten = false;
  /** Entries whose regions are to be made once more, since they are left at an instruction that they could pass. */
  readonly #anew = new Set<number>();
  /** A job is under way. */
  #isWaiting = false;
  #installedAt = 0;
  /** When it was last looked for what to request. */
  #lookedAt = 0;
  /** The context is new: others may have had its code translated. */
  #isToAsk = false;

  constructor(
    private readonly core: Core,
    interpreters: Omit<TranslatedImports, 'callElsewhere'>,
    private readonly service: TranslationService,
    { memory, layout, ramBytes, isExact, verifier }: EngineOptions,
  ) {
    this.#verifier = verifier;
    this.#watch = new ContextWatch(core, ramBytes);
    this.leastRest = isExact ? 1 : HOT.leastBudget;
    this.#interpreting = new Interpreting(core.state, interpreters);
    this.#linker = new Linker(memory, {
      ...interpreters,
      callElsewhere: (address, depth) => this.#call(address, depth),
    });
    this.#hot = new HotTable(core.state);
    this.#libraries = new Libraries(service.mostBytes, this.#hot, this.#linker.functions);
    this.#code = new CodeMap(memory.buffer, layout, core.littleEndian);
  }

  /** Executes the instructions in STATE.budget, or fewer when something asks to leave. */
  execute(): void {
    const { state } = this.core;
    if (this.#isWritten) this.#code.notify();
    this.#isWritten = false;
    if (this.#code.catchUp()) this.revalidate();
    for (;;) {
      let least = 1;
      if (state.get(STATE.budget) >= HOT.leastBudget && state.get(STATE.slot) === 0) {
        this.#translated();
        if (this.core.stopped) return;
        // an instruction in the middle of it has asked to leave
        if (this.#interpreting.takeReserve() || state.get(STATE.leave) !== 0) return;
        least = this.leastRest;
      }
      if (state.get(STATE.budget) < least) return;
      this.#interpreting.run();
      if (!this.#interpreting.takeReserve() || state.get(STATE.leave) !== 0) return;
    }
  }

  /** The mapping of addresses, or what else translated code takes for granted, is another than when it began. */
  get isOutOfContext(): boolean {
    return this.#watch.current !== this.#context;
  }

  /** A store went to where code was translated, by this core or another one. */
  codeStored(host: number): void {
    const [first, end] = [host & ~3, host + LONGEST_STORE];
    const granule = host >>> CODE_GRANULE_SHIFT;
    const made = this.#libraries.madeNear(granule);
    // data beside code of the same firmware, and of nobody else's
    if (made.length > 0 && !made.some((pa) => pa >= first && pa < end)) return;
    this.#code.changed(granule);
    this.revalidate();
    // translated code may have called the interpreter for this instruction
    this.core.leave();
  }

  /** Somebody is about to write to these bytes of RAM, before the core executes more. True: to code, perhaps. */
  willBeWritten(bytes: Uint8Array): boolean {
    const isCode = this.#code.isIn(bytes);
    this.#isWritten ||= isCode;
    return isCode;
  }

  /** Something has been written, perhaps to code. */
  written(): void {
    this.#code.notify();
    this.revalidate();
    this.core.leave();
  }

  /** Drops what was translated from code that is another now, of all batches or some. */
  revalidate(some?: ReadonlySet<Batch>): void {
    if (some?.size === 0) return;
    for (const [id, library] of this.#libraries)
      for (const batch of library.batches) {
        if (some?.has(batch) === false || !this.#hasChanged(batch.translation)) continue;
        library.drop(batch);
        this.#want(id, batch.translation.entries);
      }
  }

  install(job: Job, context: Context, translation: CompiledTranslation): void {
    this.#isWaiting = false;
    for (const entry of job.entries) if (this.#anew.delete(entry)) this.#places.isAnew(entry);
    // its state block may be another core's already
    if (this.core.stopped) return;
    this.#installedAt = this.core.retired;
    const library = this.#libraries.of(context.id);
    const before = library.size;
    // room may be made for it
    this.#context = undefined;
    for (const entry of translation.refused) {
      this.#places.refused.add(entry);
      library.remove(entry);
    }
    for (const entry of translation.deferred) {
      this.#places.deferred.add(entry);
      this.#hot.defer(entry);
    }
    if (translation.module !== undefined) this.#add(library, context, job, translation, translation.module);
    // what was known to the translator already may have been a part of it, or there may be more
    this.#want(
      context.id,
      job.entries.filter((entry) => library.find(entry) === undefined && !translation.deferred.includes(entry)),
    );
    if (job.entries.length === 0 && library.size > before) this.#isToAsk = true;
  }

  #add(
    library: Library,
    { id }: Context,
    job: Job,
    translation: CompiledTranslation,
    module: WebAssembly.Module,
  ): void {
    if (this.#hasChanged(translation)) {
      this.#want(id, translation.entries);
      return;
    }
    const batch = { ...this.#linker.load(module, translation.entries.length, library), translation };
    this.isTranslated = true;
    this.#secondLook.isWantedOf(batch);
    const asked = new Set(job.entries);
    library.add(batch, { asked, refused: this.#places.refused });
    this.#linker.tidy(this.#libraries);
  }

  /** Calls a function that is not where it was looked for: 1, and STATE.pc is where execution goes on; 0: there is none. */
  #call(address: number, depth: number): number {
    const library = this.#library;
    const found = library?.find(address);
    if (library === undefined || found === undefined || depth < 0) return 0;
    const { state } = this.core;
    // another place had its entry
    this.#hot.announce(address, found.index, library.id);
    const isWide = this.core.isa.bits === 64;
    const next = found.batch.invoke(state.base, isWide ? BigInt(address) : address, depth);
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
    for (const pc of this.#places.dueAt(this.core.retired)) this.#hot.renew(pc);
    if (!this.service.isEager && this.core.retired - this.#lookedAt >= SELDOM) {
      this.#lookedAt = this.core.retired;
      this.revalidate(this.#secondLook.take());
      if (this.#hot.decay(this.core.retired, (pc) => this.#places.deferred.has(pc))) this.#places.forgetMisses();
      this.#submit(context, library);
    }
    let isReached = this.#hot.isHot(state.get(STATE.pc));
    for (;;) {
      if (this.service.isEager && this.#wantUnknown(context)) this.#submit(context, library);
      const pc = state.get(STATE.pc);
      const found = state.get(STATE.pc + 4) === pc >> 31 ? library.find(pc) : undefined;
      if (found === undefined) break;
      const { batch, index } = found;
      // another place may have had its entry
      this.#hot.announce(pc, index, context.id);
      state.set(STATE.exited, 0);
      const { retired } = this.core;
      if (!this.#run(batch)) return;
      if (state.get(STATE.exited) !== 0) {
        this.#account(context, library, pc, this.core.retired - retired);
        return;
      }
      if (state.get(STATE.budget) < HOT.leastBudget) return;
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

  /** Translated code from `pc` on has been left at an instruction of the interpreter, after so many. */
  #account(context: Context, library: Library, pc: number, executed: number): void {
    if (this.service.isEager) return;
    const at = this.core.state.get(STATE.pc);
    if (this.#places.isLeftOften(at, executed)) this.#makeAnew(context, library, at);
    if (this.#anew.has(pc) || this.#places.isWorthwhile(pc, executed)) return;
    this.#places.suspend(pc, this.core.retired);
    library.remove(pc);
    this.#hot.withdraw(pc);
  }

  /** Has the regions that an instruction belongs to made once more, by what is known of it now. */
  #makeAnew({ id, ranges }: Context, library: Library, pc: number): void {
    const home = homeOf(ranges, pc);
    if (home === undefined) return;
    const pa = (pc & ~3) - home.start + home.pa;
    const entries = library.madeFrom(pa);
    for (const entry of entries) this.#anew.add(entry);
    this.#want(id, entries);
  }

  /** True when what is at STATE.pc has not been translated, and may be. */
  #wantUnknown(context: Context): boolean {
    const { state } = this.core;
    const pc = state.get(STATE.pc);
    if (this.#library?.find(pc) !== undefined || this.#places.refused.has(pc) || !this.#mayBegin(pc)) return false;
    this.#wantHere(context.id, pc);
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
    const pc = this.core.state.get(STATE.pc);
    const isHot = this.#hot.isHot(pc);
    if (isHot) this.#hot.cool(pc);
    if (this.#places.refused.has(pc) || !this.#mayBegin(pc)) return;
    if (this.#places.misses(pc) || isHot) this.#wantHere(context.id, pc);
  }

  /** At STATE.pc: if a function begins there, $31 says who called it. */
  #wantHere(id: number, pc: number): void {
    const { returns } = this.#places;
    const back = this.core.state.get(RETURN_ADDRESS);
    // where a function has returned to is not called
    if (pc !== back && !returns.has(pc)) returns.set(pc, back);
    this.#want(id, [pc]);
  }

  #want(id: number, entries: readonly number[]): void {
    const wanted = entries.filter((entry) => !this.#places.refused.has(entry));
    this.#wanted.add(id, wanted, this.core.retired);
  }

  #submit(context: Context, library: Library): void {
    if (this.#isWaiting || !this.service.isAwake) return;
    if (this.#isToAsk) {
      this.#isToAsk = false;
      this.#request(context, [], []);
      return;
    }
    const { id } = context;
    const wanted = this.service.isEager
      ? this.#wanted.take(id)
      : this.#wanted.takeRipe(id, library.size, this.core.retired);
    if (wanted.size === 0 && !this.#isQuiet(context, library)) return;
    if (library.size + wanted.size > MOST_FUNCTIONS) library.clear();
    this.#libraries.makeRoom(library);
    const isMerging =
      wanted.size === 0 || library.batches.length >= (this.service.isEager ? MOST_BATCHES_IN_TESTS : MOST_BATCHES);
    const known = isMerging ? library.toMerge(wanted.size) : [];
    if (wanted.size + known.length === 0) {
      library.isSettled = true;
      return;
    }
    const isInsisted = (entry: number): boolean => this.#anew.has(entry) || this.#places.deferred.has(entry);
    const again = [...wanted].filter((entry) => this.service.isEager || isInsisted(entry));
    this.#request(context, [...new Set([...known, ...wanted])], [...known, ...again]);
  }

  /** There has been nothing new for some time. */
  #isQuiet({ id }: Context, { batches, isSettled }: Library): boolean {
    if (this.service.isEager || isSettled || this.#wanted.has(id)) return false;
    return this.core.retired - this.#installedAt > QUIET && batches.length >= WORTH_MERGING;
  }

  #request(context: Context, entries: readonly number[], insisted: readonly number[]): void {
    const { ranges, status, isKernel } = context;
    const { called: functions, entries: had } = this.#libraries.of(context.id);
    const known = [...had, ...this.#places.refused];
    this.#isWaiting = true;
    const elsewhere = [...this.#places.elsewhere];
    const returns = entries.length === 0 ? new Map<number, number>() : this.#places.returns;
    this.service.request(
      this,
      { ranges, status, isKernel, entries, insisted: new Set(insisted), functions, returns, elsewhere, known },
      context,
    );
  }

  /** Keeps up with what may be taken for granted. */
  #follow(): void {
    const context = this.#watch.current;
    if (context === this.#context) return;
    this.#context = context;
    this.core.state.set(STATE.context, context?.id ?? 0);
    this.#isToAsk ||= context !== undefined && !this.#libraries.has(context.id) && !this.service.isEager;
    this.#library = context && this.#libraries.of(context.id);
    context?.ranges.forEach(({ start, pa }, index) => {
      this.core.state.set(STATE.distances + 4 * index, (pa - start) | 0);
    });
  }

  /** Marks what a translation was made from, and compares; a place that changes often is refused. */
  #hasChanged({ code, entries }: CompiledTranslation): boolean {
    let hasChanged = false;
    for (const [index, part] of code.entries()) {
      this.#code.mark(part);
      if (this.#code.isSame(part)) continue;
      hasChanged = true;
      this.#places.changed(entries[index] ?? 0);
    }
    return hasChanged;
  }
}
