/** What most tests of the machine leave as it is by default. */
import { DEFAULT_MODEL, ENGINES, type Entry } from '../../src/emu/index.js';

/** MIPS_ENGINE runs them on another engine: translator, verify, auto. */
const engine = ENGINES.find((name) => name === process.env['MIPS_ENGINE']) ?? 'interpreter';

export const PLAIN = { cpu: DEFAULT_MODEL, clock: 'real', uhiRoot: undefined, engine } as const;

/** An entry whose addresses are numbers of 32 bits; what is left out is 0, or nothing. */
export interface PlainEntry extends Partial<Pick<Entry, 'args' | 'mappings' | 'wide' | 'memory'>> {
  readonly pc: number | bigint;
  readonly sp?: number;
  readonly gp?: number;
  readonly ra?: number;
}

const signExtended = (address: number): bigint => BigInt.asIntN(32, BigInt(address));

export const entryOf = ({ pc, sp = 0, gp = 0, ra = 0, ...rest }: PlainEntry): Entry => ({
  pc: typeof pc === 'bigint' ? pc : signExtended(pc),
  args: [0, 0, 0, 0],
  sp: signExtended(sp),
  gp: signExtended(gp),
  ra: signExtended(ra),
  wide: false,
  mappings: [],
  memory: undefined,
  ...rest,
});
