import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { detach, mountOn } from '../../src/fs/index.js';
import { AS_USER } from '../support/environment.js';

/** The part of a test that cleans up; handlers run in reverse order. */
interface Test {
  teardown(clean: () => Promise<void>): void;
}

export interface Ran {
  readonly out: string;
  readonly err: string;
  /** Exit status; 124 when it did not end in time, and the signal's name when one ended it. */
  readonly status: number | string;
}

/** Runs a program that may touch a mount: in a process of its own, and never longer than a minute: what takes a second takes ten of them on a busy machine. */
export const run = (command: string, ...args: string[]): Promise<Ran> => runWithin(60, command, ...args);

/** For one that may take longer, seconds. */
export function runWithin(limit: number, command: string, ...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile('timeout', ['-k', '1', String(limit), ...AS_USER, command, ...args], (error, out, err) =>
      resolve({ out, err, status: error?.code ?? error?.signal ?? 0 }),
    );
  });
}

export const sh = (script: string, ...args: string[]): Promise<Ran> => run('sh', '-c', script, 'sh', ...args);

export const SERVER = fileURLToPath(new URL('server.js', import.meta.url));
const PROBE = fileURLToPath(new URL('probe.js', import.meta.url));

/** Runs the calls of probe.ts and gives its lines. */
export async function probe(...calls: string[]): Promise<string[]> {
  const { out } = await run(process.execPath, PROBE, ...calls);
  return out.trimEnd().split('\n');
}

/** The next lines of a child's output, one a call. */
export function lines(stream: Readable): () => Promise<string> {
  const iterator = createInterface({ input: stream })[Symbol.asyncIterator]();
  return async () => {
    const next = await iterator.next();
    return next.done === true ? '' : next.value;
  };
}

/** Whether other users may enter. */
type Others = readonly 'allow-other'[];

export interface Served {
  readonly path: string;
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** The server's next line. */
  readonly line: () => Promise<string>;
  readonly exited: Promise<unknown>;
}

export async function emptyDirectory(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'mips-rprocfs-'));
  t.teardown(async () => {
    while ((await mountOn(path)) !== undefined) await detach(path);
    await rmdir(path);
  });
  return path;
}

/** Starts test/fs/server.ts on `path`; it is gone, and so is its mount, when the test ends. */
export function startServer(t: Test, path: string, adapter: string, ...others: Others): Served {
  const child = spawn(process.execPath, [SERVER, path, adapter, ...others], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    if ((await mountOn(path)) !== undefined) await detach(path);
    child.kill('SIGKILL');
    await exited;
  });
  return { path, process: child, line: lines(child.stdout), exited };
}

/** A mounted sample tree. */
export async function serve(t: Test, adapter: string, ...others: Others): Promise<Served> {
  const served = startServer(t, await emptyDirectory(t), adapter, ...others);
  const said = await served.line();
  if (said !== 'ready') throw new Error(`the server said: ${said}`);
  return served;
}
