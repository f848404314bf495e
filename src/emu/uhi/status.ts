/** UHI's struct stat (docs/reference/mips-uhi.md 2.3), in the byte order of the firmware. */
import { fstatSync, type BigIntStats } from 'node:fs';

/** Modes are newlib's, which are Linux's. */
const CHARACTER_DEVICE = 0o020620n;

const BYTES = 104;
/** Offset and width in bytes; a value is cut to its width. */
const FIELDS: readonly (readonly [at: number, width: 2 | 4 | 8, value: (status: Status) => bigint])[] = [
  [0, 2, ({ dev }) => dev],
  [2, 2, ({ ino }) => ino],
  [4, 4, ({ mode }) => mode],
  [8, 2, ({ nlink }) => nlink],
  [10, 2, ({ uid }) => uid],
  [12, 2, ({ gid }) => gid],
  [14, 2, ({ rdev }) => rdev],
  [16, 8, ({ size }) => size],
  [24, 8, ({ atimeMs }) => seconds(atimeMs)],
  [40, 8, ({ mtimeMs }) => seconds(mtimeMs)],
  [56, 8, ({ ctimeMs }) => seconds(ctimeMs)],
  [72, 8, ({ blksize }) => blksize],
  [80, 8, ({ blocks }) => blocks],
];

type Status = Pick<
  BigIntStats,
  | 'dev'
  | 'ino'
  | 'mode'
  | 'nlink'
  | 'uid'
  | 'gid'
  | 'rdev'
  | 'size'
  | 'atimeMs'
  | 'mtimeMs'
  | 'ctimeMs'
  | 'blksize'
  | 'blocks'
>;

const seconds = (milliseconds: bigint): bigint => milliseconds / 1000n;

/** A terminal, of which only the kind is known. */
const TERMINAL: Status = {
  dev: 0n,
  ino: 0n,
  mode: CHARACTER_DEVICE,
  nlink: 0n,
  uid: 0n,
  gid: 0n,
  rdev: 0n,
  size: 0n,
  atimeMs: 0n,
  mtimeMs: 0n,
  ctimeMs: 0n,
  blksize: 0n,
  blocks: 0n,
};

/** @param fd The host's descriptor of a file; undefined for a standard stream. */
export function statusBytes(fd: number | undefined, littleEndian: boolean): Uint8Array {
  const status = fd === undefined ? TERMINAL : fstatSync(fd, { bigint: true });
  const buffer = Buffer.alloc(BYTES);
  for (const [at, width, value] of FIELDS)
    for (let index = 0; index < width; index++) {
      const shift = BigInt(8 * (littleEndian ? index : width - 1 - index));
      buffer[at + index] = Number((value(status) >> shift) & 0xffn);
    }
  return buffer;
}
