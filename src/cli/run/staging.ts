/**
 * Where the trees are put together, in the new mount namespace: a tmpfs on /dev, which the finished /dev covers in the end,
 * so that nothing has to be made on the host, and nothing of it is seen.
 */
export const STAGING = '/dev';

/** The host's /dev while the staging area covers it, to whoever has the descriptor that enter.ts opens. */
export const HOST_DEV = '/proc/self/fd/8';

/** Our trees. That of /dev is moved over the staging area when all is done. */
export const SYS = `${STAGING}/sys`;
export const DEV = `${STAGING}/dev`;
/** The host's /sys, as it was. */
export const HOST_SYS = `${STAGING}/host-sys`;

/** What CMD changes in /lib/firmware. */
export const UPPER = `${STAGING}/upper`;
export const WORK = `${STAGING}/work`;
/** A directory of --firmware-dir. */
export const layer = (index: number): string => `${STAGING}/firmware${index}`;
/** A /usr/lib that has a directory firmware, and nothing else. */
export const SKELETON = `${STAGING}/skeleton`;

export const FSTAB = `${STAGING}/fstab`;
