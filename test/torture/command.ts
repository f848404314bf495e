/** Runs a program of the host. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Ended {
  /** Exit status, or what else ended it: a signal's name, `timeout`, or why it could not be started. */
  readonly status: number | string;
  readonly out: string;
  readonly err: string;
}

/** Never throws; `seconds` is how long it may take. */
export async function command(name: string, args: readonly string[], seconds = 120): Promise<Ended> {
  const timeout = AbortSignal.timeout(seconds * 1000);
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: timeout, killSignal: 'SIGKILL' });
  const status = new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(timeout.aborted ? 'timeout' : error.message));
    child.on('close', (code, signal) => resolve(timeout.aborted ? 'timeout' : (code ?? signal ?? 'unknown')));
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, out, err };
}

/** What it printed; throws when it failed. */
export async function output(name: string, args: readonly string[], seconds?: number): Promise<string> {
  const { status, out, err } = await command(name, args, seconds);
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${status}\n${err}`);
  return out;
}
