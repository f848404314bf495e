import type { CallEffects } from './flow.js';

/** What a region calls: the index of its function, or of the one that looks for it. */
export interface Callees {
  /** Undefined: not in this module. */
  direct(target: number): number | undefined;
  effects(target: number | undefined): CallEffects;
  readonly invoke: number;
  /** The interpreters of words at even addresses, and of compressed code. */
  readonly interpret: number;
  readonly interpretCompressed: number;
  /** Undefined: accesses to devices are not to be done here. */
  readonly loadFromDevice: number | undefined;
}
