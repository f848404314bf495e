/**
 * The direct adapter: the FUSE kernel protocol, spoken over /dev/fuse.
 *
 * Channel   owns the device: mounts it, reads messages, writes replies.
 * Session   owns node ids, open files and the requests that still wait; knows no descriptor.
 * Handlers  one small function an opcode, in three tables.
 */
import type { Adapter } from '../adapter.js';
import { detach } from '../mountpoint.js';
import { openChannel } from './channel.js';
import { Session } from './session.js';

/** Wants CAP_SYS_ADMIN, of the system or of a user namespace. */
export const mountDirect: Adapter = async (root, mountpoint, name) => {
  let ours = false;
  let gone = false;
  let ended = (): void => undefined;
  const connectionEnd = new Promise<void>((resolve) => {
    ended = () => {
      gone = true;
      resolve();
    };
  });
  // the first message comes from the event loop, when both are there
  const channel = await openChannel(mountpoint, name, { receive: (message) => session.receive(message), ended });
  const session = new Session(root, (message) => channel.send(message));
  const closed = connectionEnd.then(async () => {
    await session.close();
    return ours ? ('unmount' as const) : ('foreign' as const);
  });
  await Promise.race([session.ready, connectionEnd]);
  return {
    adapter: 'direct',
    mountpoint,
    closed,
    unmount: async () => {
      if (!gone) {
        ours = true;
        await detach(mountpoint);
        channel.close();
      }
      await closed;
    },
  };
};
