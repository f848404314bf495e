/** What is known of a processor, as `status` tells it: names of members are the keys of `--json` (docs/commands.md). */
import type { Processor } from './processors.js';
import { lineOf, textOf } from './processors.js';

export interface Crash {
  /** Seconds, as in the kernel log. */
  readonly time: number;
  readonly type: string;
  /** What happened, where its driver knows. */
  readonly reason: string | null;
}

/** What a processor does not have, or the user may not see, is null. */
export interface ProcessorStatus {
  readonly n: number;
  readonly name: string | null;
  readonly state: string | null;
  readonly firmware: string | null;
  /** Seconds since it was started or attached. */
  readonly uptime: number | null;
  /** Starts without a stop yet: how many stops it takes. */
  readonly starts: number | null;
  /** Executed since the start. */
  readonly instructions: number | null;
  readonly instructionsPerSecond: number | null;
  readonly crashes: number | null;
  readonly lastCrash: Crash | null;
}

/** Keys and values of a file with a pair a line. */
export const pairsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, key, value] = /^(\S+) (.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );

const SECOND = 1e6;

/** How much is executed is measured between two looks, `pause` between them. */
export async function statusOf(processor: Processor, pause: Promise<unknown>): Promise<ProcessorStatus> {
  const before = await ours(processor);
  await pause;
  const [name, state, firmware, now] = await Promise.all([
    lineOf(processor.file('name')),
    lineOf(processor.file('state')),
    lineOf(processor.file('firmware')),
    ours(processor),
  ]);
  const uptime = now('uptime_us');
  return {
    n: processor.n,
    name: name ?? null,
    state: state ?? null,
    firmware: firmware ?? null,
    uptime: uptime === null ? null : uptime / SECOND,
    starts: now('starts'),
    instructions: now('instructions'),
    instructionsPerSecond: uptime === null ? null : rate(before, now),
    crashes: now('crashes'),
    lastCrash: crashOf(now),
  };
}

/** The numbers of our own file, by key. Without the right to read it there are none. */
interface Values {
  (key: string): number | null;
  text(key: string): string | null;
}

async function ours(processor: Processor): Promise<Values> {
  const pairs = pairsOf((await textOf(processor.ours('status'))) ?? '');
  const number = (key: string): number | null => (pairs.has(key) ? Number(pairs.get(key)) : null);
  return Object.assign(number, { text: (key: string) => pairs.get(key) ?? null });
}

/** A processor that was started anew in between counts from its start. */
function rate(before: Values, now: Values): number | null {
  const [count, time] = [now('instructions'), now('time_us')];
  if (count === null || time === null) return null;
  const [earlier, then] = [before('instructions') ?? 0, before('time_us') ?? 0];
  const began = time - (now('uptime_us') ?? 0);
  const sinceStart = began > then || count < earlier;
  const [executed, passed] = sinceStart ? [count, time - began] : [count - earlier, time - then];
  return passed <= 0 ? null : Math.round((executed * SECOND) / passed);
}

function crashOf(now: Values): Crash | null {
  const [time, type] = [now('crash_time_us'), now.text('crash_type')];
  return time === null || type === null ? null : { time: time / SECOND, type, reason: now.text('crash_reason') };
}
