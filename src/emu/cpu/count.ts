import type { Clock } from '../clock.js';

const WRAP = 2 ** 32;

/** CP0 Count and Compare. */
export class CountTimer {
  /** Ticks of the clock when Count was 0. */
  #origin: number;
  #stoppedAt: number | undefined;
  #compare = 0;
  /** Ticks of the clock when Count will reach Compare. */
  #due: number;
  #pending = false;

  constructor(private readonly clock: Clock) {
    this.#origin = clock.ticks();
    this.#due = this.#nextMatch();
  }

  get count(): number {
    return this.#stoppedAt ?? this.#running();
  }

  set count(value: number) {
    this.#update();
    this.#origin = this.clock.ticks() - (value >>> 0);
    if (this.#stoppedAt !== undefined) this.#stoppedAt = value >>> 0;
    this.#due = this.#nextMatch();
  }

  get compare(): number {
    return this.#compare;
  }

  set compare(value: number) {
    this.#compare = value >>> 0;
    this.#pending = false;
    this.#due = this.#nextMatch();
  }

  /** Cause.DC */
  set disabled(stop: boolean) {
    if (stop === (this.#stoppedAt !== undefined)) return;
    this.#update();
    const count = this.count;
    this.#stoppedAt = stop ? count : undefined;
    this.count = count;
  }

  /** Cause.TI: Count has been equal to Compare. */
  get pending(): boolean {
    this.#update();
    return this.#pending;
  }

  /** The same, as it was when it was last asked. */
  get wasPending(): boolean {
    return this.#pending;
  }

  /** When Count reaches Compare next: ticks of the clock, or Infinity. */
  get due(): number {
    return this.#due;
  }

  /** Notes a match that has happened by now. */
  #update(): void {
    if (this.clock.ticks() < this.#due) return;
    this.#pending = true;
    this.#due = this.#nextMatch();
  }

  #running(): number {
    return (((this.clock.ticks() - this.#origin) % WRAP) + WRAP) % WRAP;
  }

  #nextMatch(): number {
    if (this.#stoppedAt !== undefined) return Infinity;
    const remaining = (this.#compare - this.#running() + WRAP) % WRAP;
    return this.clock.ticks() + (remaining === 0 ? WRAP : remaining);
  }
}
