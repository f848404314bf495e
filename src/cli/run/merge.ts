/**
 * What CMD sees of /sys and /dev: our files beside the host's, and in their place (docs/reference/fuse.md 7).
 *
 * A directory of ours that the host has, too, is bound over the host's. One that the host lacks needs a parent that shows
 * it: the parent is then ours, and each of the host's files in it is bound on a backdrop of the same name. So nothing of
 * the host is copied, and what comes and goes on our side does so by itself.
 */
import { lstatSync, readdirSync, readlinkSync, type Dirent } from 'node:fs';
import { attribute, codeOf, directory, symlink, type Directory, type Node } from '../../fs/index.js';
import { bind, bindIfThere, type MountLine } from './mount-line.js';
import { DEV, HOST_DEV, HOST_SYS, SYS } from './staging.js';

/** Paths of sysfs that are ours as a whole. */
const OURS = [
  '/bus/cpu',
  '/bus/rpmsg',
  '/bus/virtio',
  '/class/devcoredump',
  '/class/remoteproc',
  '/class/rpmsg',
  '/class/virtio-ports',
  '/devices/mips-rproc',
  '/devices/system/cpu',
  '/devices/virtual/devcoredump',
  '/kernel/debug/mips-rproc',
  '/kernel/debug/remoteproc',
  '/module/firmware_class/parameters/path',
];

/** Directories of sysfs in which ours come and go beside the host's. */
const SHARED = [
  '/bus/platform/devices',
  '/bus/platform/drivers',
  '/class/tty',
  '/dev/char',
  '/devices/platform',
  '/devices/virtual',
];

/** Names that Linux gives to devices of this kind: the host's own would be taken for ours. */
const OUR_DEVICE = /^(?:(?:remoteproc|rpmsg|rpmsg_ctrl|ttyRPMSG|hvc)\d+|vport\d+p\d+|kmsg)$/;

/** Mounts our tree in the host's /sys, and the host's files in that. Changes the tree: what is not ours leaves it. */
export function sysMounts(tree: Directory): MountLine[] {
  const present = OURS.filter((path) => find(tree, path) !== undefined);
  const wanted = [...present, ...SHARED];
  const merged = mergedDirectories(wanted);
  for (const path of merged) directoryAt(tree, path);
  const keep = new Set(wanted.flatMap((path) => [path, ...ancestors(path)]));
  const settled = new Set([...present, ...merged]);
  const inside = [...merged].flatMap((path) => {
    const own = directoryAt(tree, path);
    if (!SHARED.includes(path))
      for (const [name] of [...own.entries()]) if (!keep.has(`${path}/${name}`)) own.remove(name);
    return showHost(own, `/sys${path}`, HOST_SYS + path, `/sys${path}`, (name) => settled.has(`${path}/${name}`));
  });
  const tops = [...merged].filter((path) => !ancestors(path).some((above) => merged.has(above)));
  const replaced = present.filter((path) => !merged.has(parent(path)));
  return [
    bind('/sys', HOST_SYS),
    ...tops.map((path) => bind(SYS + path, `/sys${path}`)),
    ...inside,
    ...replaced.map((path) => bind(SYS + path, `/sys${path}`)),
  ];
}

/** Mounts the host's devices in our tree of /dev. */
export const devMounts = (tree: Directory): MountLine[] => showHost(tree, '/dev', HOST_DEV, DEV, () => false);

/** What is shared, the nearest directory above what the host lacks, and all between two of these. */
function mergedDirectories(wanted: readonly string[]): Set<string> {
  const merged = new Set<string>();
  for (const path of wanted)
    if (!exists(`/sys${path}`)) {
      const above = ancestors(path).find((directory) => exists(`/sys${directory}`));
      if (above !== undefined) merged.add(above);
    } else if (SHARED.includes(path)) merged.add(path);
  for (const path of [...merged]) {
    const above = ancestors(path);
    const nearest = above.findIndex((directory) => merged.has(directory));
    for (const between of above.slice(0, Math.max(nearest, 0))) merged.add(between);
  }
  return merged;
}

/**
 * Gives `own` a backdrop of what the host has at `path`, and tells how to mount that: from `source` to `target`. Names for
 * which `settled` is true are left alone.
 */
function showHost(
  own: Directory,
  path: string,
  source: string,
  target: string,
  settled: (name: string) => boolean,
): MountLine[] {
  const lines: MountLine[] = [];
  for (const entry of listed(path)) {
    const { name } = entry;
    const mine = own.get(name);
    if (settled(name) || (mine !== undefined && mine.kind !== 'directory') || OUR_DEVICE.test(name)) continue;
    if (mine === undefined) own.addBackdrop(name, backdrop(entry, `${path}/${name}`));
    if (!entry.isSymbolicLink()) lines.push(bindIfThere(`${source}/${name}`, `${target}/${name}`));
  }
  return lines;
}

function backdrop(entry: Dirent, path: string): Node {
  if (entry.isSymbolicLink()) return symlink(readlinkSync(path));
  return entry.isDirectory() ? directory(0o755) : attribute({ mode: 0o444, show: () => '' });
}

/** Nothing for a directory that may not be read, as debugfs to ordinary users. */
function listed(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'EACCES') return [];
    throw error;
  }
}

const exists = (path: string): boolean => {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
};

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** The directories above, the nearest first, without the root. */
const ancestors = (path: string): string[] => {
  const above = parent(path);
  return above === '' ? [] : [above, ...ancestors(above)];
};

const names = (path: string): string[] => path.split('/').slice(1);

const find = (tree: Directory, path: string): Node | undefined =>
  names(path).reduce<Node | undefined>((at, name) => (at?.kind === 'directory' ? at.get(name) : undefined), tree);

function directoryAt(tree: Directory, path: string): Directory {
  return names(path).reduce((at, name) => {
    const next = at.get(name) ?? at.add(name, directory(0o755));
    if (next.kind !== 'directory') throw new Error(`${path}: ${name} is not a directory`);
    return next;
  }, tree);
}
