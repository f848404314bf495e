import { join } from 'node:path';
import { checkMountpoint, mountTree, type Directory, type MountedTree, type MountOptions } from '../fs/index.js';
import { clearLeftOver } from './left-over.js';
import { mountSource } from './mount-source.js';
import { whileNobodyMounts } from './mounting-lock.js';
import { prepareRoot } from './prepare-root.js';

/** What is mounted, and what stands behind it. */
export interface Composition {
  /** By name of the mountpoint in ROOT: `sys`, `dev`. Mounted in this order. */
  readonly trees: Readonly<Record<string, Directory>>;
  /** Stops what stands behind the trees; called once, when nothing is mounted any more. */
  close(): Promise<void>;
}

export interface ServeOptions extends Pick<MountOptions, 'adapter' | 'allowOther'> {
  /** Called when every mount can be used. */
  readonly ready?: () => void | Promise<void>;
  /** Called when it is about to end, before anything is unmounted. */
  readonly stopping?: () => void | Promise<void>;
}

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Mounts what `compose` makes below `root`, and serves it until SIGINT, SIGTERM or SIGHUP, or until somebody unmounts one
 * of the mounts; then unmounts the rest. What a server that was killed has left there is taken away first. `names` are the names of the trees that `compose` will give.
 * Throws CommandError or MountError when it could not be mounted; nothing is left mounted then.
 */
export async function serveRoot(
  root: string,
  names: readonly string[],
  compose: () => Promise<Composition>,
  { ready, stopping, ...options }: ServeOptions = {},
): Promise<void> {
  const path = await prepareRoot(root, names);
  await whileNobodyMounts(path, async () => {
    await clearLeftOver(path, names);
    for (const name of names) await checkMountpoint(join(path, name));
  });
  const composition = await compose();
  const mounted: MountedTree[] = [];
  const ending = endOfService();
  try {
    await whileNobodyMounts(path, async () => {
      for (const [name, tree] of Object.entries(composition.trees))
        mounted.push(await mountTree(tree, join(path, name), { ...options, name: mountSource(process.pid) }));
    });
    await ready?.();
    await Promise.race([ending.signal, ...mounted.map(({ closed }) => closed)]);
    await stopping?.();
  } finally {
    try {
      await unmountAll(mounted.reverse());
    } finally {
      await composition.close();
      ending.forget();
    }
  }
}

/** All of them, also when the system refuses one. */
async function unmountAll([first, ...others]: readonly MountedTree[]): Promise<void> {
  try {
    await first?.unmount();
  } finally {
    if (others.length > 0) await unmountAll(others);
  }
}

/** The first signal that asks the process to end. Later ones change nothing: the end is under way. */
function endOfService(): { signal: Promise<void>; forget: () => void } {
  let end = (): void => undefined;
  const signal = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (const name of ENDING_SIGNALS) process.on(name, end);
  return {
    signal,
    forget: () => {
      for (const name of ENDING_SIGNALS) process.off(name, end);
    },
  };
}
