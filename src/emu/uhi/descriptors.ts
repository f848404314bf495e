import { closeSync, constants, fstatSync } from 'node:fs';
import { errnoNumber, UhiError } from './errno.js';
import type { FileRoot } from './file-root.js';

/** newlib's open flags; others are ignored, as O_BINARY says nothing here. */
const FLAG = { access: 3, append: 0x8, create: 0x200, truncate: 0x400, exclusive: 0x800 } as const;
const ACCESS = [constants.O_RDONLY, constants.O_WRONLY, constants.O_RDWR] as const;
const PERMISSIONS = 0o777;

/** Descriptors of one firmware, the standard streams among them. */
const MOST_DESCRIPTORS = 32;

const STREAMS: ReadonlyMap<string, number> = new Map([
  ['/dev/stdin', 0],
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
]);

export interface OpenFile {
  /** The host's descriptor. */
  readonly fd: number;
  readonly append: boolean;
  /** Of the next read or write. */
  position: number;
}

/** 0 is the input, 1 and 2 are the output. They are opened by their names only, and so never belong to a file. */
type Stream = 'input' | 'output';

const isFile = (entry: OpenFile | Stream): entry is OpenFile => typeof entry === 'object';

/** A firmware's open files. */
export class Descriptors {
  readonly #open = new Map<number, OpenFile | Stream>([
    [0, 'input'],
    [1, 'output'],
    [2, 'output'],
  ]);

  /** @param root Without it there are no files: EACCES. */
  constructor(private readonly root: FileRoot | undefined) {}

  get files(): FileRoot {
    if (this.root === undefined) throw new UhiError('EACCES');
    return this.root;
  }

  /** Throws UhiError, or the host's error. */
  open(path: string, flags: number, mode: number): number {
    const stream = STREAMS.get(path);
    if (stream !== undefined) {
      this.#open.set(stream, stream === 0 ? 'input' : 'output');
      return stream;
    }
    const access = ACCESS[flags & FLAG.access];
    if (access === undefined) throw new UhiError('EINVAL');
    const { files } = this;
    const number = this.#lowestFree();
    const append = (flags & FLAG.append) !== 0;
    const fd = files.open(path, {
      flags: access | (append ? constants.O_APPEND : 0) | ((flags & FLAG.truncate) !== 0 ? constants.O_TRUNC : 0),
      create: (flags & FLAG.create) !== 0,
      exclusive: (flags & FLAG.exclusive) !== 0,
      mode: mode & PERMISSIONS,
    });
    this.#open.set(number, { fd, append, position: 0 });
    return number;
  }

  close(number: number): void {
    const entry = this.get(number);
    this.#open.delete(number);
    if (isFile(entry)) closeSync(entry.fd);
  }

  /** Throws EBADF. */
  get(number: number): OpenFile | Stream {
    const entry = this.#open.get(number);
    if (entry === undefined) throw new UhiError('EBADF');
    return entry;
  }

  /** What has positions. Throws EBADF, ESPIPE. */
  file(number: number): OpenFile {
    const entry = this.get(number);
    if (!isFile(entry)) throw new UhiError('ESPIPE');
    return entry;
  }

  closeAll(): void {
    for (const number of [...this.#open.keys()])
      try {
        this.close(number);
      } catch (error) {
        // a late error of the host's disk: the firmware that could be told is gone; a defect is thrown on
        errnoNumber(error);
      }
  }

  #lowestFree(): number {
    for (let number = STREAMS.size; number < MOST_DESCRIPTORS; number++) if (!this.#open.has(number)) return number;
    throw new UhiError('EMFILE');
  }
}

/** Bytes of the file, which may change at any time. */
export const sizeOf = ({ fd }: OpenFile): number => fstatSync(fd).size;
