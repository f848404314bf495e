/** What translated code may take for granted while a core does not change it: how addresses are mapped, and bits of Status. */
import type { Core } from '../cpu/core.js';
import { CP0, STATUS } from '../cpu/registers.js';
import { MODE } from '../cpu/segments.js';
import { FLAG } from '../cpu/tlb.js';

/** Addresses one after another that lie in RAM one after another. */
export interface Range {
  /** A signed 32-bit number (sign-extended on a 64-bit core). */
  readonly start: number;
  readonly bytes: number;
  readonly pa: number;
  readonly isExecutable: boolean;
  readonly isWritable: boolean;
}

export interface Context {
  readonly id: number;
  readonly ranges: readonly Range[];
  readonly status: number;
  /** Kernel mode, in which everything may be used. */
  readonly isKernel: boolean;
}

/** Bits of Status that translated code knows. */
export const STATUS_MASK = STATUS.CU1 | STATUS.FR | STATUS.MX;
const KSEG0 = -0x80000000;
/** So many are remembered: a firmware may change its mappings without end. */
const MOST_CONTEXTS = 32;
/** As many distances as the state block has room for. */
export const MOST_RANGES = 16;

/** Follows what a core may take for granted; cheap to ask. */
export class ContextWatch {
  readonly #known = new Map<string, Context>();
  #last = 0;
  #current: Context | undefined;
  #version = -1;
  #status = 0;
  #asid = -1;
  #wired = -1;
  #isKernel = false;
  #isExcluded = true;

  constructor(
    private readonly core: Core,
    private readonly ramBytes: number,
  ) {}

  /** Undefined: nothing may be taken for granted now. */
  get current(): Context | undefined {
    const { cp0, tlb, watchpoints } = this.core;
    const { status } = cp0;
    const isKernel = cp0.kernelMode;
    const isExcluded = watchpoints.active || (status & STATUS.ERL) !== 0 || cp0.debugMode;
    const isSame =
      isExcluded === this.#isExcluded &&
      tlb.pinnedVersion === this.#version &&
      (status & STATUS_MASK) === this.#status &&
      isKernel === this.#isKernel &&
      cp0.asid === this.#asid &&
      cp0.get(CP0.wired) === this.#wired;
    if (isSame) return this.#current;
    this.#isExcluded = isExcluded;
    this.#status = status & STATUS_MASK;
    this.#isKernel = isKernel;
    this.#asid = cp0.asid;
    this.#wired = cp0.get(CP0.wired);
    tlb.pin(this.#wired);
    this.#version = tlb.pinnedVersion;
    this.#current = isExcluded ? undefined : this.#make();
    return this.#current;
  }

  #make(): Context | undefined {
    const { core } = this;
    const mode = core.mmu.segments.mode;
    if (mode === MODE.supervisor) return undefined;
    const ranges = [...(mode === MODE.kernel ? this.#unmapped() : []), ...this.#wiredRanges()].slice(0, MOST_RANGES);
    const key = JSON.stringify([this.#status, mode, ranges]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_CONTEXTS) this.#known.clear();
    const context = { id: ++this.#last, ranges, status: this.#status, isKernel: mode === MODE.kernel };
    this.#known.set(key, context);
    return context;
  }

  /** KSEG0, where segment control has not made it something else. */
  #unmapped(): Range[] {
    const { segments } = this.core.mmu;
    const bytes = Math.min(this.ramBytes, 0x20000000);
    const isPlain = segments.find(KSEG0, -1, MODE.kernel) === 0;
    return isPlain ? [{ start: KSEG0, bytes, pa: 0, isExecutable: true, isWritable: true }] : [];
  }

  /** Pages of the wired entries, neighbours joined. */
  #wiredRanges(): Range[] {
    const { tlb } = this.core;
    const pages: Range[] = [];
    for (let index = 0; index < this.#wired; index++) {
      const entry = tlb.read(index);
      if (entry === undefined || entry.high !== 0 || !(entry.global || entry.asid === this.#asid)) continue;
      const bytes = (entry.mask + 1) / 2;
      for (const [offset, { flags }] of [
        [0, entry.even],
        [bytes, entry.odd],
      ] as const) {
        const start = entry.low + offset;
        const pa = tlb.physical(index, start);
        const isReadable = (flags & FLAG.V) !== 0 && (flags & FLAG.RI) === 0;
        if (!isReadable || start < 0 || pa + bytes > this.ramBytes) continue;
        pages.push({
          start,
          bytes,
          pa,
          isExecutable: (flags & FLAG.XI) === 0,
          isWritable: (flags & FLAG.D) !== 0,
        });
      }
    }
    pages.sort((a, b) => a.start - b.start);
    return pages.reduce<Range[]>((joined, page) => {
      const last = joined.at(-1);
      const isNext =
        last !== undefined &&
        last.start + last.bytes === page.start &&
        last.pa + last.bytes === page.pa &&
        last.isExecutable === page.isExecutable &&
        last.isWritable === page.isWritable;
      if (!isNext) return [...joined, page];
      return [...joined.slice(0, -1), { ...last, bytes: last.bytes + page.bytes }];
    }, []);
  }
}
