/**
 * The direct adapter: the FUSE kernel protocol, spoken over /dev/fuse.
 *
 * Channel   owns the device: mounts it, reads messages, writes replies.
 * Attention keeps the event loop awake while one program asks for one thing after the other.
 * Session   owns node ids, open files and the requests that still wait; knows no descriptor.
 * Notices   tells the kernel of attributes that have changed, which it believes for ever (validity.ts).
 * Names     says which names it may believe, and for how long; Stale has it ask for them again.
 * Handlers  one small function an opcode, in three tables.
 */
import type { Adapter } from '../adapter.js';
import type { Directory } from '../directory.js';
import { detach } from '../mountpoint.js';
import { openChannel, serveDevice, type Channel, type ChannelEvents } from './channel.js';
import { Session } from './session.js';

export { mountOptions } from './channel.js';

/** Wants CAP_SYS_ADMIN, of the system or of a user namespace. */
export const mountDirect: Adapter = async (root, mountpoint, settings) => {
  let ours = false;
  const served = await serve(root, (events) => openChannel(mountpoint, settings, events));
  const closed = served.closed.then(() => (ours ? ('unmount' as const) : ('foreign' as const)));
  return {
    adapter: 'direct',
    mountpoint,
    closed,
    unmount: async () => {
      if (!served.gone()) {
        ours = true;
        // where the system refuses to unmount, it is served no longer all the same
        await detach(mountpoint).finally(() => served.close());
      }
      await closed;
    },
  };
};

export interface ServedTree {
  /** Resolves when the last mount of it is gone, in whatever namespace, and every open file is released. */
  readonly closed: Promise<void>;
  /** Whether the connection is over. */
  gone(): boolean;
  /** Ends it: whoever still uses a mount gets ENOTCONN. */
  close(): void;
}

/**
 * Serves `root` on a /dev/fuse that somebody else has mounted, such as a process in another namespace that has inherited
 * it; returns when the kernel has introduced itself. The tree owns the descriptor.
 */
export const serveMounted = (root: Directory, fd: number): Promise<ServedTree> =>
  serve(root, (events) => serveDevice(fd, events));

async function serve(
  root: Directory,
  open: (events: ChannelEvents) => Channel | Promise<Channel>,
): Promise<ServedTree> {
  let gone = false;
  let ended = (): void => undefined;
  const connectionEnd = new Promise<void>((resolve) => {
    ended = () => {
      gone = true;
      resolve();
    };
  });
  // the first message comes from the event loop, when both are there
  const channel = await open({ receive: (message) => session.receive(message), ended });
  const session = new Session(root, (message) => channel.send(message));
  const closed = connectionEnd.then(() => session.close());
  await Promise.race([session.ready, connectionEnd]);
  return { closed, gone: () => gone, close: () => channel.close() };
}
