import debug from 'debug';
import { Errno, ERRNO } from '../kernel/index.js';

const log = debug('mips-rprocfs:fs');

/**
 * The positive errno number that answers a failed operation. A signal that was heeded by throwing is EINTR; anything
 * that is not an Errno is a defect of a handler: it is logged with its stack and answered EIO.
 */
export function errnoNumber(error: unknown, operation: string): number {
  if (error instanceof Errno) return error.number;
  if (error instanceof Error && error.name === 'AbortError') return ERRNO.EINTR;
  log('%s failed: %s', operation, error instanceof Error ? error.stack : error);
  return ERRNO.EIO;
}
