/**
 * Unified Hosting Interface (docs/reference/mips-uhi.md 2): calls of a firmware to its host.
 *
 * operation      what is asked for, by the number in $25; arguments in $4…$7, result in $2, errno in $3 (operations.ts).
 * UhiHost        what UHI needs of the core: registers, memory, and how it stops (host.ts).
 * UhiSession     what is kept of one run of a firmware: its open files, the memory that it may use. Made and closed by
 *                whoever makes and stops the core.
 * Descriptors    the firmware's open files, the standard streams among them.
 * FileRoot       the one directory of the host that files are confined to.
 *
 * Every register, pointer and length is hostile. A refusal is a UhiError; it and the errors of the host's files become an
 * errno of newlib's in one place (errno.ts); any other error is a defect of ours.
 */
import { hostOf, type UhiCore } from './core-host.js';
import { serve } from './operations.js';

export { openDirectory } from './file-root.js';
export { UhiSession, type UhiSessionOptions } from './session.js';

/** Serves the call that the core has just made; the instruction after it runs next. */
export function uhi(core: UhiCore): undefined {
  core.chargeHostService();
  serve(hostOf(core));
}
