/** Devices and drivers of the platform bus that come and go: docs/reference/clients.md 11. */
import { attribute, directory, type Directory } from '../fs/index.js';
import {
  driverDevice,
  DriverOverride,
  modalias,
  platformDevice,
  type Linux,
  type PlatformDevice,
  type PlatformEvent,
} from '../rproc/index.js';
import { blindUevent, power, uevent } from './common.js';
import { linkTo, place, unplace } from './place.js';

/** `/sys/devices/platform/<name>` */
function device(linux: Linux, of: PlatformDevice): Directory {
  const override = new DriverOverride();
  const identity = platformDevice(of, false);
  return directory(0o755, {
    driver_override: attribute({
      mode: 0o644,
      show: () => override.show(),
      store: (bytes) => override.store(bytes),
    }),
    modalias: attribute({ mode: 0o444, show: () => `${modalias(of)}\n` }),
    power: power(),
    subsystem: linkTo(`${identity.path}/subsystem`, '/bus/platform'),
    uevent: uevent(linux, { ...identity, keys: () => platformDevice(of).keys() }),
  });
}

/** `/sys/bus/platform/drivers/<name>` */
const driver = (linux: Linux, name: string): Directory =>
  directory(0o755, {
    bind: attribute({ mode: 0o200, store: (bytes) => linux.generic.bind(name, bytes) }),
    uevent: blindUevent(linux, driverDevice(name)),
    unbind: attribute({ mode: 0o200, store: (bytes) => linux.generic.unbind(name, bytes) }),
  });

export function addPlatform(linux: Linux, root: Directory): void {
  for (const name of linux.generic.drivers) addDriver(linux, root, name);
  for (const known of linux.generic.devices) {
    addDevice(linux, root, known);
    if (known.rproc !== undefined) bindDevice(root, known);
  }
  linux.generic.subscribe((event) => follow(linux, root, event));
}

const addDriver = (linux: Linux, root: Directory, name: string): void =>
  place(root, driverDevice(name).path, driver(linux, name));

const busLink = ({ options }: PlatformDevice): string => `/bus/platform/devices/${options.device}`;
const driverLink = ({ options }: PlatformDevice): string => `${driverDevice(options.driver).path}/${options.device}`;

function addDevice(linux: Linux, root: Directory, added: PlatformDevice): void {
  const { path } = platformDevice(added);
  place(root, path, device(linux, added));
  place(root, busLink(added), linkTo(busLink(added), path));
}

function bindDevice(root: Directory, bound: PlatformDevice): void {
  const { path } = platformDevice(bound);
  place(root, `${path}/driver`, linkTo(`${path}/driver`, driverDevice(bound.options.driver).path));
  place(root, driverLink(bound), linkTo(driverLink(bound), path));
}

function follow(linux: Linux, root: Directory, event: PlatformEvent): void {
  switch (event.type) {
    case 'driver-added':
      addDriver(linux, root, event.driver);
      break;
    case 'driver-removed':
      unplace(root, driverDevice(event.driver).path);
      break;
    case 'device-added':
      addDevice(linux, root, event.device);
      break;
    case 'device-bound':
      bindDevice(root, event.device);
      break;
    case 'device-unbound':
      unplace(root, `${platformDevice(event.device).path}/driver`);
      unplace(root, driverLink(event.device));
      break;
    case 'device-removed':
      unplace(root, busLink(event.device));
      unplace(root, platformDevice(event.device).path);
      break;
  }
}
