import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../support/repository.js';

/** Steps of a scenario that are known to differ, and why. */
interface Expectation {
  readonly scenario: string;
  readonly steps: ReadonlySet<number>;
  readonly reason: string;
}

const LINE = /^(\S+)\s+([\d,-]+)\s+(\S.*)$/;

/** `SCENARIO STEPS REASON` a line; STEPS as in `1,4-6`; `#` begins a comment. */
export function parseExpectations(text: string): Expectation[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .map((line) => {
      const [, scenario, steps, reason] = LINE.exec(line) ?? [];
      if (scenario === undefined || steps === undefined || reason === undefined)
        throw new Error(`not SCENARIO STEPS REASON: ${line}`);
      return { scenario, steps: new Set(steps.split(',').flatMap(range)), reason };
    });
}

function range(text: string): number[] {
  const [first = 0, last = first] = text.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const all = parseExpectations(readFileSync(join(repository, 'test/oracle/expected-differences'), 'utf8'));

/** Why a step differs; undefined when it must not. */
export const reasonFor = (scenario: string, step: number): string | undefined =>
  all.find((expectation) => expectation.scenario === scenario && expectation.steps.has(step))?.reason;
