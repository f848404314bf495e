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
import { Bus, hostTimer, Modules, Notifier, type After, type KernelLog } from '../kernel/index.js';
import { Ids, parseSigned, type VdevBinder } from '../rproc/index.js';
import type { ClassDeviceEvent } from './class_device.js';
import { consoleDrivers } from './console/index.js';
import type { VirtioDevice } from './device.js';
import { virtioSubdevice } from './remoteproc_virtio.js';
import { clientSample, rpmsgBus, type RpmsgChannel } from './rpmsg/index.js';
import { NO_TTYS, type TtyHost } from './tty.js';

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
export type { RpmsgChannel } from './rpmsg/index.js';
export { NO_TTYS, type TermiosDefaults, type Tty, type TtyHost, type TtyOptions } from './tty.js';

export interface VirtioOptions {
  readonly log: KernelLog;
  /** Where terminals come from; without it there are none. */
  readonly ttys?: TtyHost;
  /** What ends the waits of drivers. */
  readonly timer?: After;
}

/** The virtio bus with its drivers, and all that hangs on them. */
export class Virtio {
  readonly bus: Bus<VirtioDevice>;
  readonly rpmsg: Bus<RpmsgChannel>;
  /** Drivers that are not there until they are asked for. */
  readonly modules: Modules;
  /** Devices of classes, whose driver is here. */
  readonly classDevices = new Notifier<ClassDeviceEvent>();
  readonly #indices = new Ids();

  constructor({ log, ttys = NO_TTYS, timer: after = hostTimer }: VirtioOptions) {
    this.bus = new Bus<VirtioDevice>('virtio', log);
    const { classDevices } = this;
    this.rpmsg = rpmsgBus({ log, ttys, after, classDevices }, this.bus);
    this.modules = new Modules([clientSample(this.rpmsg)], log, parseSigned);
    for (const driver of consoleDrivers({ log, ttys, after, classDevices })) this.bus.addDriver(driver);
  }

  /** Makes virtio devices of the vdevs of firmware. */
  readonly bindVdev: VdevBinder = (vdev) => virtioSubdevice(vdev, this.bus, this.#indices);
}
