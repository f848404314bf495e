/**
 * The MT ASE for one virtual processor with one thread context (docs/reference/mips-uhi.md 3.7): enabling and disabling
 * others changes bits, and taking or giving back a thread context raises Thread.
 */
import { EXCEPTION } from '../isa/exceptions.js';
import { privileged } from './call.js';
import type { Core } from './core.js';
import { CP0 } from './registers.js';

const MVP = 1 << 1;
const EVP = 1 << 0;
const TE = 1 << 15;
/** VPEControl.EXCPT: what Thread was raised for. */
const EXCPT_SHIFT = 16;
const EXCPT = { underflow: 0, overflow: 1, qualifier: 2 } as const;
const SUCCEEDS = -1;

/** Changes a bit that says whether others run; the result is the register as it was. */
const enable = (key: number, bit: number, on: boolean) =>
  privileged(({ cp0 }) => {
    const before = cp0.get(key);
    const mayChange = key !== CP0.mvpControl || (cp0.get(CP0.vpeConf0) & MVP) !== 0;
    if (mayChange) cp0.put(key, on ? before | bit : before & ~bit);
    return before;
  });

function raise({ cp0, exceptions }: Core, why: number): void {
  cp0.put(CP0.vpeControl, (cp0.get(CP0.vpeControl) & ~(7 << EXCPT_SHIFT)) | (why << EXCPT_SHIFT));
  exceptions.raise(EXCEPTION.Thread);
}

export const threadCalls = {
  dvpe: enable(CP0.mvpControl, EVP, false),
  evpe: enable(CP0.mvpControl, EVP, true),
  dmt: enable(CP0.vpeControl, TE, false),
  emt: enable(CP0.vpeControl, TE, true),
  fork: (core: Core): undefined => {
    raise(core, EXCPT.overflow);
  },
  /** 0 gives the thread context back, others wait for a qualifier, of which none is connected; negative ones just go on. */
  yield: (core: Core, rs: number): number => {
    if (rs > SUCCEEDS) raise(core, rs === 0 ? EXCPT.underflow : EXCPT.qualifier);
    return 0;
  },
} as const;
