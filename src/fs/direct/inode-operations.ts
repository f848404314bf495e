import { Errno } from '../../kernel/index.js';
import type { AttributeChange } from '../inode.js';
import type { Node } from '../node.js';
import { entryType, statOf } from '../stat.js';
import type { Handlers, Mounted } from './handler.js';
import { attrOut, direntOut, entryOut, openOut, statfsOut } from './layout.js';
import { cString, NOTHING, OPCODE, SETATTR_VALID, u64 } from './protocol.js';
import { attributeValidity } from './validity.js';

interface ListedEntry {
  readonly name: string;
  readonly ino: number;
  readonly type: number;
}

/** What the kernel asks about names, directories and attributes of nodes. */
export function inodeOperations({ nodes, files, names, stale }: Mounted): Handlers {
  /** One listing an opened directory, so that a change while it is read neither repeats nor skips an entry. */
  const listings = new Map<number, readonly ListedEntry[]>();
  let lastListing = 0;

  /**
   * The kernel lets one writer at a time into a file that it knows by one id, and whoever waits there cannot be killed.
   * While a file is open for writing, its next opener therefore gets an id of its own.
   */
  const entry = (node: Node): Buffer => {
    const writers = node.kind === 'directory' || node.kind === 'symlink' ? 0 : files.writers(node);
    const validity = { name: names.lend(node, writers), attributes: attributeValidity(node) };
    return entryOut(nodes.tell(node, writers > 0), statOf(node), validity);
  };

  return {
    [OPCODE.LOOKUP]: ({ nodeid, pid, body }) => {
      const holder = nodes.directory(nodeid);
      const name = cString(body);
      stale.checkName(holder, name, pid);
      const node = holder.get(name);
      if (node === undefined) {
        stale.notFound(holder, pid);
        throw new Errno('ENOENT');
      }
      return entry(node);
    },
    [OPCODE.FORGET]: ({ nodeid, body }) => {
      nodes.forget(nodeid, u64(body, 0));
      return undefined;
    },
    [OPCODE.BATCH_FORGET]: ({ body }) => {
      for (let index = 0; index < body.readUInt32LE(0); index++)
        nodes.forget(u64(body, 8 + 16 * index), u64(body, 16 + 16 * index));
      return undefined;
    },
    [OPCODE.GETATTR]: ({ nodeid, pid }) => {
      const node = nodes.node(nodeid);
      stale.checkAttributes(node, pid);
      return attrOut(statOf(node), attributeValidity(node));
    },
    [OPCODE.SETATTR]: ({ nodeid, pid, body }) => {
      const node = nodes.node(nodeid);
      stale.checkAttributes(node, pid);
      if (node.kind === 'stream' && body.readUInt32LE(0) & SETATTR_VALID.SIZE) throw new Errno('EINVAL');
      node.change(requestedChange(body));
      return attrOut(statOf(node), attributeValidity(node));
    },
    [OPCODE.READLINK]: ({ nodeid, pid }) => {
      const node = nodes.node(nodeid);
      stale.check(node, pid);
      if (node.kind !== 'symlink') throw new Errno('EINVAL');
      return Buffer.from(node.target);
    },
    // no node has extended attributes: no names, or a size of 0 when only that is asked for
    [OPCODE.LISTXATTR]: ({ body }) => (body.readUInt32LE(0) === 0 ? Buffer.alloc(8) : NOTHING),
    [OPCODE.STATFS]: () => statfsOut(),
    [OPCODE.OPENDIR]: ({ nodeid, pid }) => {
      const self = nodes.directory(nodeid);
      stale.check(self, pid);
      const listing = [
        { name: '.', ino: self.ino, type: entryType(self) },
        { name: '..', ino: (self.parent ?? self).ino, type: entryType(self) },
      ];
      for (const [name, node] of self.listed()) listing.push({ name, ino: node.ino, type: entryType(node) });
      listings.set(++lastListing, listing);
      stale.opened(lastListing, self, pid);
      return openOut(lastListing, 0);
    },
    [OPCODE.READDIR]: ({ nodeid, body }) => {
      nodes.directory(nodeid).checkListing();
      const listing = listings.get(u64(body, 0)) ?? [];
      let room = body.readUInt32LE(16);
      const parts: Buffer[] = [];
      for (let next = u64(body, 8); next < listing.length; next++) {
        const entry = listing[next];
        if (entry === undefined) break;
        const encoded = direntOut(entry.name, entry.ino, entry.type, next + 1);
        if (encoded.length > room) break;
        room -= encoded.length;
        parts.push(encoded);
      }
      return Buffer.concat(parts);
    },
    [OPCODE.RELEASEDIR]: ({ body }) => {
      listings.delete(u64(body, 0));
      stale.closed(u64(body, 0));
      return NOTHING;
    },
  };
}

/** fuse_setattr_in; a size is accepted and changes nothing (docs/reference/kernel-abi.md 0.2: truncate). O_TRUNC comes with OPEN. */
function requestedChange(body: Buffer): AttributeChange {
  const valid = body.readUInt32LE(0);
  const time = (given: number, now: number, seconds: number, nanoseconds: number): number | undefined => {
    if (valid & now) return Date.now();
    if (!(valid & given)) return undefined;
    return Number(body.readBigInt64LE(seconds)) * 1000 + body.readUInt32LE(nanoseconds) / 1e6;
  };
  const { MODE, UID, GID, ATIME, ATIME_NOW, MTIME, MTIME_NOW } = SETATTR_VALID;
  const atime = time(ATIME, ATIME_NOW, 32, 56);
  const mtime = time(MTIME, MTIME_NOW, 40, 60);
  return {
    ...(valid & MODE && { mode: body.readUInt32LE(68) & 0o7777 }),
    ...(valid & UID && { uid: body.readUInt32LE(76) }),
    ...(valid & GID && { gid: body.readUInt32LE(80) }),
    ...(atime !== undefined && { atime }),
    ...(mtime !== undefined && { mtime }),
  };
}
