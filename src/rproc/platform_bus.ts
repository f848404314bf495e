import { Errno } from '../kernel/index.js';
import { bytesOf, cString } from './text.js';
import { vdevDeviceName, type VdevPlatformDevice } from './vdev.js';

const LONGEST_OVERRIDE = 4095;

/** The `driver_override` of a device on a bus: docs/reference/kernel-abi.md 7.5. */
export class DriverOverride {
  #name: string;

  constructor(name = '') {
    this.#name = name;
  }

  /** The only driver that may have the device. */
  get driver(): string | undefined {
    return this.#name === '' ? undefined : this.#name;
  }

  show(): Uint8Array {
    return bytesOf(`${this.#name === '' ? '(null)' : this.#name}\n`);
  }

  /** @throws Errno EINVAL for 4095 bytes and more. */
  store(bytes: Uint8Array): void {
    if (bytes.length >= LONGEST_OVERRIDE) throw new Errno('EINVAL');
    const [name = ''] = cString(bytes).split('\n', 1);
    this.#name = name;
  }
}

type Devices = Iterable<VdevPlatformDevice>;

/** What a write to `bind`, `unbind` or `drivers_probe` names. */
export const namedIn = (bytes: Uint8Array): string => cString(bytes).replace(/\n$/, '');

/** @throws Errno ENODEV */
function named(devices: Devices, bytes: Uint8Array): VdevPlatformDevice {
  const name = namedIn(bytes);
  for (const device of devices) if (vdevDeviceName(device.platformId) === name) return device;
  throw new Errno('ENODEV');
}

/** `bind` of the driver rproc-virtio. @throws Errno ENODEV, EBUSY when it is bound, EINVAL when its probe failed before. */
export function storeBind(devices: Devices, bytes: Uint8Array): never {
  throw new Errno(named(devices, bytes).vdev === undefined ? 'EINVAL' : 'EBUSY');
}

/** `unbind`: a vdev in use is not let go (docs/differences.md). @throws Errno ENODEV, EBUSY */
export function storeUnbind(devices: Devices, bytes: Uint8Array): never {
  throw new Errno(named(devices, bytes).vdev === undefined ? 'ENODEV' : 'EBUSY');
}

/** `drivers_probe`: nothing is left to probe. @throws Errno ENODEV, EINVAL */
export function storeProbe(devices: Devices, bytes: Uint8Array): void {
  if (named(devices, bytes).vdev === undefined) throw new Errno('EINVAL');
}
