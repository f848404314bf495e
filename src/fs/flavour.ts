import { ALWAYS_READY, POLL } from './request.js';
import type { ErrnoName } from '../kernel/index.js';

/** PAGE_SIZE: the size of every attribute, and the most that one sysfs write hands over. */
export const PAGE_SIZE = 4096;

/** Where sysfs and debugfs differ: docs/reference/kernel-abi.md 0.2 and 0.3. */
export interface Flavour {
  readonly name: 'sysfs' | 'debugfs';
  /** In which a directory is listed: by a hash of the names, or the newest entry first. */
  readonly order: 'hash' | 'newest';
  /** open() refuses with EACCES, also to root, what the mode bits or the handlers do not offer. */
  readonly strictOpen: boolean;
  /** read() or write() without a handler, where open() let it through. */
  readonly missingHandler: ErrnoName;
  /** Using a descriptor of a node that has been removed. */
  readonly removed: ErrnoName;
  /** Opening a node that is removed between look-up and open. */
  readonly openRemoved: ErrnoName;
  /** Listing a directory that has been removed: it is empty, or an error. */
  readonly listRemoved: 'empty' | 'ENOENT';
  /** Longest value that one show() may give; the rest is cut. */
  readonly longestShow: number;
  /** Most bytes that one write(2), or one read(2) of a binary file, transfers. */
  readonly longestTransfer: number;
  /** poll() before the first read of the open file, and after the node was removed. */
  readonly unreadPoll: number;
  /** st_size of a binary file that names no size (docs/reference/fuse.md 3: 0 makes sendfile users see an empty file). */
  readonly binarySize: number;
}

export const FLAVOURS = {
  sysfs: {
    name: 'sysfs',
    order: 'hash',
    strictOpen: true,
    missingHandler: 'EIO',
    removed: 'ENODEV',
    openRemoved: 'ENODEV',
    listRemoved: 'empty',
    longestShow: PAGE_SIZE - 1,
    longestTransfer: PAGE_SIZE,
    unreadPoll: ALWAYS_READY | POLL.ERR | POLL.PRI,
    binarySize: 0,
  },
  debugfs: {
    name: 'debugfs',
    order: 'newest',
    strictOpen: false,
    missingHandler: 'EINVAL',
    removed: 'EIO',
    openRemoved: 'ENOENT',
    listRemoved: 'ENOENT',
    longestShow: Infinity,
    longestTransfer: Infinity,
    unreadPoll: ALWAYS_READY,
    binarySize: PAGE_SIZE,
  },
} as const satisfies Record<string, Flavour>;

export type FlavourName = keyof typeof FLAVOURS;
