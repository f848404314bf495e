import { Errno } from '../kernel/index.js';
import type { Inode } from './inode.js';
import type { OpenFlags } from './request.js';

const ANY_READ = 0o444;
const ANY_WRITE = 0o222;

/**
 * What open() refuses beyond the permission check that the kernel does for us: sysfs wants a mode bit and a handler
 * for either direction, also of root (docs/reference/kernel-abi.md 0.2); debugfs lets everything through (0.3).
 */
export function checkOpen(node: Inode, flags: OpenFlags, offered: { read: boolean; write: boolean }): void {
  const { flavour, mode } = node;
  if (node.removed) throw new Errno(flavour.openRemoved);
  if (!flavour.strictOpen) return;
  if (flags.read && !(offered.read && mode & ANY_READ)) throw new Errno('EACCES');
  if (flags.write && !(offered.write && mode & ANY_WRITE)) throw new Errno('EACCES');
}
