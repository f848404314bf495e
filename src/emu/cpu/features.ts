/** What a core has besides its instruction set: read from its Config registers, so that the two cannot disagree. */
import type { CoreModel } from './models/index.js';
import { CONFIG1, CONFIG3, CONFIG5 } from './registers.js';

export interface Features {
  readonly wide: boolean;
  readonly release6: boolean;
  /** EntryHi.EHINV, TLBINV and TLBINVF. */
  readonly invalidEntries: boolean;
  readonly asidMask: number;
  readonly readExecuteInhibit: boolean;
  readonly largeAddresses: boolean;
  readonly segmentControl: boolean;
  readonly userLocal: boolean;
  /** View_IPL, View_RIPL. */
  readonly interruptViews: boolean;
  readonly badInstr: boolean;
  readonly badInstrP: boolean;
  readonly multiThreading: boolean;
  readonly virtualProcessors: boolean;
  readonly coherenceManager: boolean;
  /** MFHC0 and MTHC0. */
  readonly highHalves: boolean;
  /** LLAddr.LLB, ERETNC. */
  readonly linkBit: boolean;
  readonly accessibility: boolean;
  readonly watchPairs: number;
  /** Bit n: KScratch register 31, n. */
  readonly scratchRegisters: number;
  /** Sets of general registers. */
  readonly registerSets: number;
}

const INVALID_ENTRIES = 2;
const CONFIG4 = { IE_SHIFT: 29, AE: 1 << 28, KSCRATCH_SHIFT: 16 } as const;
const HSS_SHIFT = 26;

export function featuresOf({ isa, config, srsCtl, watchPairs }: CoreModel): Features {
  const value = (number: number): number => config[number]?.reset ?? 0;
  const has = (number: number, bit: number): boolean => (value(number) & bit) !== 0;
  const wide = isa.bits === 64;
  return {
    wide,
    release6: isa.release >= 6,
    invalidEntries: ((value(4) >>> CONFIG4.IE_SHIFT) & 3) >= INVALID_ENTRIES,
    asidMask: has(4, CONFIG4.AE) ? 0x3ff : 0xff,
    readExecuteInhibit: has(3, CONFIG3.RXI),
    largeAddresses: has(3, CONFIG3.LPA),
    segmentControl: has(3, CONFIG3.SC),
    userLocal: has(3, CONFIG3.ULRI),
    interruptViews: has(3, CONFIG3.MCU),
    badInstr: has(3, CONFIG3.BI),
    badInstrP: has(3, CONFIG3.BP),
    multiThreading: has(3, CONFIG3.MT),
    virtualProcessors: has(5, CONFIG5.VP),
    coherenceManager: has(3, CONFIG3.CMGCR),
    highHalves: has(5, CONFIG5.MVH),
    linkBit: has(5, CONFIG5.LLB),
    accessibility: has(5, CONFIG5.MRP),
    watchPairs: has(1, CONFIG1.WR) ? watchPairs : 0,
    scratchRegisters: (value(4) >>> CONFIG4.KSCRATCH_SHIFT) & 0xff,
    registerSets: ((srsCtl.reset >>> HSS_SHIFT) & 0xf) + 1,
  };
}
