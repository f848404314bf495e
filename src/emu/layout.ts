/**
 * Where things lie in the machine's one shared WebAssembly.Memory:
 *
 *     0                RAM, physical address = offset, bytes in the firmware's order
 *     control          GIC registers, doorbells of the host threads (little-endian words)
 *     cores            one CoreState block a CPU
 *     code map         which parts of all this translated code was made from
 */
import { MAX_CPUS, type MachineOptions } from './hardware.js';

export const PAGE = 65536;

/**
 * Offsets in a core's state block, bytes. Values are little-endian. Registers have 8-byte slots, of which a 32-bit core uses
 * the low half; addresses are 64 bits, sign-extended on a 32-bit core. Bit 0 of an instruction's address is the ISA mode:
 * set in microMIPS and MIPS16e code.
 */
export const STATE = {
  gpr: 0,
  /** HI and LO of the four accumulators, 16 bytes each: ac0 is HI and LO, ac1-ac3 belong to the DSP ASE. */
  hi: 256,
  lo: 264,
  /** Address of the next instruction and, if that stands in a delay slot, of the one after it. */
  pc: 320,
  npc: 328,
  /** Address of the instruction in execution. */
  current: 336,
  badVAddr: 344,
  /** What the next instruction's place is, and that of the instruction in execution: see SLOT. */
  slot: 352,
  currentSlot: 356,
  /** The instruction in execution; a 32-bit one of a compressed set with its first half word on top. */
  word: 360,
  /** Set by the core's own code: leave the interpreter before the next instruction. */
  leave: 364,
  status: 368,
  cause: 372,
  fcsr: 376,
  /** MSACSR and DSPControl. */
  msacsr: 380,
  dspControl: 384,
  /** Host address that LL linked, or -1, and the data it read. */
  linkAddress: 388,
  linkValue: 392,
  /** Host address of the access tables of the current mode. */
  tables: 400,
  /** Instructions left of the slice. */
  budget: 404,
  /** The floating-point operation whose Cause bits are still to be worked out, plus one, and its operands. */
  fpOperation: 408,
  fpA: 416,
  fpB: 424,
  fpC: 432,
  /** 1 while Config5.MSAEn is set. */
  msaEnabled: 440,
  /** 1 while Config5.FRE is set: with Status.FR, single-precision instructions are reserved. */
  singlesReserved: 444,
  /** Where the data of device accesses pass through; two places, so that SC never finds LL's address at a device. */
  deviceLoad: 448,
  deviceStore: 464,
  /** Instructions executed since the start, as of the end of a slice: 64 bits, for whoever looks from outside. */
  retired: 480,
  /** Set by translated code that was left at an instruction which the interpreter has to execute. */
  exited: 488,
  /** Instructions that the interpreter has put aside because it got to a place that is executed often. */
  reserve: 492,
  /** Number of what translated code may take for granted at the moment. */
  context: 496,
  /** Host addresses in the log of accesses: of the next entry, and where there is none (see LOG). */
  logNext: 500,
  logEnd: 504,
  /** 16 bytes each: MSA's vectors, whose low 8 bytes are the floating-point registers. */
  fpr: 512,
  /** Registers of coprocessor 0, but Status, Count and Compare: 8 bytes each, in the order of their numbers and selects. */
  cp0: 1024,
  /** Where translated code goes on by an exception that it takes itself; 0: it takes none, nor returns from any. */
  vector: 3072,
  /** Bits of Cause.IP that were set when the core looked last; all ones: it has to look again. */
  pending: 3080,
  /** Exceptions within the one that is being handled. */
  nested: 3084,
  /** Access tables: for kernel, then user mode; see TABLE. */
  accessTables: 3136,
  /** From addresses to host addresses, for each of the ranges of translated code: words to add. */
  distances: 52288,
  /** Memory accesses of translated code that is verified, and before them the one that differs: see LOG. */
  log: 53248,
  /** Places that are executed often: see HOT. */
  hot: 65536,
} as const;

/**
 * What the interpreter counts: how often a jump or a taken branch led to an address. An entry is found by bits 13:2 of the
 * address, the upper two of them changed by bits 1:0: neighbours in compressed code have different ones. With count 0 the interpreter stops there, while more of the slice is left than `leastBudget`.
 */
export const HOT = {
  entries: 4096,
  entryBytes: 16,
  /** Low word of the address; how many more times; 1 + the translated function, 0: none; the context that it was made for. */
  tag: 0,
  count: 4,
  function: 8,
  context: 12,
  threshold: 30,
  leastBudget: 2048,
  halfShift: 12,
} as const;

/** How far in the table the entry of an address stands. */
export const hotEntryOf = (pc: number): number =>
  (((pc ^ (pc << HOT.halfShift)) >>> 2) & (HOT.entries - 1)) * HOT.entryBytes;

/** An access to memory in the log: host address, kind and size, the bytes that were read or written. */
export const LOG = {
  entryBytes: 24,
  entries: 480,
  /** Of one instruction, behind these. */
  spare: 32,
  host: 0,
  /** Times `kindUnit`, plus the size in bytes. */
  kind: 4,
  kindUnit: 256,
  value: 8,
  load: 1,
  store: 2,
  changeByte: 3,
  /** SC whose link holds: `done` is whether it has stored. */
  storeConditional: 4,
  done: 16,
} as const;

/** Where what concerns translated code lies. */
export type CodeLayout = Pick<Layout, 'codeMap' | 'codeChanges'>;

/** Bytes of memory that one byte of the code map stands for, as a shift. Where translated code was made from it is not 0. */
export const CODE_GRANULE_SHIFT = 6;

/** Distances between registers in the state block, as shifts. */
export const STRIDE = { gpr: 3, accumulator: 4, fpr: 4, cp0: 3 } as const;

/**
 * Where an instruction stands: nowhere special, or in the slot of a branch of 2 or 4 bytes (with `notTaken`: in a compressed
 * set, one that has not been taken). An exception in the forbidden slot of a compact branch sets Cause.BD like one in a delay
 * slot, and EPC to the branch: QEMU does so, and Linux goes on after both (EPC + 8, arch/mips/kernel/branch.c).
 */
export const SLOT = { none: 0, afterShort: 2, afterLong: 4, notTaken: 16 } as const;

/** Bytes of the branch that an instruction is the delay slot of; 0 if it is none. */
export const branchBytes = (slot: number): number => slot & (SLOT.afterShort | SLOT.afterLong);

/** A table of recently used pages: entries of a tag (virtual page) and the distance to its host address. */
export const TABLE = {
  entries: 512,
  /** Tag (64 bits, a sign-extended page address), distance (32 bits). */
  entryBytes: 16,
  fetch: 0,
  load: 512 * 16,
  store: 2 * 512 * 16,
  modeBytes: 3 * 512 * 16,
  modes: 2,
  /** A tag that no address has. */
  empty: -1,
} as const;

export const CORE_STATE_BYTES = 128 * 1024;

/** Words of the GIC block (devices/gic.ts), then a doorbell word for each host thread, then the host thread of each CPU. */
export const GIC_BYTES = 128 * 1024;
export const MAX_THREADS = 64;

export interface Layout {
  readonly gic: number;
  readonly doorbells: number;
  /** i32 for each CPU: 1 + the host thread that runs it, 0 when none does. */
  readonly hosts: number;
  /** i32: 1 while a report of an interrupt is on its way to Linux. */
  readonly interruptReported: number;
  /** i32: bytes of firmware output on their way to Linux. */
  readonly outputBacklog: number;
  /** i32: counts stores that may have changed code which another core has translated. */
  readonly codeChanges: number;
  readonly coreState: (cpu: number) => number;
  /** A byte for every granule of all memory before it: a store there is reported to the core's own code. */
  readonly codeMap: number;
  readonly pages: number;
}

export function layoutOf({ memory }: Pick<MachineOptions, 'memory'>): Layout {
  const gic = memory;
  const doorbells = gic + GIC_BYTES;
  const hosts = doorbells + MAX_THREADS * 4;
  const cores = doorbells + PAGE;
  // the same for any number of CPUs: generated code has it in it
  const codeMap = cores + MAX_CPUS * CORE_STATE_BYTES;
  return {
    gic,
    doorbells,
    hosts,
    interruptReported: hosts + MAX_CPUS * 4,
    outputBacklog: hosts + MAX_CPUS * 4 + 4,
    codeChanges: hosts + MAX_CPUS * 4 + 8,
    coreState: (cpu) => cores + cpu * CORE_STATE_BYTES,
    codeMap,
    pages: Math.ceil((codeMap + (codeMap >>> CODE_GRANULE_SHIFT)) / PAGE),
  };
}
