import type { Entry } from '../hardware.js';
import { STATE } from '../layout.js';
import type { Core } from './core.js';
import { CP0, STATUS } from './registers.js';
import { wiredEntries } from './wired.js';

const ARGUMENTS = 4;
const [GP, SP, RA] = [28, 29, 31];
/** Config.K0 as Linux leaves it: cacheable coherent where there is a coherence manager, else cacheable. */
const [COHERENT, CACHED] = [5, 3];

/**
 * The UHI coprocessor boot protocol as the MIPS driver does it (docs/reference/mips-uhi.md 1.0). Throws RangeError when the
 * mappings exceed the TLB.
 */
export function enterFirmware(core: Core, entry: Entry, vectors: number): void {
  const { cp0, state, tlb } = core;
  const wired = wiredEntries(entry.mappings);
  if (wired.length >= tlb.size) throw new RangeError(`${wired.length} wired TLB entries, of ${tlb.size}`);
  wired.forEach((each, i) => tlb.write(i, each));
  cp0.put(CP0.wired, wired.length);
  cp0.put(CP0.ebase, vectors | core.cpu);
  cp0.put(CP0.config, (cp0.get(CP0.config) & ~7) | (cp0.has.coherenceManager ? COHERENT : CACHED));
  cp0.status = (cp0.status & ~(STATUS.BEV | STATUS.ERL)) | (entry.wide ? STATUS.KX : 0);

  const set = (register: number, value: bigint): void =>
    state.set64(STATE.gpr + 8 * register, BigInt.asUintN(64, value));
  entry.args.forEach((value, i) => set(ARGUMENTS + i, BigInt(value)));
  set(GP, entry.gp);
  set(SP, entry.sp);
  set(RA, entry.ra);
  const half = (shift: bigint): number => Number(BigInt.asIntN(32, entry.pc >> shift));
  core.jump(half(0n), core.isa.bits === 64 ? half(32n) : undefined);
}
