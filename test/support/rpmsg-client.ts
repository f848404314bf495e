/** Clients of rpmsg in C, compiled. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../fs/mounted.js';
import { installed } from './fixtures.js';
import { repository } from './repository.js';

/** Why there can't be one; false when there can. */
export const noClient = installed('cc') ? false : 'cc is not installed';

interface Test {
  teardown(clean: () => Promise<void>): void;
}

export const rpmsgClient = (t: Test): Promise<string> => compiled(t, 'bench/rpmsg-client.c');

/** A program that is gone with the test. */
export async function compiled(t: Test, source: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rpmsg-client-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const program = join(directory, 'program');
  const { status, err } = await run('cc', '-O2', '-o', program, join(repository, source));
  if (status !== 0) throw new Error(err);
  return program;
}
