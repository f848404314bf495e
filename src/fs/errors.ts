import debug from 'debug';
import { Errno, ERRNO } from '../kernel/index.js';

const log = debug('mips-rprocfs:fs');

/** FUSE refuses replies of 512 and more, which leaves the caller hanging, and takes ENOSYS as "never ask again". */
const LONGEST_ERRNO = 511;

/**
 * The positive errno number that answers a failed operation. ERESTARTSYS is EINTR when a signal is there, `interrupted`;
 * without one the caller, who would try again for ever, gets EIO as for every number that FUSE can't carry. What was
 * heeded by throwing the signal's own error is EINTR; anything that is not an Errno is a defect of a handler: it is
 * logged with its stack and answered EIO.
 */
export function errnoNumber(error: unknown, operation: string, interrupted = false): number {
  if (error instanceof Errno) {
    if (error.number === ERRNO.ENOSYS) return ERRNO.EOPNOTSUPP;
    if (error.number === ERRNO.ERESTARTSYS && interrupted) return ERRNO.EINTR;
    return error.number > LONGEST_ERRNO ? ERRNO.EIO : error.number;
  }
  if (error instanceof Error && error.name === 'AbortError') return ERRNO.EINTR;
  log('%s failed: %s', operation, error instanceof Error ? error.stack : error);
  return ERRNO.EIO;
}
