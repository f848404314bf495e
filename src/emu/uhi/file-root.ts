/**
 * Files below one directory, as if that were the root of all files: `..` of it is itself, and symbolic links are followed
 * within it. Node has no openat(2), but /proc/self/fd/N/NAME is one: each component is opened by itself, with O_NOFOLLOW,
 * relative to the descriptor of the directory before it, and what was opened is looked at through its own descriptor. So it
 * does not matter what others rename or replace in the meantime. `..` goes back to a descriptor that was held before.
 *
 * Only regular files are opened, and never one on another mount than the directory: devices and FIFOs could hold the core
 * up, and a file system that this very process serves would never answer.
 */
import { closeSync, constants, fstatSync, linkSync, openSync, readFileSync, readlinkSync, unlinkSync } from 'node:fs';
import { hasCode, UhiError } from './errno.js';

/** asm-generic/fcntl.h; Node does not name it. */
const O_PATH = 0o10000000;
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK } = constants;

const MOST_LINKS = 40;
/** Directories within each other; each takes a descriptor while a path is looked up. */
const MOST_DIRECTORIES = 64;
/** How often a file may come and go between two looks at it. */
const MOST_ATTEMPTS = 8;

const at = (directory: number, name: string): Buffer => Buffer.from(`/proc/self/fd/${directory}/${name}`, 'latin1');

const componentsOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

function mountOf(fd: number): string {
  const id = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
  if (id === undefined) throw new Error('/proc/self/fdinfo has no mnt_id');
  return id;
}

/** What `action` gives; undefined when the host refuses it with `code`. */
function unless<T>(code: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (hasCode(error, code)) return undefined;
    throw error;
  }
}

/** The target of a symbolic link; undefined for anything else, and for nothing. */
const linkAt = (directory: number, name: string): string | undefined =>
  unless('ENOENT', () => unless('EINVAL', () => readlinkSync(at(directory, name), 'buffer')))?.toString('latin1');

/** Opens a directory that a {@link FileRoot} can be made of, in any thread of this process. Throws the host's error. */
export function openDirectory(path: string): number {
  const fd = openSync(path, O_PATH | O_DIRECTORY);
  // without /proc nothing could be opened below it
  mountOf(fd);
  return fd;
}

export interface OpenHow {
  /** O_RDONLY, O_WRONLY or O_RDWR, O_APPEND and O_TRUNC of the host. */
  readonly flags: number;
  readonly create: boolean;
  readonly exclusive: boolean;
  /** Permissions of a new file. */
  readonly mode: number;
}

/** Where a path leads: a name in a directory, or a directory that has none, as the root. */
interface Place {
  /** Closed when the look-up ends. */
  readonly directory: number;
  readonly name: string | undefined;
}

export class FileRoot {
  readonly #mount: string;

  /** `fd` is a descriptor of the directory; whoever opened it closes it. */
  constructor(private readonly fd: number) {
    this.#mount = mountOf(fd);
  }

  /** A descriptor of a regular file. Throws UhiError, or the host's error. */
  open(path: string, how: OpenHow): number {
    const newOnly = how.create && how.exclusive;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const fd = this.#lookUp(path, !newOnly, ({ directory, name }) => {
        if (name === undefined) throw new UhiError('EISDIR');
        return this.#openExisting(directory, name, how) ?? this.#create(directory, name, how);
      });
      if (fd !== undefined) return fd;
    }
    throw new UhiError('EAGAIN');
  }

  /** Throws UhiError, or the host's error. */
  unlink(path: string): void {
    this.#lookUp(path, false, ({ directory, name }) => {
      if (name === undefined) throw new UhiError('EISDIR');
      unlinkSync(at(directory, name));
    });
  }

  /** A hard link. Throws UhiError, or the host's error. */
  link(existing: string, path: string): void {
    this.#lookUp(existing, false, (from) => {
      this.#lookUp(path, false, (to) => {
        if (from.name === undefined || to.name === undefined) throw new UhiError('EISDIR');
        linkSync(at(from.directory, from.name), at(to.directory, to.name));
      });
    });
  }

  /** Undefined when there is none. */
  #openExisting(directory: number, name: string, { flags, create, exclusive }: OpenHow): number | undefined {
    const found = unless('ENOENT', () => openSync(at(directory, name), O_PATH | O_NOFOLLOW));
    if (found === undefined) return undefined;
    try {
      if (create && exclusive) throw new UhiError('EEXIST');
      const status = fstatSync(found);
      if (!status.isFile()) throw new UhiError(status.isDirectory() ? 'EISDIR' : 'EACCES');
      this.#checkMount(found);
      // leads to the very file that was looked at
      return openSync(`/proc/self/fd/${found}`, flags | O_NONBLOCK | O_NOCTTY);
    } finally {
      closeSync(found);
    }
  }

  /** Undefined when somebody else has just created it. */
  #create(directory: number, name: string, { flags, create, mode }: OpenHow): number | undefined {
    if (!create) throw new UhiError('ENOENT');
    return unless('EEXIST', () => openSync(at(directory, name), flags | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  }

  #checkMount(fd: number): void {
    if (mountOf(fd) !== this.#mount) throw new UhiError('EXDEV');
  }

  /** `follow` says whether a symbolic link at the end of the path is followed too. */
  #lookUp<T>(path: string, follow: boolean, use: (place: Place) => T): T {
    if (path === '') throw new UhiError('ENOENT');
    const pending = componentsOf(path).reverse();
    /** What was gone through below the root. */
    const entered: number[] = [];
    const back = (): void => {
      const left = entered.pop();
      if (left !== undefined) closeSync(left);
    };
    try {
      for (let links = 0; ;) {
        const directory = entered.at(-1) ?? this.fd;
        const name = pending.pop();
        if (name === undefined) return use({ directory, name });
        if (name === '..') {
          back();
          continue;
        }
        const last = pending.length === 0;
        const target = !last || follow ? linkAt(directory, name) : undefined;
        if (target !== undefined) {
          if (++links > MOST_LINKS) throw new UhiError('ELOOP');
          if (target.startsWith('/')) while (entered.length > 0) back();
          pending.push(...componentsOf(target).reverse());
          continue;
        }
        if (last) return use({ directory, name });
        if (entered.length === MOST_DIRECTORIES) throw new UhiError('ENAMETOOLONG');
        const next = openSync(at(directory, name), O_PATH | O_DIRECTORY | O_NOFOLLOW);
        entered.push(next);
        this.#checkMount(next);
      }
    } finally {
      while (entered.length > 0) back();
    }
  }
}
