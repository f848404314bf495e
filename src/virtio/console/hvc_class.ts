import { Errno, type Notifier } from '../../kernel/index.js';
import { classDevicePath, type ClassDevice, type ClassDeviceEvent, type DeviceNode } from '../class_device.js';
import { MAJOR } from '../majors.js';

/** HVC_ALLOC_TTY_ADAPTERS, and MAX_NR_HVC_CONSOLES */
const NODES = 8;
const CONSOLES = 16;

/** What stands in /dev for a console that is not there. */
const UNBACKED: DeviceNode = {
  kind: 'file',
  mode: 0o600,
  open: () => {
    throw new Errno('ENODEV');
  },
};

class HvcDevice implements ClassDevice {
  readonly name: string;
  readonly className = 'tty';
  readonly parentPath = undefined;
  readonly path: string;
  readonly major = MAJOR.hvc;
  readonly attributes = {};
  node = UNBACKED;

  constructor(readonly minor: number) {
    this.name = `hvc${minor}`;
    this.path = classDevicePath(undefined, this.className, this.name);
  }
}

/** `hvc0` and its like: all of them come with the first console, and never go. */
export class HvcClass {
  #devices: readonly HvcDevice[] = [];
  readonly #taken = new Set<number>();
  #beyond = 0;

  constructor(private readonly events: Notifier<ClassDeviceEvent>) {}

  /** The number of a new console: the first free one; after those, numbers that have no node. */
  allocate(): number {
    if (this.#devices.length === 0) {
      this.#devices = Array.from({ length: NODES }, (_, minor) => new HvcDevice(minor));
      for (const device of this.#devices) this.events.notify({ type: 'added', device });
    }
    for (let index = 0; index < CONSOLES; index++)
      if (!this.#taken.has(index)) {
        this.#taken.add(index);
        return index;
      }
    return CONSOLES + this.#beyond++;
  }

  /** Whether a program can find it. */
  hasNode(index: number): boolean {
    return index < NODES;
  }

  /** The console has a terminal at `path`. */
  back(index: number, path: string): void {
    this.#show(index, { kind: 'tty', path });
  }

  free(index: number): void {
    this.#taken.delete(index);
    this.#show(index, UNBACKED);
  }

  #show(index: number, node: DeviceNode): void {
    const device = this.#devices[index];
    if (device === undefined || device.node === node) return;
    device.node = node;
    this.events.notify({ type: 'node-ready', device });
  }
}
