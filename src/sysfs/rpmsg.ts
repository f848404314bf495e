/** What rpmsg shows in /sys: docs/reference/kernel-abi.md 7.5. */
import { attribute } from '../fs/index.js';
import type { RpmsgChannel } from '../virtio/index.js';
import type { DeviceView } from './driver_core.js';

const hex = (value: number): string => `0x${value.toString(16)}\n`;

export const rpmsgView: DeviceView<RpmsgChannel> = {
  path: ({ path }) => path,
  modalias: ({ service }) => `rpmsg:${service}`,
  attributes: (channel) => ({
    announce: attribute({ mode: 0o444, show: () => `${channel.announce}\n` }),
    driver_override: attribute({
      mode: 0o644,
      show: () => channel.override.show(),
      store: (bytes) => channel.override.store(bytes),
    }),
    dst: attribute({ mode: 0o444, show: () => hex(channel.dst) }),
    name: attribute({ mode: 0o444, show: () => `${channel.service}\n` }),
    src: attribute({ mode: 0o444, show: () => hex(channel.src) }),
  }),
};
