import { BLOCK_SIZE, type Stat } from '../stat.js';
import { FUSE_MAJOR, FUSE_MINOR, INIT_FLAG, LONGEST_TRANSFER, MAX_PAGES, putU64 } from './protocol.js';

/** The structures of <linux/fuse.h> that are sent. Every time-to-live is 0: the tree changes without the kernel knowing. */

function putAttr(buffer: Buffer, stat: Stat, at: number): void {
  putU64(buffer, stat.ino, at);
  putU64(buffer, stat.size, at + 8);
  [stat.atime, stat.mtime, stat.ctime].forEach((time, index) => {
    const seconds = Math.floor(time / 1000);
    buffer.writeBigInt64LE(BigInt(seconds), at + 24 + 8 * index);
    buffer.writeUInt32LE(Math.floor((time - seconds * 1000) * 1e6), at + 48 + 4 * index);
  });
  buffer.writeUInt32LE(stat.mode, at + 60);
  buffer.writeUInt32LE(stat.links, at + 64);
  buffer.writeUInt32LE(stat.uid, at + 68);
  buffer.writeUInt32LE(stat.gid, at + 72);
  buffer.writeUInt32LE(BLOCK_SIZE, at + 80);
}

export function entryOut(nodeid: number, stat: Stat): Buffer {
  const out = Buffer.alloc(128);
  putU64(out, nodeid, 0);
  putAttr(out, stat, 40);
  return out;
}

export function attrOut(stat: Stat): Buffer {
  const out = Buffer.alloc(104);
  putAttr(out, stat, 16);
  return out;
}

export function initOut(kernelFlags: number, kernelReadahead: number): Buffer {
  const wanted =
    INIT_FLAG.ASYNC_READ |
    INIT_FLAG.ATOMIC_O_TRUNC |
    INIT_FLAG.BIG_WRITES |
    INIT_FLAG.PARALLEL_DIROPS |
    INIT_FLAG.MAX_PAGES;
  const out = Buffer.alloc(64);
  out.writeUInt32LE(FUSE_MAJOR, 0);
  out.writeUInt32LE(FUSE_MINOR, 4);
  out.writeUInt32LE(kernelReadahead, 8);
  out.writeUInt32LE((wanted & kernelFlags) >>> 0, 12);
  out.writeUInt32LE(LONGEST_TRANSFER, 20);
  out.writeUInt32LE(1, 24); // time granularity, ns
  out.writeUInt16LE(MAX_PAGES, 28);
  return out;
}

export function openOut(handle: number, flags: number): Buffer {
  const out = Buffer.alloc(16);
  putU64(out, handle, 0);
  out.writeUInt32LE(flags, 8);
  return out;
}

export function writeOut(size: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeUInt32LE(size, 0);
  return out;
}

export const pollOut = writeOut;

export function statfsOut(): Buffer {
  const out = Buffer.alloc(80);
  out.writeUInt32LE(BLOCK_SIZE, 40);
  out.writeUInt32LE(255, 44); // longest name
  out.writeUInt32LE(BLOCK_SIZE, 48);
  return out;
}

export function ioctlOut(result: number, data: Uint8Array): Buffer {
  const out = Buffer.alloc(16 + data.length);
  out.writeInt32LE(result, 0);
  out.set(data, 16);
  return out;
}

/** One fuse_dirent; `next` is the offset that a later READDIR goes on from. */
export function direntOut(name: string, ino: number, type: number, next: number): Buffer {
  const bytes = Buffer.from(name);
  const out = Buffer.alloc(Math.ceil((24 + bytes.length) / 8) * 8);
  putU64(out, ino, 0);
  putU64(out, next, 8);
  out.writeUInt32LE(bytes.length, 16);
  out.writeUInt32LE(type, 20);
  bytes.copy(out, 24);
  return out;
}
