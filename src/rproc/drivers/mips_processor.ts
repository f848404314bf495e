/** One stolen CPU: the operations of `mips-cpu<N>` (docs/reference/mips-uhi.md 1.5, kernel-abi.md 13). */
import type { CoreRegisters, Fault, Hardware } from '../../emu/hardware.js';
import { Errno } from '../../kernel/index.js';
import type { Cpus } from '../cpu.js';
import { FATAL_ERROR } from '../crash.js';
import type { ElfClass } from '../elf_loader.js';
import type { ProcessorOps } from '../platform.js';
import type { RemoteProc } from '../remoteproc.js';
import { linuxIrq, type IpiPool } from './mips_ipi.js';
import {
  entryPoint,
  firmwareAddress,
  KSEG0,
  mappings,
  ownMemory,
  publishVrings,
  signExtended,
  type LinuxRegion,
} from './mips_memory.js';
import { registerNote } from './mips_registers.js';

/** $4 of the UHI boot protocol: a coprocessor. */
const COPROCESSOR = -3;
const LONGEST_OUTPUT_LINE = 900;

export interface Shared {
  readonly hardware: Hardware;
  readonly cpus: Cpus;
  readonly ipis: IpiPool;
  readonly region: LinuxRegion;
}

export class MipsProcessor implements ProcessorOps {
  /** What start did, last first, each with how to undo it. */
  #undo: (() => void | Promise<void>)[] = [];
  #toRemote: number | undefined;
  #fromRemote: number | undefined;
  #line = '';
  /** What the core stopped with. */
  #registers: CoreRegisters | undefined;

  constructor(
    readonly cpu: number,
    private readonly shared: Shared,
  ) {}

  async start(rproc: RemoteProc): Promise<void> {
    try {
      await this.#steal(rproc);
    } catch (error) {
      await this.#unwind();
      throw error;
    }
    rproc.resources.dumpCarveouts((da) => firmwareAddress(rproc, da));
    rproc.log.info(`${rproc.name} booting firmware ${rproc.firmware}`);
  }

  async stop(rproc: RemoteProc): Promise<void> {
    await this.#unwind();
    this.#registers = this.shared.hardware.registers(this.cpu);
    this.#flush(rproc);
  }

  /** One doorbell for all vrings; before the processor runs nobody would hear it. */
  kick(rproc: RemoteProc): void {
    if (rproc.state === 'running' && this.#toRemote !== undefined) this.shared.hardware.raise(this.#toRemote);
  }

  /** For a core dump of a class: the registers of the stopped core. */
  note(elfClass: ElfClass): Uint8Array {
    return this.#registers === undefined
      ? new Uint8Array()
      : registerNote(this.#registers, this.cpu, this.shared.hardware.options.endian, elfClass);
  }

  freeze(): Promise<void> {
    return this.shared.hardware.halt(this.cpu);
  }

  /** The firmware rang: it may have used any vring. False when the interrupt is another's. */
  interrupt(rproc: RemoteProc, irq: number): boolean {
    if (irq !== this.#fromRemote) return false;
    for (const vring of rproc.resources.vrings) vring.interrupt?.();
    return true;
  }

  fault(rproc: RemoteProc, { reason, registers }: Fault): void {
    this.#flush(rproc);
    for (const line of [reason, ...registers]) rproc.log.err(line);
    rproc.crash.report(FATAL_ERROR, reason);
  }

  exit(rproc: RemoteProc, code: number): void {
    this.#flush(rproc);
    rproc.log.info(`firmware exited with code ${code}`);
  }

  /** Lines go to the log when they are complete, or too long to wait for. */
  output(rproc: RemoteProc, text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) rproc.log.info(line);
    while (this.#line.length >= LONGEST_OUTPUT_LINE) {
      rproc.log.info(this.#line.slice(0, LONGEST_OUTPUT_LINE));
      this.#line = this.#line.slice(LONGEST_OUTPUT_LINE);
    }
  }

  async #steal(rproc: RemoteProc): Promise<void> {
    const { cpu } = this;
    const { hardware, cpus, ipis, region } = this.shared;
    ipis.giveUp(cpu);
    this.#undo.unshift(() => ipis.takeBack(cpu));
    const incoming = await this.#refusing(rproc, 'Failed to reserve incoming kick', () => this.#reserve());
    const outgoing = await this.#refusing(rproc, 'Failed to reserve outgoing kick', () => this.#reserve());
    await this.#refusing(rproc, 'Failed to register incoming kick: -22', () => {
      hardware.routeInterrupt(incoming, 0);
      hardware.routeInterrupt(outgoing, cpu);
    });
    this.#fromRemote = incoming;
    this.#toRemote = outgoing;
    this.#undo.unshift(() => {
      this.#fromRemote = this.#toRemote = undefined;
    });
    await this.#refusing(rproc, `Failed to steal CPU${cpu} for remote`, async () => {
      cpus.steal(cpu);
      this.#undo.unshift(() => cpus.giveBack(cpu));
      publishVrings(rproc);
      await hardware.start(cpu, {
        pc: entryPoint(rproc),
        args: [COPROCESSOR, linuxIrq(outgoing), linuxIrq(incoming), 0],
        sp: signExtended(region.stackPointer(cpu)),
        gp: signExtended(region.stackBottom(cpu)),
        // firmware that returns ends in Linux's vectors, which the machine reports as a fault
        ra: signExtended(KSEG0 + region.vectors),
        wide: rproc.wide,
        mappings: mappings(rproc),
        memory: ownMemory(rproc),
      });
      this.#undo.unshift(() => hardware.halt(cpu));
    });
  }

  #reserve(): number {
    const { ipis } = this.shared;
    const irq = ipis.reserve();
    this.#undo.unshift(() => ipis.release(irq));
    return irq;
  }

  /** The driver makes EINVAL of whatever it was. A RangeError is the machine's: what it was given does not fit it. */
  async #refusing<T>(rproc: RemoteProc, message: string, action: () => T | Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof Errno || error instanceof RangeError)) throw error;
      if (error instanceof RangeError) rproc.log.err(error.message);
      rproc.log.err(message);
      throw new Errno('EINVAL', { cause: error });
    }
  }

  async #unwind(): Promise<void> {
    for (let undo = this.#undo.shift(); undo !== undefined; undo = this.#undo.shift()) await undo();
  }

  #flush(rproc: RemoteProc): void {
    if (this.#line !== '') rproc.log.info(this.#line);
    this.#line = '';
  }
}
