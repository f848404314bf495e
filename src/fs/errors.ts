import debug from 'debug';
import { Errno, ERRNO } from '../kernel/index.js';

const log = debug('mips-rprocfs:fs');

/** FUSE refuses replies of 512 and more, which leaves the caller hanging, and takes ENOSYS as "never ask again". */
const LONGEST_ERRNO = 511;
const INSTEAD: ReadonlyMap<number, number> = new Map([
  [ERRNO.ENOSYS, ERRNO.EOPNOTSUPP],
  [ERRNO.ERESTARTSYS, ERRNO.EINTR],
]);

/**
 * The positive errno number that answers a failed operation. A signal that was heeded by throwing is EINTR; anything
 * that is not an Errno is a defect of a handler: it is logged with its stack and answered EIO.
 */
export function errnoNumber(error: unknown, operation: string): number {
  if (error instanceof Errno) {
    const number = INSTEAD.get(error.number) ?? error.number;
    return number > LONGEST_ERRNO ? ERRNO.EIO : number;
  }
  if (error instanceof Error && error.name === 'AbortError') return ERRNO.EINTR;
  log('%s failed: %s', operation, error instanceof Error ? error.stack : error);
  return ERRNO.EIO;
}
