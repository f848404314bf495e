import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { CommandError } from '../command-error.js';
import { bailOut, plan, testPoint } from './tap.js';
import { startTrial, type Trial, type TrialOptions } from './trial.js';
import { verdictOn, type Verdict } from './verdict.js';

export interface SeriesOptions extends TrialOptions {
  /** How many run at once. */
  readonly jobs: number;
  /** Where JUnit's XML goes. */
  readonly junit?: string;
  /** Ends everything when it resolves: whoever started this process has gone. */
  readonly abandoned?: Promise<void> | undefined;
}

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type EndingSignal = (typeof ENDING_SIGNALS)[number] | 'SIGPIPE';
const SIGNALLED = 128;

/** Runs the scripts, and prints TAP. Gives the exit status: 0 when none failed, 1, or 128 + N when signal N ended it. */
export async function runSeries(
  scripts: readonly string[],
  { jobs, junit, abandoned, ...options }: SeriesOptions,
): Promise<number> {
  const running = new Set<Trial>();
  let endedBy: EndingSignal | undefined;
  const ended = (): EndingSignal | undefined => endedBy;
  const end = (signal: EndingSignal): void => {
    // asked again: at once
    if (endedBy !== undefined) for (const trial of running) trial.abandon();
    endedBy ??= signal;
    for (const trial of running) void trial.end();
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, end);
  process.stdout.on('error', () => end('SIGPIPE'));
  void abandoned?.then(() => {
    for (const trial of running) trial.abandon();
    end('SIGHUP');
  });

  const attempt = async (script: string): Promise<Verdict | undefined> => {
    if (ended() !== undefined) return undefined;
    const trial = startTrial(script, options);
    running.add(trial);
    const outcome = await trial.outcome;
    running.delete(trial);
    // what was ended with the series says nothing
    return ended() === undefined ? verdictOn(outcome, options.timeout) : undefined;
  };

  process.stdout.write(plan(scripts.length));
  const verdicts: Verdict[] = [];
  const printed = printer(verdicts);
  await inParallel(scripts.length, jobs, async (index) => printed(index, await attempt(scripts[index] ?? '')));

  const signal = ended();
  const reason = signal === undefined ? '' : `interrupted by ${signal}`;
  if (signal !== undefined) process.stdout.write(bailOut(reason));
  if (junit !== undefined) await writeJunit(junit, verdicts, { scripts: scripts.slice(verdicts.length), reason });
  if (signal !== undefined) return SIGNALLED + constants.signals[signal];
  return verdicts.some(({ result }) => result === 'failed') ? 1 : 0;
}

/** Prints verdicts in the order of their scripts, and keeps those that it has printed. */
function printer(verdicts: Verdict[]): (index: number, verdict: Verdict | undefined) => void {
  const waiting = new Map<number, Verdict>();
  return (index, verdict) => {
    if (verdict !== undefined) waiting.set(index, verdict);
    for (let next = waiting.get(verdicts.length); next !== undefined; next = waiting.get(verdicts.length)) {
      verdicts.push(next);
      process.stdout.write(testPoint(next, verdicts.length));
    }
  };
}

/** Calls `action` with 0, 1, … `count` - 1, so many at a time. */
async function inParallel(count: number, width: number, action: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await action(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}

/** Loaded only by those who want it. */
async function writeJunit(path: string, ...content: Parameters<typeof import('./junit.js').junitXml>): Promise<void> {
  const { junitXml } = await import('./junit.js');
  await writeFile(path, junitXml(...content)).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${path} cannot be written (${why}): name a file in a directory that you may write`, {
      cause: error,
    });
  });
}
