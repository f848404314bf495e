/** Basic blocks of a region, and how they end. */
import type { Access } from './checks.js';
import type { RegisterSet } from './effects.js';
import type { Step } from './step.js';
import type { Pace } from './swift.js';

/** A block and the address that leads there. */
export interface Place {
  readonly address: number;
  readonly key: number;
}

/** How a block ends; other blocks by their keys. */
export type End =
  | { readonly kind: 'goto'; readonly to: number }
  /** By the condition that the last transfer has evaluated. */
  | { readonly kind: 'branch'; readonly taken: number; readonly otherwise: number }
  | { readonly kind: 'call'; readonly target: number; readonly back: Place }
  /** To the address that the last transfer has evaluated. */
  | { readonly kind: 'callRegister'; readonly back: Place }
  /** The same, which is probably one of these, else outside: a return from a function that was taken in, or a switch. */
  | { readonly kind: 'jumpRegister'; readonly probably: readonly Place[] }
  /** A call of what is probably one of these functions, which have been taken in; else block `otherwise` calls it. */
  | { readonly kind: 'guess'; readonly probably: readonly Place[]; readonly otherwise: number }
  /** One instruction by the interpreter. */
  | { readonly kind: 'interpret'; readonly bytes: 2 | 4; readonly sets: RegisterSet; readonly back: Place }
  /** By whether an access lies in the window, or in a page that the table of recent pages has. */
  | { readonly kind: 'where' | 'tabled'; readonly access: Access; readonly inside: number; readonly outside: number }
  /** To an address outside of the region, or to an instruction that is the interpreter's. */
  | { readonly kind: 'leave'; readonly to: number }
  | Pace;

/** A class, and not only what it looks like: V8 is faster with objects that were all made in one way. */
export class Block {
  constructor(
    /** Unique in the region, with no meaning. */
    readonly key: number,
    /** The address of its first instruction, with the ISA mode as bit 0; of one behind a branch, that of the branch. */
    readonly pc: number,
    readonly steps: readonly Step[],
    readonly end: End,
    /**
     * It is only the instruction behind a branch: the delay slot of a likely branch, or the forbidden slot of a compact one,
     * where an exception names the branch.
     */
    readonly isBehindBranch = false,
  ) {}

  /** The one that is the interpreter's included. */
  get instructions(): number {
    return this.end.kind === 'interpret' ? this.steps.length + 1 : this.steps.length;
  }

  with({ key = this.key, steps = this.steps, end = this.end }: Partial<Pick<Block, 'key' | 'steps' | 'end'>>): Block {
    return new Block(key, this.pc, steps, end, this.isBehindBranch);
  }
}
