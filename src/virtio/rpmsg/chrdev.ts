import type { BusDriver } from '../../kernel/index.js';
import { classDevicePath } from '../class_device.js';
import type { RpmsgChannel } from './channel.js';
import { rpmsgDriver } from './driver.js';
import { EndpointDevice } from './endpoint_device.js';
import { RPMSG_CLASS, type NumberedDevices } from './numbered.js';

/** The driver rpmsg_chrdev: a channel as a file (docs/reference/kernel-abi.md 7.6). */
export function rpmsgChrdev(devices: NumberedDevices): BusDriver<RpmsgChannel> {
  const files = new Map<RpmsgChannel, EndpointDevice>();
  return rpmsgDriver({
    name: 'rpmsg_chrdev',
    services: ['rpmsg-raw'],
    receive: (channel, payload) => files.get(channel)?.receive(payload),
    probe: (channel) => {
      const { service: name, src, dst, path: parentPath } = channel;
      const path = (device: string): string => classDevicePath(parentPath, RPMSG_CLASS, device);
      const info = { name, src, dst };
      files.set(channel, new EndpointDevice(devices, { channel, info, parentPath, path, isDefault: true }));
    },
    remove: (channel) => {
      files.get(channel)?.destroy();
      files.delete(channel);
    },
  });
}
