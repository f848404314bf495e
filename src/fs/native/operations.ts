import { Errno, ERRNO, type ErrnoName } from '../../kernel/index.js';
import type { Directory } from '../directory.js';
import { errnoNumber } from '../errors.js';
import type { Node } from '../node.js';
import { openFlags, type OpenFiles } from '../open-files.js';
import type { Awaitable, StreamRequest } from '../request.js';
import { BLOCK_SIZE, mknodRefusal, statOf } from '../stat.js';
import type { Answer, Operation } from './binding.js';

/** Longest that an operation may wait: fuse-native cannot be interrupted, so waiting ends by EINTR. */
export const LONGEST_WAIT = 30_000;

interface Success {
  readonly status: number;
  readonly value?: unknown;
  readonly more?: unknown;
}
const OK: Success = { status: 0 };

/** Follows a path that the kernel gave: no links, no dots. */
function find(root: Directory, path: string): Node {
  let node: Node = root;
  for (const name of path.split('/')) {
    if (name === '') continue;
    if (node.kind !== 'directory') throw new Errno('ENOTDIR');
    const child = node.get(name);
    if (child === undefined) throw new Errno('ENOENT');
    node = child;
  }
  return node;
}

/** What fuse-native takes for a struct stat. */
function nativeStat(node: Node): object {
  const { links, ...stat } = statOf(node);
  return { ...stat, nlink: links, blksize: BLOCK_SIZE, blocks: 0 };
}

/** fuse-native does not tell who asks, nor what for, and hears of no signal. */
function request(signal: AbortSignal): StreamRequest {
  return {
    caller: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, pid: 0 },
    signal,
    nonblock: false,
    paged: true,
  };
}

const refusal = (code: ErrnoName) => (): never => {
  throw new Errno(code);
};

const text = (value: unknown): string => {
  if (typeof value !== 'string') throw new Errno('EINVAL');
  return value;
};
const number = (value: unknown): number => {
  if (typeof value !== 'number') throw new Errno('EINVAL');
  return value;
};
const buffer = (value: unknown): Buffer => {
  if (!Buffer.isBuffer(value)) throw new Errno('EINVAL');
  return value;
};

type Implementation = (parameters: readonly unknown[], waiting: StreamRequest) => Awaitable<Success>;

/** The tree as the operations of fuse-native. Their parameters come from JavaScript without types and are checked. */
export function nativeOperations(root: Directory, files: OpenFiles): Record<string, Operation> {
  const node = (path: unknown) => find(root, text(path));
  const implementations: Record<string, Implementation> = {
    getattr: ([path]) => ({ status: 0, value: nativeStat(node(path)) }),
    fgetattr: ([path]) => ({ status: 0, value: nativeStat(node(path)) }),
    statfs: () => ({ status: 0, value: { bsize: BLOCK_SIZE, frsize: BLOCK_SIZE, namemax: 255 } }),
    readlink: ([path]) => {
      const link = node(path);
      if (link.kind !== 'symlink') throw new Errno('EINVAL');
      return { status: 0, value: link.target };
    },
    readdir: ([path]) => {
      const self = node(path);
      if (self.kind !== 'directory') throw new Errno('ENOTDIR');
      const entries: [string, Node][] = [['.', self], ['..', self.parent ?? self], ...self.listed()];
      return { status: 0, value: entries.map(([name]) => name), more: entries.map(([, entry]) => nativeStat(entry)) };
    },
    chmod: ([path, mode]) => {
      node(path).change({ mode: number(mode) & 0o7777 });
      return OK;
    },
    chown: ([path, uid, gid]) => {
      const [user, group] = [number(uid) | 0, number(gid) | 0];
      node(path).change({ ...(user >= 0 && { uid: user }), ...(group >= 0 && { gid: group }) });
      return OK;
    },
    utimens: ([path, atime, mtime]) => {
      node(path).change({ atime: number(atime), mtime: number(mtime) });
      return OK;
    },
    truncate: () => OK,
    ftruncate: () => OK,
    open: async ([path, bits], waiting) => {
      const target = node(path);
      if (target.kind === 'directory' || target.kind === 'symlink') throw new Errno('EISDIR');
      const flags = openFlags(number(bits));
      return { status: 0, value: files.add({ node: target, file: await target.open(flags, waiting), flags }) };
    },
    read: async ([, handle, into, size, offset], waiting) => {
      const { file, flags } = files.get(number(handle));
      const target = buffer(into);
      const room = Math.min(number(size), target.length);
      const data = await file.read(number(offset), room, { ...waiting, nonblock: flags.nonblock });
      if (waiting.signal.aborted) throw new Errno('EINTR');
      target.set(data.subarray(0, room));
      return { status: Math.min(data.length, room) };
    },
    write: async ([, handle, from, size, offset], waiting) => {
      const { file, flags } = files.get(number(handle));
      const data = Uint8Array.from(buffer(from).subarray(0, number(size)));
      const written = await file.write(number(offset), data, { ...waiting, nonblock: flags.nonblock });
      return { status: Math.min(written, data.length) };
    },
    release: async ([, handle]) => {
      await files.release(number(handle));
      return OK;
    },
    create: refusal('EACCES'),
    mknod: ([, mode]) => {
      throw new Errno(mknodRefusal(number(mode)));
    },
    mkdir: refusal('EPERM'),
    rmdir: refusal('EPERM'),
    unlink: refusal('EPERM'),
    rename: refusal('EPERM'),
    link: refusal('EPERM'),
    symlink: refusal('EPERM'),
  };
  return Object.fromEntries(
    Object.entries(implementations).map(([name, implementation]) => [name, answering(name, implementation)]),
  );
}

/** Turns an implementation into an operation that answers exactly once, whatever it throws. */
function answering(name: string, implementation: Implementation): Operation {
  return (...parameters) => {
    const answer = parameters.at(-1);
    if (!isAnswer(answer)) throw new Error(`${name}: fuse-native gave no callback`);
    void answerOnce(name, implementation, parameters, answer);
  };
}

const isAnswer = (value: unknown): value is Answer => typeof value === 'function';

async function answerOnce(
  name: string,
  implementation: Implementation,
  parameters: readonly unknown[],
  answer: Answer,
): Promise<void> {
  const waiting = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let answered = false;
  const once: Answer = (...values) => {
    if (answered) return;
    answered = true;
    clearTimeout(timer);
    answer(...values);
  };
  try {
    const result = implementation(parameters, request(waiting.signal));
    if (result instanceof Promise)
      timer = setTimeout(() => {
        waiting.abort(new Errno('EINTR'));
        once(-ERRNO.ETIMEDOUT);
      }, LONGEST_WAIT);
    const { status, value, more } = result instanceof Promise ? await result : result;
    once(status, value, more);
  } catch (error) {
    once(-errnoNumber(error, name, waiting.signal.aborted));
  }
}
