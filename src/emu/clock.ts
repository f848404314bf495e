/** Time as the machine's parts see it. Injected, so that a clock can stand still in a test or follow instructions. */

/** Count and the GIC counter: 100 MHz, as a 200 MHz core with CCRes = 2. */
export const TICKS_PER_MS = 100_000;

export interface Clock {
  /** Ticks since the machine was made, a whole number. */
  ticks(): number;
}

/** The host's monotonic clock. */
export interface HostClock extends Clock {
  /** Milliseconds since the machine was made, with fractions. */
  now(): number;
}

/** `epoch` is `hostEpoch()` of the thread that made the machine, so that all threads agree. */
export function hostClock(epoch: number): HostClock {
  const offset = performance.timeOrigin - epoch;
  const now = (): number => offset + performance.now();
  return { now, ticks: () => Math.floor(now() * TICKS_PER_MS) };
}

export const hostEpoch = (): number => performance.timeOrigin + performance.now();

/** Added to a number of ticks that becomes a time, so that at that time the ticks have not been rounded down to one less. */
const HALF_A_TICK = 0.5;

/** The time, in ms, when the clock has got to `ticks`. */
export const whenAt = (ticks: number): number => (ticks + HALF_A_TICK) / TICKS_PER_MS;

/** Cycles a tick: RDHWR 3, of every core model. An instruction takes one. */
const CYCLES_PER_TICK = 2;

/**
 * Virtual time of one core: it passes with the instructions that the core executes, and while the core waits it jumps to the
 * next event. What a core does depends on nothing else then, so that a run is repeatable to the instruction.
 */
export class InstructionClock implements Clock {
  /** Cycles that were skipped in WAIT. */
  #skipped = 0;

  #instructions: () => number = () => 0;

  /** @param instructions gives how many the core has executed by now. */
  follow(instructions: () => number): void {
    this.#instructions = instructions;
  }

  ticks(): number {
    return Math.floor((this.#instructions() + this.#skipped) / CYCLES_PER_TICK);
  }

  /** Instructions until then: at least one. */
  instructionsUntil(ticks: number): number {
    return Math.max(1, ticks * CYCLES_PER_TICK - this.#skipped - this.#instructions());
  }

  skipTo(ticks: number): void {
    this.#skipped = Math.max(this.#skipped, ticks * CYCLES_PER_TICK - this.#instructions());
  }
}
