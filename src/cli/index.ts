/**
 * What the commands do, without the command line itself.
 *
 * ROOT          an ordinary directory; ROOT/sys (and other names of a Composition) are mounts, ROOT/lib/firmware is not.
 * Composition   the trees to mount and what stands behind them. Whoever calls serveRoot makes it; serveRoot closes it.
 * serveRoot     prepares ROOT, mounts, holds, unmounts: in this order, and backwards whatever fails.
 * startDaemon   runs the same command in the background, and returns when it is ready or has failed.
 * unmountRoot   ends whoever serves ROOT, and takes away what a dead one left.
 *
 * Failures are CommandError or MountError: one line each, for the user. The process that serves a mount is named in the
 * mount's source, `mips-rprocfs@PID`: no file has to be kept, and none can be left over.
 */
export { CommandError } from './command-error.js';
export { backgroundReport, startDaemon, type Report } from './daemon.js';
export { prepareRoot } from './prepare-root.js';
export { serveRoot, type Composition, type ServeOptions } from './serve-root.js';
export { unmountRoot } from './unmount-root.js';
