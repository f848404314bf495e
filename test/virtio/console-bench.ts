/** A virtio console or rproc serial device whose remote side is the test: its rings, its memory, and a terminal to look into. */
import type { Endian } from '../../src/emu/hardware.js';
import { Bus, DeviceLog, KernelLog, Notifier, type After } from '../../src/kernel/index.js';
import { PagePool, vringSize } from '../../src/rproc/index.js';
import type { CharFile, ClassDevice, ClassDeviceEvent, Tty, TtyHost, TtyOptions } from '../../src/virtio/index.js';
import { consoleDrivers } from '../../src/virtio/console/index.js';
import { STATUS, VirtioDevice, type Ring, type Transport } from '../../src/virtio/device.js';
import { DeviceRing, type Chain } from './device-ring.js';

const ALIGN = 4096;
const BASE = 0x10_0000;
const POOL = { start: BASE, end: BASE + (8 << 20) };

export const CONSOLE = 3;
export const RPROC_SERIAL = 11;

/** One ring, and what the remote side does with it. */
export class RemoteQueue {
  ring: DeviceRing;
  readonly memory: Uint8Array;
  kicks = 0;
  onKick = (): void => undefined;
  #handler: (() => boolean) | undefined;

  constructor(
    readonly num: number,
    private readonly endian: Endian,
    private readonly ram: Uint8Array,
  ) {
    this.memory = new Uint8Array(vringSize(num, ALIGN));
    this.ring = new DeviceRing(this.memory, num, ALIGN, endian);
  }

  get asRing(): Ring {
    const { num, memory } = this;
    return {
      num,
      memory,
      align: ALIGN,
      onInterrupt: (handler) => (this.#handler = handler),
      publish: () => undefined,
      kick: () => {
        this.kicks++;
        this.onKick();
      },
    };
  }

  /** The remote side begins anew. */
  restart(): void {
    this.ring = new DeviceRing(this.memory, this.num, ALIGN, this.endian);
  }

  interrupt(): boolean {
    return this.#handler?.() ?? false;
  }

  /** The memory that a chain of one buffer describes. */
  bytes({ buffers }: Chain): Uint8Array {
    const [first] = buffers;
    if (first === undefined || buffers.length !== 1) throw new Error('no chain of one buffer');
    const at = Number(first.address) - BASE;
    return this.ram.subarray(at, at + first.length);
  }
}

/** What a driver asked a terminal host for, and what it got. */
export interface FakeTty extends TtyOptions {
  readonly name: string;
  readonly received: Uint8Array[];
  /** How many bytes it takes; none when it is 0. */
  room: number;
  hungUp: boolean;
  retries: number;
}

interface Wish {
  readonly id?: number;
  readonly num?: number;
  readonly features?: number;
  readonly endian?: Endian;
  readonly config?: Uint8Array;
}

export class ConsoleBench {
  readonly log = new KernelLog();
  readonly bus = new Bus<VirtioDevice>('virtio', this.log);
  readonly ttys: FakeTty[] = [];
  readonly events: string[] = [];
  readonly devices = new Map<string, ClassDevice>();
  readonly ram = new Uint8Array(POOL.end - POOL.start);
  readonly pool = new PagePool(this.ram, POOL, BASE);
  readonly device: VirtioDevice;
  readonly input: RemoteQueue;
  readonly output: RemoteQueue;
  /** What waits for time to pass. */
  readonly timers = new Set<() => void>();
  readonly #config: Uint8Array;

  constructor({ id = RPROC_SERIAL, num = 4, features = 0, endian = 'le', config = new Uint8Array() }: Wish = {}) {
    this.#config = config;
    this.input = new RemoteQueue(num, endian, this.ram);
    this.output = new RemoteQueue(num, endian, this.ram);
    const classDevices = new Notifier<ClassDeviceEvent>();
    classDevices.subscribe(({ type, device }) => {
      this.events.push(`${type} ${device.name}`);
      if (type === 'removed') this.devices.delete(device.name);
      else this.devices.set(device.name, device);
    });
    const after: After = (_milliseconds, action) => {
      const once = () => {
        this.timers.delete(once);
        action();
      };
      this.timers.add(once);
      return () => this.timers.delete(once);
    };
    for (const driver of consoleDrivers({ log: this.log, classDevices, ttys: this.#ttys(), after }))
      this.bus.addDriver(driver);
    this.device = new VirtioDevice(this.bus, 0, id, this.#transport(features, endian));
  }

  /** Its drivers find it; the ring of the remote side begins anew. */
  plug(): void {
    this.input.restart();
    this.output.restart();
    this.device.reset();
    this.device.addStatus(STATUS.acknowledge);
    this.bus.add(this.device);
  }

  unplug(): void {
    this.bus.remove(this.device);
  }

  get status(): number {
    return this.device.status;
  }

  lines(): string[] {
    return this.log.entries().map(({ level, text }) => `<${level}>${text}`);
  }

  /** Time passes. */
  tick(): void {
    for (const due of [...this.timers]) due();
  }

  /** @throws Errno */
  open(name = 'vport0p0'): CharFile {
    const node = this.devices.get(name)?.node;
    if (node?.kind !== 'file') throw new Error(`${name} is no file`);
    return node.open();
  }

  /** The lines of debugfs. */
  debug(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const line of this.devices.get('vport0p0')?.debug?.().split('\n') ?? []) {
      const [name = '', value = ''] = line.split(': ');
      found[name] = value;
    }
    return found;
  }

  /** The remote side fills the next buffer, and says that it wrote `length` bytes. */
  send(bytes: Uint8Array, length = bytes.length): boolean {
    const chain = this.input.ring.take();
    if (chain === undefined) return false;
    this.input.bytes(chain).set(bytes);
    this.input.ring.use(chain.head, length);
    return true;
  }

  /** The remote side takes the next buffer. */
  take(): Uint8Array | undefined {
    const chain = this.output.ring.take();
    if (chain === undefined) return undefined;
    const bytes = this.output.bytes(chain).slice();
    this.output.ring.use(chain.head, 0);
    return bytes;
  }

  #ttys(): TtyHost {
    return {
      open: (name, options): Tty => {
        const tty: FakeTty = { ...options, name, received: [], room: Infinity, hungUp: false, retries: 0 };
        this.ttys.push(tty);
        return {
          receive: (bytes) => {
            const taken = Math.min(tty.room, bytes.length);
            if (taken > 0) tty.received.push(bytes.slice(0, taken));
            tty.room -= taken;
            return taken;
          },
          room: () => tty.retries++,
          hangup: () => (tty.hungUp = true),
        };
      },
    };
  }

  #transport(offeredFeatures: number, endian: Endian): Transport {
    return {
      parentPath: '/devices/rproc-virtio.0.auto',
      remote: this,
      endian,
      memory: this.pool,
      rings: [this.input.asRing, this.output.asRing],
      parentLog: new DeviceLog(this.log, 'rproc-virtio rproc-virtio.0.auto'),
      offeredFeatures,
      acceptFeatures: () => undefined,
      status: 0,
      readConfig: (offset, length) =>
        offset + length <= this.#config.length ? this.#config.slice(offset, offset + length) : undefined,
    };
  }
}
