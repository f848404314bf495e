import { join } from 'node:path';
import { detach, health, mountOn } from '../fs/index.js';
import { servingProcess } from './mount-source.js';

/**
 * Takes away what a process that was killed has left at `names` in `path`: mounts of this program, which answer that nobody
 * serves them any more. What somebody serves, or somebody else mounted, stays. Gives the mountpoints.
 */
export async function clearLeftOver(path: string, names: readonly string[]): Promise<string[]> {
  const cleared: string[] = [];
  for (const mountpoint of names.map((name) => join(path, name)))
    while (await isLeftOver(mountpoint)) {
      await detach(mountpoint);
      cleared.push(mountpoint);
    }
  return cleared;
}

async function isLeftOver(mountpoint: string): Promise<boolean> {
  const present = await mountOn(mountpoint);
  const ours = present?.type.startsWith('fuse') === true && servingProcess(present.source) !== undefined;
  return ours && (await health(mountpoint)) === 'stale';
}
