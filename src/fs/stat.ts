import type { Inode } from './inode.js';
import type { Node } from './node.js';

/** S_IFMT bits. A stream is shown as a regular file: FUSE can only show real devices as devices. */
const FILE_TYPE = {
  directory: 0o040000,
  symlink: 0o120000,
  attribute: 0o100000,
  binary: 0o100000,
  stream: 0o100000,
} as const satisfies Record<Node['kind'], number>;

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

/** What mknod(2) of a file of this mode answers: docs/reference/kernel-abi.md 0.2. */
export function mknodRefusal(mode: number): 'EACCES' | 'EPERM' {
  const type = mode & S_IFMT;
  return type === S_IFREG || type === 0 ? 'EACCES' : 'EPERM';
}

export const BLOCK_SIZE = 4096;

/** What stat(2) shows. */
export interface Stat {
  readonly ino: number;
  /** File type and permission bits. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

export const fileType = (node: Node): number => FILE_TYPE[node.kind];

/** d_type of readdir(3). */
export const entryType = (node: Node): number => fileType(node) >> 12;

export function statOf(node: Node): Stat {
  const inode: Inode = node;
  return {
    ino: inode.ino,
    mode: fileType(node) | inode.mode,
    links: inode.links,
    uid: inode.uid,
    gid: inode.gid,
    size: node.kind === 'directory' ? 0 : node.size,
    atime: inode.atime,
    mtime: inode.mtime,
    ctime: inode.ctime,
  };
}
