/** The FUSE kernel protocol: numbers and layouts of <linux/fuse.h>, version 7.38, little-endian hosts. */

export const FUSE_MAJOR = 7;
export const FUSE_MINOR = 38;

export const OPCODE = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  LISTXATTR: 23,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  CREATE: 35,
  INTERRUPT: 36,
  DESTROY: 38,
  IOCTL: 39,
  POLL: 40,
  BATCH_FORGET: 42,
  FALLOCATE: 43,
  RENAME2: 45,
  TMPFILE: 51,
} as const;

export const INIT_FLAG = {
  ASYNC_READ: 1 << 0,
  ATOMIC_O_TRUNC: 1 << 3,
  BIG_WRITES: 1 << 5,
  PARALLEL_DIROPS: 1 << 18,
  MAX_PAGES: 1 << 22,
  CACHE_SYMLINKS: 1 << 23,
} as const;

export const OPEN_REPLY = {
  DIRECT_IO: 1 << 0,
  NONSEEKABLE: 1 << 2,
  STREAM: 1 << 4,
  PARALLEL_DIRECT_WRITES: 1 << 6,
} as const;

export const SETATTR_VALID = {
  MODE: 1 << 0,
  UID: 1 << 1,
  GID: 1 << 2,
  SIZE: 1 << 3,
  ATIME: 1 << 4,
  MTIME: 1 << 5,
  ATIME_NOW: 1 << 7,
  MTIME_NOW: 1 << 8,
} as const;

export const IOCTL_ON_DIRECTORY = 1 << 4;
export const READ_LOCKOWNER = 1 << 1;
export const POLL_SCHEDULE_NOTIFY = 1 << 0;
const NOTIFY_POLL = 1;
const NOTIFY_INVAL_INODE = 2;

export const ROOT_ID = 1;

/** The most bytes of one WRITE, and of one READ. */
export const LONGEST_TRANSFER = 256 * 1024;
export const MAX_PAGES = LONGEST_TRANSFER / 4096;

const IN_HEADER = 40;
const OUT_HEADER = 16;
/** Room for one message: a WRITE has the longest. */
export const MESSAGE_ROOM = LONGEST_TRANSFER + 4096;

/** What the kernel asks. `body` is a view that is only valid until the handler returns. */
export interface Message {
  readonly opcode: number;
  readonly unique: number;
  readonly nodeid: number;
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  readonly body: Buffer;
}

/** A u64 that is known to stay below 2^53: handles, offsets, counters. */
export const u64 = (buffer: Buffer, offset: number): number =>
  buffer.readUInt32LE(offset) + buffer.readUInt32LE(offset + 4) * 0x1_0000_0000;

export function putU64(buffer: Buffer, value: number, offset: number): void {
  buffer.writeUInt32LE(value % 0x1_0000_0000, offset);
  buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), offset + 4);
}

/** The process that asks; 0: nobody does, as for RELEASE. */
export const callerOf = (message: Buffer): number => message.readUInt32LE(32);

export function decode(message: Buffer): Message {
  return {
    opcode: message.readUInt32LE(4),
    unique: u64(message, 8),
    nodeid: u64(message, 16),
    uid: message.readUInt32LE(24),
    gid: message.readUInt32LE(28),
    pid: callerOf(message),
    body: message.subarray(IN_HEADER, message.readUInt32LE(0)),
  };
}

/** A name that ends in NUL. */
export const cString = (buffer: Buffer): string => {
  const end = buffer.indexOf(0);
  return buffer.toString('utf8', 0, end < 0 ? buffer.length : end);
};

function frame(unique: number, error: number, payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(OUT_HEADER + payload.length);
  out.writeUInt32LE(out.length, 0);
  out.writeInt32LE(error, 4);
  putU64(out, unique, 8);
  out.set(payload, OUT_HEADER);
  return out;
}

export const NOTHING = new Uint8Array(0);

export const success = (unique: number, payload: Uint8Array): Buffer => frame(unique, 0, payload);

/** `errno` positive. */
export const failure = (unique: number, errno: number): Buffer => frame(unique, -errno, NOTHING);

/** Wakes the pollers of the file whose POLL request carried `kernelHandle`, 8 bytes. */
export const pollNotification = (kernelHandle: Uint8Array): Buffer => frame(0, NOTIFY_POLL, kernelHandle);

/** What stat(2) shows of a node is to be asked for again; pages that the kernel may hold stay as they are, so nothing waits. */
export function attributesChanged(nodeid: number): Buffer {
  const body = Buffer.alloc(24);
  putU64(body, nodeid, 0);
  body.writeBigInt64LE(-1n, 8);
  return frame(0, NOTIFY_INVAL_INODE, body);
}
