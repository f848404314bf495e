/** The nodes of class devices: src/virtio/class_device.ts. */
import {
  ALWAYS_READY,
  POLL,
  stream,
  symlink,
  type Awaitable,
  type Directory,
  type Ioctl,
  type IoctlReply,
  type Node,
  type StreamFile,
} from '../fs/index.js';
import { Errno, type Notifier } from '../kernel/index.js';
import type { Call, CharFile, ClassDeviceEvent, DeviceNode, Readiness } from '../virtio/index.js';

/** As drivers of character devices answer: OUT comes without WRNORM. */
const pollBits = ({ readable, writable, error = false, hangup = false }: Readiness): number =>
  (readable ? POLL.IN | POLL.RDNORM : 0) | (writable ? POLL.OUT : 0) | (error ? POLL.ERR : 0) | (hangup ? POLL.HUP : 0);

class OpenDevice implements StreamFile {
  constructor(private readonly file: CharFile) {}

  read(size: number, call: Call): Awaitable<Uint8Array> {
    if (this.file.read === undefined) throw new Errno('EINVAL');
    return this.file.read(size, call);
  }

  write(data: Uint8Array, call: Call): Awaitable<number> {
    if (this.file.write === undefined) throw new Errno('EINVAL');
    return this.file.write(data, call);
  }

  poll(wake?: () => void): number {
    return this.file.readiness === undefined ? ALWAYS_READY : pollBits(this.file.readiness(wake));
  }

  ioctl({ command, input }: Ioctl): IoctlReply {
    if (this.file.ioctl === undefined) throw new Errno('ENOTTY');
    const output = this.file.ioctl(command, input);
    return { result: 0, ...(output && { output }) };
  }

  release(): void {
    this.file.release?.();
  }
}

const nodeOf = (node: DeviceNode): Node =>
  node.kind === 'tty' ? symlink(node.path) : stream({ mode: node.mode, open: () => new OpenDevice(node.open()) });

/** A node comes with its device, or as soon as it is ready. */
export function followClassDevices(root: Directory, devices: Notifier<ClassDeviceEvent>): void {
  devices.subscribe(({ type, device }) => {
    root.remove(device.name);
    if (type !== 'removed' && device.node !== undefined) root.add(device.name, nodeOf(device.node));
  });
}
