import { BLOCK_SIZE, type Stat } from '../stat.js';
import { FUSE_MAJOR, FUSE_MINOR, INIT_FLAG, LONGEST_TRANSFER, MAX_PAGES, putU64 } from './protocol.js';

/** The structures of <linux/fuse.h> that are sent. */

/** `time` in milliseconds. */
function putTime(buffer: Buffer, time: number, secondsAt: number, nanosecondsAt: number): void {
  const seconds = Math.floor(time / 1000);
  buffer.writeUInt32LE(seconds >>> 0, secondsAt);
  buffer.writeInt32LE(Math.floor(seconds / 0x1_0000_0000), secondsAt + 4);
  buffer.writeUInt32LE(Math.floor((time - seconds * 1000) * 1e6), nanosecondsAt);
}

/** From Node's pool, which costs a fraction of memory of its own. */
const cleared = (size: number): Buffer => Buffer.allocUnsafe(size).fill(0);

function putAttr(buffer: Buffer, stat: Stat, at: number): void {
  putU64(buffer, stat.ino, at);
  putU64(buffer, stat.size, at + 8);
  putTime(buffer, stat.atime, at + 24, at + 48);
  putTime(buffer, stat.mtime, at + 32, at + 52);
  putTime(buffer, stat.ctime, at + 40, at + 56);
  buffer.writeUInt32LE(stat.mode, at + 60);
  buffer.writeUInt32LE(stat.links, at + 64);
  buffer.writeUInt32LE(stat.uid, at + 68);
  buffer.writeUInt32LE(stat.gid, at + 72);
  buffer.writeUInt32LE(BLOCK_SIZE, at + 80);
}

/** Seconds; longer than any mount. */
const FOR_EVER = 0x7fff_ffff;

/** How long something is valid, in milliseconds. */
function putValidity(buffer: Buffer, validity: number, secondsAt: number, nanosecondsAt: number): void {
  const seconds = Math.min(Math.floor(validity / 1000), FOR_EVER);
  putU64(buffer, seconds, secondsAt);
  if (seconds < FOR_EVER) buffer.writeUInt32LE((validity - seconds * 1000) * 1e6, nanosecondsAt);
}

/** What may be believed of a name and of attributes, and for how many milliseconds. */
export interface Validity {
  readonly name: number;
  readonly attributes: number;
}

export function entryOut(nodeid: number, stat: Stat, { name, attributes }: Validity): Buffer {
  const out = cleared(128);
  putU64(out, nodeid, 0);
  putValidity(out, name, 16, 32);
  putValidity(out, attributes, 24, 36);
  putAttr(out, stat, 40);
  return out;
}

export function attrOut(stat: Stat, validity: number): Buffer {
  const out = cleared(104);
  putValidity(out, validity, 0, 8);
  putAttr(out, stat, 16);
  return out;
}

/** 6.16; kernels before 6.15 cut a target that they keep at st_size, which is 0 here. */
const KEEPS_WHOLE_TARGETS = 44;

/** @param kernel fuse_init_in. Whether it keeps the targets of links when it is asked to. */
export const keepsTargets = (kernel: Buffer): boolean =>
  kernel.readUInt32LE(4) >= KEEPS_WHOLE_TARGETS && (kernel.readUInt32LE(12) & INIT_FLAG.CACHE_SYMLINKS) !== 0;

/** @param kernel fuse_init_in. */
export function initOut(kernel: Buffer): Buffer {
  const [readahead, flags] = [kernel.readUInt32LE(8), kernel.readUInt32LE(12)];
  const wanted =
    INIT_FLAG.ASYNC_READ |
    INIT_FLAG.ATOMIC_O_TRUNC |
    INIT_FLAG.BIG_WRITES |
    INIT_FLAG.PARALLEL_DIROPS |
    INIT_FLAG.MAX_PAGES |
    (keepsTargets(kernel) ? INIT_FLAG.CACHE_SYMLINKS : 0);
  const out = cleared(64);
  out.writeUInt32LE(FUSE_MAJOR, 0);
  out.writeUInt32LE(FUSE_MINOR, 4);
  out.writeUInt32LE(readahead, 8);
  out.writeUInt32LE((wanted & flags) >>> 0, 12);
  out.writeUInt32LE(LONGEST_TRANSFER, 20);
  out.writeUInt32LE(1, 24); // time granularity, ns
  out.writeUInt16LE(MAX_PAGES, 28);
  return out;
}

export function openOut(handle: number, flags: number): Buffer {
  const out = cleared(16);
  putU64(out, handle, 0);
  out.writeUInt32LE(flags, 8);
  return out;
}

export function writeOut(size: number): Buffer {
  const out = cleared(8);
  out.writeUInt32LE(size, 0);
  return out;
}

export const pollOut = writeOut;

export function statfsOut(): Buffer {
  const out = cleared(80);
  out.writeUInt32LE(BLOCK_SIZE, 40);
  out.writeUInt32LE(255, 44); // longest name
  out.writeUInt32LE(BLOCK_SIZE, 48);
  return out;
}

export function ioctlOut(result: number, data: Uint8Array): Buffer {
  const out = cleared(16 + data.length);
  out.writeInt32LE(result, 0);
  out.set(data, 16);
  return out;
}

/** One fuse_dirent; `next` is the offset that a later READDIR goes on from. */
export function direntOut(name: string, ino: number, type: number, next: number): Buffer {
  const bytes = Buffer.from(name);
  const out = cleared(Math.ceil((24 + bytes.length) / 8) * 8);
  putU64(out, ino, 0);
  putU64(out, next, 8);
  out.writeUInt32LE(bytes.length, 16);
  out.writeUInt32LE(type, 20);
  bytes.copy(out, 24);
  return out;
}
