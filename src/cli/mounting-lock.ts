import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { codeOf } from '../fs/index.js';
import { CommandError } from './command-error.js';

/** Longest that another process may take to mount, s. */
const LONGEST_WAIT = 10;

/**
 * Does `mounting` while nobody else mounts at `root`: of two that begin at once the second one finds what the first has mounted,
 * and does not cover it. The lock is one of the directory itself, flock(2), and so ends with this process whatever happens to it.
 *
 * @throws CommandError
 */
export async function whileNobodyMounts<T>(root: string, mounting: () => Promise<T>): Promise<T> {
  const directory = await open(root, constants.O_RDONLY | constants.O_DIRECTORY).catch((error: unknown) => {
    throw new CommandError(`${root} cannot be opened (${String(codeOf(error))}): name a directory of your own`, {
      cause: error,
    });
  });
  try {
    // Node has no flock(2); flock(1) locks what is open, and that is ours
    const child = spawn('flock', ['-w', String(LONGEST_WAIT), '3'], {
      stdio: ['ignore', 'ignore', 'ignore', directory.fd],
    });
    const ended: unknown[] = await once(child, 'close').catch((error: unknown) => {
      throw new CommandError('flock(1) cannot be run: install util-linux', { cause: error });
    });
    if (ended[0] !== 0)
      throw new CommandError(`somebody else mounts at ${root}, or keeps its directory locked: try again`);
    return await mounting();
  } finally {
    await directory.close();
  }
}
