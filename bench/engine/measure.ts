/** Runs one workload on one engine: the time of each pass by the host's clock, and the checksums. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { environment } from '../mounted.js';
import { Failure } from './failure.js';

/** However slow an engine: what takes longer hangs. */
const PATIENCE_MS = 600_000;

export interface Run {
  /** Milliseconds of each pass. */
  readonly passes: readonly number[];
  readonly checksums: readonly string[];
  /** What a pass does, in the workload's own unit. */
  readonly operations: number;
}

export async function measure(command: readonly string[]): Promise<Run> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const complaints = text(child.stderr);
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(String(code ?? signal)));
  });
  const passes: number[] = [];
  const checksums: string[] = [];
  const lines: string[] = [];
  let operations = 0;
  let began = NaN;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const now = performance.now();
    const [, word, value = ''] = /^(ready|pass) ([0-9a-f]{8})\r?$/.exec(line) ?? [];
    lines.push(line);
    if (word === 'ready') operations = parseInt(value, 16);
    if (word === 'pass') {
      passes.push(now - began);
      checksums.push(value);
    }
    began = now;
  });
  const status = await ended;
  if (status === '0' && lines.at(-1) === 'done' && passes.length > 0) return { passes, checksums, operations };
  const said = [...lines, await complaints].join('\n');
  throw new Failure(`${command.join(' ')} ended with ${status}:\n${said}`);
}
