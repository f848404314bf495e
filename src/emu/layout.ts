/**
 * Where things lie in the machine's one shared WebAssembly.Memory:
 *
 *     0                RAM, physical address = offset, bytes in the firmware's order
 *     control          GIC registers, doorbells of the host threads (little-endian words)
 *     cores            one CoreState block a CPU
 */
import type { MachineOptions } from './hardware.js';

export const PAGE = 65536;

/** Offsets in a core's state block, bytes. Values are little-endian; 64-bit slots hold a 32-bit register in their low half. */
export const STATE = {
  gpr: 0,
  hi: 256,
  lo: 264,
  /** Address of the next instruction, of the one after it, and whether the next one stands in a delay slot. */
  pc: 272,
  npc: 276,
  slot: 280,
  /** The instruction in execution: its address, whether it stands in a delay slot, its word. */
  current: 284,
  currentSlot: 288,
  word: 292,
  /** Set by the core's own code: leave the interpreter before the next instruction. */
  leave: 296,
  status: 300,
  fcsr: 304,
  /** Host address that LL linked, or -1, and the word it read. */
  linkAddress: 308,
  linkValue: 312,
  /** Host address of the access tables of the current mode. */
  tables: 316,
  /** Instructions left of the slice. */
  budget: 320,
  /** The floating-point operation whose Cause bits are still to be worked out, plus one, and its operands. */
  fpOperation: 324,
  fpA: 328,
  fpB: 336,
  fpC: 344,
  /** Where the data of device accesses pass through; two places, so that SC never finds LL's address at a device. */
  deviceLoad: 352,
  deviceStore: 360,
  /** CP0 Cause and BadVAddr, written when the core stops. */
  cause: 368,
  badVAddr: 372,
  fpr: 384,
  /** Access tables: for kernel, then user mode; see TABLE. */
  accessTables: 1024,
} as const;

/** A table of recently used pages: entries of a tag (virtual page) and the distance to its host address. */
export const TABLE = {
  entries: 512,
  entryBytes: 8,
  fetch: 0,
  load: 512 * 8,
  store: 2 * 512 * 8,
  modeBytes: 3 * 512 * 8,
  modes: 2,
  /** A tag that no address has. */
  empty: -1,
} as const;

export const CORE_STATE_BYTES = 32 * 1024;

/** Words of the GIC block (devices/gic.ts), then a doorbell word for each host thread, then the host thread of each CPU. */
export const GIC_BYTES = 64 * 1024;
export const MAX_THREADS = 64;
export const MAX_CPUS = 64;

export interface Layout {
  readonly gic: number;
  readonly doorbells: number;
  /** i32 for each CPU: 1 + the host thread that runs it, 0 when none does. */
  readonly hosts: number;
  /** i32: 1 while a report of an interrupt is on its way to Linux. */
  readonly interruptReported: number;
  /** i32: bytes of firmware output on their way to Linux. */
  readonly outputBacklog: number;
  readonly coreState: (cpu: number) => number;
  readonly pages: number;
}

export function layoutOf({ cpus, memory }: MachineOptions): Layout {
  const gic = memory;
  const doorbells = gic + GIC_BYTES;
  const hosts = doorbells + MAX_THREADS * 4;
  const cores = gic + 2 * GIC_BYTES;
  return {
    gic,
    doorbells,
    hosts,
    interruptReported: hosts + MAX_CPUS * 4,
    outputBacklog: hosts + MAX_CPUS * 4 + 4,
    coreState: (cpu) => cores + cpu * CORE_STATE_BYTES,
    pages: Math.ceil((cores + cpus * CORE_STATE_BYTES) / PAGE),
  };
}
