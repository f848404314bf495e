import { Errno, negative, type BusDriver } from '../../kernel/index.js';
import { classDevicePath, type CharFile } from '../class_device.js';
import type { RpmsgChannel } from './channel.js';
import { rpmsgDriver } from './driver.js';
import { EndpointDevice } from './endpoint_device.js';
import { decodeEndpointInfo, ENDPOINT_INFO_SIZE, type ChannelInfo } from './message.js';
import { RPMSG_CLASS, type NumberedDevice, type NumberedDevices } from './numbered.js';

/** The numbers of asm-generic, as every host of this program has them. */
const IOCTL = { createEndpoint: 0x4028b501, createDevice: 0x4028b503, releaseDevice: 0x4028b504 } as const;

/** The driver rpmsg_ctrl: programs make endpoints and channels (docs/reference/kernel-abi.md 7.6). */
export function rpmsgCtrl(controls: NumberedDevices, endpoints: NumberedDevices): BusDriver<RpmsgChannel> {
  const files = new Map<RpmsgChannel, Control>();
  return rpmsgDriver({
    name: 'rpmsg_ctrl',
    services: [],
    probe: (channel) => {
      files.set(channel, new Control(channel, controls, endpoints));
    },
    remove: (channel) => {
      files.get(channel)?.remove();
      files.delete(channel);
    },
  });
}

/** `rpmsg_ctrl<N>` */
class Control {
  readonly #device: NumberedDevice;
  /** Made here, and still there. */
  readonly #endpoints = new Set<EndpointDevice>();
  #removed = false;

  constructor(
    private readonly channel: RpmsgChannel,
    controls: NumberedDevices,
    private readonly devices: NumberedDevices,
  ) {
    const parentPath = channel.path;
    const path = (name: string): string => classDevicePath(parentPath, RPMSG_CLASS, name);
    this.#device = controls.add({ parentPath, path, attributes: {}, open: () => this.#open() });
  }

  remove(): void {
    this.#removed = true;
    for (const endpoint of [...this.#endpoints]) endpoint.destroy();
    this.#device.remove();
  }

  /** @throws Errno ENXIO when the device has gone. */
  #open(): CharFile {
    if (this.#removed) throw new Errno('ENXIO');
    this.#device.get();
    return {
      ioctl: (command, input) => this.#ioctl(command, input),
      release: () => this.#device.put(),
    };
  }

  /** @throws Errno ENODEV when the device has gone, EINVAL, ENXIO */
  #ioctl(command: number, input: Uint8Array): undefined {
    if (this.#removed) throw new Errno('ENODEV');
    if (input.length !== ENDPOINT_INFO_SIZE) throw new Errno('EINVAL');
    const info = decodeEndpointInfo(input);
    switch (command) {
      case IOCTL.createEndpoint:
        this.#createEndpoint(info);
        return;
      case IOCTL.createDevice:
        this.#createChannel(info);
        return;
      case IOCTL.releaseDevice:
        this.#releaseChannel(info);
        return;
      default:
        throw new Errno('EINVAL');
    }
  }

  #createEndpoint(info: ChannelInfo): void {
    const { path: parentPath } = this.#device;
    const endpoint = new EndpointDevice(this.devices, {
      channel: this.channel,
      info,
      parentPath,
      path: (name) => `${parentPath}/${name}`,
      isDefault: false,
      onDestroy: (gone) => this.#endpoints.delete(gone),
    });
    this.#endpoints.add(endpoint);
  }

  #createChannel(info: ChannelInfo): void {
    if (this.channel.carrier.createChannel(info) !== undefined) return;
    this.#device.log.err(`failed to create ${info.name} channel`);
    throw new Errno('ENXIO');
  }

  #releaseChannel(info: ChannelInfo): void {
    try {
      this.channel.carrier.releaseChannel(info);
    } catch (error) {
      this.#device.log.err(`failed to release ${info.name} channel (${negative(error)})`);
      throw error;
    }
  }
}
