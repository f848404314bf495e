/** Hardware that does what it is told, remembers it, and lets a test play the firmware. */
import type { CoreRegisters, Entry, Hardware, MachineEvents, MachineOptions } from '../../src/emu/hardware.js';

const MiB = 1024 * 1024;

export class FakeHardware implements Hardware {
  readonly ram: Uint8Array;
  readonly calls: string[] = [];
  readonly entries = new Map<number, Entry>();
  /** Thrown by the next start. */
  startError: Error | undefined;
  /** Thrown by the next routing. */
  routeError: Error | undefined;
  #events: MachineEvents | undefined;

  readonly options: MachineOptions;

  constructor(
    options: Partial<MachineOptions> = {},
    readonly bits: 32 | 64 = 32,
  ) {
    const defaults = {
      cpus: 4,
      endian: 'le',
      memory: 8 * MiB,
      cpu: 'any',
      clock: 'real',
      uhiRoot: undefined,
      engine: 'interpreter',
    } as const;
    this.options = { ...defaults, ...options };
    this.ram = new Uint8Array(this.options.memory);
  }

  get events(): MachineEvents {
    if (this.#events === undefined) throw new Error('not connected');
    return this.#events;
  }

  connect(events: MachineEvents): void {
    this.#events = events;
  }

  routeInterrupt(irq: number, cpu: number): void {
    if (this.routeError !== undefined) throw this.routeError;
    this.calls.push(`route ${irq} to ${cpu}`);
  }

  raise(irq: number): void {
    this.calls.push(`raise ${irq}`);
  }

  start(cpu: number, entry: Entry): Promise<void> {
    if (this.startError !== undefined) return Promise.reject(this.startError);
    this.calls.push(`start ${cpu}`);
    this.entries.set(cpu, entry);
    return Promise.resolve();
  }

  halt(cpu: number): Promise<void> {
    this.calls.push(`halt ${cpu}`);
    this.entries.delete(cpu);
    return Promise.resolve();
  }

  registers(): CoreRegisters {
    const general = Array.from({ length: 32 }, (_, number) => BigInt(number));
    return { general, lo: 100n, hi: 101n, pc: 0x10000488n, badVAddr: 102n, status: 2, cause: 8 };
  }

  instructions(): number {
    return 0;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
