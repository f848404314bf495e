import { DeviceLog, Errno, Notifier } from '../../kernel/index.js';
import type { PagePool } from '../memory.js';
import type { Platform } from '../platform.js';
import { RemoteProc, type Host } from '../remoteproc.js';
import { cString } from '../text.js';
import { Loopback } from './generic_loopback.js';
import type { GenericOptions } from './generic_options.js';
import { genericOperations, layOut } from './generic_processor.js';

/** A device of the platform bus, with the driver that it is for. */
export interface PlatformDevice {
  readonly options: GenericOptions;
  /** There while the driver is bound. */
  rproc: RemoteProc | undefined;
}

export interface PlatformDriverEvent {
  readonly type: 'driver-added' | 'driver-removed';
  readonly driver: string;
}
export interface PlatformDeviceEvent {
  readonly type: 'device-added' | 'device-bound' | 'device-unbound' | 'device-removed';
  readonly device: PlatformDevice;
}
export type PlatformEvent = PlatformDriverEvent | PlatformDeviceEvent;

export const platformDevicePath = ({ options }: PlatformDevice): string => `/devices/platform/${options.device}`;

/** The drivers that a board file names, and their devices: remote processors without a CPU behind them. */
export class GenericRprocs extends Notifier<PlatformEvent> {
  readonly #devices: PlatformDevice[] = [];

  constructor(
    private readonly host: Host,
    /** For carveouts that are no region of a device. */
    private readonly memory: PagePool,
  ) {
    super();
  }

  get devices(): readonly PlatformDevice[] {
    return this.#devices;
  }

  /** In the order in which they came. */
  get drivers(): readonly string[] {
    return [...new Set(this.#devices.map(({ options }) => options.driver))];
  }

  /** Registers the drivers, then devices, each of which is bound at once. @throws Errno EEXIST for a name that is taken. */
  add(options: readonly GenericOptions[]): void {
    for (const { device } of options) if (this.find(device) !== undefined) throw new Errno('EEXIST');
    const known = new Set(this.drivers);
    for (const driver of new Set(options.map(({ driver }) => driver)))
      if (!known.has(driver)) this.notify({ type: 'driver-added', driver });
    for (const each of options) {
      const device: PlatformDevice = { options: each, rproc: undefined };
      this.#devices.push(device);
      this.notify({ type: 'device-added', device });
      this.#probe(device);
    }
  }

  /** Takes every device and driver away, the last one first. */
  async removeAll(): Promise<void> {
    const drivers = this.drivers.toReversed();
    for (const device of this.#devices.toReversed()) {
      await this.#release(device);
      this.#devices.splice(this.#devices.indexOf(device), 1);
      this.notify({ type: 'device-removed', device });
    }
    for (const driver of drivers) this.notify({ type: 'driver-removed', driver });
  }

  find(name: string): PlatformDevice | undefined {
    return this.#devices.find(({ options }) => options.device === name);
  }

  /** `bind` of a driver. @throws Errno ENODEV for another's device, EBUSY when it is bound. */
  bind(driver: string, bytes: Uint8Array): void {
    const device = this.#named(driver, bytes);
    if (device.rproc !== undefined) throw new Errno('EBUSY');
    this.#probe(device);
  }

  /** `unbind` of a driver: the remote processor goes. @throws Errno ENODEV for a device that is not bound to it. */
  async unbind(driver: string, bytes: Uint8Array): Promise<void> {
    const device = this.#named(driver, bytes);
    if (device.rproc === undefined) throw new Errno('ENODEV');
    await this.#release(device);
  }

  #named(driver: string, bytes: Uint8Array): PlatformDevice {
    const device = this.find(cString(bytes).replace(/\n$/, ''));
    if (device?.options.driver !== driver) throw new Errno('ENODEV');
    return device;
  }

  #probe(device: PlatformDevice): void {
    const { options } = device;
    const memory = layOut(options.regions);
    const [first] = memory;
    const loopback = options.loopback ? new Loopback((address, length) => this.memory.at(address, length)) : undefined;
    const platform: Platform = {
      path: platformDevicePath(device),
      log: new DeviceLog(this.host.log, `${options.driver} ${options.device}`),
      memory: this.memory,
      ...(first === undefined ? {} : { ram: first.bytes }),
    };
    const { processor: name, firmware, dump, autoBoot, readOnly, detached, attachOnRecovery } = options;
    const rproc = new RemoteProc(this.host, {
      name,
      platform,
      ops: genericOperations(options, memory, this.host.endian, loopback),
      ...(firmware === undefined ? {} : { firmware }),
      ...(dump === undefined ? {} : { dump }),
      autoBoot,
      readOnly,
      detached,
      attachOnRecovery,
    });
    device.rproc = rproc;
    rproc.add();
    this.notify({ type: 'device-bound', device });
  }

  async #release(device: PlatformDevice): Promise<void> {
    const { rproc } = device;
    if (rproc === undefined) return;
    device.rproc = undefined;
    await rproc.remove();
    this.notify({ type: 'device-unbound', device });
  }
}
