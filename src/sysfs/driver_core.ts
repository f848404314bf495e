/** A bus of the driver core with its devices and drivers: docs/reference/kernel-abi.md 6.5, 7.5, and 11 for the events. */
import { attribute, directory, type Directory, type Entries } from '../fs/index.js';
import type { Bus, BusDevice, BusDriver, BusEvent } from '../kernel/index.js';
import { namedIn, type Linux, type UeventDevice } from '../rproc/index.js';
import { blindUevent, power, uevent } from './common.js';
import { linkTo, place, unplace } from './place.js';

/** How the devices of a bus show, besides what every device has. */
export interface DeviceView<Device> {
  /** Of its directory, below /sys. */
  path(device: Device): string;
  modalias(device: Device): string;
  /** Its own files. */
  attributes(device: Device): Entries;
}

/** `/sys/bus/<name>`; {@link followBus} fills it. */
export const busDirectory = <Device extends BusDevice>(linux: Linux, bus: Bus<Device>): Directory =>
  directory(0o755, {
    devices: directory(0o755),
    drivers: directory(0o755),
    drivers_autoprobe: attribute({
      mode: 0o644,
      show: () => (bus.autoprobe ? '1\n' : '0\n'),
      store: ([first]) => {
        bus.autoprobe = first !== DIGIT_ZERO;
      },
    }),
    drivers_probe: attribute({ mode: 0o200, store: (bytes) => bus.probe(namedIn(bytes)) }),
    uevent: blindUevent(linux, { path: `/bus/${bus.name}`, logPrefix: `bus ${bus.name}`, keys: () => ({}) }),
  });

const DIGIT_ZERO = 0x30;

/** Shows what is on the bus now, and everything that comes and goes. */
export function followBus<Device extends BusDevice>(
  linux: Linux,
  root: Directory,
  bus: Bus<Device>,
  view: DeviceView<Device>,
): void {
  const shown = new ShownBus(linux, root, bus, view);
  for (const driver of bus.drivers) shown.addDriver(driver);
  for (const device of bus.devices) {
    shown.add(device);
    const driver = bus.driverOf(device);
    if (driver !== undefined) shown.bind(device, driver);
  }
  bus.subscribe((event) => shown.follow(event));
}

class ShownBus<Device extends BusDevice> {
  constructor(
    private readonly linux: Linux,
    private readonly root: Directory,
    private readonly bus: Bus<Device>,
    private readonly view: DeviceView<Device>,
  ) {}

  /** The tree first, then the event: who hears of a device finds it. */
  follow(event: BusEvent<Device>): void {
    const { uevents } = this.linux;
    switch (event.type) {
      case 'driver-added':
        this.addDriver(event.driver);
        uevents.emit('add', this.#driver(event.driver));
        break;
      case 'driver-removed':
        unplace(this.root, this.#driver(event.driver).path);
        uevents.emit('remove', this.#driver(event.driver));
        break;
      case 'device-added':
        this.add(event.device);
        uevents.emit('add', this.#device(event.device));
        break;
      case 'device-bound':
        this.bind(event.device, event.driver);
        uevents.emit('bind', this.#device(event.device));
        break;
      case 'device-unbound':
        for (const { link } of this.#driverLinks(event.device, event.driver)) unplace(this.root, link);
        // neither driver nor modalias (oracle, 27-uevent)
        uevents.emit('unbind', { ...this.#device(event.device), keys: () => ({}) });
        break;
      case 'device-removed':
        unplace(this.root, this.#busLink(event.device));
        unplace(this.root, this.view.path(event.device));
        uevents.emit('remove', this.#device(event.device));
        break;
    }
  }

  addDriver(driver: BusDriver<Device>): void {
    const { bus, linux } = this;
    const { path } = this.#driver(driver);
    const node = directory(0o755, {
      bind: attribute({ mode: 0o200, store: (bytes) => bus.bind(driver, namedIn(bytes)) }),
      ...(driver.module === undefined ? {} : { module: linkTo(`${path}/module`, `/module/${driver.module}`) }),
      uevent: blindUevent(linux, this.#driver(driver)),
      unbind: attribute({ mode: 0o200, store: (bytes) => bus.unbind(driver, namedIn(bytes)) }),
    });
    place(this.root, path, node);
  }

  add(device: Device): void {
    const path = this.view.path(device);
    const node = directory(0o755, {
      ...this.view.attributes(device),
      modalias: attribute({ mode: 0o444, show: () => `${this.view.modalias(device)}\n` }),
      power: power(),
      subsystem: linkTo(`${path}/subsystem`, `/bus/${this.bus.name}`),
      uevent: uevent(this.linux, this.#device(device)),
    });
    place(this.root, path, node);
    place(this.root, this.#busLink(device), linkTo(this.#busLink(device), path));
  }

  bind(device: Device, driver: BusDriver<Device>): void {
    for (const { link, target } of this.#driverLinks(device, driver)) place(this.root, link, linkTo(link, target));
  }

  #busLink(device: Device): string {
    return `/bus/${this.bus.name}/devices/${device.name}`;
  }

  /** From each to the other. */
  #driverLinks(device: Device, driver: BusDriver<Device>): { link: string; target: string }[] {
    const [path, driverPath] = [this.view.path(device), this.#driver(driver).path];
    return [
      { link: `${path}/driver`, target: driverPath },
      { link: `${driverPath}/${device.name}`, target: path },
    ];
  }

  #driver({ name }: BusDriver<Device>): UeventDevice {
    const path = `/bus/${this.bus.name}/drivers/${name}`;
    return { path, subsystem: 'drivers', logPrefix: `drivers ${name}`, keys: () => ({}) };
  }

  #device(device: Device): UeventDevice {
    const { bus, view } = this;
    return {
      path: view.path(device),
      subsystem: bus.name,
      get logPrefix() {
        return bus.logOf(device).prefix;
      },
      keys: () => {
        const driver = bus.driverOf(device);
        return { ...(driver === undefined ? {} : { DRIVER: driver.name }), MODALIAS: view.modalias(device) };
      },
    };
  }
}
