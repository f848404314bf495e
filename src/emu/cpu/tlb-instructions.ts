/** TLBR, TLBWI, TLBWR, TLBP, TLBINV, TLBINVF (docs/reference/mips-uhi.md 4). */
import { EXCEPTION } from '../isa/exceptions.js';
import { privileged, raise } from './call.js';
import type { Core } from './core.js';
import { pageAddress } from './cp0.js';
import { CP0, ENTRY_HI, STATUS } from './registers.js';
import { FLAG, PAIR_OF_4K, type TlbEntry, type TlbHalf } from './tlb.js';

const FLAGS = 0x3f;
const INHIBIT = FLAG.RI | FLAG.XI;
/** What stands in entries that nothing was written to since the flush: pages of the unmapped KSEG0. */
const KSEG0 = 0x80000000 | 0;
const PAIR_BYTES = 0x2000;
const NO_MATCH = 0x80000000 | 0;

const indexOf = ({ cp0, tlb }: Core): number => {
  const index = cp0.get(CP0.index) & 0x7fffffff;
  return index < tlb.size ? index : -1;
};

/** EntryLo of a half of an entry. On a 64-bit core RI and XI stand on top of the double word. */
function putHalf(core: Core, key: number, { pa, flags }: TlbHalf, global: boolean): void {
  const { cp0 } = core;
  const pfn = pa / 4096;
  const low = (flags & FLAGS & ~FLAG.G) | (global ? FLAG.G : 0);
  const inhibit = flags & INHIBIT;
  if (cp0.has.wide) cp0.put(key, low | ((pfn % 2 ** 26) << 6), Math.floor(pfn / 2 ** 26) | inhibit);
  else cp0.put(key, low | ((pfn % 2 ** 24) << 6) | inhibit, Math.floor(pfn / 2 ** 24));
}

function read(core: Core): undefined {
  const { cp0, tlb } = core;
  const index = indexOf(core);
  const entry = index < 0 ? undefined : tlb.read(index);
  const before = cp0.asid;
  if (entry === undefined) {
    for (const key of [CP0.pageMask, CP0.entryLo0, CP0.entryLo1]) cp0.put(key, 0);
    cp0.put(CP0.entryHi, cp0.has.invalidEntries ? ENTRY_HI.EHINV : KSEG0 + index * PAIR_BYTES);
  } else {
    cp0.put(CP0.entryHi, entry.low | entry.asid, cp0.has.wide ? entry.high : 0);
    cp0.put(CP0.pageMask, entry.mask & ~PAIR_OF_4K);
    putHalf(core, CP0.entryLo0, entry.even, entry.global);
    putHalf(core, CP0.entryLo1, entry.odd, entry.global);
  }
  if (cp0.asid !== before) core.state.forgetPages();
  core.leave();
  return undefined;
}

function entryFromRegisters({ cp0 }: Core): TlbEntry {
  const { wide } = cp0.has;
  const half = (key: number): TlbHalf => {
    const [low, high] = [cp0.get(key), cp0.getHigh(key)];
    return { pa: pageAddress(low, high, wide), flags: (low & FLAGS) | ((wide ? high : low) & INHIBIT) };
  };
  const mask = cp0.get(CP0.pageMask) | PAIR_OF_4K;
  return {
    low: cp0.get(CP0.entryHi) & ~mask,
    high: wide ? cp0.getHigh(CP0.entryHi) : 0,
    asid: cp0.asid,
    mask,
    global: (cp0.get(CP0.entryLo0) & cp0.get(CP0.entryLo1) & FLAG.G) !== 0,
    even: half(CP0.entryLo0),
    odd: half(CP0.entryLo1),
  };
}

/** Remembered translations of the pages of an entry do not hold any more. */
function forget({ state, tlb }: Core, index: number): void {
  state.forgetRange(tlb.start(index), tlb.mask(index) + 1);
}

/** Two entries that match one address are found when the second is written: it is not, and that is a machine check. */
function write(core: Core, index: number): undefined {
  const { cp0, tlb } = core;
  if (index < 0) return undefined;
  const entry = entryFromRegisters(core);
  const invalid = cp0.has.invalidEntries && (cp0.get(CP0.entryHi) & ENTRY_HI.EHINV) !== 0;
  if (!invalid && tlb.hasRival(index, entry)) {
    cp0.status |= STATUS.TS;
    raise(core, EXCEPTION.MCheck);
    return;
  }
  forget(core, index);
  if (invalid) tlb.invalidate(index);
  else tlb.write(index, entry);
  forget(core, index);
  core.leave(); // also the page that instructions are being fetched from
  return undefined;
}

function probe(core: Core): undefined {
  const { cp0 } = core;
  const index = core.mmu.probe(cp0.get(CP0.entryHi) & ~PAIR_OF_4K, cp0.getHigh(CP0.entryHi), cp0.asid);
  cp0.put(CP0.index, index < 0 ? NO_MATCH : index);
  return undefined;
}

function invalidate(core: Core, all: boolean): undefined {
  const { cp0, state, tlb } = core;
  if (!cp0.has.invalidEntries) {
    raise(core, EXCEPTION.RI);
    return;
  }
  if (all) for (let i = 0; i < tlb.size; i++) tlb.invalidate(i);
  else tlb.invalidateSpace(cp0.asid);
  state.forgetPages();
  core.leave();
  return undefined;
}

export const tlbCalls = {
  tlbr: privileged(read),
  tlbwi: privileged((core) => write(core, indexOf(core))),
  tlbwr: privileged((core) => write(core, core.cp0.random())),
  tlbp: privileged(probe),
  tlbinv: privileged((core) => invalidate(core, false)),
  tlbinvf: privileged((core) => invalidate(core, true)),
} as const;
