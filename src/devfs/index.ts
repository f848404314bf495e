/**
 * The tree of /dev, as data: which node, and what drives it. What the device of a remote processor does is in
 * src/rproc/cdev.ts; the kernel log as a file is in kmsg.ts; the files of virtio's drivers are in src/virtio.
 *
 * A node comes with its device and goes with it. Who has it open then keeps the device's number until it is closed.
 */
import { directory, stream, type Directory, type Stream } from '../fs/index.js';
import { Errno } from '../kernel/index.js';
import { cdev, type Linux, type RemoteProc } from '../rproc/index.js';
import type { Virtio } from '../virtio/index.js';
import { followClassDevices } from './class_device.js';
import { kmsg } from './kmsg.js';

export { PtyHost, type PtyHostOptions } from './pty.js';

export function devfsTree(linux: Linux, virtio: Virtio): Directory {
  const root = directory(0o755, { kmsg: kmsg(linux.log) });
  for (const rproc of linux.rprocs) root.add(rproc.deviceName, remoteproc(rproc));
  linux.notifier.subscribe((event) => {
    if (event.type === 'added') root.add(event.rproc.deviceName, remoteproc(event.rproc));
    if (event.type === 'removed') root.remove(event.rproc.deviceName);
  });
  followClassDevices(root, virtio.classDevices);
  return root;
}

/** docs/reference/kernel-abi.md 1.7 */
function remoteproc(rproc: RemoteProc): Stream {
  const node: Stream = stream({
    mode: 0o600,
    open: () => {
      if (node.removed) throw new Errno('ENXIO');
      const letGo = rproc.hold();
      return {
        write: async (bytes, { signal }) => {
          await cdev.writeVerb(rproc, bytes, signal);
          return bytes.length;
        },
        ioctl: ({ command, input }) => {
          const output = cdev.ioctl(rproc, command, input);
          return { result: 0, ...(output && { output }) };
        },
        release: async () => {
          await cdev.release(rproc);
          letGo();
        },
      };
    },
  });
  return node;
}
