/** bench/rpmsg-client.c, compiled. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../fs/mounted.js';
import { installed } from './fixtures.js';
import { repository } from './repository.js';

/** Why there can't be one; false when there can. */
export const noClient = installed('cc') ? false : 'cc is not installed';

export async function rpmsgClient(t: { teardown(clean: () => Promise<void>): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rpmsg-client-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const client = join(directory, 'rpmsg-client');
  const { status, err } = await run('cc', '-O2', '-o', client, join(repository, 'bench/rpmsg-client.c'));
  if (status !== 0) throw new Error(err);
  return client;
}
