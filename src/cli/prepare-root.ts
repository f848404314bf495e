import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CommandError } from './command-error.js';
import { codeOf, mountOn } from '../fs/index.js';

/** Where firmware is looked up: an ordinary directory, which the user fills. */
export const FIRMWARE = 'lib/firmware';

/**
 * Creates what ROOT lacks: itself, ROOT/lib/firmware, and a mountpoint for each of `names`. Gives its path without links.
 * Throws CommandError.
 */
export async function prepareRoot(root: string, names: readonly string[]): Promise<string> {
  try {
    await makeDirectory(resolve(root));
    const path = await realpath(root);
    await makeDirectory(join(path, FIRMWARE));
    for (const name of names) {
      const mountpoint = join(path, name);
      // a dead mount answers no mkdir, not even to say that it exists
      if ((await mountOn(mountpoint)) === undefined) await makeDirectory(mountpoint);
    }
    return path;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = NO_ROOM.has(codeOf(error))
      ? 'make room on its disk, or name another directory'
      : 'name a directory that you may write';
    throw new CommandError(`${root} cannot be prepared (${reason}): ${advice}`, { cause: error });
  }
}

const NO_ROOM = new Set<unknown>(['ENOSPC', 'EDQUOT']);

/** At most, also with an umask of 0: who may put a firmware there decides what runs. */
const MODE = 0o755;

/** As `mkdir -p`, beside others that make the same. Node's own never ends where a file system answers ENOENT to every mkdir, as proc does. */
async function makeDirectory(path: string, mayLackParent = true): Promise<void> {
  try {
    await mkdir(path, MODE);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || !mayLackParent) throw error;
    await makeDirectory(dirname(path));
    await makeDirectory(path, false);
  }
}
