/** A class of remote processors on a bare bench: memory, a log, firmware from a map. No machine, no driver but the test's. */
import { DeviceLog, Errno, KernelLog, Notifier, type After } from '../../src/kernel/index.js';
import type { Endian } from '../../src/emu/hardware.js';
import { platformCarveout } from '../../src/rproc/carveout.js';
import { Devcoredumps } from '../../src/rproc/devcoredump.js';
import { Ids } from '../../src/rproc/ids.js';
import { PagePool } from '../../src/rproc/memory.js';
import type { ProcessorOps, RemoteProcOptions } from '../../src/rproc/platform.js';
import { RemoteProc, type Host, type RemoteProcEvent } from '../../src/rproc/remoteproc.js';
import type { VdevBinder } from '../../src/rproc/vdev.js';

const MEMORY = 4 * 1024 * 1024;
export const RAM_DA = 0x00100000;
export const RAM_LENGTH = 0x100000;

export interface BenchOptions extends Partial<RemoteProcOptions> {
  readonly endian?: Endian;
  readonly bindVdev?: VdevBinder;
  /** Registers 1 MiB at RAM_DA as carveout `ram` when the firmware is parsed. */
  readonly ownRam?: boolean;
  readonly timer?: After;
}

export class Bench {
  readonly log = new KernelLog();
  readonly files = new Map<string, Uint8Array>();
  readonly memory = new PagePool(new Uint8Array(MEMORY), { start: 0, end: MEMORY });
  readonly ram = new Uint8Array(RAM_LENGTH);
  readonly events: string[] = [];
  /** Dumps wait for ever, unless a test lets time pass. */
  readonly dumps: Devcoredumps;
  readonly host: Host;
  readonly rproc: RemoteProc;
  #seen = 0;

  constructor(options: BenchOptions = {}, ops: ProcessorOps = {}) {
    this.dumps = new Devcoredumps(options.timer ?? (() => () => undefined));
    const notifier = new Notifier<RemoteProcEvent>();
    notifier.subscribe((event) => this.events.push('index' in event ? `${event.type} ${event.index}` : event.type));
    this.host = {
      log: this.log,
      endian: options.endian ?? 'le',
      notifier,
      indices: new Ids(),
      platformIds: new Ids(),
      bindVdev: options.bindVdev ?? (() => ({})),
      dumps: this.dumps,
      requestFirmware: (name) => {
        const file = this.files.get(name);
        return file === undefined ? Promise.reject(new Errno('ENOENT')) : Promise.resolve(file);
      },
    };
    const platform = { path: '/devices/bench', log: new DeviceLog(this.log, 'bench bench'), memory: this.memory };
    const own: ProcessorOps = {
      start: () => undefined,
      stop: () => undefined,
      parseFirmware: (rproc, image) => {
        rproc.loadResourceTable(image);
        if (options.ownRam !== false) rproc.addCarveout(platformCarveout('ram', RAM_DA, 0x10000000, this.ram));
      },
    };
    this.rproc = new RemoteProc(this.host, {
      name: 'mips',
      platform,
      firmware: 'fw',
      ...options,
      ops: { ...own, ...ops },
    });
    this.rproc.add();
    this.lines();
  }

  /** The lines logged since the last call, each with its level, without the processor's own prefix. */
  lines(): string[] {
    const fresh = this.log.entries().slice(this.#seen);
    this.#seen += fresh.length;
    return fresh.map(({ level, text }) => `<${level}>${text.replace(/^remoteproc remoteproc\d+: /, '')}`);
  }

  /** Puts a file where `start` finds it, and gives the errno name of the start, or `ok`. */
  async start(file: Uint8Array): Promise<string> {
    this.files.set(this.rproc.firmware, file);
    return outcome(this.rproc.boot());
  }
}

/** `ok`, or the name of the errno; any other error is thrown on. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
}

export const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
