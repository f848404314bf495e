/** A virtio driver that does what a test says. */
import { Errno, type BusDriver } from '../../src/kernel/index.js';
import { virtioDriver, type VirtioDevice, type VirtioDriverParts } from '../../src/virtio/device.js';

/** Of no device that exists. */
export const TEST_ID = 99;

export interface TestDriver extends BusDriver<VirtioDevice> {
  /** What it did, and with which device. */
  readonly calls: string[];
}

export function testDriver(
  parts: Partial<VirtioDriverParts> & { readonly error?: 'ENODEV' | 'ENOMEM' } = {},
): TestDriver {
  const calls: string[] = [];
  const driver = virtioDriver({
    name: 'virtio_test',
    ids: [TEST_ID],
    features: 1,
    ...parts,
    probe: (device) => {
      calls.push(`probe ${device.name}`);
      parts.probe?.(device);
      if (parts.error !== undefined) throw new Errno(parts.error);
    },
    remove: (device) => {
      calls.push(`remove ${device.name}, status ${device.status}`);
      parts.remove?.(device);
      device.reset();
    },
  });
  return { ...driver, calls };
}
