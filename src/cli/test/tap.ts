/** The Test Anything Protocol, version 14, which readers of 13 understand. */
import { stringify } from 'yaml';
import type { Verdict } from './verdict.js';

export const plan = (count: number): string => `TAP version 14\n1..${count}\n`;

/** A description or a reason: on one line, and no directive. */
const escaped = (text: string): string => text.replace(/[\\#]/g, '\\$&').replace(/\s+/g, ' ');

export const bailOut = (reason: string): string => `Bail out! ${reason}\n`;

export function testPoint(verdict: Verdict, number: number): string {
  const { script, result, reason } = verdict;
  const point = `${result === 'failed' ? 'not ok' : 'ok'} ${number} - ${escaped(script)}`;
  if (result === 'skipped') return `${point} # SKIP ${escaped(reason)}\n`;
  return result === 'passed' ? `${point}\n` : `${point}\n${diagnostics(verdict)}`;
}

/** What happened, and what is left to find out why. */
function diagnostics({ reason, duration, stdout, stderr, report }: Verdict): string {
  const content = {
    message: reason,
    severity: 'fail',
    duration_ms: Math.round(duration * 1000),
    ...(report === undefined ? {} : { exit: report.status, signal: report.signal, timed_out: report.timedOut }),
    stdout,
    stderr,
    ...(report === undefined ? {} : { kernel_log: report.log.join('\n'), traces: report.traces }),
  };
  const lines = stringify(content, { lineWidth: 0, blockQuote: 'literal' }).trimEnd().split('\n');
  return ['---', ...lines, '...'].map((line) => (line === '' ? '\n' : `  ${line}\n`)).join('');
}
