import type { DeviceLog } from '../kernel/index.js';
import type { Carveout } from './carveout.js';
import type { ElfImage } from './elf.js';
import type { ElfClass } from './elf_loader.js';
import type { CoherentMemory, Placement } from './memory.js';
import type { RemoteProc } from './remoteproc.js';
import type { TableView } from './resource_table.js';

type Awaitable<T> = T | Promise<T>;

/**
 * What a platform driver does for a remote processor. Every operation refuses by throwing Errno.
 * An operation that is missing means what it means to the kernel (kernel-abi.md 1.4, 3, 6.3).
 */
export interface ProcessorOps {
  /** Before resources are handled, and the reverse. */
  prepare?(rproc: RemoteProc): Awaitable<void>;
  unprepare?(rproc: RemoteProc): Awaitable<void>;
  /** Lets the processor run from `rproc.bootAddress`. */
  start?(rproc: RemoteProc): Awaitable<void>;
  stop?(rproc: RemoteProc): Awaitable<void>;
  attach?(rproc: RemoteProc): Awaitable<void>;
  detach?(rproc: RemoteProc): Awaitable<void>;
  /** Tells the processor that a vring has news. */
  kick?(rproc: RemoteProc, notifyid: number): void;
  /** Tried before the carveouts. */
  translate?(rproc: RemoteProc, da: bigint, length: bigint): Uint8Array | undefined;
  /** Instead of `rproc.loadResourceTable(image)`. */
  parseFirmware?(rproc: RemoteProc, image: ElfImage): void;
  /** The table of a processor that runs already, in its own memory. */
  loadedResourceTable?(rproc: RemoteProc): Uint8Array | undefined;
  /** A vendor resource; true when it was one that the driver knows. */
  handleResource?(rproc: RemoteProc, type: number, payload: TableView, offset: number): boolean;
  /** Makes it hang: it executes nothing more, and nobody is told. A stop ends that. */
  freeze?(rproc: RemoteProc): Awaitable<void>;
}

/** The device that a remote processor belongs to, and what it may use. */
export interface Platform {
  /** Below /sys, such as `/devices/mips-rproc`. */
  readonly path: string;
  readonly log: DeviceLog;
  readonly memory: CoherentMemory;
  /** What the remote side has of its own, to look into and write to behind its back. */
  readonly ram?: Uint8Array;
  /** Where a new carveout may lie; anywhere when missing. */
  placement?(rproc: RemoteProc, carveout: Carveout): Placement;
  /** The device address that a vring of a table asks for, whose entry has this one. The same when missing. */
  vringAddress?(da: number): number;
}

/** How its core dumps are written (kernel-abi.md 3.7). What is in them are `resources.dumpSegments`. */
export interface DumpFormat {
  /** As the image that was booted, when missing. */
  readonly elfClass?: ElfClass;
  /** e_machine */
  readonly machine: number;
  /** Program headers, the default, or sections with the segments' names. */
  readonly layout?: 'segments' | 'sections';
  /** Contents of a PT_NOTE segment, in layout `segments`, for the processor as it has stopped. */
  note?(elfClass: ElfClass): Uint8Array;
}

/** What a remote processor is made with (kernel-abi.md 3.1). */
export interface RemoteProcOptions {
  readonly name: string;
  readonly platform: Platform;
  readonly ops: ProcessorOps;
  /** `rproc-<name>-fw` when missing. */
  readonly firmware?: string;
  readonly autoBoot?: boolean;
  /** `state`, `firmware`, `recovery` and `coredump` can't be written. */
  readonly readOnly?: boolean;
  /** Runs already when it is added. */
  readonly detached?: boolean;
  /** RPROC_FEAT_ATTACH_ON_RECOVERY */
  readonly attachOnRecovery?: boolean;
  /** Images that its driver can start; by default ELF32 and ELF64. */
  readonly elfClasses?: readonly ElfClass[];
  /** How many instructions it has executed since its start; missing where nothing executes any. */
  readonly instructions?: () => number;
  /** Without it there are no core dumps, only a message. */
  readonly dump?: DumpFormat;
}

/** Something that lives and dies with the running processor, such as a virtio device (kernel-abi.md 3.2, 15 to 17). */
export interface Subdevice {
  prepare?(): Awaitable<void>;
  start?(): Awaitable<void>;
  /** May be called again after a stop of the processor that failed. */
  stop?(crashed: boolean): Awaitable<void>;
  unprepare?(): void;
}
