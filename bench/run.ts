/**
 * What `run -- CMD` costs beside CMD alone: time until CMD's first instruction, until all has ended, and processor time of
 * all that ran; in turns with what is a part of it. `node dist/bench/run.js [--rounds N]`
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { here } from './mounted.js';
import { median } from './statistics.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const program = here('bin/mips-rprocfs');

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'date, alone': ['date', '+%s%N'],
  'node -e 0': [process.execPath, '-e', '0'],
  'mips-rprocfs --version': [process.execPath, program, '--version'],
  'run -- date': [process.execPath, program, 'run', '--', 'date', '+%s%N'],
};

interface Cost {
  /** Milliseconds; NaN where the command does not say when it began. */
  readonly first: number;
  readonly elapsed: number;
  readonly processor: number;
}

/** `0m1.234s` of times(1p), in milliseconds. */
const milliseconds = (text = ''): number => {
  const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(text) ?? [];
  return (Number(minutes) * 60 + Number(seconds)) * 1000;
};

function cost(command: readonly string[]): Cost {
  const began = Date.now();
  const lines = execFileSync('sh', ['-c', '"$@"; times', 'sh', ...command], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const elapsed = Date.now() - began;
  const [user, system] = lines.at(-1)?.split(' ') ?? [];
  const said = lines.length > 2 ? Number(lines[0]) / 1e6 : NaN;
  return { first: said - began, elapsed, processor: milliseconds(user) + milliseconds(system) };
}

const names = Object.keys(COMMANDS);
const rounds = Array.from({ length: Number(values.rounds) }, () => Object.values(COMMANDS).map(cost));
names.forEach((name, index) => {
  const over = (of: (cost: Cost) => number): string =>
    median(rounds.flatMap(({ [index]: cost }) => (cost === undefined ? [] : [of(cost)])))
      .toFixed(0)
      .padStart(5);
  const first = over(({ first }) => first);
  console.log(
    `${name.padEnd(24)} first instruction ${first.includes('NaN') ? '    -' : first} ms, ` +
      `all ${over(({ elapsed }) => elapsed)} ms, processor time ${over(({ processor }) => processor)} ms`,
  );
});
