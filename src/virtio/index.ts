/**
 * The Linux side of virtio, over remoteproc.
 *
 * Virtqueue     a split ring as Linux drives it; RingMemory is the ring as bytes, which the other side writes, too.
 * Transport     what a virtio device stands on: status, features, configuration, rings. Here: a vdev of a firmware's table.
 * VirtioDevice  `virtio<M>`, made when its processor starts and gone when it stops.
 * VirtioDriver  rpmsg/ has the one for id 7; console/ those for ids 3 and 11.
 * ClassDevice   what the drivers make of a device for user space: a directory of a class and a node in /dev.
 * TtyHost       where a driver's terminals come from: src/devfs has one that makes ptys.
 *
 * A driver owns its queues, their buffers, and the devices that it makes; they go in the reverse order when it lets go of
 * its virtio device. All of it happens between two turns of the event loop, so nothing of it needs a lock; who waits in a
 * read or a write is woken with the errno that fits.
 */
import { Bus, Notifier, type KernelLog } from '../kernel/index.js';
import { Ids, type VdevBinder } from '../rproc/index.js';
import type { ClassDeviceEvent } from './class_device.js';
import type { VirtioDevice } from './device.js';
import { virtioSubdevice } from './remoteproc_virtio.js';

export {
  classDevicePath,
  type Call,
  type CharFile,
  type ClassDevice,
  type ClassDeviceEvent,
  type DeviceNode,
  type Readiness,
} from './class_device.js';
export { VirtioDevice } from './device.js';
export { NO_TTYS, type TermiosDefaults, type Tty, type TtyHost, type TtyOptions } from './tty.js';

export interface VirtioOptions {
  readonly log: KernelLog;
}

/** The virtio bus with its drivers, and all that hangs on them. */
export class Virtio {
  readonly bus: Bus<VirtioDevice>;
  /** Devices of classes, whose driver is here. */
  readonly classDevices = new Notifier<ClassDeviceEvent>();
  readonly #indices = new Ids();

  constructor({ log }: VirtioOptions) {
    this.bus = new Bus<VirtioDevice>('virtio', log);
  }

  /** Makes virtio devices of the vdevs of firmware. */
  readonly bindVdev: VdevBinder = (vdev) => virtioSubdevice(vdev, this.bus, this.#indices);
}
