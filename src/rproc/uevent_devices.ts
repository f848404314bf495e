import { CDEV_MAJOR } from './cdev.js';
import type { DumpDevice, DumpEvent } from './devcoredump.js';
import { platformDevicePath, type PlatformDevice, type PlatformEvent } from './drivers/generic.js';
import type { LifeEvent, RemoteProc, VdevEvent } from './remoteproc.js';
import type { UeventDevice, Uevents } from './uevent.js';
import { vdevDeviceName, type VdevPlatformDevice } from './vdev.js';

/** Keys are in the order in which a `uevent` file shows them. */
export const rprocDevice = (rproc: RemoteProc): UeventDevice => ({
  path: rproc.path,
  subsystem: 'remoteproc',
  logPrefix: rproc.log.prefix,
  keys: () => ({ MAJOR: CDEV_MAJOR, MINOR: rproc.index, DEVNAME: rproc.deviceName, DEVTYPE: 'remoteproc' }),
});

export const cpuDevice = (cpu: number): UeventDevice => ({
  path: `/devices/system/cpu/cpu${cpu}`,
  subsystem: 'cpu',
  logPrefix: `cpu cpu${cpu}`,
  keys: () => ({}),
});

export const dumpName = ({ number }: DumpDevice): string => `devcd${number}`;

export const dumpDevice = (device: DumpDevice): UeventDevice => ({
  path: `/devices/virtual/devcoredump/${dumpName(device)}`,
  subsystem: 'devcoredump',
  logPrefix: `devcoredump ${dumpName(device)}`,
  keys: () => ({}),
});

/** A device without bus, class and keys, such as a root device. */
export const plainDevice = (path: string, logPrefix: string): UeventDevice => ({ path, logPrefix, keys: () => ({}) });

export const vdevPath = ({ rproc, platformId }: VdevPlatformDevice): string =>
  `${rproc.path}/${vdevDeviceName(platformId)}`;

/** `bound`: the driver rproc-virtio has it, which is in its keys. */
export const vdevDevice = (device: VdevPlatformDevice, bound = device.vdev !== undefined): UeventDevice => ({
  path: vdevPath(device),
  subsystem: 'platform',
  logPrefix: `${bound ? 'rproc-virtio' : 'platform'} ${vdevDeviceName(device.platformId)}`,
  keys: () => ({ ...(bound ? { DRIVER: 'rproc-virtio' } : {}), MODALIAS: 'platform:rproc-virtio' }),
});

export function rprocUevents(uevents: Uevents, { type, rproc }: LifeEvent): void {
  uevents.emit(type === 'added' ? 'add' : 'remove', rprocDevice(rproc));
}

export function dumpUevents(uevents: Uevents, { type, device }: DumpEvent): void {
  uevents.emit(type === 'added' ? 'add' : 'remove', dumpDevice(device));
}

/** A platform device is there before its driver binds, and after it let go; a failed probe binds nothing. */
export function vdevUevents(uevents: Uevents, { type, device }: VdevEvent): void {
  const bound = device.vdev !== undefined;
  const unbound = vdevDevice(device, false);
  if (type === 'vdev-added') {
    uevents.emit('add', unbound);
    if (bound) uevents.emit('bind', vdevDevice(device));
  } else {
    // the driver's key is gone, and so is the device's modalias while the driver lets go (oracle, 27-uevent)
    if (bound) uevents.emit('unbind', { ...unbound, keys: () => ({}) });
    uevents.emit('remove', unbound);
  }
}

/** `/devices/platform/<name>`; `bound` as for {@link vdevDevice}. */
export const platformDevice = (device: PlatformDevice, bound = device.rproc !== undefined): UeventDevice => {
  const { driver, device: name } = device.options;
  return {
    path: platformDevicePath(device),
    subsystem: 'platform',
    logPrefix: `${bound ? driver : 'platform'} ${name}`,
    keys: () => ({ ...(bound ? { DRIVER: driver } : {}), MODALIAS: modalias(device) }),
  };
};

/** `platform:` and the name of the device without its number. */
export const modalias = ({ options }: PlatformDevice): string => `platform:${options.device.replace(/\.\d+$/, '')}`;

export const driverDevice = (driver: string): UeventDevice => ({
  path: `/bus/platform/drivers/${driver}`,
  subsystem: 'drivers',
  logPrefix: `drivers ${driver}`,
  keys: () => ({}),
});

/** The actions of each event. As with vdevs, nothing is in the keys while a driver lets go. */
export function platformUevents(uevents: Uevents, event: PlatformEvent): void {
  switch (event.type) {
    case 'driver-added':
      uevents.emit('add', driverDevice(event.driver));
      break;
    case 'driver-removed':
      uevents.emit('remove', driverDevice(event.driver));
      break;
    case 'device-added':
      uevents.emit('add', platformDevice(event.device, false));
      break;
    case 'device-bound':
      uevents.emit('bind', platformDevice(event.device));
      break;
    case 'device-unbound':
      uevents.emit('unbind', { ...platformDevice(event.device, false), keys: () => ({}) });
      break;
    case 'device-removed':
      uevents.emit('remove', platformDevice(event.device, false));
      break;
  }
}
