import { execFile } from 'node:child_process';
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MountError } from './mount-error.js';

const run = promisify(execFile);

/** One line of /proc/self/mountinfo (proc(5)). */
export interface Mount {
  readonly id: number;
  /** The mount that it is mounted in. */
  readonly parent: number;
  readonly mountpoint: string;
  readonly type: string;
  readonly source: string;
}

const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [before, after] = line.split(' - ', 2);
    const [id, parent, , , mountpoint] = before?.split(' ') ?? [];
    const [type, source] = after?.split(' ') ?? [];
    if (id === undefined || mountpoint === undefined || type === undefined || source === undefined) continue;
    mounts.push({
      id: Number(id),
      parent: Number(parent),
      mountpoint: unescaped(mountpoint),
      type,
      source: unescaped(source),
    });
  }
  return mounts;
}

/** All mounts that this process sees. The last one on a path covers the others. */
export const mounts = async (): Promise<Mount[]> => parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));

/** Those of them that a path leads to. What is mounted above the mountpoint of another one, in the same mount, hides it. */
export function reachable(all: readonly Mount[]): Mount[] {
  const byId = new Map(all.map((mount) => [mount.id, mount]));
  const within = (path: string, above: string): boolean =>
    path !== above && path.startsWith(above === '/' ? above : `${above}/`);
  const isHidden = ({ id, parent, mountpoint }: Mount): boolean => {
    const inside = byId.get(parent);
    return (
      all.some((other) => other.parent === parent && other.id !== parent && within(mountpoint, other.mountpoint)) ||
      (inside !== undefined && inside.id !== id && isHidden(inside))
    );
  };
  return all.filter((mount) => !isHidden(mount));
}

export const mountOn = async (path: string): Promise<Mount | undefined> =>
  (await mounts()).findLast(({ mountpoint }) => mountpoint === path);

/** The absolute path without links, without touching what may be mounted on its last component. */
export async function canonical(path: string): Promise<string> {
  const absolute = resolve(path);
  return absolute === '/' ? absolute : join(await realpath(dirname(absolute)), basename(absolute));
}

/** `closed`: this user may not look, so that nothing can be said of it. */
export type Health = 'alive' | 'stale' | 'hung' | 'closed';

/** Attributes tell whether one may look at it, but the kernel may have them; statfs(2) is always the server's to answer. */
const ASK = 'stat "$1" && stat -f "$1"';

/**
 * Whether a mount answers. A child asks, because a server that hangs would hang whoever asks; one that is being killed answers
 * when it is gone.
 */
export async function health(path: string): Promise<Health> {
  try {
    await run('timeout', ['-s', 'KILL', '3', 'sh', '-c', ASK, 'sh', path], { env: { ...process.env, LC_ALL: 'C' } });
    return 'alive';
  } catch (error) {
    const complaint: unknown = error instanceof Error ? Reflect.get(error, 'stderr') : undefined;
    if (typeof complaint !== 'string') return 'hung';
    if (/not connected|connection aborted/i.test(complaint)) return 'stale';
    return /permission denied/i.test(complaint) ? 'closed' : 'hung';
  }
}

/** The command that takes a dead mount away. */
const remedy = (path: string): string => (process.getuid?.() === 0 ? `umount -l ${path}` : `fusermount3 -uz ${path}`);

/** Throws MountError unless `path` is an empty directory with nothing mounted on it; gives its canonical form. */
export async function checkMountpoint(path: string): Promise<string> {
  const mountpoint = await canonical(path).catch((error: unknown) => {
    throw new MountError('bad-mountpoint', `${path}: there is no such directory: create it first`, { cause: error });
  });
  const present = await mountOn(mountpoint);
  if (present !== undefined) throw await occupied(mountpoint, present);
  // not a link either: where it leads is for whoever may write its directory to say, and mount(8) would follow
  const found = await lstat(mountpoint).catch((error: unknown) => {
    throw new MountError('bad-mountpoint', `${path}: there is no such directory: create it first`, { cause: error });
  });
  if (found.isSymbolicLink())
    throw new MountError('bad-mountpoint', `${path} is a symbolic link: name the directory itself`);
  if (!found.isDirectory()) throw new MountError('bad-mountpoint', `${path} is not a directory: name an empty one`);
  if ((await readdir(mountpoint)).length > 0)
    throw new MountError('bad-mountpoint', `${path} is not empty: name an empty directory`);
  return mountpoint;
}

async function occupied(path: string, { source, type }: Mount): Promise<MountError> {
  switch (await health(path)) {
    case 'alive':
    case 'closed':
      return new MountError(
        'busy',
        `${path} is already mounted (${source}, ${type}): unmount it first, \`umount ${path}\``,
      );
    case 'stale':
      return new MountError(
        'stale',
        `${path} is left over from a process that died (Transport endpoint is not connected): run \`${remedy(path)}\``,
      );
    case 'hung':
      return new MountError(
        'hung',
        `${path} is mounted by a process that does not answer: end it, then run \`${remedy(path)}\``,
      );
  }
}

type Execute = (command: string, args: readonly string[]) => Promise<unknown>;

/** Runs a command as nobody's child: no SIGCHLD comes when it has ended. Whatever it complains of is a failure. */
export async function runApart(command: string, args: readonly string[]): Promise<void> {
  const { stderr } = await run('sh', ['-c', '"$@" &', 'sh', command, ...args]);
  if (stderr.trim() !== '') throw new Error(stderr);
}

/** Takes the mount away even when it is busy or dead, or has just gone. Throws MountError with the tools' own words. */
export async function detach(mountpoint: string, execute: Execute = run): Promise<void> {
  const commands =
    process.getuid?.() === 0
      ? [['umount', '-l', '-i', mountpoint]]
      : [
          ['fusermount3', '-uz', mountpoint],
          ['fusermount', '-uz', mountpoint],
          ['umount', '-l', mountpoint],
        ];
  const complaints: string[] = [];
  for (const [command = '', ...args] of commands) {
    try {
      await execute(command, args);
      return;
    } catch (error) {
      complaints.push(error instanceof Error ? error.message.trim().replace(/\s+/g, ' ') : String(error));
    }
  }
  if ((await mountOn(mountpoint)) === undefined) return;
  throw new MountError('refused', `${mountpoint} could not be unmounted: ${complaints.join('; ')}`);
}
