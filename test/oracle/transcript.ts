/** Transcripts of scenarios (README.md), and where two of them differ. */

export interface Step {
  readonly number: number;
  readonly command: string;
  /** Everything that it printed, as the transcript has it. */
  readonly lines: readonly string[];
}

const STEP = /^\[(\d+)\] \$ (.*)$/;
/** Headings and what was set up say where a step is, and nothing of what it does. */
const ASIDE = /^(?:## .*|# .*|\(.*\)|\s*)$/;

export function parseTranscript(text: string): Step[] {
  const steps: { number: number; command: string; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const [, number, command] = STEP.exec(line) ?? [];
    if (number !== undefined && command !== undefined) steps.push({ number: Number(number), command, lines: [] });
    else if (!ASIDE.test(line)) steps.at(-1)?.lines.push(line);
  }
  return steps;
}

export interface Difference {
  readonly wanted: Step;
  /** Missing when the scenario did not get that far. */
  readonly found: Step | undefined;
}

/** Steps of `wanted` that `found` does not have alike, by their numbers. */
export function differences(wanted: readonly Step[], found: readonly Step[]): Difference[] {
  const byNumber = new Map(found.map((step) => [step.number, step]));
  return wanted
    .map((step) => ({ wanted: step, found: byNumber.get(step.number) }))
    .filter(({ wanted: step, found: other }) => textOf(step) !== (other && textOf(other)));
}

const textOf = ({ command, lines }: Step): string => [command, ...lines].join('\n');

/** Both sides of a difference: what only one of them says is marked - (wanted) or + (found). */
export function describe({ wanted, found }: Difference): string[] {
  const title = `[${String(wanted.number).padStart(4, '0')}] $ ${wanted.command}`;
  if (found === undefined) return [title, '  it was not reached'];
  const ours = found.command === wanted.command ? found.lines : [`$ ${found.command}`, ...found.lines];
  return [title, ...alignment(wanted.lines, ours)];
}

/** Longest common subsequence; steps are short. */
function alignment(wanted: readonly string[], found: readonly string[]): string[] {
  const lengths = Array.from({ length: wanted.length + 1 }, () => Array<number>(found.length + 1).fill(0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = wanted.length - 1; i >= 0; i--)
    for (let j = found.length - 1; j >= 0; j--)
      (lengths[i] ?? [])[j] = wanted[i] === found[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const shown: string[] = [];
  let [i, j] = [0, 0];
  while (i < wanted.length || j < found.length) {
    if (i < wanted.length && j < found.length && wanted[i] === found[j]) {
      shown.push(` ${wanted[i]}`);
      i++;
      j++;
    } else if (i < wanted.length && (j === found.length || at(i + 1, j) >= at(i, j + 1))) shown.push(`-${wanted[i++]}`);
    else shown.push(`+${found[j++]}`);
  }
  return shown;
}
