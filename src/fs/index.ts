/**
 * A small kernfs, and what mounts it. It knows no file of remoteproc.
 *
 * Node       what a directory holds: Directory, Symlink, Attribute, Binary, Stream. The tree owns its nodes; a node has
 *            one place in its life, and `Directory.remove` ends it (docs/reference/kernel-abi.md 0.2, 0.3).
 * Flavour    sysfs or debugfs: how open, removal and long writes answer. Given to a directory, inherited below it.
 * OpenFile   one open file: holds the snapshot that later offsets are read from. The adapter owns it until release.
 * Request    who asks, and the AbortSignal that fires when they are interrupted.
 * Errno      thrown by a handler to refuse; any other throw is logged by `debug('mips-rprocfs:fs')` and answered EIO.
 *
 * A tree reads as `ls -R` prints it:
 *
 *     directory(0o755, {
 *       name: attribute({ mode: 0o444, show: () => 'mips\n' }),
 *       power: directory(0o755, { control: attribute({ mode: 0o644, show, store }) }),
 *       subsystem: symlink('../../../class/remoteproc'),
 *       debug: directory(0o700, { trace0: binary({ mode: 0o400, read }) }, 'debugfs'),
 *     })
 */
export { Attribute, attribute, type AttributeHandlers } from './attribute.js';
export { Binary, binary, type BinaryHandlers } from './binary.js';
export { descriptorSocket } from './descriptor-socket.js';
export { Directory, directory, type Entries } from './directory.js';
export { PAGE_SIZE, type FlavourName } from './flavour.js';
export type { FileNode, Node } from './node.js';
export {
  ALWAYS_READY,
  POLL,
  type Awaitable,
  type Caller,
  type Content,
  type Ioctl,
  type IoctlReply,
  type OpenFile,
  type OpenFlags,
  type Request,
  type StreamRequest,
} from './request.js';
export { Stream, stream, type StreamFile, type StreamHandlers } from './stream.js';
export { relativeTarget, Symlink, symlink } from './symlink.js';
export type { CloseReason, MountedTree } from './adapter.js';
export { MountError, type MountFailure } from './mount-error.js';
export { mountTree, type AdapterName, type MountOptions } from './mount.js';
export {
  checkMountpoint,
  detach,
  health,
  mountOn,
  mounts,
  parseMountinfo,
  reachable,
  type Health,
  type Mount,
} from './mountpoint.js';
export { checkDevice, openDevice } from './device.js';
export { mountOptions, serveMounted, type ServedTree } from './direct/index.js';
export { loadFuse } from './native/binding.js';
export { installed, mayMount } from './privilege.js';
export { codeOf } from './node-error.js';
