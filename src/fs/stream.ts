import { Errno } from '../kernel/index.js';
import { Inode } from './inode.js';
import {
  ALWAYS_READY,
  noIoctl,
  type Awaitable,
  type Ioctl,
  type IoctlReply,
  type OpenFile,
  type OpenFlags,
  type Request,
  type StreamRequest,
} from './request.js';

/** What a driver does for one open file. A handler that is missing answers EINVAL (ioctl: ENOTTY). */
export interface StreamFile {
  /** The next data, at most `size` bytes; empty is end of file. May wait: heed `request.signal` and `request.nonblock`. */
  read?(size: number, request: StreamRequest): Awaitable<Uint8Array>;
  /** Returns how many bytes were taken. */
  write?(data: Uint8Array, request: StreamRequest): Awaitable<number>;
  /** POLL bits that are true now; `wake`, when given, is to be called once at the next change. */
  poll?(wake?: () => void): number;
  ioctl?(command: Ioctl, request: StreamRequest): Awaitable<IoctlReply>;
  /** The last descriptor is closed. */
  release?(): Awaitable<void>;
}

export interface StreamHandlers {
  /** Permission bits. */
  readonly mode: number;
  /** A node that has been removed since it was looked up is opened as well: what that gives is the driver's to say. */
  open(flags: OpenFlags, request: Request): Awaitable<StreamFile>;
}

/** A file without offsets, as a character device is; each open file has a life of its own. */
export class Stream extends Inode {
  readonly kind = 'stream';
  readonly size = 0;

  constructor(readonly handlers: StreamHandlers) {
    super(handlers.mode);
  }

  open(flags: OpenFlags, request: Request): Awaitable<OpenFile> {
    const file = this.handlers.open(flags, request);
    return file instanceof Promise ? file.then((late) => new OpenStream(late)) : new OpenStream(file);
  }
}

export const stream = (handlers: StreamHandlers): Stream => new Stream(handlers);

class OpenStream implements OpenFile {
  readonly seekable = false;

  constructor(private readonly file: StreamFile) {}

  read(_offset: number, size: number, request: StreamRequest): Awaitable<Uint8Array> {
    if (this.file.read === undefined) throw new Errno('EINVAL');
    return this.file.read(size, request);
  }

  write(_offset: number, data: Uint8Array, request: StreamRequest): Awaitable<number> {
    if (this.file.write === undefined) throw new Errno('EINVAL');
    return this.file.write(data, request);
  }

  poll(wake?: () => void): number {
    return this.file.poll === undefined ? ALWAYS_READY : this.file.poll(wake);
  }

  ioctl(command: Ioctl, request: StreamRequest): Awaitable<IoctlReply> {
    return this.file.ioctl === undefined ? noIoctl() : this.file.ioctl(command, request);
  }

  release(): Awaitable<void> {
    return this.file.release?.();
  }
}
