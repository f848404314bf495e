/** A machine with fixture firmware on it, and a plain driver for the virtio devices of the firmware. */
import { storeState } from '../../src/rproc/attributes.js';
import { Linux } from '../../src/rproc/linux.js';
import { Machine, type Endian } from '../../src/emu/index.js';
import { KernelLog } from '../../src/kernel/index.js';
import type { RemoteProc } from '../../src/rproc/index.js';
import { Virtio } from '../../src/virtio/index.js';
import { fixture } from '../support/fixtures.js';
import { PLAIN } from '../support/plain-machine.js';
import { ascii, outcome, text } from '../rproc/bench.js';
import { LinuxSide, type LinuxSideOptions } from './linux-side.js';

const MiB = 1 << 20;

export interface RemoteBenchOptions extends LinuxSideOptions {
  readonly endian: Endian;
  readonly cpus?: number;
}

export class RemoteBench {
  #seen = 0;

  private constructor(
    readonly linux: Linux,
    readonly side: LinuxSide,
    readonly machine: Machine,
  ) {}

  static async boot(
    t: { teardown(action: () => Promise<void>): void },
    { endian, cpus = 2, ...options }: RemoteBenchOptions,
  ): Promise<RemoteBench> {
    const log = new KernelLog();
    const virtio = new Virtio({ log });
    const machine = new Machine({ ...PLAIN, cpus, endian, memory: 32 * MiB });
    const side = new LinuxSide(virtio, options);
    const linux = await Linux.boot({
      log,
      hardware: machine,
      firmwareDirectories: [fixture(endian, 'x').replace(/\/[^/]*$/, '')],
      bindVdev: virtio.bindVdev,
    });
    t.teardown(async () => {
      await linux.close();
      await machine.close();
    });
    return new RemoteBench(linux, side, machine);
  }

  rproc(index = 0): RemoteProc {
    const rproc = this.linux.rprocs[index];
    if (rproc === undefined) throw new Error(`no remoteproc${index}`);
    return rproc;
  }

  /** Starts a fixture; gives `ok` or the name of an errno. */
  start(name: string, index = 0): Promise<string> {
    const rproc = this.rproc(index);
    rproc.firmware = `${name}.elf`;
    return outcome(storeState(rproc, ascii('start')));
  }

  stop(index = 0): Promise<string> {
    return outcome(storeState(this.rproc(index), ascii('stop')));
  }

  trace(index = 0): string {
    return text(this.rproc(index).resources.traceText(0));
  }

  /** The lines logged since the last call. */
  lines(): string[] {
    const fresh = this.linux.log.entries().slice(this.#seen);
    this.#seen += fresh.length;
    return fresh.map(({ text: line }) => line);
  }
}
