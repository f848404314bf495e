/** What the generated code and the core's own code (../cpu) know of each other. */
import type { Isa } from '../isa/isa.js';
import type { Type } from './opcodes.js';

/** What code is generated for. */
export interface Target {
  readonly isa: Isa;
  /** Offset of the code map in the memory (../layout.ts). */
  readonly codeMap: number;
  /** The interpreter counts where jumps and branches lead, and stops where that is often. */
  readonly findsHotPlaces: boolean;
  /** Accesses to memory are put down in the core's log, or taken from there and compared (access-log.ts); by default neither. */
  readonly accessLog?: 'written' | 'read' | undefined;
}

/** Functions that the core's own code gives to a module, in this order (core.ts). */
export const IMPORTS = [
  /** translate(low word of the address, kind, high word): host address of the data, or -1 when an exception has been raised. */
  { name: 'translate', signature: { params: ['i32', 'i32', 'i32'], results: ['i32'] } },
  /**
   * watchedStore(host address): a store went to STATE.deviceStore and is meant for a device, or to where code was translated.
   * Where the log of accesses is read: the access there is not the one in the log.
   */
  { name: 'watchedStore', signature: { params: ['i32'], results: [] } },
  /** host(call, a, b, c, d): see ../cpu/host-calls.ts. */
  { name: 'host', signature: { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] } },
] as const satisfies readonly { name: string; signature: { params: readonly Type[]; results: readonly Type[] } }[];

/** Their function indices. */
export const FUNCTION = { translate: 0, watchedStore: 1, host: 2 } as const;

/** The `kind` of a translation: what for, the size of the access in bytes, and how (../isa/ir.ts, Access). */
export const ACCESS = {
  fetch: 0,
  load: 0x100,
  store: 0x200,
  sizeMask: 0xff,
  aligned: 0x400,
  user: 0x800,
  partial: 0x1000,
} as const;

/** The host calls by number: the order of this list is the `call` argument of `host`. */
export const HOST_CALLS = [
  'raise',
  'reserved',
  'syscall',
  'sdbbp',
  'rdhwr',
  'mfc0',
  'mtc0',
  'dmfc0',
  'dmtc0',
  'mfhc0',
  'mthc0',
  'privileged',
  'interruptEnable',
  'tlbr',
  'tlbwi',
  'tlbwr',
  'tlbp',
  'tlbinv',
  'tlbinvf',
  'rdpgpr',
  'wrpgpr',
  'eret',
  'eretnc',
  'deret',
  'dvpe',
  'evpe',
  'dmt',
  'emt',
  'fork',
  'yield',
  'wait',
  'cache',
  'synci',
  'fp',
  'fpCompare',
  'cfc1',
  'ctc1',
  'msaFp',
  'cfcmsa',
  'ctcmsa',
] as const;

export type HostCall = (typeof HOST_CALLS)[number];

export const hostCallNumber = (name: string): number => {
  const number = HOST_CALLS.findIndex((call) => call === name);
  if (number < 0) throw new Error(`no host call is named ${name}`);
  return number;
};
