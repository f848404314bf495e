/** Linux errno numbers (asm-generic) that this program gives: docs/reference/kernel-abi.md section 0. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  ERANGE: 34,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EPROTO: 71,
  EOVERFLOW: 75,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  ENETRESET: 102,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ESTALE: 116,
  /** Internal to the kernel; reaches user space when a wait is cut short without a signal to deliver. */
  ERESTARTSYS: 512,
} as const;

export type ErrnoName = keyof typeof ERRNO;

export const isErrnoName = (name: unknown): name is ErrnoName => typeof name === 'string' && name in ERRNO;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(ERRNO).map(([name, number]) => [number, name]));

/** The largest number that Linux takes for an error (MAX_ERRNO). */
export const LARGEST_ERRNO = 4095;

/** A refused operation. Only `src/fs` turns it into the number that a system call gives. */
export class Errno extends Error {
  /** Positive errno number. */
  readonly number: number;
  /** Its name; `errno<number>` for a number that has none here. */
  readonly code: string;

  /** @param reason A name, or any number from 1 to LARGEST_ERRNO as a driver may give it. */
  constructor(reason: ErrnoName | number, options?: ErrorOptions) {
    const number = typeof reason === 'number' ? reason : ERRNO[reason];
    const code = NAMES.get(number) ?? `errno${number}`;
    super(code, options);
    this.name = 'Errno';
    this.number = number;
    this.code = code;
  }
}

/** As `%d` prints an error in the kernel log: the negative number of an Errno; anything else is a defect and is thrown on. */
export function negative(error: unknown): number {
  if (error instanceof Errno) return -error.number;
  throw error;
}
