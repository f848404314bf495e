/** What registers of coprocessor 0 a core has: values out of reset, and the bits that MTC0 changes. */
import type { Features } from './features.js';
import type { CoreModel } from './models/index.js';
import { at, CONFIG3, CP0, EBASE, ENTRY_HI, TC_HALT } from './registers.js';
import { LEGACY_SEGMENTS } from './segments.js';

/** One register. Registers of 64 bits have upper halves; others read sign-extended. */
export interface Definition {
  readonly key: number;
  readonly reset: number;
  readonly writable: number;
  /** Of the upper half, in a register that has one. */
  readonly writableHigh?: number;
  readonly resetHigh?: number;
}

const ALL = -1;
const WATCH_HI_MORE = 0x80000000 | 0;
const WATCH_HI = 0x40ff0ff8;
const WATCH_HI_LONG_ASID = 0x43ff0ff8;
const DEBUG_RESET = 0x02008000;
const TAGS = 8;

const storage = (key: number, writable = ALL, reset = 0): Definition => ({ key, reset, writable });
/** An address, or other contents of as many bits as a general register. */
const wide = (key: number, writable = ALL, reset = 0): Definition => ({
  key,
  reset,
  resetHigh: reset >> 31,
  writable,
  writableHigh: ALL,
});

/** The smallest mask of ones that covers the numbers below `count`. */
const maskFor = (count: number): number => 2 ** Math.ceil(Math.log2(count)) - 1;

/** The upper half of what an address of `segmentBits` holds in EntryHi: its region, and the bits that are not fill. */
export const segmentHigh = (segmentBits: number): number => 0xc0000000 | (2 ** (segmentBits - 32) - 1);

function addressRegisters(model: CoreModel, has: Features): Definition[] {
  const { segmentBits } = model;
  const contextHigh = ALL << (segmentBits - 7 - 32);
  return [
    wide(CP0.context, 0xff800000 | 0),
    { ...wide(CP0.badVAddr, 0), writableHigh: 0 },
    wide(CP0.epc),
    wide(CP0.depc),
    wide(CP0.errorEpc),
    wide(CP0.desave),
    {
      ...wide(CP0.entryHi, 0xffffe000 | (has.invalidEntries ? ENTRY_HI.EHINV : 0) | has.asidMask),
      writableHigh: has.wide ? segmentHigh(segmentBits) : 0,
    },
    // their writable bits follow PageGrain (cp0.ts)
    { ...wide(CP0.entryLo0, 0), writableHigh: 0 },
    { ...wide(CP0.entryLo1, 0), writableHigh: 0 },
    { ...wide(CP0.ebase, 0, 0x80000000 | 0), writableHigh: 0 },
    ...(has.wide ? [{ ...wide(CP0.xContext, 0), writableHigh: contextHigh }] : []),
    ...(has.userLocal ? [wide(CP0.userLocal)] : []),
    ...Array.from({ length: 6 }, (_, i) => i + 2)
      .filter((select) => ((has.scratchRegisters >>> select) & 1) === 1)
      .map((select) => wide(at(31, select))),
  ];
}

/** WatchLo.I, R, W and the address above them; each pair's WatchHi says whether there is another. */
const watchRegisters = (has: Features): Definition[] =>
  Array.from({ length: has.watchPairs }, (_, i) => [
    wide(CP0.watchLo + i),
    storage(
      CP0.watchHi + i,
      has.asidMask > 0xff ? WATCH_HI_LONG_ASID : WATCH_HI,
      i < has.watchPairs - 1 ? WATCH_HI_MORE : 0,
    ),
  ]).flat();

/** The walker of page tables: PWBase, PWField, PWSize, PWCtl, as QEMU's P5600 has them. */
const WALKER: readonly Definition[] = [
  wide(CP0.pwBase),
  storage(CP0.pwField, 0x3fffffff, 0x2),
  storage(CP0.pwSize, 0x3fffffff),
  storage(CP0.pwCtl, 0x800000ff | 0),
];

const SEGMENT_CONTROL_WRITABLE = 0xfe7ffe7f | 0;

/** One thread context, bound to the one virtual processor that the firmware has; it is no master of others. */
const MULTI_THREADING: readonly Definition[] = [
  storage(CP0.mvpControl, 0, 1),
  storage(CP0.mvpConf0, 0),
  storage(CP0.vpeControl, 0),
  storage(CP0.vpeConf0, 0, 3),
  storage(CP0.yqMask, 0xffff),
  storage(CP0.tcStatus, 0, 1 << 13),
  storage(CP0.tcBind, 0),
  storage(CP0.tcRestart, 0),
  storage(CP0.tcHalt, TC_HALT.H),
  wide(CP0.tcContext),
  storage(CP0.tcSchedule, 0),
];

export interface Surroundings {
  readonly cpu: number;
  readonly bigEndian: boolean;
  /** Physical base of the coherence manager. */
  readonly gcrBase: number;
}

const BIG_ENDIAN = 1 << 15;

export function definitionsOf(model: CoreModel, has: Features, around: Surroundings): readonly Definition[] {
  const { cpu, bigEndian, gcrBase } = around;
  const entries = maskFor(model.tlbEntries);
  return [
    storage(CP0.index, entries),
    storage(CP0.pageMask, 0x1fffe000),
    storage(CP0.pageGrain, model.pageGrain.writable, model.pageGrain.reset),
    storage(CP0.wired, entries),
    storage(CP0.hwrena, model.hwrena.writable),
    storage(CP0.intCtl, model.intCtl.writable, model.intCtl.reset),
    storage(CP0.srsCtl, model.srsCtl.writable, model.srsCtl.reset),
    storage(CP0.srsMap, has.registerSets > 1 ? ALL : 0),
    storage(CP0.cause, model.cause.writable, model.cause.reset),
    storage(CP0.prid, 0, model.prid),
    ...model.config.map(({ reset, writable }, i) =>
      storage(CP0.config + i, writable, i === 0 && bigEndian ? reset | BIG_ENDIAN : reset),
    ),
    ...addressRegisters(model, has),
    ...watchRegisters(has),
    ...(has.segmentControl
      ? LEGACY_SEGMENTS.map((reset, i) => storage(CP0.segCtl0 + i, SEGMENT_CONTROL_WRITABLE, reset))
      : []),
    ...((model.config[3]?.reset ?? 0) & CONFIG3.PW ? WALKER : []),
    ...(has.multiThreading ? MULTI_THREADING : []),
    ...(has.virtualProcessors ? [storage(CP0.globalNumber, 0, cpu)] : []),
    ...(has.coherenceManager ? [storage(CP0.cmgcrBase, 0, gcrBase >>> 4)] : []),
    storage(CP0.debug, 0, DEBUG_RESET),
    storage(CP0.errCtl, 0x30000000),
    ...Array.from({ length: TAGS }, (_, i) => [
      storage(CP0.tagLo + i, i % 2 === 0 ? 0xfffffcf6 | 0 : ALL),
      storage(CP0.tagHi + i),
    ]).flat(),
  ].map((each) => (each.key === CP0.ebase ? { ...each, reset: each.reset | (cpu & EBASE.CPU) } : each));
}
