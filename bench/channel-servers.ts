import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { here, Mounted } from './mounted.js';

/** A file, and the directory that it is also opened from by its name alone. */
export interface Place {
  readonly directory: string;
  readonly name: string;
}

/** One of the file systems that are compared. */
export interface Server {
  readonly name: string;
  /** An attribute that costs nothing to show. */
  readonly read: Place;
  /** One that takes its own value again. */
  readonly written: Place;
  /** Of the process that serves it, where there is one. */
  readonly pid?: string;
  end(): void;
}

const DEVICE = 'class/remoteproc/remoteproc0';
const POLL_MS = 20;
const nothing = (): void => undefined;

export function realSysfs(): Server {
  return {
    name: 'real sysfs',
    read: { directory: '/sys/class/net/lo', name: 'operstate' },
    written: { directory: '/sys/kernel/mm/ksm', name: 'pages_to_scan' },
    end: nothing,
  };
}

export function ours(adapter: 'direct' | 'native'): Server {
  const mounted = Mounted.mount(here('fixtures/out/le'), ['--fuse', adapter]);
  const directory = join(mounted.root, 'sys', DEVICE);
  return {
    name: adapter,
    read: { directory, name: 'state' },
    written: { directory, name: 'coredump' },
    pid: mounted.pid,
    end: () => mounted.end(),
  };
}

/** Compiles and mounts bench/channel-peer.c; gives it twice, as its file deep in the tree and as the one at its root. */
export async function peer(scratch: string): Promise<Server[]> {
  const binary = join(scratch, 'peer');
  execFileSync('cc', ['-O2', '-o', binary, here('bench/channel-peer.c'), ...libfuse()]);
  const mountpoint = join(scratch, 'mounted');
  mkdirSync(mountpoint);
  // in a group of its own: ^C would end it before it is to be unmounted
  const child = spawn(binary, ['-f', mountpoint], { stdio: 'inherit', detached: true });
  const exited = once(child, 'exit');
  while (!existsSync(join(mountpoint, 'hello')))
    await Promise.race([
      delay(POLL_MS),
      exited.then(() => {
        throw new Error('the peer of libfuse 3 did not mount');
      }),
    ]);
  const deep = { directory: join(mountpoint, DEVICE), name: 'state' };
  const shallow = { directory: mountpoint, name: 'hello' };
  const pid = String(child.pid);
  const end = (): void => void execFileSync('umount', [mountpoint]);
  return [
    { name: 'C libfuse3', read: deep, written: deep, pid, end },
    { name: 'C libfuse3 /hello', read: shallow, written: shallow, end: nothing },
  ];
}

function libfuse(): string[] {
  try {
    return execFileSync('pkg-config', ['--cflags', '--libs', 'fuse3'], { encoding: 'utf8', stdio: 'pipe' })
      .trim()
      .split(/\s+/);
  } catch {
    throw new Error('the comparison needs libfuse 3: install libfuse3-dev and pkg-config');
  }
}
