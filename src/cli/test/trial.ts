/** One script on a machine of its own: `mips-rprocfs run`, in a process that ends with this one. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { boardArguments, type BoardChoice } from '../machine-options.js';
import { endsWithStarter, pipeTo } from '../run/starter.js';
import type { RunReport } from '../run/session.js';
import { tailOf } from './tail.js';

export interface TrialOptions extends BoardChoice {
  /** Seconds. */
  readonly timeout?: number;
}

export interface Outcome {
  readonly script: string;
  /** The ends of its standard output and error. */
  readonly stdout: string;
  readonly stderr: string;
  /** Seconds. */
  readonly duration: number;
  /** Undefined when the machine could not be made: stderr says why. */
  readonly report: RunReport | undefined;
}

export interface Trial {
  readonly outcome: Promise<Outcome>;
  /** Asks the script to end; when it does not, ends all that it has started. */
  end(): Promise<void>;
  /** Ends all of it at once. */
  abandon(): void;
}

/** How long a script may take to end after SIGTERM, ms. */
const GRACE = 2000;

export function startTrial(script: string, { timeout, ...choice }: TrialOptions): Trial {
  const [, program = ''] = process.argv;
  const limit = timeout === undefined ? [] : ['--timeout', String(timeout)];
  const run = [program, 'run', ...boardArguments(choice), ...limit, '--', ...commandOf(script)];
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [...process.execArgv, ...run],
    endsWithStarter(['ignore', 'pipe', 'pipe'], 'report'),
  );
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no pipes to a child');
  const [out, err] = [tailOf(stdout), tailOf(stderr)];
  const pipe = pipeTo(child);
  const told = text(pipe).catch(() => '');
  // also of the pipes, which everybody has open whom the script started
  const closed = once(child, 'close');
  const outcome = closed.then(async () => {
    const duration = (performance.now() - began) / 1000;
    return { script, stdout: out(), stderr: err(), duration, report: reportIn(await told) };
  });
  return {
    outcome,
    end: async () => {
      child.kill('SIGTERM');
      await Promise.race([closed, delay(GRACE, undefined, { ref: false })]);
      pipe.destroy();
      await closed;
    },
    abandon: () => void pipe.destroy(),
  };
}

/** A script that is no program is one of sh. */
function commandOf(script: string): string[] {
  const path = resolve(script);
  try {
    accessSync(path, constants.X_OK);
    return [path];
  } catch {
    return ['sh', path];
  }
}

function reportIn(told: string): RunReport | undefined {
  const value: unknown = told === '' ? undefined : JSON.parse(told);
  return isReport(value) ? value : undefined;
}

const isReport = (value: unknown): value is RunReport =>
  typeof value === 'object' && value !== null && 'timedOut' in value && 'log' in value && 'traces' in value;
