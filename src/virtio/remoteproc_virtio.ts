/** The transport of virtio devices that a firmware's resource table asks for: docs/reference/kernel-abi.md 6. */
import { DeviceLog, Errno, type Bus } from '../kernel/index.js';
import {
  FIELD,
  Ids,
  publishVring,
  vdevDeviceName,
  vdevPath,
  vringSize,
  VRING_SIZE,
  type Subdevice,
  type Vdev,
  type Vring,
} from '../rproc/index.js';
import { STATUS, VirtioDevice, type Ring, type Transport } from './device.js';

/** Status, features and configuration are in the vdev's entry of the live table, where the firmware looks for them. */
class VdevTransport implements Transport {
  readonly parentPath: string;
  readonly parentLog: DeviceLog;
  readonly rings: readonly Ring[];

  constructor(private readonly vdev: Vdev) {
    const { rproc, platformId } = vdev;
    this.parentPath = vdevPath(vdev);
    this.parentLog = new DeviceLog(rproc.host.log, `rproc-virtio ${vdevDeviceName(platformId)}`);
    this.rings = vdev.vrings.map((vring, index) => new VdevRing(vdev, vring, index));
  }

  get remote(): object {
    return this.vdev.rproc;
  }

  get endian() {
    return this.vdev.rproc.endian;
  }

  get memory() {
    return this.vdev.rproc.platform.memory;
  }

  get status(): number {
    return this.vdev.resource().u8(FIELD.vdev.status);
  }

  set status(value: number) {
    this.vdev.resource().setU8(FIELD.vdev.status, value);
  }

  get offeredFeatures(): number {
    return this.vdev.resource().u32(FIELD.vdev.dfeatures);
  }

  acceptFeatures(features: number): void {
    this.vdev.resource().setU32(FIELD.vdev.gfeatures, features);
  }

  readConfig(offset: number, length: number): Uint8Array | undefined {
    const resource = this.vdev.resource();
    const config = resource.from(FIELD.vdev.size + VRING_SIZE * this.rings.length);
    if (offset + length <= resource.u32(FIELD.vdev.configLen) && offset + length <= config.length)
      return config.bytes.slice(offset, offset + length);
    this.parentLog.err('rproc_virtio_get: access out of bounds');
    return undefined;
  }
}

class VdevRing implements Ring {
  readonly num: number;
  readonly align: number;

  constructor(
    private readonly vdev: Vdev,
    private readonly vring: Vring,
    private readonly index: number,
  ) {
    this.num = vring.num;
    this.align = vring.align;
  }

  get memory(): Uint8Array | undefined {
    return this.vring.carveout.va?.subarray(0, vringSize(this.num, this.align));
  }

  onInterrupt(handler: (() => boolean) | undefined): void {
    if (handler === undefined) delete this.vring.interrupt;
    else this.vring.interrupt = handler;
  }

  publish(): void {
    publishVring(this.vdev, this.index);
  }

  kick(): void {
    const { rproc } = this.vdev;
    rproc.ops.kick?.(rproc, this.vring.notifyid);
  }
}

/**
 * A vdev lives as a virtio device from the start of its processor to its stop; the two need not match, as a stop is tried
 * again when the processor refused it.
 */
export function virtioSubdevice(vdev: Vdev, bus: Bus<VirtioDevice>, indices: Ids): Subdevice {
  let device: VirtioDevice | undefined;
  return {
    start: () => {
      const transport = new VdevTransport(vdev);
      if (vdev.rproc.ops.kick === undefined) {
        transport.parentLog.err(`.kick method not defined for ${vdev.rproc.name}`);
        throw new Errno('EINVAL');
      }
      device = new VirtioDevice(bus, indices.allocate(), vdev.id, transport);
      device.reset();
      device.addStatus(STATUS.acknowledge);
      bus.add(device);
      transport.parentLog.info(`registered ${device.name} (type ${vdev.id | 0})`);
    },
    stop: () => {
      if (device === undefined) return;
      bus.remove(device);
      indices.free(device.index);
      device = undefined;
    },
  };
}
