import {
  DeviceLog,
  Errno,
  negative,
  type After,
  type BusDriver,
  type KernelLog,
  type Notifier,
} from '../../kernel/index.js';
import { Ids, type Block } from '../../rproc/index.js';
import type { ClassDevice, ClassDeviceEvent } from '../class_device.js';
import { virtioDriver, type VirtioDevice } from '../device.js';
import { Majors } from '../majors.js';
import type { TtyHost } from '../tty.js';
import { Hvc } from './hvc.js';
import { HvcClass } from './hvc_class.js';
import { Port, PORT_CLASS, portDevice } from './port.js';
import { PortFile } from './port_file.js';
import { PortInput } from './port_input.js';
import { PortOutput } from './port_output.js';

const VIRTIO_ID = { console: 3, rprocSerial: 11 } as const;
/** VIRTIO_CONSOLE_F_* */
const FEATURE = { size: 0, multiport: 1 } as const;
/** struct virtio_console_config: two numbers of 16 bits, one of 32. */
const CONFIG = { size: 0, ports: 4 } as const;
/** VIRTCONS_MAX_PORTS */
const MOST_PORTS = 0x8000;
const NODE_MODE = 0o600;

export interface ConsoleOptions {
  readonly log: KernelLog;
  readonly classDevices: Notifier<ClassDeviceEvent>;
  readonly ttys: TtyHost;
  readonly after: After;
}

/** What a driver made of a device. */
interface Made {
  readonly port: Port;
  readonly major: number;
  /** Missing when there was no memory for the port's buffers: the driver has the device all the same. */
  device: ClassDevice | undefined;
}

/** `virtio_console` and `virtio_rproc_serial`, which are one driver in all but their ids and features. */
export function consoleDrivers(options: ConsoleOptions): BusDriver<VirtioDevice>[] {
  const driver = new ConsoleDriver(options);
  const operations = {
    probe: (device: VirtioDevice) => driver.probe(device),
    remove: (device: VirtioDevice) => driver.remove(device),
  };
  const known = (1 << FEATURE.size) | (1 << FEATURE.multiport);
  return [
    virtioDriver({ name: 'virtio_console', ids: [VIRTIO_ID.console], features: known, ...operations }),
    virtioDriver({ name: 'virtio_rproc_serial', ids: [VIRTIO_ID.rprocSerial], features: 0, ...operations }),
  ];
}

class ConsoleDriver {
  readonly #made = new Map<VirtioDevice, Made>();
  readonly #majors = new Majors();
  readonly #vtermnos = new Ids();
  readonly #hvcs: HvcClass;

  constructor(private readonly options: ConsoleOptions) {
    this.#hvcs = new HvcClass(options.classDevices);
  }

  /** @throws Errno EINVAL for a device of several ports, which would need more queues than remoteproc has. */
  probe(device: VirtioDevice): void {
    const major = this.#majors.allocate();
    if (major === undefined) throw new Errno('EBUSY');
    try {
      checkPorts(device);
      const port = findPort(device);
      device.ready();
      const made: Made = { port, major, device: undefined };
      this.#made.set(device, made);
      this.#addPort(made);
    } catch (error) {
      this.#majors.free(major);
      throw error;
    }
  }

  remove(device: VirtioDevice): void {
    const made = this.#made.get(device);
    if (made === undefined) return;
    const { port, major } = made;
    device.deleteQueues();
    device.reset();
    port.unplug();
    if (made.device !== undefined) this.options.classDevices.notify({ type: 'removed', device: made.device });
    this.#majors.free(major);
    port.input.end();
    port.output.end();
    this.#made.delete(device);
  }

  /** add_port(), whose failure leaves a device without a port. */
  #addPort(made: Made): void {
    const { port, major } = made;
    const { classDevices, log } = this.options;
    const device = portDevice(port, major, { kind: 'file', mode: NODE_MODE, open: () => PortFile.open(port) });
    classDevices.notify({ type: 'added', device });
    try {
      port.input.fill();
    } catch (error) {
      negative(error);
      new DeviceLog(log, `${PORT_CLASS} ${port.name}`).err('Error allocating inbufs');
      classDevices.notify({ type: 'removed', device });
      return;
    }
    made.device = device;
    if (port.device.id === VIRTIO_ID.rprocSerial) port.hostConnected = true;
    else this.#addConsole(port);
  }

  #addConsole(port: Port): void {
    const { ttys, after } = this.options;
    const size = windowSize(port.device);
    port.console = new Hvc(port, { ttys, after, hvcs: this.#hvcs, vtermnos: this.#vtermnos, size });
    port.guestConnected = true;
    port.console.receive();
  }
}

/** @throws Errno EINVAL */
function checkPorts(device: VirtioDevice): void {
  if (!device.hasFeature(FEATURE.multiport)) return;
  const ports = readNumber(device, CONFIG.ports, 4);
  if (ports === 0 || (ports !== undefined && ports > MOST_PORTS))
    device.log.err(`Invalidate max_nr_ports ${ports | 0}`);
  else device.log.err('Error -22 initializing vqs');
  throw new Errno('EINVAL');
}

/** @throws Errno EINVAL, ENOMEM */
function findPort(device: VirtioDevice): Port {
  let port: Port | undefined;
  try {
    const input = device.findQueue<Block>(0, { name: 'input', callback: () => port?.received() });
    const output = device.findQueue<Block>(1, { name: 'output', callback: () => port?.used() });
    port = new Port(device, new PortInput(input, device.memory), new PortOutput(output, device.memory));
    return port;
  } catch (error) {
    device.log.err(`Error ${negative(error)} initializing vqs`);
    throw error;
  }
}

/** Columns and rows. */
const windowSize = (device: VirtioDevice): readonly [number, number] =>
  device.hasFeature(FEATURE.size)
    ? [readNumber(device, CONFIG.size, 2) ?? 0, readNumber(device, CONFIG.size + 2, 2) ?? 0]
    : [0, 0];

/** Of the device's configuration, in its byte order; undefined when it has no such bytes. */
function readNumber(device: VirtioDevice, offset: number, length: 2 | 4): number | undefined {
  const bytes = device.readConfig(offset, length);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const little = device.endian === 'le';
  return length === 2 ? view.getUint16(0, little) : view.getUint32(0, little);
}
