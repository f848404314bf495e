/** Where this tool keeps what it fetched and compiled: below XDG_CACHE_HOME. It may be deleted at any time. */
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cacheDirectory = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'mips-rprocfs',
  'torture',
);

/** A directory in the cache, made when it is missing. */
export async function cached(...path: readonly string[]): Promise<string> {
  const directory = join(cacheDirectory, ...path);
  await mkdir(directory, { recursive: true });
  return directory;
}
