/** Time as the machine's parts see it. Injected, so that a clock can stand still in a test or follow instructions. */
export interface Clock {
  /** Milliseconds since the machine was made, with fractions. */
  now(): number;
}

/** The host's monotonic clock; `epoch` is `hostEpoch()` of the thread that made the machine, so that all threads agree. */
export function hostClock(epoch: number): Clock {
  const offset = performance.timeOrigin - epoch;
  return { now: () => offset + performance.now() };
}

export const hostEpoch = (): number => performance.timeOrigin + performance.now();

/** Count and the GIC counter: 100 MHz, as a 200 MHz core with CCRes = 2. */
export const TICKS_PER_MS = 100_000;

/** Added to a number of ticks that becomes a time, so that at that time the ticks have not been rounded down to one less. */
export const HALF_A_TICK = 0.5;
