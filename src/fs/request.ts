import { Errno } from '../kernel/index.js';

/** The process that made a system call. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
}

/** One operation of one caller. */
export interface Request {
  readonly caller: Caller;
  /** Aborted with an `Errno('EINTR')` when the caller is interrupted by a signal (direct adapter only). */
  readonly signal: AbortSignal;
}

/** A request on a stream: O_NONBLOCK is a property of the open file that fcntl() can change between calls. */
export interface StreamRequest extends Request {
  readonly nonblock: boolean;
  /**
   * The kernel reads pages, for sendfile(2) or mmap(2), and takes less than it asks for as the end of the file. Where an
   * adapter can't tell, it says so of every read.
   */
  readonly paged?: boolean;
}

/** How a file is opened. */
export interface OpenFlags {
  readonly read: boolean;
  readonly write: boolean;
  readonly nonblock: boolean;
}

export type Awaitable<T> = T | Promise<T>;

/** A string is encoded as UTF-8. */
export type Content = string | Uint8Array;

export const bytesOf = (content: Content): Uint8Array => (typeof content === 'string' ? Buffer.from(content) : content);

/** poll(2) event bits (asm-generic). */
export const POLL = { IN: 0x1, PRI: 0x2, OUT: 0x4, ERR: 0x8, HUP: 0x10, RDNORM: 0x40, WRNORM: 0x100 } as const;

/** What the kernel answers for a file without a poll operation (DEFAULT_POLLMASK). */
export const ALWAYS_READY = POLL.IN | POLL.OUT | POLL.RDNORM | POLL.WRNORM;

export interface Ioctl {
  readonly command: number;
  /** The third argument of ioctl(2) itself. */
  readonly argument: bigint;
  /** What it points to, when the command's encoding says that it is written (_IOW). */
  readonly input: Uint8Array;
  /** How many bytes the command's encoding lets come back (_IOR). */
  readonly outputSize: number;
}

export interface IoctlReply {
  /** What ioctl(2) returns, 0 or positive. */
  readonly result: number;
  readonly output?: Uint8Array;
}

/** One open file, whatever its node. Operations throw `Errno`. */
export interface OpenFile {
  /** False: no lseek(), every read and write is the next one. */
  readonly seekable: boolean;
  read(offset: number, size: number, request: StreamRequest): Awaitable<Uint8Array>;
  /** Returns how many bytes were taken. */
  write(offset: number, data: Uint8Array, request: StreamRequest): Awaitable<number>;
  /** POLL bits that are true now; `wake` is called at the next change, once. */
  poll(wake?: () => void): number;
  ioctl(command: Ioctl, request: StreamRequest): Awaitable<IoctlReply>;
  release(): Awaitable<void>;
}

/** The answer of every file that has no ioctl of its own. */
export const noIoctl = (): never => {
  throw new Errno('ENOTTY');
};
