/** What virtio shows in /sys: docs/reference/kernel-abi.md 6.5. */
import { attribute, type Directory } from '../fs/index.js';
import type { Linux } from '../rproc/index.js';
import type { Virtio, VirtioDevice } from '../virtio/index.js';
import { followClassDevices } from './class_device.js';
import { followBus, type DeviceView } from './driver_core.js';
import { rpmsgView } from './rpmsg.js';

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const id = (value: number): string => hex(value, 8).toUpperCase();

/** Features are 64 bits, of which this transport has the lower half; the first digit is bit 0. */
const bits = (features: number): string =>
  Array.from({ length: 64 }, (_, bit) => (bit < 32 ? (features >>> bit) & 1 : 0)).join('');

const virtioView: DeviceView<VirtioDevice> = {
  path: ({ path }) => path,
  modalias: (device) => `virtio:d${id(device.id)}v${id(device.vendor)}`,
  attributes: (device) => ({
    device: attribute({ mode: 0o444, show: () => `0x${hex(device.id, 4)}\n` }),
    features: attribute({ mode: 0o444, show: () => `${bits(device.features)}\n` }),
    status: attribute({ mode: 0o444, show: () => `0x${hex(device.status, 8)}\n` }),
    vendor: attribute({ mode: 0o444, show: () => `0x${hex(device.vendor, 4)}\n` }),
  }),
};

export function followVirtio(linux: Linux, virtio: Virtio, root: Directory): void {
  followBus(linux, root, virtio.bus, virtioView);
  followBus(linux, root, virtio.rpmsg, rpmsgView);
  followClassDevices(linux, root, virtio.classDevices);
}
