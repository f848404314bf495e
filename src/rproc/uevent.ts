import { DeviceLog, Errno, Notifier, type KernelLog } from '../kernel/index.js';
import { cString } from './text.js';

export const ACTIONS = ['add', 'remove', 'change', 'move', 'online', 'offline', 'bind', 'unbind'] as const;
export type Action = (typeof ACTIONS)[number];

/** A device as uevents name it. */
export interface UeventDevice {
  /** DEVPATH, below /sys. */
  readonly path: string;
  /** SUBSYSTEM. A device without bus and class has none, and sends no events. */
  readonly subsystem?: string;
  /** The keys that its `uevent` file shows, in order; they may change over its life. */
  keys(): Readonly<Record<string, string | number>>;
  /** What its log lines begin with. */
  readonly logPrefix: string;
}

/** One message of NETLINK_KOBJECT_UEVENT, without its sequence number. */
export interface Uevent {
  readonly action: Action;
  readonly path: string;
  readonly keys: Readonly<Record<string, string | number>>;
}

/** What a device's `uevent` file shows. */
export const showUevent = (device: UeventDevice): string =>
  Object.entries(device.keys())
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ARGUMENT = /^[A-Za-z0-9]+=[A-Za-z0-9]+$/;

/** The events of a kernel: docs/reference/kernel-abi.md 11. */
export class Uevents extends Notifier<Uevent> {
  constructor(private readonly log: KernelLog) {
    super();
  }

  emit(action: Action, device: UeventDevice, extra: Readonly<Record<string, string>> = {}): void {
    const { path, subsystem } = device;
    if (subsystem === undefined) return;
    const base = { ACTION: action, DEVPATH: path, SUBSYSTEM: subsystem };
    this.notify({ action, path, keys: { ...base, ...extra, ...device.keys() } });
  }

  /** A write to a device's `uevent` file. @throws Errno EINVAL after two messages. */
  store(device: UeventDevice, bytes: Uint8Array): void {
    const [word = '', uuid, ...pairs] = cString(bytes).replace(/\n$/, '').split(' ');
    const action = ACTIONS.find((known) => known === word);
    if (action === undefined) this.#refuse(device, 'unknown uevent action string');
    const sound = uuid === undefined || (UUID.test(uuid) && pairs.every((pair) => ARGUMENT.test(pair)));
    if (!sound) this.#refuse(device, 'incorrect uevent action arguments');
    const args = pairs.map((pair): [string, string] => {
      const [key = '', value = ''] = pair.split('=', 2);
      return [`SYNTH_ARG_${key}`, value];
    });
    this.emit(action, device, { SYNTH_UUID: uuid ?? '0', ...Object.fromEntries(args) });
  }

  #refuse(device: UeventDevice, why: string): never {
    this.log.print('warn', `synth uevent: ${device.path}: ${why}`);
    new DeviceLog(this.log, device.logPrefix).err('uevent: failed to send synthetic uevent: -22');
    throw new Errno('EINVAL');
  }
}
