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

export interface MountSettings {
  /** What /proc/mounts shows as the source. */
  readonly name: string;
  /** Others than the user who mounts may enter, and the modes of files decide. */
  readonly allowOther: boolean;
}

/** Serves `root` on an empty directory. Throws MountError. */
export type Adapter = (root: Directory, mountpoint: string, settings: MountSettings) => Promise<MountedTree>;
