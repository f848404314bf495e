/** /lib/firmware in the namespace: what CMD puts there, over the directories that the user named, over the host's. */
import { existsSync, realpathSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { codeOf } from '../../fs/index.js';
import { bind, type MountLine } from './mount-line.js';
import { HOST_DEV, layer, SKELETON, UPPER, WORK } from './staging.js';

export const FIRMWARE = '/lib/firmware';

export function firmwareMounts(directories: readonly string[]): MountLine[] {
  const layers = directories.map((_, index) => layer(index));
  const there = existsSync(FIRMWARE);
  // a directory cannot be made on the host: a skeleton of its parent has it
  const skeleton = {
    source: 'mips-rprocfs',
    target: realpathSync('/lib'),
    type: 'overlay',
    options: `lowerdir=${SKELETON}:${realpathSync('/lib')}`,
  };
  return [
    ...directories.map((directory, index) => bind(hostPath(directory), layer(index))),
    ...(there ? [] : [skeleton]),
    {
      source: 'mips-rprocfs',
      target: FIRMWARE,
      type: 'overlay',
      options: `lowerdir=${[...layers, there ? FIRMWARE : `${SKELETON}/firmware`].join(':')},upperdir=${UPPER},workdir=${WORK}`,
    },
  ];
}

/** Where a path of the host is found while the staging area covers its /dev. */
function hostPath(path: string): string {
  const real = realpathSync(path);
  return real === '/dev' || real.startsWith('/dev/') ? HOST_DEV + real.slice('/dev'.length) : real;
}

/** What the loader is told about where files lie. */
export interface FirmwarePlaces {
  /** The root directory of the namespace, and {@link UPPER}, as paths of this process. */
  readonly root: string;
  readonly upper: string;
  readonly directories: readonly string[];
}

/**
 * Where the file at a path of the namespace lies. What the user's directories hold is looked up in themselves: the overlay,
 * through which CMD sees them, may go on showing a file that was replaced meanwhile, by a compiler for example.
 */
export async function locate(path: Buffer, { root, upper, directories }: FirmwarePlaces): Promise<Buffer> {
  const inNamespace = Buffer.concat([Buffer.from(root), path]);
  const prefix = Buffer.from(`${FIRMWARE}/`);
  if (!path.subarray(0, prefix.length).equals(prefix)) return inNamespace;
  const name = path.subarray(prefix.length - 1);
  if (await has(upper, name)) return inNamespace;
  for (const directory of directories)
    if (await has(directory, name)) return Buffer.concat([Buffer.from(directory), name]);
  return inNamespace;
}

/** Also true for a file that CMD removed: of that, the upper directory has a whiteout, a device. */
async function has(directory: string, name: Buffer): Promise<boolean> {
  try {
    await lstat(Buffer.concat([Buffer.from(directory), name]));
    return true;
  } catch (error) {
    // ENOTDIR: its directory was removed
    return codeOf(error) === 'ENOTDIR';
  }
}
