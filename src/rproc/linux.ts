import type { Hardware, MachineOptions } from '../emu/hardware.js';
import { hostTimer, KernelLog, Notifier, type After } from '../kernel/index.js';
import { Cpus, type CpuOptions } from './cpu.js';
import { Devcoredumps } from './devcoredump.js';
import { GenericRprocs } from './drivers/generic.js';
import type { GenericOptions } from './drivers/generic_options.js';
import {
  DEFAULT_TEMPLATE,
  genericDevices,
  showParameters,
  type GenericTemplate,
} from './drivers/generic_parameters.js';
import { MipsRproc } from './drivers/mips.js';
import { FirmwareLoader, type FirmwareOptions } from './firmware.js';
import { Ids } from './ids.js';
import { PagePool, type Range } from './memory.js';
import type { Host, RemoteProc, RemoteProcEvent } from './remoteproc.js';
import { Uevents } from './uevent.js';
import { cpuDevice, dumpUevents, platformUevents, rprocUevents, vdevUevents } from './uevent_devices.js';
import { bindNothing, type VdevBinder, type VdevPlatformDevice } from './vdev.js';

const RELEASE = '6.1.192';
const MiB = 1024 * 1024;
const DMA_POOL = { start: 32 * MiB, end: 96 * MiB };
const LARGEST_FIRMWARE = 256 * 1024 * 1024;

export interface LinuxOptions {
  readonly hardware: Hardware;
  /** Directories of the host that stand for /lib/firmware, in order. */
  readonly firmwareDirectories: readonly string[];
  /** Where the file of a path in them really lies. */
  readonly locateFirmware?: FirmwareOptions['locate'] | undefined;
  readonly log?: KernelLog;
  /** CPUs that may become remote processors; by default all but CPU 0. */
  readonly mask?: Iterable<number>;
  readonly cpus?: CpuOptions;
  /** Remote processors without a CPU. */
  readonly devices?: readonly GenericOptions[];
  /** What a reset of those makes them from. */
  readonly template?: GenericTemplate;
  /** DMA addresses of the memory that their carveouts come from. */
  readonly dmaPool?: Range;
  /** Joins virtio to the vdevs of firmware. */
  readonly bindVdev?: VdevBinder;
  /** `uname -r` */
  readonly release?: string;
  /** Largest firmware image in bytes. */
  readonly largestFirmware?: number;
  /** What ends the wait for a reader of a core dump. */
  readonly timer?: After;
}

/**
 * Linux on CPU 0 of a machine: owns the log, the CPU masks, the class of remote processors, the firmware loader and the
 * drivers. It uses the machine and leaves closing it to whoever made it.
 */
export class Linux {
  /** What it runs on. */
  readonly machine: MachineOptions;
  readonly log: KernelLog;
  readonly cpus: Cpus;
  readonly firmware: FirmwareLoader;
  readonly uevents: Uevents;
  /** Remote processors, traces and vdevs that come and go. */
  readonly notifier = new Notifier<RemoteProcEvent>();
  /** The class devcoredump. */
  readonly dumps: Devcoredumps;
  readonly mips: MipsRproc;
  readonly generic: GenericRprocs;
  readonly #template: GenericTemplate;
  /** What a further platform driver needs for processors of its own. */
  readonly host: Host;
  readonly #rprocs = new Set<RemoteProc>();
  readonly #vdevs = new Map<number, VdevPlatformDevice>();

  private constructor(options: LinuxOptions) {
    const { hardware, firmwareDirectories, log = new KernelLog() } = options;
    const { release = RELEASE, largestFirmware: limit = LARGEST_FIRMWARE, bindVdev = bindNothing } = options;
    this.log = log;
    this.machine = hardware.options;
    this.dumps = new Devcoredumps(options.timer ?? hostTimer);
    this.cpus = new Cpus(hardware.options.cpus, options.cpus);
    this.uevents = new Uevents(log);
    this.firmware = new FirmwareLoader(
      { directories: firmwareDirectories, release, limit, locate: options.locateFirmware },
      log,
    );
    this.host = {
      log,
      endian: hardware.options.endian,
      notifier: this.notifier,
      indices: new Ids(),
      platformIds: new Ids(),
      bindVdev,
      dumps: this.dumps,
      requestFirmware: (name, deviceLog, signal) => this.firmware.request(name, deviceLog, signal),
    };
    this.notifier.subscribe((event) => this.#follow(event));
    this.dumps.subscribe((event) => dumpUevents(this.uevents, event));
    this.mips = new MipsRproc(this.host, this.cpus, hardware, log);
    const pool = options.dmaPool ?? DMA_POOL;
    this.generic = new GenericRprocs(this.host, new PagePool(new Uint8Array(pool.end - pool.start), pool, pool.start));
    this.generic.subscribe((event) => platformUevents(this.uevents, event));
    this.#template = options.template ?? DEFAULT_TEMPLATE;
  }

  /** Boots: at the end every CPU of the mask is a remote processor, and none of them runs. */
  static async boot(options: LinuxOptions): Promise<Linux> {
    const linux = new Linux(options);
    await linux.mips.setCpus(options.mask ?? linux.cpus.offline);
    linux.generic.add(options.devices ?? []);
    return linux;
  }

  /** The class, in the order in which its members came. */
  get rprocs(): readonly RemoteProc[] {
    return [...this.#rprocs];
  }

  /** Platform devices of vdevs, also of those whose probe failed. */
  get vdevs(): readonly VdevPlatformDevice[] {
    return [...this.#vdevs.values()];
  }

  /** `cpu<N>/online`, with its event. @throws Errno EINVAL, EBUSY, EINTR */
  async storeCpuOnline(cpu: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const changed = await this.cpus.storeOnline(cpu, bytes, signal);
    if (changed) this.uevents.emit(this.cpus.isDeviceOnline(cpu) ? 'online' : 'offline', cpuDevice(cpu));
  }

  /** The parameters of {@link resetGeneric}, each with its default. */
  showGenericParameters(): string {
    return showParameters(this.#template);
  }

  /** Takes all generic processors away and makes new ones. @throws Errno EINVAL, EOPNOTSUPP; those that were are kept. */
  async resetGeneric(parameters: string): Promise<void> {
    const devices = genericDevices(parameters, this.#template);
    await this.generic.removeAll();
    this.generic.add(devices);
  }

  /** Stops and removes every remote processor; the machine executes nothing afterwards. */
  async close(): Promise<void> {
    this.firmware.close();
    // a recovery may wait for the reader of its dump
    this.dumps.close();
    for (const { faults } of this.#rprocs) faults.endDelays();
    await this.mips.close();
    for (const rproc of this.rprocs.toReversed()) await rproc.remove('all references');
  }

  /** What is owned follows first, then the world is told; the trees, which subscribe later, come last. */
  #follow(event: RemoteProcEvent): void {
    switch (event.type) {
      case 'added':
        this.#rprocs.add(event.rproc);
        break;
      case 'removed':
        this.#rprocs.delete(event.rproc);
        break;
      case 'vdev-added':
        this.#vdevs.set(event.device.platformId, event.device);
        break;
      case 'vdev-removed':
        this.#vdevs.delete(event.device.platformId);
        break;
      default:
    }
    if ('device' in event) vdevUevents(this.uevents, event);
    else if (!('index' in event)) rprocUevents(this.uevents, event);
  }
}
