import { Inode } from './inode.js';

/** A symbolic link; `target` is what readlink(2) gives. */
export class Symlink extends Inode {
  readonly kind = 'symlink';
  /** sysfs reports 0, not the length of the target. */
  readonly size = 0;

  constructor(readonly target: string) {
    super(0o777);
  }
}

export const symlink = (target: string): Symlink => new Symlink(target);

const components = (path: string): string[] => path.split('/').filter((name) => name !== '');

/**
 * The target that sysfs gives a link at `link` to `target`, both absolute paths in one tree: up to the deepest directory
 * that holds both, then down. The last name of the target is always spelled out
 * (`/devices/a/b/c/device` to `/devices/a` is `../../../a`, not `../..`).
 */
export function relativeTarget(link: string, target: string): string {
  const holder = components(link).slice(0, -1);
  const goal = components(target);
  const last = goal.length - 1;
  let shared = 0;
  while (shared < holder.length && shared < last && holder[shared] === goal[shared]) shared++;
  return [...holder.slice(shared).map(() => '..'), ...goal.slice(shared)].join('/');
}
