import { WaitQueue } from '../../kernel/index.js';
import { classDevicePath, type ClassDevice } from '../class_device.js';
import type { VirtioDevice } from '../device.js';
import type { PortInput } from './port_input.js';
import type { PortOutput } from './port_output.js';

export const PORT_CLASS = 'virtio-ports';

/** The terminal of a console port. */
export interface PortConsole {
  /** From 1. */
  readonly vtermno: number;
  /** Something has come. */
  receive(): void;
  /** Something that was sent has been used. */
  room(): void;
  /** The port is gone. */
  remove(): void;
}

/** Port 0 of a virtio console or of an rproc serial device, the only one that remoteproc can have. */
export class Port {
  /** Readers, writers and pollers. */
  readonly waits = new WaitQueue();
  /** Somebody has it open; the terminal of a console port always has. */
  guestConnected = false;
  hostConnected = false;
  unplugged = false;
  console: PortConsole | undefined;

  constructor(
    readonly device: VirtioDevice,
    readonly input: PortInput,
    readonly output: PortOutput,
  ) {}

  get name(): string {
    return `vport${this.device.index}p0`;
  }

  /** in_intr() */
  readonly received = (): void => {
    this.waits.wake();
    this.console?.receive();
  };

  /** out_intr() */
  readonly used = (): void => {
    this.waits.wake();
    this.console?.room();
  };

  /** unplug_port(): who has it open finds it gone. */
  unplug(): void {
    this.unplugged = true;
    this.guestConnected = false;
    this.hostConnected = false;
    this.waits.wake();
    this.console?.remove();
  }
}

/** docs/reference/kernel-abi.md 8 */
export const portDevice = (port: Port, major: number, node: ClassDevice['node']): ClassDevice => ({
  name: port.name,
  className: PORT_CLASS,
  path: classDevicePath(port.device.path, PORT_CLASS, port.name),
  parentPath: port.device.path,
  major,
  minor: 0,
  attributes: {},
  node,
  debug: () => portText(port),
});

/** `/sys/kernel/debug/virtio-ports/vport<M>p0`; a port gets a name by a control message, which there can't be. */
const portText = ({ guestConnected, hostConnected, input, output, console }: Port): string =>
  [
    'name: ',
    `guest_connected: ${Number(guestConnected)}`,
    `host_connected: ${Number(hostConnected)}`,
    `outvq_full: ${Number(output.full)}`,
    `bytes_sent: ${output.sent}`,
    `bytes_received: ${input.received}`,
    `bytes_discarded: ${input.discarded}`,
    `is_console: ${console === undefined ? 'no' : 'yes'}`,
    `console_vtermno: ${console?.vtermno ?? 0}`,
    '',
  ].join('\n');
