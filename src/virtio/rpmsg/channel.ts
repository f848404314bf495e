import type { Bus, BusDevice, DeviceLog } from '../../kernel/index.js';
import { DriverOverride } from '../../rproc/index.js';
import type { Allowance } from './allowance.js';
import type { Endpoint, Receive } from './endpoint.js';
import type { Announcement, ChannelInfo } from './message.js';

/** What a channel stands on (rpmsg_device_ops): virtio_rpmsg_bus.ts. */
export interface Carrier {
  /** Of its device, and of its device's directory, below /sys. */
  readonly name: string;
  readonly path: string;
  readonly log: DeviceLog;
  readonly allowance: Allowance;
  /** Nothing, and a message, when the address is not to be had. */
  createEndpoint(channel: RpmsgChannel, address: number, receive: Receive): Endpoint | undefined;
  destroyEndpoint(endpoint: Endpoint): void;
  /** Nothing, and a message, when there is such a channel already. */
  createChannel(info: ChannelInfo): RpmsgChannel | undefined;
  /** @throws Errno EINVAL when there is no such channel. */
  releaseChannel(info: ChannelInfo): void;
  /** Gives what the name service of the remote side was told, in our byte order. */
  decodeAnnouncement(payload: Uint8Array): Announcement | undefined;
  /** Tells the remote side's name service, if it has one. @throws Errno */
  announce(endpoint: Endpoint, destroy: boolean): void;
}

export interface ChannelOptions extends ChannelInfo {
  /** Its existence is told to the remote side while it has a driver. */
  readonly announce: boolean;
  /** The one driver that it is made for. */
  readonly driver?: string;
}

/** One that is made for a driver, at the same address on both sides (rpmsg_register_device_override). */
export const channelFor = (driver: string, address: number): ChannelOptions => ({
  name: driver,
  src: address,
  dst: address,
  announce: false,
  driver,
});

/** `virtio<M>.<name>.<src>.<dst>`, a device of the rpmsg bus: docs/reference/kernel-abi.md 7.5. */
export class RpmsgChannel implements BusDevice {
  readonly name: string;
  /** What it is announced as. */
  readonly service: string;
  /** ANY until a driver listens; then its address, and still so when the driver has let go. */
  src: number;
  readonly dst: number;
  readonly announce: boolean;
  readonly override: DriverOverride;
  /** While it has a driver that listens. */
  endpoint: Endpoint | undefined;

  constructor(
    readonly bus: Bus<RpmsgChannel>,
    readonly carrier: Carrier,
    { name, src, dst, announce, driver }: ChannelOptions,
  ) {
    this.service = name;
    this.src = src;
    this.dst = dst;
    this.announce = announce;
    this.override = new DriverOverride(driver);
    // as every name of a kobject
    this.name = `${carrier.name}.${name}.${src | 0}.${dst | 0}`.replaceAll('/', '!');
  }

  get path(): string {
    return `${this.carrier.path}/${this.name}`;
  }

  get driverOverride(): string | undefined {
    return this.override.driver;
  }

  /** With the prefix of whoever has the channel now. */
  get log(): DeviceLog {
    return this.bus.logOf(this);
  }
}
