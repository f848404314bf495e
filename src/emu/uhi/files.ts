/** Operations on files and standard streams: docs/reference/mips-uhi.md 2.3. Each throws UhiError, or the host's error. */
import { readSync, writeSync } from 'node:fs';
import { sizeOf, type OpenFile } from './descriptors.js';
import { UhiError } from './errno.js';
import type { UhiHost } from './host.js';
import { bytesAt, lengthOf, pathAt, putBytes, textOf, transfer } from './memory.js';
import { statusBytes } from './status.js';

/** $4…$7. */
export type Arguments = readonly [bigint, bigint, bigint, bigint];

/** Value of $2; undefined when the call is to be made again. */
type FileOperation = (host: UhiHost, ...args: Arguments) => number | undefined;

/** Output that goes to Linux at once, bytes. */
const LONGEST_OUTPUT = 1 << 16;

const int = (register: bigint): number => Number(BigInt.asIntN(32, register));

/** A place in a file. Throws EINVAL before its beginning, EOVERFLOW where the firmware, or this program, cannot count. */
function placeOf(host: UhiHost, value: bigint): number {
  if (value < 0n) throw new UhiError('EINVAL');
  const last = host.bits === 32 ? 0x7fff_ffffn : BigInt(Number.MAX_SAFE_INTEGER);
  if (value > last) throw new UhiError('EOVERFLOW');
  return Number(value);
}

const readAt = (host: UhiHost, { fd }: OpenFile, at: bigint, length: bigint, place: number): number =>
  transfer(
    (va, most) => host.writable(va, most),
    at,
    lengthOf(length),
    (bytes, before) => readSync(fd, bytes, 0, bytes.length, place + before),
  );

const writeAt = (host: UhiHost, { fd }: OpenFile, at: bigint, length: bigint, place: number): number =>
  transfer(
    (va, most) => host.readable(va, most),
    at,
    lengthOf(length),
    (bytes, before) => writeSync(fd, bytes, 0, bytes.length, place + before),
  );

const read: FileOperation = (host, fd, at, length) => {
  const entry = host.session.descriptors.get(int(fd));
  if (entry === 'output') throw new UhiError('EBADF');
  if (entry === 'input') return 0;
  const count = readAt(host, entry, at, length, entry.position);
  entry.position += count;
  return count;
};

const write: FileOperation = (host, fd, at, length) => {
  const entry = host.session.descriptors.get(int(fd));
  if (entry === 'input') throw new UhiError('EBADF');
  if (entry === 'output') return print(host, at, length);
  const count = writeAt(host, entry, at, length, entry.position);
  entry.position = entry.append ? sizeOf(entry) : entry.position + count;
  return count;
};

function print(host: UhiHost, at: bigint, length: bigint): number | undefined {
  const count = Math.min(lengthOf(length), LONGEST_OUTPUT);
  if (host.output(textOf(bytesAt(host, at, count)))) return count;
  host.stall();
  return undefined;
}

/** Where lseek counts from, by its third argument. */
const WHENCE: readonly ((file: OpenFile) => number)[] = [() => 0, ({ position }) => position, sizeOf];

const lseek: FileOperation = (host, fd, offset, whence) => {
  const file = host.session.descriptors.file(int(fd));
  const origin = WHENCE[int(whence)];
  if (origin === undefined) throw new UhiError('EINVAL');
  file.position = placeOf(host, BigInt(origin(file)) + offset);
  return file.position;
};

export const FILE_OPERATIONS = {
  open: (host, path, flags, mode) => host.session.descriptors.open(pathAt(host, path), int(flags), int(mode)),
  close: (host, fd) => {
    host.session.descriptors.close(int(fd));
    return 0;
  },
  read,
  write,
  lseek,
  unlink: (host, path) => {
    host.session.descriptors.files.unlink(pathAt(host, path));
    return 0;
  },
  fstat: (host, fd, buffer) => {
    const entry = host.session.descriptors.get(int(fd));
    putBytes(host, buffer, statusBytes(typeof entry === 'object' ? entry.fd : undefined, host.littleEndian));
    return 0;
  },
  pread: (host, fd, at, length, offset) =>
    readAt(host, host.session.descriptors.file(int(fd)), at, length, placeOf(host, offset)),
  pwrite: (host, fd, at, length, offset) =>
    writeAt(host, host.session.descriptors.file(int(fd)), at, length, placeOf(host, offset)),
  link: (host, existing, path) => {
    host.session.descriptors.files.link(pathAt(host, existing), pathAt(host, path));
    return 0;
  },
} as const satisfies Readonly<Record<string, FileOperation>>;
