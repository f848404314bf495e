import type { Fault, Hardware, MachineEvents } from '../../emu/hardware.js';
import { DeviceLog, type KernelLog } from '../../kernel/index.js';
import { formatCpuList, parseCpuList } from '../cpulist.js';
import type { Cpus, HotplugListener } from '../cpu.js';
import { classesOf } from '../elf_loader.js';
import { PagePool } from '../memory.js';
import type { Platform } from '../platform.js';
import { RemoteProc, type Host } from '../remoteproc.js';
import { cString } from '../text.js';
import { IpiPool } from './mips_ipi.js';
import { linuxRegion, placement, vringAddress } from './mips_memory.js';
import { MipsProcessor, type Shared } from './mips_processor.js';

const EM_MIPS = 8;

interface Instance {
  readonly processor: MipsProcessor;
  readonly rproc: RemoteProc;
}

/**
 * The root device `mips-rproc`: each CPU of its mask that is offline is a remote processor
 * (docs/reference/kernel-abi.md 13, mips-uhi.md 1). Unlike the driver of 2017 it does not boot by itself.
 */
export class MipsRproc implements HotplugListener {
  readonly platform: Platform;
  readonly #shared: Shared;
  readonly #instances = new Map<number, Instance>();
  #mask = new Set<number>();

  constructor(
    private readonly host: Host,
    private readonly cpus: Cpus,
    hardware: Hardware,
    log: KernelLog,
  ) {
    const region = linuxRegion(hardware.options);
    this.#shared = { hardware, cpus, ipis: new IpiPool(hardware.options.cpus), region };
    const memory = new PagePool(hardware.ram, { start: 0, end: region.start });
    const deviceLog = new DeviceLog(log, 'mips-rproc mips-rproc');
    this.platform = { path: '/devices/mips-rproc', log: deviceLog, memory, ram: hardware.ram, placement, vringAddress };
    hardware.connect(this.#events());
    cpus.subscribe(this);
  }

  /** `/sys/devices/mips-rproc/cpus` */
  showCpus(): string {
    return `${formatCpuList(this.#mask)}\n`;
  }

  /** @throws Errno EINVAL, ERANGE, EOVERFLOW for what is not a list of CPUs; EINTR. */
  async storeCpus(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const mask = parseCpuList(cString(bytes), this.cpus.kernelMax + 1);
    await this.setCpus(mask, signal);
  }

  /** Processors of CPUs that leave the mask are stopped and removed, offline CPUs that join it become one. */
  setCpus(mask: Iterable<number>, signal?: AbortSignal): Promise<void> {
    return this.cpus.locked(async () => {
      const previous = this.#mask;
      this.#mask = new Set(mask);
      for (const cpu of previous) if (!this.#mask.has(cpu)) await this.#remove(cpu);
      for (const cpu of this.#mask) if (!previous.has(cpu)) this.#add(cpu);
    }, signal);
  }

  async beforeOnline(cpu: number): Promise<void> {
    await this.#remove(cpu);
  }

  afterOffline(cpu: number): Promise<void> {
    this.#add(cpu);
    return Promise.resolve();
  }

  /** Stops and removes every processor, the last one first. */
  close(): Promise<void> {
    return this.cpus.locked(async () => {
      for (const cpu of [...this.#instances.keys()].reverse()) await this.#remove(cpu);
    });
  }

  #add(cpu: number): void {
    if (!this.#mask.has(cpu) || this.#instances.has(cpu) || !this.cpus.offline.includes(cpu)) return;
    const processor = new MipsProcessor(cpu, this.#shared);
    const rproc = new RemoteProc(this.host, {
      name: `mips-cpu${cpu}`,
      platform: this.platform,
      ops: processor,
      elfClasses: classesOf(this.#shared.hardware.bits),
      instructions: () => this.#shared.hardware.instructions(cpu),
      dump: { machine: EM_MIPS, note: (elfClass) => processor.note(elfClass) },
    });
    this.#instances.set(cpu, { processor, rproc });
    rproc.add();
  }

  /** However often it was started: a CPU must not run firmware when it comes to Linux. */
  async #remove(cpu: number): Promise<void> {
    const instance = this.#instances.get(cpu);
    if (instance === undefined) return;
    this.#instances.delete(cpu);
    await instance.rproc.remove('all references');
  }

  #events(): MachineEvents {
    const on = (cpu: number, act: (instance: Instance) => void): void => {
      const instance = this.#instances.get(cpu);
      if (instance !== undefined) act(instance);
    };
    return {
      interrupt: (irq) => {
        for (const { processor, rproc } of this.#instances.values()) if (processor.interrupt(rproc, irq)) return;
      },
      fault: (fault: Fault) => on(fault.cpu, ({ processor, rproc }) => processor.fault(rproc, fault)),
      exit: (cpu, code) => on(cpu, ({ processor, rproc }) => processor.exit(rproc, code)),
      output: (cpu, text) => on(cpu, ({ processor, rproc }) => processor.output(rproc, text)),
    };
  }
}
