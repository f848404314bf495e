import type { Endian } from '../emu/hardware.js';
import { Errno, type Bus, type BusDevice, type BusDriver, type DeviceLog } from '../kernel/index.js';
import type { CoherentMemory } from '../rproc/index.js';
import { RingMemory } from './ring_memory.js';
import { Virtqueue } from './virtqueue.js';

/** VIRTIO_CONFIG_S_* */
export const STATUS = { acknowledge: 1, driver: 2, driverOk: 4, failed: 0x80 } as const;

/** Features of the ring, which the transport offers whatever the driver knows. */
const RING_FEATURES = { indirect: 1 << 28, eventIndices: 1 << 29 } as const;
const TRANSPORT_FEATURES = 0xf000_0000;
/** The driver of a device may ask for these, whether or not the device has them (RVDEV_NUM_VRINGS). */
const MOST_QUEUES = 2;

/** One ring of a device, as its transport found it. */
export interface Ring {
  readonly memory: Uint8Array | undefined;
  readonly num: number;
  readonly align: number;
  /** What the transport calls when the remote side rang; it gives false when there was nothing. Nothing ends that. */
  onInterrupt(handler: (() => boolean) | undefined): void;
  /** Tells the remote side where the ring is. */
  publish(): void;
  /** The doorbell. */
  kick(): void;
}

/** What lies between a virtio device and its hardware (virtio_config_ops). */
export interface Transport {
  /** Of the device that the virtio device is a child of, below /sys. */
  readonly parentPath: string;
  /** Who is at the other end: the same one for all of its devices. */
  readonly remote: object;
  readonly endian: Endian;
  /** What buffers are allocated from: the remote side can reach it. */
  readonly memory: CoherentMemory;
  readonly rings: readonly Ring[];
  /** Of the parent device. */
  readonly parentLog: DeviceLog;
  status: number;
  readonly offeredFeatures: number;
  acceptFeatures(features: number): void;
  /** Nothing when the range is not in the device's configuration; it has logged that. */
  readConfig(offset: number, length: number): Uint8Array | undefined;
}

/** What a virtio driver is, without what every one of them does: see {@link virtioDriver}. */
export interface VirtioDriverParts {
  readonly name: string;
  readonly ids: readonly number[];
  /** Bits that the driver understands. */
  readonly features: number;
  /** @throws Errno; its queues are taken from it then. */
  probe(device: VirtioDevice): void;
  /** Resets the device, takes what its queues still had, and gives back its memory. */
  remove(device: VirtioDevice): void;
}

/** virtio_dev_probe() and virtio_dev_remove(): status and features, around the driver's own work. */
export const virtioDriver = (parts: VirtioDriverParts): BusDriver<VirtioDevice> => ({
  name: parts.name,
  matches: ({ id }) => parts.ids.includes(id),
  probe: (device) => {
    device.addStatus(STATUS.driver);
    device.negotiate(parts.features);
    try {
      parts.probe(device);
    } catch (error) {
      device.deleteQueues();
      device.addStatus(STATUS.failed);
      throw error;
    }
    device.ready();
  },
  remove: (device) => {
    parts.remove(device);
    device.deleteQueues();
    device.addStatus(STATUS.acknowledge);
  },
});

/** What a driver wants to know of a queue. */
export interface QueueRequest {
  readonly name: string;
  readonly callback?: (() => void) | undefined;
}

/** `virtio<M>`, a device of the virtio bus: docs/reference/kernel-abi.md 6. */
export class VirtioDevice implements BusDevice {
  readonly name: string;
  readonly vendor = 0;
  /** Negotiated. */
  features = 0;
  #endings: (() => void)[] = [];

  constructor(
    readonly bus: Bus<VirtioDevice>,
    /** M */
    readonly index: number,
    /** Such as 7 for rpmsg. */
    readonly id: number,
    readonly transport: Transport,
  ) {
    this.name = `virtio${index}`;
  }

  /** Below /sys. */
  get path(): string {
    return `${this.transport.parentPath}/${this.name}`;
  }

  /** With the prefix of whoever has the device now. */
  get log(): DeviceLog {
    return this.bus.logOf(this);
  }

  get endian(): Endian {
    return this.transport.endian;
  }

  get memory(): CoherentMemory {
    return this.transport.memory;
  }

  get status(): number {
    return this.transport.status;
  }

  addStatus(bits: number): void {
    this.transport.status = this.transport.status | bits;
  }

  hasFeature(bit: number): boolean {
    return (this.features & (1 << bit)) !== 0;
  }

  readConfig(offset: number, length: number): Uint8Array | undefined {
    return this.transport.readConfig(offset, length);
  }

  /** The features that both sides know (virtio_dev_probe, vring_transport_features). */
  negotiate(known: number): void {
    const offered = this.transport.offeredFeatures;
    const ring = offered & (RING_FEATURES.indirect | RING_FEATURES.eventIndices);
    this.features = ((offered & known & ~TRANSPORT_FEATURES) | ring) >>> 0;
    this.transport.acceptFeatures(this.features);
  }

  /**
   * A queue of the device, which carries what its driver gives it. Its ring begins anew: zeroed, and at index 0.
   *
   * @throws Errno EINVAL when there can be no such queue, ENOMEM when it has no memory.
   */
  findQueue<Token>(index: number, { name, callback }: QueueRequest): Virtqueue<Token> {
    const ring = this.transport.rings[index];
    if (index >= MOST_QUEUES) throw new Errno('EINVAL');
    if (ring?.memory === undefined) throw new Errno('ENOMEM');
    const { memory, num, align } = ring;
    if (!RingMemory.fits(memory, num, align)) {
      this.transport.parentLog.err(`vring_new_virtqueue ${name} failed`);
      throw new Errno('ENOMEM');
    }
    memory.fill(0);
    const queue = new Virtqueue<Token>({
      name,
      ring: new RingMemory(memory, num, align, this.endian),
      eventIndices: (this.features & RING_FEATURES.eventIndices) !== 0,
      callback,
      log: () => this.log,
      notify: () => ring.kick(),
    });
    ring.onInterrupt(() => queue.interrupt());
    ring.publish();
    this.#endings.push(() => {
      ring.onInterrupt(undefined);
      queue.callback = undefined;
      queue.broken = true;
    });
    return queue;
  }

  /** Nothing goes in or out any more, and nobody is called. What the remote side still had is the driver's to take. */
  deleteQueues(): void {
    for (const end of this.#endings) end();
    this.#endings = [];
  }

  /** The driver is there: the remote side may begin. Again: nothing. */
  ready(): void {
    if ((this.status & STATUS.driverOk) === 0) this.addStatus(STATUS.driverOk);
  }

  /** The remote side is to forget everything; it learns of it when it looks. */
  reset(): void {
    this.transport.status = 0;
  }
}
