import { DeviceLog, Errno, Mutex, negative, type KernelLog, type Notifier } from '../kernel/index.js';
import type { Endian } from '../emu/hardware.js';
import { CrashWork, ignoreRefusal } from './crash.js';
import type { Carveout } from './carveout.js';
import { coredump } from './coredump.js';
import type { Devcoredumps } from './devcoredump.js';
import type { ElfImage } from './elf.js';
import { copyResourceTable } from './elf_loader.js';
import { Faults } from './faults.js';
import type { Ids } from './ids.js';
import type { Platform, ProcessorOps, RemoteProcOptions } from './platform.js';
import { Resources } from './resources.js';
import { attach, bootFirmware, detach, releaseHardware, startFirmware, stop } from './sequence.js';
import type { VdevBinder, VdevPlatformDevice } from './vdev.js';

export type State = 'offline' | 'suspended' | 'running' | 'crashed' | 'attached' | 'detached' | 'invalid';
export const COREDUMP_MODES = ['disabled', 'enabled', 'inline'] as const;
export type CoredumpMode = (typeof COREDUMP_MODES)[number];

export interface LifeEvent {
  readonly type: 'added' | 'removed';
  readonly rproc: RemoteProc;
}
export interface TraceEvent {
  readonly type: 'trace-added' | 'trace-removed';
  readonly rproc: RemoteProc;
  readonly index: number;
}
export interface VdevEvent {
  readonly type: 'vdev-added' | 'vdev-removed';
  readonly device: VdevPlatformDevice;
}
/** What the trees follow. */
export type RemoteProcEvent = LifeEvent | TraceEvent | VdevEvent;

/** What remote processors share: the class. */
export interface Host {
  readonly log: KernelLog;
  /** Byte order of the kernel, which firmware must have too. */
  readonly endian: Endian;
  readonly notifier: Notifier<RemoteProcEvent>;
  /** Numbers of `remoteproc<N>`. */
  readonly indices: Ids;
  /** Numbers of `rproc-virtio.<K>.auto`. */
  readonly platformIds: Ids;
  readonly bindVdev: VdevBinder;
  /** Where core dumps wait for a reader. */
  readonly dumps: Devcoredumps;
  /** @throws Errno after the loader's messages. */
  requestFirmware(name: string, log: DeviceLog, signal?: AbortSignal): Promise<Uint8Array>;
}

/** A remote processor: docs/reference/kernel-abi.md 1.4 and 3. The order of its steps is in sequence.ts. */
export class RemoteProc {
  readonly index: number;
  readonly name: string;
  readonly platform: Platform;
  readonly ops: ProcessorOps;
  readonly log: DeviceLog;
  readonly resources: Resources;
  readonly crash: CrashWork;
  readonly faults = new Faults();
  firmware: string;
  #state: State;
  #startedAt: number | undefined;
  /** How many starts have no stop yet. */
  power = 0;
  recoveryEnabled = true;
  coredump: CoredumpMode = 'disabled';
  /** Closing any descriptor of the character device stops it. */
  shutdownOnRelease = false;
  /** e_entry of the firmware that was booted last. */
  bootAddress = 0n;
  /** That firmware is an ELF64 image. */
  wide = false;
  deleting = false;
  readonly #lock = new Mutex();
  #references = 1;

  constructor(
    readonly host: Host,
    readonly options: RemoteProcOptions,
  ) {
    this.name = options.name;
    this.platform = this.faults.platform(options.platform);
    this.ops = this.faults.operations(options.ops);
    this.firmware = options.firmware ?? `rproc-${options.name}-fw`;
    this.#state = options.detached ? 'detached' : 'offline';
    this.index = host.indices.allocate();
    this.log = new DeviceLog(host.log, `remoteproc ${this.deviceName}`);
    this.resources = new Resources(this);
    this.crash = new CrashWork(this);
  }

  get state(): State {
    return this.#state;
  }

  set state(state: State) {
    this.#state = state;
    if (this.runs) this.#startedAt = this.host.log.now;
  }

  get runs(): boolean {
    return this.#state === 'running' || this.#state === 'attached';
  }

  /** When it was last started or attached, as in the kernel log, microseconds. */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  get deviceName(): string {
    return `remoteproc${this.index}`;
  }

  /** Below /sys. */
  get path(): string {
    return `${this.platform.path}/remoteproc/${this.deviceName}`;
  }

  get endian(): Endian {
    return this.host.endian;
  }

  get notifier(): Notifier<RemoteProcEvent> {
    return this.host.notifier;
  }

  /** Makes it visible; auto-boot goes on by itself (kernel-abi.md 3.1). @throws Errno EINVAL without the op its state needs. */
  add(): void {
    const able = this.options.detached ? this.ops.attach !== undefined : this.ops.start !== undefined;
    if (!able) throw new Errno('EINVAL');
    this.log.info(`${this.name} is available`);
    this.notifier.notify({ type: 'added', rproc: this });
    if (this.options.autoBoot) this.crash.queue(() => this.#autoBoot());
  }

  /** `start`. @throws Errno EINTR while waiting for the lock, ENODEV when it is being removed, or what the boot gives. */
  boot(signal?: AbortSignal): Promise<void> {
    return this.locked(async () => {
      if (this.deleting) {
        this.log.err(`can't boot deleting rproc ${this.name}`);
        throw new Errno('ENODEV');
      }
      if (++this.power > 1) return;
      await this.#restoring(1, () => (this.state === 'detached' ? this.#attach() : this.#powerUp(signal)));
    }, signal);
  }

  /** `stop`: one reference; the last one stops it. @throws Errno EINTR, EINVAL in other states or without a stop op. */
  shutdown(signal?: AbortSignal): Promise<void> {
    return this.locked(async () => {
      if (this.state !== 'running' && this.state !== 'attached' && this.state !== 'crashed') throw new Errno('EINVAL');
      await this.#lastReference(async () => {
        await stop(this, false);
        await releaseHardware(this);
      });
    }, signal);
  }

  /** `detach`: one reference; the last one lets it run without us. @throws Errno EINTR, EINVAL. */
  detach(signal?: AbortSignal): Promise<void> {
    return this.locked(async () => {
      if (this.state !== 'attached') throw new Errno('EINVAL');
      await this.#lastReference(async () => {
        await detach(this);
        await releaseHardware(this);
      });
    }, signal);
  }

  /** Does nothing unless it is crashed (kernel-abi.md 3.6). @throws Errno; the caller decides whether anyone is told. */
  recover(signal?: AbortSignal): Promise<void> {
    return this.#lock.run(async () => {
      if (this.state !== 'crashed') return;
      this.log.err(`recovering ${this.name}`);
      if (this.options.attachOnRecovery) {
        await detach(this);
        await attach(this);
        return;
      }
      await stop(this, true);
      await coredump(this);
      await startFirmware(this, await this.requestFirmware(signal));
    }, signal);
  }

  /**
   * Takes it away: stops it once, as one `stop` would (kernel-abi.md 3.4), or for good, and releases it when nothing
   * holds it any more.
   */
  async remove(references: 'one reference' | 'all references' = 'one reference'): Promise<void> {
    this.deleting = true;
    await this.crash.settled();
    if (references === 'all references') this.power = Math.min(this.power, 1);
    await this.shutdown().catch(ignoreRefusal);
    this.notifier.notify({ type: 'removed', rproc: this });
    this.#put();
  }

  /** Keeps the number and the memory, as an open device file does, until the returned function is called. */
  hold(): () => void {
    this.#references++;
    return () => this.#put();
  }

  /** Runs under the processor's lock. @throws Errno EINTR, logged, when the signal comes first. */
  async locked<T>(critical: () => T | Promise<T>, signal?: AbortSignal, log = this.log): Promise<T> {
    const lock = this.#lock
      .run(async () => outcome(critical), signal)
      .catch((error: unknown) => {
        log.err(`can't lock rproc ${this.name}: ${negative(error)}`);
        throw error;
      });
    return (await lock)();
  }

  /** The default of `ProcessorOps.parseFirmware`: the firmware must have a table. @throws Errno EINVAL. */
  loadResourceTable(image: ElfImage): void {
    this.resources.cachedTable = copyResourceTable(image, this.endian, this.log);
    this.resources.table = this.resources.cachedTable;
  }

  addCarveout(carveout: Carveout): void {
    this.resources.carveouts.push(carveout);
  }

  findCarveout(name: string): Carveout | undefined {
    return this.resources.carveouts.find((carveout) => carveout.name === name);
  }

  /** The processor signalled a vring. False when nobody listens, or nothing was new. */
  interruptVring(notifyid: number): boolean {
    return this.resources.vrings.find((vring) => vring.notifyid === notifyid)?.interrupt?.() ?? false;
  }

  async requestFirmware(signal?: AbortSignal): Promise<Uint8Array> {
    try {
      return await this.host.requestFirmware(this.firmware, this.log, signal);
    } catch (error) {
      this.log.err(`request_firmware failed: ${negative(error)}`);
      throw error;
    }
  }

  async #powerUp(signal?: AbortSignal): Promise<void> {
    this.log.info(`powering up ${this.name}`);
    await bootFirmware(this, await this.requestFirmware(signal));
  }

  async #attach(): Promise<void> {
    this.log.info(`attaching to ${this.name}`);
    await attach(this, 'prepare');
  }

  async #autoBoot(): Promise<void> {
    if (this.state !== 'detached') await this.host.requestFirmware(this.firmware, this.log).catch(ignoreRefusal);
    await this.boot();
  }

  async #lastReference(operation: () => Promise<void>): Promise<void> {
    if (--this.power > 0) return;
    await this.#restoring(-1, operation);
  }

  /** Takes the step of the power count back when the operation fails. */
  async #restoring(step: number, operation: () => Promise<void>): Promise<void> {
    try {
      await operation();
    } catch (error) {
      this.power -= step;
      throw error;
    }
  }

  #put(): void {
    if (--this.#references > 0) return;
    this.resources.release();
    this.resources.releaseOrphans();
    this.log.info(`releasing ${this.name}`);
    this.host.indices.free(this.index);
  }
}

/** Runs something now, and gives its value, or throws what it threw, later. */
async function outcome<T>(action: () => T | Promise<T>): Promise<() => T> {
  try {
    const value = await action();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
