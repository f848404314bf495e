/**
 * The hardware as Linux sees it: RAM, a CPU that can be started and halted, interrupts both ways.
 * `src/rproc/drivers` is written against this interface only, so that its tests can put a machine of their own behind it.
 */

export type Endian = 'le' | 'be';

/** The default first. */
export const ENGINES = ['auto', 'interpreter', 'translator', 'verify'] as const;
export type EngineName = (typeof ENGINES)[number];

/** The GIC's CONFIG.PVPS has seven bits, and of its 256 interrupts two are each processor's. */
export const MAX_CPUS = 128;

export interface MachineOptions {
  /** Number of CPUs, 1…MAX_CPUS. CPU 0 belongs to Linux and is never started. */
  readonly cpus: number;
  readonly endian: Endian;
  /** Bytes of RAM from physical address 0, a multiple of 64 KiB, at most 256 MiB. */
  readonly memory: number;
  /** Name of the core model of every CPU that firmware may run on (cpu/models). */
  readonly cpu: string;
  /** What time is made of: the host's, or instructions that the cores execute, which makes a run repeatable. */
  readonly clock: 'real' | 'virtual';
  /** What executes the firmware: docs/engines.md. */
  readonly engine: EngineName;
  /** Directory of the host where translations are kept for the next run; without it they are not. */
  readonly translationCache?: string | undefined;
  /** Directory of the host that the files of firmware are confined to; undefined: it has none (mips-uhi.md 2.3). */
  readonly uhiRoot: string | undefined;
}

/** A wired, valid, dirty TLB mapping of ASID 0 made before the firmware is entered (mips-uhi.md 1.7). */
export interface Mapping {
  /** Virtual address, a multiple of 4096. */
  readonly va: number;
  /** Physical address, a multiple of 4096. */
  readonly pa: number;
  /** Bytes, a multiple of 4096. */
  readonly length: number;
  /** Cache coherency attribute of EntryLo: 5 cached coherent, 2 uncached. */
  readonly cca: 2 | 5;
}

/** What a core is entered with (mips-uhi.md 1.0). Addresses are 64 bits, sign-extended where the core has 32. */
export interface Entry {
  readonly pc: bigint;
  /** $4…$7: -3, IPI to the firmware, IPI from it, 0. */
  readonly args: readonly [number, number, number, number];
  readonly sp: bigint;
  readonly gp: bigint;
  readonly ra: bigint;
  /** Status.KX is 1: the firmware is a 64-bit image, and may use all addresses of a 64-bit core. */
  readonly wide: boolean;
  readonly mappings: readonly Mapping[];
  /** The memory that it was given, at its own addresses; undefined when it runs outside all of its carveouts. */
  readonly memory: AddressRange | undefined;
}

export interface AddressRange {
  /** 64 bits, sign-extended. */
  readonly start: bigint;
  /** The first address behind it. */
  readonly end: bigint;
}

/** A firmware that can't go on: an exception it has no handler for, or exceptions without end. */
export interface Fault {
  readonly cpu: number;
  /** One line, e.g. "TLB refill (load) at 0x10000420, address 0x00000000, no handler". */
  readonly reason: string;
  /** The register dump, a line each, as a kernel prints it. */
  readonly registers: readonly string[];
}

/** What the hardware tells Linux. Called on Linux's thread, never from within a call into the machine. */
export interface MachineEvents {
  /** A GIC shared interrupt routed to CPU 0 was raised by a core, and has been acknowledged. */
  interrupt(irq: number): void;
  fault(fault: Fault): void;
  /** UHI exit: the core has stopped fetching. */
  exit(cpu: number, code: number): void;
  /** UHI write to standard output or error, plog, assert: raw text as the firmware gave it. */
  output(cpu: number, text: string): void;
}

/** Bytes at the end of RAM that belong to Linux: its exception vectors (in the first page) and idle stacks. */
export const LINUX_REGION_BYTES = 1 << 20;

/** What a halted core stopped with: 64 bits, those of a 32-bit core sign-extended, or signed 32-bit words. */
export interface CoreRegisters {
  /** $0…$31 */
  readonly general: readonly bigint[];
  readonly lo: bigint;
  readonly hi: bigint;
  /** The instruction that would be next, or that could not go on. */
  readonly pc: bigint;
  readonly badVAddr: bigint;
  readonly status: number;
  readonly cause: number;
}

export interface Hardware {
  readonly options: MachineOptions;
  /** Width of the registers and addresses of its cores. */
  readonly bits: 32 | 64;
  /** All of RAM from physical address 0; bytes lie in the order the firmware sees them. */
  readonly ram: Uint8Array;
  /** Events go to this object; set once, before the first start. */
  connect(events: MachineEvents): void;
  /** GIC set-up of an IPI: shared interrupt `irq` becomes an edge interrupt to `cpu`, pin 0, and is masked for CPU 0's IPIs' peers (mips-uhi.md 1.6). */
  routeInterrupt(irq: number, cpu: number): void;
  /** Raises shared interrupt `irq` (GIC_SH_WEDGE). */
  raise(irq: number): void;
  /** Starts `cpu` at `entry`. Resolves when the core has been handed to its host thread; throws RangeError if `cpu` runs, or if the mappings exceed the TLB. */
  start(cpu: number, entry: Entry): Promise<void>;
  /** Halts `cpu`. Resolves when it executes nothing more and touches RAM no more; a core that does not run resolves at once. */
  halt(cpu: number): Promise<void>;
  /** Of a core that has been halted, until it is started again. */
  registers(cpu: number): CoreRegisters;
  /** How many instructions `cpu` has executed since its last start, as of a few thousandths of a second ago; also of one that was halted. */
  instructions(cpu: number): number;
  /** Gives host threads back. Nothing may be called afterwards. */
  close(): Promise<void>;
}
