/** What a trial means. */
import type { Outcome } from './trial.js';

export interface Verdict extends Outcome {
  readonly result: 'passed' | 'failed' | 'skipped';
  /** Of a failure or a skip. */
  readonly reason: string;
}

/** Exit status of a script that says that it cannot be run here, as in automake and others. */
const SKIPPED = 77;

export function verdictOn(outcome: Outcome, timeout: number | undefined): Verdict {
  const { report, stdout, stderr } = outcome;
  const failed = (reason: string): Verdict => ({ ...outcome, result: 'failed', reason });
  if (report === undefined) return failed(`it could not be run: ${lastLine(stderr) ?? 'no reason given'}`);
  if (report.timedOut) return failed(`it took longer than ${timeout} s and was ended`);
  if (report.signal !== null) return failed(`it was ended by ${report.signal}`);
  if (report.status === SKIPPED)
    return { ...outcome, result: 'skipped', reason: lastLine(stdout) ?? lastLine(stderr) ?? 'it does not say why' };
  return report.status === 0 ? { ...outcome, result: 'passed', reason: '' } : failed(`exit status ${report.status}`);
}

const lastLine = (text: string): string | undefined =>
  text
    .split('\n')
    .findLast((line) => line.trim() !== '')
    ?.trim();
