import type { Node } from '../node.js';

/** Seconds; longer than any mount. */
const UNTIL_TOLD = 0x7fff_ffff;

/** How long the kernel may believe what it was told: for ever, where it hears of every change (notices.ts, stale.ts). */
export interface Validity {
  /** Of a name. */
  readonly entry: number;
  /** Of what stat(2) shows. */
  readonly attributes: number;
}

/**
 * A name of a file is asked for each time. It costs one message an open, which brings st_size along, that the kernel
 * makes up itself after O_TRUNC and writes (and sendfile(2) reads no further); and the next opener of a file that is open
 * for writing gets an id of its own by it.
 */
export function validity(node: Node): Validity {
  const isFile = node.kind !== 'directory' && node.kind !== 'symlink';
  const growsByItself = node.kind === 'binary';
  return { entry: isFile ? 0 : UNTIL_TOLD, attributes: growsByItself ? 0 : UNTIL_TOLD };
}
