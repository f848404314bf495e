import { closeSync, constants, openSync } from 'node:fs';
import { deviceError } from './mount-error.js';

/** Opens /dev/fuse; throws MountError. */
export function openDevice(): number {
  try {
    return openSync('/dev/fuse', constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    throw deviceError(error);
  }
}

/** For an adapter that leaves the opening to a library, which would say less about why it failed. */
export const checkDevice = (): void => closeSync(openDevice());
