import { compared, reasonFor, type Expectations } from './expected.js';
import { runCase, wantedTranscript, type Case, type Oracle } from './scenario.js';
import { differences, parseTranscript, type Difference, type Step } from './transcript.js';

/** Reasons of steps that may be equal: where the host is heard. */
const UNSURE = /^may differ/;

export interface Verdict {
  /** What this program gave. */
  readonly transcript: string;
  /** Steps that had to be equal. */
  readonly total: number;
  readonly unexpected: readonly Difference[];
  readonly expected: readonly Difference[];
  /** Steps that are listed as different, and are not: the list is to be shortened. */
  readonly stale: readonly number[];
}

/** Runs a scenario and compares it with the kernel's transcript. */
export async function judge(
  oracle: Oracle,
  which: Case,
  known: Expectations,
  probe: string,
  signal: AbortSignal,
): Promise<Verdict> {
  const wanted = parseTranscript(await wantedTranscript(oracle, which));
  const transcript = await runCase(oracle, which, probe, signal);
  const prepare = (text: string) => compared(known, which, parseTranscript(text));
  const found = differences(compared(known, which, wanted), prepare(transcript));
  const isExpected = ({ wanted: { number } }: Difference): boolean => reasonFor(known, which, number) !== undefined;
  const expected = found.filter(isExpected);
  const differ = new Set(expected.map(({ wanted: step }) => step.number));
  const isStale = ({ number }: Step): boolean => {
    const reason = reasonFor(known, which, number);
    return reason !== undefined && !UNSURE.test(reason) && !differ.has(number);
  };
  const stale = wanted.filter(isStale).map(({ number }) => number);
  const total = wanted.filter(({ number }) => reasonFor(known, which, number) === undefined).length;
  return { transcript, total, expected, stale, unexpected: found.filter((difference) => !isExpected(difference)) };
}
