import { Errno, Mutex } from '../kernel/index.js';
import { formatCpuList } from './cpulist.js';
import { cString, parseBoolean, parseUnsigned, streq } from './text.js';

/** Told of a CPU that changes, in the caller's hotplug lock: a remote processor goes before its CPU comes. */
export interface HotplugListener {
  beforeOnline(cpu: number): Promise<void>;
  afterOffline(cpu: number): Promise<void>;
}

const NR_CPUS = 64;

export interface CpuOptions {
  /** Those that run Linux; CPU 0 always does. */
  readonly online?: Iterable<number>;
  /** All that are possible by default. */
  readonly present?: Iterable<number>;
  /** How many CPUs the kernel was built for: NR_CPUS, or more where there are more. */
  readonly limit?: number;
}

/** CPUHP_OFFLINE and CPUHP_ONLINE, as the oracle's kernel numbers them. */
const HOTPLUG_STATE = { offline: 0, online: 236 } as const;

/** What `cpu<N>/hotplug/fail` says. */
export const NO_FAILURE = '-1';

/** The CPU masks and hotplug: docs/reference/kernel-abi.md 10. */
export class Cpus {
  readonly possible: readonly number[];
  /** Those that were there at the start: the ones with a directory. */
  readonly registered: readonly number[];
  /** NR_CPUS - 1 */
  readonly kernelMax: number;
  readonly #present: Set<number>;
  readonly #online: Set<number>;
  /** CPUs whose `online` file says 0. It follows writes to itself only, not those to `hotplug/target`. */
  readonly #deviceOffline: Set<number>;
  readonly #listeners = new Set<HotplugListener>();
  readonly #lock = new Mutex();

  /** @param count CPUs 0…count-1 are possible. */
  constructor(count: number, { online = [0], present, limit = Math.max(NR_CPUS, count) }: CpuOptions = {}) {
    this.possible = Array.from({ length: count }, (_, cpu) => cpu);
    this.#present = new Set(present ?? this.possible);
    this.registered = this.present;
    this.#online = new Set([0, ...online]);
    this.kernelMax = limit - 1;
    this.#deviceOffline = new Set(this.offline);
  }

  get present(): readonly number[] {
    return this.possible.filter((cpu) => this.#present.has(cpu));
  }

  get online(): readonly number[] {
    return this.possible.filter((cpu) => this.#online.has(cpu));
  }

  get offline(): readonly number[] {
    return this.possible.filter((cpu) => !this.#online.has(cpu));
  }

  isOnline(cpu: number): boolean {
    return this.#online.has(cpu);
  }

  /** What `cpu<N>/online` says. */
  isDeviceOnline(cpu: number): boolean {
    return !this.#deviceOffline.has(cpu);
  }

  isPresent(cpu: number): boolean {
    return this.#present.has(cpu);
  }

  /** Whether `cpu<N>/online` exists: CPU 0 can't be taken offline on MIPS. */
  isHotpluggable(cpu: number): boolean {
    return cpu !== 0;
  }

  subscribe(listener: HotplugListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nothing changes the masks meanwhile. @throws Errno EINTR */
  locked<T>(critical: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#lock.run(critical, signal);
  }

  /** `cpu<N>/online`. True when the CPU changed. @throws Errno EINVAL, EBUSY, EINTR */
  async storeOnline(cpu: number, bytes: Uint8Array, signal?: AbortSignal): Promise<boolean> {
    const wanted = parseBoolean(cString(bytes));
    return this.locked(async () => {
      if (this.isDeviceOnline(cpu) === wanted) return false;
      // asked before anything else, also of a CPU that is down already
      if (!wanted && this.#online.size === 1) throw new Errno('EBUSY');
      await this.#bring(cpu, wanted);
      if (wanted) this.#deviceOffline.delete(cpu);
      else this.#deviceOffline.add(cpu);
      return true;
    }, signal);
  }

  /** `cpu<N>/hotplug/state`, and the target that it has reached. */
  hotplugState(cpu: number): number {
    return this.isOnline(cpu) ? HOTPLUG_STATE.online : HOTPLUG_STATE.offline;
  }

  /** `cpu<N>/hotplug/target`: all the way, or not at all. @throws Errno EINVAL, EBUSY, EINTR */
  async storeTarget(cpu: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const target = parseUnsigned(bytes);
    if (target !== HOTPLUG_STATE.online && target !== HOTPLUG_STATE.offline) throw new Errno('EINVAL');
    await this.locked(() => this.#bring(cpu, target === HOTPLUG_STATE.online), signal);
  }

  /** `cpu<N>/hotplug/fail`: no step is ever made to fail (docs/differences.md). @throws Errno EINVAL */
  storeFail(bytes: Uint8Array): void {
    if (!streq(cString(bytes), NO_FAILURE)) throw new Errno('EINVAL');
  }

  /** Takes a CPU from Linux for something else. @throws Errno EINVAL unless it is present and offline. */
  steal(cpu: number): void {
    if (!this.isPresent(cpu) || this.isOnline(cpu)) throw new Errno('EINVAL');
    this.#present.delete(cpu);
  }

  /** Gives a stolen CPU back. */
  giveBack(cpu: number): void {
    this.#present.add(cpu);
  }

  async #bring(cpu: number, online: boolean): Promise<void> {
    if (this.isOnline(cpu) === online) return;
    await (online ? this.#up(cpu) : this.#down(cpu));
  }

  async #up(cpu: number): Promise<void> {
    for (const listener of this.#listeners) await listener.beforeOnline(cpu);
    if (!this.isPresent(cpu)) throw new Errno('EINVAL');
    this.#online.add(cpu);
  }

  async #down(cpu: number): Promise<void> {
    if (!this.isHotpluggable(cpu) || this.#online.size === 1) throw new Errno('EBUSY');
    this.#online.delete(cpu);
    for (const listener of this.#listeners) await listener.afterOffline(cpu);
  }
}

/** A mask as the files of `/sys/devices/system/cpu` show it. */
export const maskText = (cpus: Iterable<number>): string => `${formatCpuList(cpus)}\n`;
