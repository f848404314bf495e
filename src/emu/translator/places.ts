import { ForgetfulMap, ForgetfulSet } from './forgetful.js';

/** Places that are remembered; and callers, which the translator is told of with each request. */
const MOST_PLACES = 1 << 16;
const MOST_CALLERS = 1 << 12;
/** So often code may change under a translation before that place is left to the interpreter for good. */
const MOST_CHANGES = 3;
/** Visits that a place must have to count as often, where the dispatcher finds no region. */
const MISSES = 30;
/**
 * What it takes to enter translated code and to leave it again at an instruction that is the interpreter's, in
 * instructions of the interpreter; and the loss after which a place is refused.
 */
const ENTRY_COST = 100;
const WORST_LOSS = 50_000;
/** Loss by an instruction whose access goes elsewhere, after which a region is made that need not be left there. */
const WORTH_PASSING = 20_000;
/**
 * A place that was a loss is tried again after so many instructions, the next time after GROWTH times as many: what made it one
 * may be over, as with floating point when the first inexact result has set its flag.
 */
const SUSPENSION = 5_000_000;
const GROWTH = 4;

/** What a core has found out of places in its code: addresses of all contexts alike. */
export class Places {
  /** Left to the interpreter. */
  readonly refused = new ForgetfulSet<number>(MOST_PLACES);
  /** Inside of other regions: they get one of their own when they are wanted once more. */
  readonly deferred = new ForgetfulSet<number>(MOST_PLACES);
  /** What $31 was when a place was first wanted: of functions, where they return to. */
  readonly returns = new ForgetfulMap<number, number>(MOST_CALLERS);
  /** Instructions whose accesses have often gone elsewhere than to the window. */
  readonly elsewhere = new ForgetfulSet<number>(MOST_CALLERS);
  /** What it has cost that regions were left there. */
  readonly #losses = new ForgetfulMap<number, number>(MOST_PLACES);
  readonly #misses = new ForgetfulMap<number, number>(MOST_PLACES);
  readonly #changes = new ForgetfulMap<number, number>(MOST_PLACES);
  /** Instructions that were executed from an entry on, less what that cost. */
  readonly #gains = new ForgetfulMap<number, number>(MOST_PLACES);
  /** Of those that are refused for a while: until when, and when the first of them is to be tried again. */
  readonly #suspended = new ForgetfulMap<number, number>(MOST_PLACES);
  #nextTrial = Infinity;
  /** How long a place was refused last. */
  readonly #suspensions = new ForgetfulMap<number, number>(MOST_PLACES);

  /** There is no region at a place: true when that has been so often that there ought to be one. */
  misses(pc: number): boolean {
    const misses = (this.#misses.get(pc) ?? 0) + 1;
    this.#misses.set(pc, misses);
    return misses === MISSES;
  }

  forgetMisses(): void {
    this.#misses.clear();
  }

  /** Its code has changed. */
  changed(entry: number): void {
    const changes = (this.#changes.get(entry) ?? 0) + 1;
    this.#changes.set(entry, changes);
    if (changes < MOST_CHANGES) return;
    this.refused.add(entry);
    this.#suspended.delete(entry);
  }

  /** So many instructions were executed from an entry to an exit. False: code that is left so soon is better left to the interpreter. */
  isWorthwhile(pc: number, executed: number): boolean {
    const gain = Math.min(WORST_LOSS, (this.#gains.get(pc) ?? 0) + executed - ENTRY_COST);
    this.#gains.set(pc, gain);
    if (gain > -WORST_LOSS) return true;
    this.#gains.delete(pc);
    return false;
  }

  /** Its region is another now: what the last one was worth says nothing. */
  isAnew(pc: number): void {
    this.#gains.delete(pc);
  }

  /** A region has been left at an instruction after so many: true when it ought not to be left there any more. */
  isLeftOften(pc: number, executed: number): boolean {
    if (this.elsewhere.has(pc)) return false;
    const loss = Math.max(0, (this.#losses.get(pc) ?? 0) + ENTRY_COST - executed);
    this.#losses.set(pc, loss);
    if (loss < WORTH_PASSING) return false;
    this.#losses.delete(pc);
    this.elsewhere.add(pc);
    return true;
  }

  /** Refuses a place for a while. `now`: instructions that have been executed. */
  suspend(pc: number, now: number): void {
    const length = (this.#suspensions.get(pc) ?? SUSPENSION / GROWTH) * GROWTH;
    this.#suspensions.set(pc, length);
    this.#suspended.set(pc, now + length);
    this.#nextTrial = Math.min(this.#nextTrial, now + length);
    this.refused.add(pc);
  }

  /** Those that are to be tried again, and are refused no longer. */
  dueAt(now: number): readonly number[] {
    if (now < this.#nextTrial) return [];
    const due = [...this.#suspended].flatMap(([pc, until]) => (until <= now ? [pc] : []));
    for (const pc of due) {
      this.#suspended.delete(pc);
      this.refused.delete(pc);
    }
    this.#nextTrial = Math.min(Infinity, ...this.#suspended.values());
    return due;
  }
}
