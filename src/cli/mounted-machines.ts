/** The machines that are mounted here, whoever serves them; seen as a client sees them, through the mounts. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { mounts } from '../fs/index.js';
import { servingProcess } from './mount-source.js';

export interface MountedMachine {
  /** Absolute, without links. */
  readonly root: string;
  /** The process that serves it. */
  readonly pid: number;
}

/** In the order in which they were mounted. One that answers no more is among them. */
export async function mountedMachines(): Promise<MountedMachine[]> {
  const found = new Map<string, MountedMachine>();
  for (const { mountpoint, type, source } of await mounts()) {
    const pid = type.startsWith('fuse') ? servingProcess(source) : undefined;
    if (pid === undefined || basename(mountpoint) !== 'sys') continue;
    const root = dirname(mountpoint);
    found.set(root, { root, pid });
  }
  return [...found.values()];
}

export const CLASS = 'sys/class/remoteproc';

/** The numbers N of remoteprocN, in order. */
export async function processorNumbers(root: string): Promise<number[]> {
  const names = await readdir(join(root, CLASS));
  return names
    .flatMap((name) => /^remoteproc(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** What a file of one line says. */
export const line = async (path: string): Promise<string> => (await readFile(path, 'latin1')).replace(/\n$/, '');
