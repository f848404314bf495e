import type { Hardware } from '../emu/hardware.js';
import { KernelLog, Notifier } from '../kernel/index.js';
import { Cpus } from './cpu.js';
import { MipsRproc } from './drivers/mips.js';
import { FirmwareLoader } from './firmware.js';
import { Ids } from './ids.js';
import type { Host, RemoteProc, RemoteProcEvent } from './remoteproc.js';
import { Uevents } from './uevent.js';
import { rprocUevents, vdevUevents } from './uevent_devices.js';
import { bindNothing, type VdevBinder } from './vdev.js';

const RELEASE = '6.1.192';
const LARGEST_FIRMWARE = 256 * 1024 * 1024;

export interface LinuxOptions {
  readonly hardware: Hardware;
  /** Directories of the host that stand for /lib/firmware, in order. */
  readonly firmwareDirectories: readonly string[];
  readonly log?: KernelLog;
  /** CPUs that may become remote processors; by default all but CPU 0. */
  readonly mask?: Iterable<number>;
  /** Joins virtio to the vdevs of firmware. */
  readonly bindVdev?: VdevBinder;
  /** `uname -r` */
  readonly release?: string;
  /** Largest firmware image in bytes. */
  readonly largestFirmware?: number;
}

/**
 * Linux on CPU 0 of a machine: owns the log, the CPU masks, the class of remote processors, the firmware loader and the
 * drivers. It uses the machine and leaves closing it to whoever made it.
 */
export class Linux {
  readonly log: KernelLog;
  readonly cpus: Cpus;
  readonly firmware: FirmwareLoader;
  readonly uevents: Uevents;
  /** Remote processors, traces and vdevs that come and go. */
  readonly notifier = new Notifier<RemoteProcEvent>();
  readonly mips: MipsRproc;
  /** What a further platform driver needs for processors of its own. */
  readonly host: Host;
  readonly #rprocs = new Set<RemoteProc>();

  private constructor(options: LinuxOptions) {
    const { hardware, firmwareDirectories, log = new KernelLog() } = options;
    const { release = RELEASE, largestFirmware: limit = LARGEST_FIRMWARE, bindVdev = bindNothing } = options;
    this.log = log;
    this.cpus = new Cpus(hardware.options.cpus);
    this.uevents = new Uevents(log);
    this.firmware = new FirmwareLoader({ directories: firmwareDirectories, release, limit }, log);
    this.host = {
      log,
      endian: hardware.options.endian,
      notifier: this.notifier,
      indices: new Ids(),
      platformIds: new Ids(),
      bindVdev,
      requestFirmware: (name, deviceLog, signal) => this.firmware.request(name, deviceLog, signal),
    };
    this.notifier.subscribe((event) => this.#follow(event));
    this.mips = new MipsRproc(this.host, this.cpus, hardware, log);
  }

  /** Boots: at the end every CPU of the mask is a remote processor, and none of them runs. */
  static async boot(options: LinuxOptions): Promise<Linux> {
    const linux = new Linux(options);
    await linux.mips.setCpus(options.mask ?? linux.cpus.offline);
    return linux;
  }

  /** The class, in the order in which its members came. */
  get rprocs(): readonly RemoteProc[] {
    return [...this.#rprocs];
  }

  /** Stops and removes every remote processor; the machine executes nothing afterwards. */
  async close(): Promise<void> {
    this.firmware.close();
    await this.mips.close();
  }

  /** The class follows its members first, then tells the world: an event's device is in the trees by then. */
  #follow(event: RemoteProcEvent): void {
    if (event.type === 'added') this.#rprocs.add(event.rproc);
    if (event.type === 'removed') this.#rprocs.delete(event.rproc);
    if (event.type === 'added' || event.type === 'removed') rprocUevents(this.uevents, event);
    if (event.type === 'vdev-added' || event.type === 'vdev-removed') vdevUevents(this.uevents, event);
  }
}
