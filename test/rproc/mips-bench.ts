/** The MIPS driver's Linux on fake hardware, with firmware in a directory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeState } from '../../src/rproc/attributes.js';
import { Linux } from '../../src/rproc/linux.js';
import type { RemoteProc } from '../../src/rproc/remoteproc.js';
import { ascii, outcome } from './bench.js';
import { buildElf, buildTable, carveoutEntry } from './elf-builder.js';
import { FakeHardware } from './fake-hardware.js';

export const DA = 0x10000000;
export const firmware = (da: number, ...more: Uint8Array[]): Uint8Array =>
  buildElf({
    entry: da + 0x400,
    segments: [{ paddr: da, data: Uint8Array.of(0x13, 0x37) }],
    table: buildTable([carveoutEntry({ da, len: 0x10000, name: 'firmware' }), ...more]),
    tableAddress: da + 0x2000,
  });

interface Teardown {
  teardown(action: () => Promise<void>): void;
}

export class Machine {
  #seen = 0;
  private constructor(
    readonly hardware: FakeHardware,
    readonly linux: Linux,
    readonly directory: string,
  ) {}

  static async boot(t: Teardown, mask?: number[], hardware = new FakeHardware()): Promise<Machine> {
    const directory = await mkdtemp(join(tmpdir(), 'mips-rprocfs-'));
    t.teardown(() => rm(directory, { recursive: true }));
    const options = { hardware, firmwareDirectories: [directory], ...(mask === undefined ? {} : { mask }) };
    return new Machine(hardware, await Linux.boot(options), directory);
  }

  rproc(index: number): RemoteProc {
    const found = this.linux.rprocs.find((rproc) => rproc.index === index);
    if (found === undefined) throw new Error(`no remoteproc${index}`);
    return found;
  }

  async start(index: number, image: Uint8Array): Promise<string> {
    const rproc = this.rproc(index);
    await writeFile(join(this.directory, rproc.firmware), image);
    return outcome(storeState(rproc, ascii('start\n')));
  }

  lines(): string[] {
    const fresh = this.linux.log.entries().slice(this.#seen);
    this.#seen += fresh.length;
    return fresh.map(({ level, text }) => `<${level}>${text}`);
  }

  online(cpu: number, value: string): Promise<string> {
    return outcome(this.linux.storeCpuOnline(cpu, ascii(value)));
  }

  names(): string[] {
    return this.linux.rprocs.map(({ deviceName, name }) => `${deviceName} ${name}`);
  }
}
