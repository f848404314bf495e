import type { Access } from './checks.js';
import type { Effects } from './effects.js';
import type { Instruction, Transfer } from './reader.js';
import type { Statement } from '../isa/ir.js';

/** The place of an access in a swift loop: behind the lowest of those near a register in a round of turns, bytes. */
export interface Surveyed {
  readonly loop: number;
  readonly register: number;
  readonly distance: number;
}

/** One instruction of a block. */
export class Step {
  constructor(
    readonly pc: number,
    /** Where the interpreter goes on when this instruction is left to it: for a delay slot, the branch. */
    readonly resumeAt: number,
    private readonly instruction: Instruction,
    /** Its access needs no check, and this is its place: see swift.ts. */
    readonly surveyed?: Surveyed,
    /** Its access is outside of the window, in a page of the table. */
    readonly isTabled = false,
  ) {}

  get bytes(): 2 | 4 {
    return this.instruction.bytes;
  }

  get statements(): readonly Statement[] {
    return this.instruction.statements;
  }

  get transfer(): Transfer | undefined {
    return this.instruction.transfer;
  }

  get effects(): Effects {
    return this.instruction.effects;
  }

  get accesses(): readonly Access[] {
    return this.instruction.accesses;
  }

  /** What it accesses has to be looked at first. */
  get isChecked(): boolean {
    return this.surveyed === undefined && !this.isTabled;
  }

  get isInDelaySlot(): boolean {
    return this.resumeAt !== this.pc;
  }

  /** The same where its access needs no check, and may not be left but by `mayExit`. */
  withoutCheck(surveyed: Surveyed, mayExit: boolean): Step {
    const { effects } = this;
    const instruction = { ...this.instruction, effects: { ...effects, mayExit: mayExit && effects.mayExit } };
    return new Step(this.pc, this.resumeAt, instruction, surveyed);
  }
}

/** Instructions of a block that have not been executed when this one is left to the interpreter: it, or its branch, and all behind. */
export const refundOf = (steps: readonly Step[], index: number): number =>
  steps.length - index + (steps[index]?.isInDelaySlot === true ? 1 : 0);
