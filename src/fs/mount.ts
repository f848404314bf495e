import type { Adapter, MountedTree, MountSettings } from './adapter.js';
import { mountDirect } from './direct/index.js';
import type { Directory } from './directory.js';
import { checkMountpoint } from './mountpoint.js';
import { mountNative } from './native/index.js';
import { mayMount } from './privilege.js';

const ADAPTERS = { direct: mountDirect, native: mountNative } as const satisfies Record<string, Adapter>;
export type AdapterName = keyof typeof ADAPTERS;

export interface MountOptions extends Partial<MountSettings> {
  /** `auto`, the default: direct for a process that may call mount(2), else native, which asks fusermount. */
  readonly adapter?: AdapterName | 'auto';
}

/** Mounts `root` on an empty directory and serves it until it is unmounted. Throws MountError. */
export async function mountTree(root: Directory, path: string, options: MountOptions = {}): Promise<MountedTree> {
  const { adapter = 'auto', name = 'mips-rprocfs', allowOther = false } = options;
  const mountpoint = await checkMountpoint(path);
  const chosen = adapter === 'auto' ? ((await mayMount()) ? 'direct' : 'native') : adapter;
  return ADAPTERS[chosen](root, mountpoint, { name, allowOther });
}
