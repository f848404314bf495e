/**
 * Coprocessor 0 of the default core: interAptiv-like, MIPS32 Release 2, TLB, FPU, EBase.WG, no MT registers
 * (mips-uhi.md 3.2, 3.3, 7.5). Registers are signed words. Status lies in the state block, Count in its timer.
 */
import { CountTimer } from './count.js';
import type { CoreState } from './state.js';
import { STATE } from '../layout.js';

export const STATUS = {
  IE: 1,
  EXL: 2,
  ERL: 4,
  KSU: 3 << 3,
  /** The value of KSU in supervisor mode. */
  SUPERVISOR: 1 << 3,
  /** Addresses of 64 bits in kernel mode. */
  KX: 1 << 7,
  IM: 0xff00,
  BEV: 1 << 22,
  FR: 1 << 26,
  CU0: 1 << 28,
} as const;

export const CAUSE = {
  BD: 0x80000000 | 0,
  TI: 1 << 30,
  CE_SHIFT: 28,
  DC: 1 << 27,
  IV: 1 << 23,
  IP: 0xff00,
  EXC: 0x7c,
} as const;

/** IP7, where IntCtl.IPTI puts the timer. */
export const IP7 = 1 << 15;

const PRID_INTERAPTIV = 0x0001a120;
const EBASE_WG = 1 << 11;
const KSEG0 = 0x80000000 | 0;

/** register number * 8 + select */
const at = (register: number, select = 0): number => register * 8 + select;

/** Bits that MTC0 changes in registers that are plain storage. */
const WRITABLE: ReadonlyMap<number, number> = new Map([
  [at(0), 0x3f], // Index; P is TLBP's alone
  [at(2), 0x03ffffff], // EntryLo0: physical addresses have 32 bits
  [at(3), 0x03ffffff], // EntryLo1
  [at(4), 0xff800000 | 0], // Context
  [at(4, 2), -1], // UserLocal
  [at(5), 0x1fffe000], // PageMask
  [at(6), 0x3f], // Wired
  [at(7), 0x2000000f], // HWREna
  [at(10), 0xffffe0ff | 0], // EntryHi
  [at(12, 1), 0x3e0], // IntCtl.VS
  [at(14), -1], // EPC
  [at(16), 7], // Config.K0
  [at(24), -1], // DEPC
  [at(28), -1], // TagLo
  [at(28, 1), -1], // DataLo
  [at(28, 2), -1],
  [at(29), -1], // TagHi
  [at(30), -1], // ErrorEPC
  [at(31), -1], // DESAVE
]);

export const CP0 = {
  index: at(0),
  random: at(1),
  entryLo0: at(2),
  entryLo1: at(3),
  context: at(4),
  userLocal: at(4, 2),
  pageMask: at(5),
  wired: at(6),
  hwrena: at(7),
  badVAddr: at(8),
  count: at(9),
  entryHi: at(10),
  compare: at(11),
  status: at(12),
  intCtl: at(12, 1),
  cause: at(13),
  epc: at(14),
  prid: at(15),
  ebase: at(15, 1),
  cmgcrBase: at(15, 3),
  config: at(16),
  errorEpc: at(30),
} as const;

const STATUS_WRITABLE = 0x3478ff1f;
const CAUSE_WRITABLE = 0x08c00300;

export class Cp0 {
  readonly #registers = new Map<number, number>();

  constructor(
    private readonly state: CoreState,
    readonly timer: CountTimer,
    private readonly options: { cpu: number; bigEndian: boolean; tlbEntries: number; gcrBase: number },
  ) {
    const { cpu, bigEndian, tlbEntries, gcrBase } = options;
    const initial: readonly (readonly [number, number])[] = [
      [CP0.prid, PRID_INTERAPTIV],
      [CP0.ebase, KSEG0 | cpu],
      [CP0.cmgcrBase, gcrBase >>> 4],
      [CP0.intCtl, 0xe0000000 | 0],
      // Config: M, Release 2, TLB, cached coherent KSEG0
      [CP0.config, 0x80000485 | (bigEndian ? 1 << 15 : 0) | 0],
      // Config1: M, 32 KiB 4-way caches of 32-byte lines, EJTAG, FPU
      [at(16, 1), 0x80000000 | ((tlbEntries - 1) << 25) | 0x00a35183 | 0],
      [at(16, 2), 0x80000000 | 0],
      // Config3: CMGCR, ULRI, VInt
      [at(16, 3), 0x20002020],
      // Config7: WII, WAIT resumes on an interrupt that is not enabled
      [at(16, 7), 0x80000000 | 0],
    ];
    for (const [register, value] of initial) this.#registers.set(register, value);
  }

  get(register: number): number {
    return this.#registers.get(register) ?? 0;
  }

  put(register: number, value: number): void {
    this.#registers.set(register, value | 0);
  }

  get status(): number {
    return this.state.get(STATE.status);
  }

  set status(value: number) {
    this.state.set(STATE.status, value);
  }

  /** MFC0. Registers that this core does not have read 0. */
  read(register: number, select: number, interruptLines: number): number {
    const key = at(register, select);
    switch (key) {
      case CP0.status:
        return this.status;
      case CP0.cause:
        return this.causeWith(interruptLines);
      case CP0.count:
        return this.timer.count | 0;
      case CP0.compare:
        return this.timer.compare | 0;
      case CP0.random:
        return this.random();
      default:
        return this.get(key);
    }
  }

  /** MTC0. Writes to registers that this core does not have, or that are read-only, are ignored. */
  write(register: number, select: number, value: number): void {
    const key = at(register, select);
    switch (key) {
      case CP0.status:
        this.status = (this.status & ~STATUS_WRITABLE) | (value & STATUS_WRITABLE);
        return;
      case CP0.cause:
        this.put(key, (this.get(key) & ~CAUSE_WRITABLE) | (value & CAUSE_WRITABLE));
        this.timer.disabled = (value & CAUSE.DC) !== 0;
        return;
      case CP0.count:
        this.timer.count = value;
        return;
      case CP0.compare:
        this.timer.compare = value;
        return;
      case CP0.ebase:
        this.writeEbase(value);
        return;
      case CP0.wired:
        this.put(key, Math.min(value & 0x3f, this.options.tlbEntries - 1));
        return;
      default: {
        const mask = WRITABLE.get(key) ?? 0;
        this.put(key, (this.get(key) & ~mask) | (value & mask));
      }
    }
  }

  /** Cause with the lines that other devices drive, and the timer's. */
  causeWith(interruptLines: number): number {
    const timer = this.timer.pending ? CAUSE.TI | IP7 : 0;
    return (this.get(CP0.cause) & ~(0xfc00 | CAUSE.TI)) | interruptLines | timer;
  }

  /** Any entry that is not wired; it moves with Count. */
  random(): number {
    const wired = this.get(CP0.wired);
    return wired + (this.timer.count % (this.options.tlbEntries - wired));
  }

  get kernelMode(): boolean {
    return (this.status & STATUS.KSU) === 0 || (this.status & (STATUS.EXL | STATUS.ERL)) !== 0;
  }

  /** Bits 31:30 stay binary 10 unless the write gate is set in the written value. */
  private writeEbase(value: number): void {
    const gate = value & EBASE_WG;
    const mask = gate === 0 ? 0x3ffff000 : 0xfffff000 | 0;
    this.put(CP0.ebase, (this.get(CP0.ebase) & ~(mask | EBASE_WG)) | (value & mask) | gate);
  }
}
