/** What a probe found, and what most probes need: a command that is tried. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Names of members are the keys of `--json` (docs/commands.md). */
export interface Finding {
  readonly name: string;
  /** `limited`: neither `mount` nor `run` fails of it, for this user. */
  readonly result: 'ok' | 'limited' | 'not ok';
  readonly found: string;
  /** What to do about it; null where nothing has to be done. */
  readonly remedy: string | null;
}

/** Who asks, which decides what is needed. */
export interface Asker {
  /** Has CAP_SYS_ADMIN: may call mount(2). */
  readonly privileged: boolean;
}

export type Probe = (asker: Asker) => Promise<Finding>;

export const ok = (name: string, found: string): Finding => ({ name, result: 'ok', found, remedy: null });
export const limited = (name: string, found: string, remedy: string): Finding => ({
  name,
  result: 'limited',
  found,
  remedy,
});
export const notOk = (name: string, found: string, remedy: string): Finding => ({
  name,
  result: 'not ok',
  found,
  remedy,
});

/** Where no directory can be made for a trial. */
export const WRITABLE =
  'name a directory that you may write in TMPDIR; in a container whose root is read-only, give it `--tmpfs /tmp`';

/** Longer than anything that is tried takes, ms. */
const PATIENCE = 60_000;

const run = promisify(execFile);

/** Undefined when the command succeeded; else why it did not, on one line. */
export async function failureOf(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    await run(command, args, { env: { ...process.env, LC_ALL: 'C' }, timeout: PATIENCE, killSignal: 'SIGKILL' });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** On one line: what a command said, before anything else. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (Reflect.get(error, 'killed') === true) return `it took longer than ${PATIENCE / 1000} s`;
  const said: unknown = Reflect.get(error, 'stderr');
  const text = typeof said === 'string' && said.trim() !== '' ? said : error.message;
  return text.trim().replace(/\s*\n\s*/g, '; ');
}

/** This program again, with other arguments: as a user calls it. */
export const program = (...args: string[]): [string, ...string[]] => {
  const [, script = ''] = process.argv;
  return [process.execPath, ...process.execArgv, script, ...args];
};
