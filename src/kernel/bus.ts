import { Errno, negative } from './errno.js';
import { DeviceLog, type KernelLog } from './log.js';
import { Notifier } from './notifier.js';

/** What a bus knows of its devices. */
export interface BusDevice {
  /** Of its directory below `devices`, so without a slash; unique on the bus. */
  readonly name: string;
  /** The only driver that may have it, when one is named. */
  readonly driverOverride?: string | undefined;
}

/** What a bus knows of its drivers. Both operations are synchronous, as nothing may come between them and the events. */
export interface BusDriver<Device> {
  readonly name: string;
  /** Of /sys/module, when it is not built in. */
  readonly module?: string;
  /** By its own table of ids. */
  matches(device: Device): boolean;
  /** @throws Errno when it can't have the device. Nothing of it may remain then. */
  probe(device: Device): void;
  remove(device: Device): void;
}

export type BusEvent<Device> =
  | { readonly type: 'device-added' | 'device-removed'; readonly device: Device }
  | { readonly type: 'device-bound' | 'device-unbound'; readonly device: Device; readonly driver: BusDriver<Device> }
  | { readonly type: 'driver-added' | 'driver-removed'; readonly driver: BusDriver<Device> };

/**
 * A bus of Linux's driver core: it brings devices and drivers together, in the order in which they came. Its events come in
 * the order of the uevents; a device's children come and go between its own.
 */
export class Bus<Device extends BusDevice> extends Notifier<BusEvent<Device>> {
  readonly #devices = new Map<string, Device>();
  readonly #drivers = new Map<string, BusDriver<Device>>();
  /** Also of a device whose probe is under way. */
  readonly #driverOf = new Map<Device, BusDriver<Device>>();
  /** `drivers_autoprobe` */
  autoprobe = true;

  constructor(
    readonly name: string,
    private readonly log: KernelLog,
  ) {
    super();
  }

  get devices(): readonly Device[] {
    return [...this.#devices.values()];
  }

  get drivers(): readonly BusDriver<Device>[] {
    return [...this.#drivers.values()];
  }

  driverOf(device: Device): BusDriver<Device> | undefined {
    return this.#driverOf.get(device);
  }

  /** dev_err() and friends: docs/reference/kernel-abi.md 0.1. */
  logOf(device: Device): DeviceLog {
    return new DeviceLog(this.log, `${this.driverOf(device)?.name ?? this.name} ${device.name}`);
  }

  addDriver(driver: BusDriver<Device>): void {
    this.#drivers.set(driver.name, driver);
    this.notify({ type: 'driver-added', driver });
    if (!this.autoprobe) return;
    for (const device of this.devices) if (this.#suits(driver, device)) this.#tryProbe(driver, device);
  }

  removeDriver(driver: BusDriver<Device>): void {
    for (const device of this.devices.toReversed()) if (this.driverOf(device) === driver) this.#release(device);
    this.#drivers.delete(driver.name);
    this.notify({ type: 'driver-removed', driver });
  }

  /** A driver that refuses the device is only logged. @throws Errno EEXIST when the name is taken. */
  add(device: Device): void {
    if (this.#devices.has(device.name)) throw new Errno('EEXIST');
    this.#devices.set(device.name, device);
    this.notify({ type: 'device-added', device });
    if (this.autoprobe) this.#attach(device);
  }

  /** Nothing when it has gone already. */
  remove(device: Device): void {
    if (this.#devices.get(device.name) !== device) return;
    this.#release(device);
    this.#devices.delete(device.name);
    this.notify({ type: 'device-removed', device });
  }

  /** A write to a driver's `bind`. @throws Errno ENODEV, EBUSY, or what its probe threw. */
  bind(driver: BusDriver<Device>, name: string): void {
    const device = this.#named(name);
    if (!this.#suits(driver, device)) throw new Errno('ENODEV');
    if (this.driverOf(device) !== undefined) throw new Errno('EBUSY');
    this.#probe(driver, device);
  }

  /** A write to a driver's `unbind`. @throws Errno ENODEV */
  unbind(driver: BusDriver<Device>, name: string): void {
    const device = this.#named(name);
    if (this.driverOf(device) !== driver) throw new Errno('ENODEV');
    this.#release(device);
  }

  /** A write to `drivers_probe`. @throws Errno ENODEV */
  probe(name: string): void {
    this.#attach(this.#named(name));
  }

  #named(name: string): Device {
    const device = this.#devices.get(name);
    if (device === undefined) throw new Errno('ENODEV');
    return device;
  }

  #suits(driver: BusDriver<Device>, device: Device): boolean {
    const { driverOverride } = device;
    return driverOverride === undefined ? driver.matches(device) : driver.name === driverOverride;
  }

  #attach(device: Device): void {
    for (const driver of this.drivers) {
      if (this.driverOf(device) !== undefined) return;
      if (this.#suits(driver, device)) this.#tryProbe(driver, device);
    }
  }

  #tryProbe(driver: BusDriver<Device>, device: Device): void {
    if (this.driverOf(device) !== undefined) return;
    try {
      this.#probe(driver, device);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }

  #probe(driver: BusDriver<Device>, device: Device): void {
    this.#driverOf.set(device, driver);
    try {
      driver.probe(device);
    } catch (error) {
      this.#driverOf.delete(device);
      if (error instanceof Errno && error.code !== 'ENODEV' && error.code !== 'ENXIO')
        this.log.print('warn', `${driver.name}: probe of ${device.name} failed with error ${negative(error)}`);
      throw error;
    }
    this.notify({ type: 'device-bound', device, driver });
  }

  #release(device: Device): void {
    const driver = this.driverOf(device);
    if (driver === undefined) return;
    driver.remove(device);
    this.#driverOf.delete(device);
    this.notify({ type: 'device-unbound', device, driver });
  }
}
