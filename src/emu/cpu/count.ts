import { TICKS_PER_MS, type Clock } from '../clock.js';

const WRAP = 2 ** 32;

/** CP0 Count and Compare. */
export class CountTimer {
  /** Ticks of the clock when Count was 0. */
  #origin: number;
  #stoppedAt: number | undefined;
  #compare = 0;
  /** When Count will reach Compare, in ms of the clock. */
  #due: number;
  #pending = false;

  constructor(private readonly clock: Clock) {
    this.#origin = this.#ticks();
    this.#due = this.#dueTime();
  }

  get count(): number {
    return this.#stoppedAt ?? this.#running();
  }

  set count(value: number) {
    this.#update();
    this.#origin = this.#ticks() - (value >>> 0);
    if (this.#stoppedAt !== undefined) this.#stoppedAt = value >>> 0;
    this.#due = this.#dueTime();
  }

  get compare(): number {
    return this.#compare;
  }

  set compare(value: number) {
    this.#compare = value >>> 0;
    this.#pending = false;
    this.#due = this.#dueTime();
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

  /** When `pending` will be set: ms of the clock, or Infinity. */
  get due(): number {
    return this.#due;
  }

  /** Notes a match that has happened by now. */
  #update(): void {
    if (this.clock.now() < this.#due) return;
    this.#pending = true;
    this.#due = this.#dueTime();
  }

  #ticks(): number {
    return Math.floor(this.clock.now() * TICKS_PER_MS);
  }

  #running(): number {
    return (((this.#ticks() - this.#origin) % WRAP) + WRAP) % WRAP;
  }

  #dueTime(): number {
    if (this.#stoppedAt !== undefined) return Infinity;
    const now = this.clock.now();
    const remaining = (this.#compare - this.#running() + WRAP) % WRAP;
    return now + (remaining === 0 ? WRAP : remaining) / TICKS_PER_MS;
  }
}
