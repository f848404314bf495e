/** newlib's errno numbers, which are UHI's (docs/reference/mips-uhi.md 2.3). */
const NUMBERS = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  ERANGE: 34,
  ENOSR: 63,
  EBADMSG: 77,
  ENOSYS: 88,
  ENAMETOOLONG: 91,
  ELOOP: 92,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ENETUNREACH: 114,
  ENETDOWN: 115,
  ETIMEDOUT: 116,
  ENOTCONN: 128,
  EOVERFLOW: 139,
} as const;

export type UhiErrno = keyof typeof NUMBERS;

/** A call that is refused. */
export class UhiError extends Error {
  constructor(readonly code: UhiErrno) {
    super(code);
    this.name = 'UhiError';
  }
}

/** Whether the host's files refused something with this error. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const isKnown = (code: unknown): code is UhiErrno => typeof code === 'string' && Object.hasOwn(NUMBERS, code);

/** The number of a refusal, or of an error of the host's files (EIO for those that newlib has no name for). A defect is thrown on. */
export function errnoNumber(error: unknown): number {
  if (error instanceof UhiError) return NUMBERS[error.code];
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
  return isKnown(error.code) ? NUMBERS[error.code] : NUMBERS.EIO;
}
