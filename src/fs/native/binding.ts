import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { MountError } from '../mount-error.js';

/** fuse-native answers by callback: a negative errno, 0, or a count; then what the operation gives. */
export type Answer = (status: number, value?: unknown, more?: unknown) => void;

/** An operation of fuse-native: its parameters, the last of which is the Answer. */
export type Operation = (...parameters: readonly unknown[]) => void;

export interface FuseSession {
  mount(done: (error?: Error | null) => void): void;
  unmount(done: (error?: Error | null) => void): void;
}

/** The class that fuse-native exports. */
export type FuseClass = new (
  mountpoint: string,
  operations: Readonly<Record<string, Operation>>,
  options: { readonly timeout: number },
) => FuseSession;

const require = createRequire(import.meta.url);

function isFuseClass(value: unknown): value is FuseClass {
  if (typeof value !== 'function') return false;
  const prototype: unknown = value.prototype;
  if (typeof prototype !== 'object' || prototype === null) return false;
  return ['mount', 'unmount', '_fuseOptions'].every((name) => typeof Reflect.get(prototype, name) === 'function');
}

/** RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE: without the last, Node unloads what does not register as an addon. */
const PRELOAD = 2 | 0x100 | 0x1000;

/** True when the library was found. Node complains in any case, because a library is no addon. */
function preload(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library, PRELOAD);
    return true;
  } catch (error) {
    return error instanceof Error && error.message.includes('self-register');
  }
}

/** The libfuse.so.2 that comes with fuse-native's dependency, for a system that has none. */
function packagedLibrary(): string | undefined {
  const shared: unknown = createRequire(require.resolve('fuse-native'))('fuse-shared-library');
  const library: unknown = typeof shared === 'object' && shared !== null ? Reflect.get(shared, 'lib') : undefined;
  if (typeof library !== 'string') return undefined;
  accessSync(library, constants.R_OK);
  return library;
}

export interface LoadedFuse {
  readonly Fuse: FuseClass;
  /** Whose libfuse 2 it uses. */
  readonly library: 'system' | 'packaged';
}

/** Loads fuse-native with the system's libfuse 2, or else the packaged one (docs/reference/fuse.md 1). Throws MountError. */
export function loadFuse(): LoadedFuse {
  try {
    const ofSystem = preload('libfuse.so.2');
    if (!ofSystem) {
      const packaged = packagedLibrary();
      if (packaged === undefined || !preload(packaged)) throw new Error('libfuse.so.2 was not found');
    }
    const loaded: unknown = require('fuse-native');
    if (isFuseClass(loaded)) return { Fuse: loaded, library: ofSystem ? 'system' : 'packaged' };
    throw new Error('the package fuse-native has another shape than version 2.2.6');
  } catch (error) {
    throw libraryError(error);
  }
}

/** The processor, in the words of process.arch, that fuse-native brings a binary for. */
const PREBUILT_FOR = 'x64';

/** fuse-native could not be loaded on a processor of the kind `architecture`. */
export function libraryError(error: unknown, architecture: string = process.arch): MountError {
  const reason = error instanceof Error ? error.message.split('\n', 1).join() : String(error);
  const message =
    architecture === PREBUILT_FOR
      ? `fuse-native cannot be loaded (${reason}): install libfuse2 and the npm package fuse-native, or mount with the direct adapter as root`
      : `fuse-native, which has no binary for ${architecture}, cannot be loaded (${reason}): use \`run\`, or mount with the direct adapter as root`;
  return new MountError('no-library', message, { cause: error });
}
