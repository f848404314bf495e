/** The differences that are known, from the file expected-differences. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../support/repository.js';
import type { Case } from './scenario.js';
import type { Step } from './transcript.js';

interface Rule {
  /** Name of a scenario, with its variant or without: then for every variant. */
  readonly scenario: string;
  readonly reason: string;
}
interface StepRule extends Rule {
  readonly steps: ReadonlySet<number>;
}
interface LineRule extends Rule {
  readonly line: RegExp;
}

export interface Expectations {
  readonly steps: readonly StepRule[];
  readonly lines: readonly LineRule[];
}

const LINE_RULE = /^(\S+)\s+\/(.*)\/\s+(\S.*)$/;
const STEP_RULE = /^(\S+)\s+([\d,-]+)\s+(\S.*)$/;

/**
 * A line each: `SCENARIO STEPS REASON`, where STEPS are numbers such as `1,4-6`, for steps that differ; or
 * `SCENARIO /REGEXP/ REASON` for lines of any step that are not compared. `#` begins a comment.
 */
export function parseExpectations(text: string): Expectations {
  const [steps, lines]: [StepRule[], LineRule[]] = [[], []];
  for (const rule of text.split('\n').filter((line) => !/^\s*(?:#|$)/.test(line))) {
    const [, ofLines, pattern, why] = LINE_RULE.exec(rule) ?? [];
    const [, ofSteps, list, reason] = STEP_RULE.exec(rule) ?? [];
    if (ofLines !== undefined && pattern !== undefined && why !== undefined)
      lines.push({ scenario: ofLines, line: new RegExp(pattern), reason: why });
    else if (ofSteps !== undefined && list !== undefined && reason !== undefined)
      steps.push({ scenario: ofSteps, steps: new Set(list.split(',').flatMap(range)), reason });
    else throw new Error(`neither SCENARIO STEPS REASON nor SCENARIO /REGEXP/ REASON: ${rule}`);
  }
  return { steps, lines };
}

function range(text: string): number[] {
  const [first = 0, last = first] = text.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

export const knownDifferences = (): Expectations =>
  parseExpectations(readFileSync(join(repository, 'test/oracle/expected-differences'), 'utf8'));

const concerns = ({ scenario }: Rule, { id, name }: Case): boolean => scenario === id || scenario === name;

/** Why a step differs; undefined when it must not. */
export const reasonFor = ({ steps }: Expectations, which: Case, number: number): string | undefined =>
  steps.find((rule) => concerns(rule, which) && rule.steps.has(number))?.reason;

/** The steps without the lines that are not compared. */
export function compared({ lines }: Expectations, which: Case, steps: readonly Step[]): Step[] {
  const rules = lines.filter((rule) => concerns(rule, which));
  return steps.map((step) => ({
    ...step,
    lines: step.lines.filter((line) => !rules.some((rule) => rule.line.test(line))),
  }));
}
