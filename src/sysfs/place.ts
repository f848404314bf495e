import { directory, relativeTarget, symlink, type Directory, type Node, type Symlink } from '../fs/index.js';

const split = (path: string): string[] => path.split('/').filter((name) => name !== '');

/** The directory at an absolute path of the tree, made where it is missing. */
export function directoryAt(root: Directory, path: string): Directory {
  let at = root;
  for (const name of split(path)) {
    const next = at.get(name) ?? at.add(name, directory(0o755));
    if (next.kind !== 'directory') throw new Error(`${path}: ${name} is not a directory`);
    at = next;
  }
  return at;
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export function place(root: Directory, path: string, node: Node): void {
  directoryAt(root, parentOf(path)).add(nameOf(path), node);
}

/** The directory at a path, if there is one. */
function find(root: Directory, path: string): Directory | undefined {
  return split(path).reduce<Directory | undefined>((at, name) => {
    const next = at?.get(name);
    return next?.kind === 'directory' ? next : undefined;
  }, root);
}

/** Removes what stands at a path; nothing when its directory went before it. */
export function unplace(root: Directory, path: string): void {
  find(root, parentOf(path))?.remove(nameOf(path));
}

/** As {@link unplace}; the directory that held it goes with its last entry, as the glue directory of a class does. */
export function unplaceWithGlue(root: Directory, path: string): void {
  const glue = parentOf(path);
  unplace(root, path);
  if (find(root, glue)?.entries().next().done === true) unplace(root, glue);
}

/** A link, spelled as sysfs spells it. */
export const linkTo = (link: string, target: string): Symlink => symlink(relativeTarget(link, target));
