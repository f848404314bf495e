/** What a soak found, in figures. */
import type { Report } from './session.js';

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** How much more memory was in use in the last quarter than in the second one, KiB. The first one is for warming up. */
export function growth(resident: readonly number[]): number {
  const quarter = Math.floor(resident.length / 4);
  if (quarter === 0) return 0;
  return median(resident.slice(-quarter)) - median(resident.slice(quarter, 2 * quarter));
}

export function figures({ done, kills, idle, resident }: Report): string[] {
  const total = Object.values(done).reduce((sum, count) => sum + count, 0);
  const { before, after } = idle;
  return [
    `${total} actions, ${kills} clients killed in the middle of one`,
    Object.entries(done)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
    `idle: ${before.threads} threads, ${before.descriptors} descriptors, ${before.resident} KiB after the warm-up`,
    `      ${after.threads} threads, ${after.descriptors} descriptors, ${after.resident} KiB at the end`,
    `memory meanwhile: ${Math.min(...resident)} to ${Math.max(...resident)} KiB, grown by ${growth(resident)} KiB`,
  ];
}

/** KiB: what V8 lets pile up before it collects. */
const GROWTH = 100_000;

/** Idle threads that libfuse keeps once there was something to do for them: ten for each of the two mounts. */
const POOL: Readonly<Record<string, number>> = { native: 20 };

/** What is wrong: nothing, or a line each. */
export function complaints({ fuse, idle, resident, left }: Report): string[] {
  const { before, after } = idle;
  const threads = after.threads - before.threads - (POOL[fuse] ?? 0);
  return [
    ...left,
    ...(threads > 0 ? [`${threads} threads more than before`] : []),
    ...(after.descriptors > before.descriptors ? [`${after.descriptors - before.descriptors} descriptors more`] : []),
    ...(growth(resident) > GROWTH ? [`memory grows: by ${growth(resident)} KiB`] : []),
  ];
}
