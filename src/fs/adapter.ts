import type { Directory } from './directory.js';

/** `unmount`: our own doing. `foreign`: somebody else unmounted it, or the kernel ended the connection. */
export type CloseReason = 'unmount' | 'foreign';

export interface MountedTree {
  readonly adapter: 'direct' | 'native';
  readonly mountpoint: string;
  /** Resolves once when nothing is served any more. */
  readonly closed: Promise<CloseReason>;
  /** Unmounts, also when files are open (docs/differences.md); does nothing when that has happened. */
  unmount(): Promise<void>;
}

/** Serves `root` on an empty directory; `name` is what /proc/mounts shows as the source. Throws MountError. */
export type Adapter = (root: Directory, mountpoint: string, name: string) => Promise<MountedTree>;
