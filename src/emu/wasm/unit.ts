/**
 * The function that executes one instruction of a unit (FPU, DSP, MSA). They are many and seldom, and the host's compiler
 * gives its best only to functions that are not too large (V8 allocates registers more quickly and less well beyond 8192
 * values): without them the interpreters' loops are half as fast again.
 */
import type { Instruction } from '../isa/index.js';
import { STATE } from '../layout.js';
import { Decoder } from './decoder.js';
import type { Target } from './interface.js';
import type { FunctionBody } from './module.js';

export class UnitInterpreter extends Decoder {
  constructor(
    body: FunctionBody,
    codeFor: Target,
    private readonly rows: readonly Instruction[],
  ) {
    super(body, codeFor, new Map());
  }

  /** The caller has spilled: the instruction and its place are in the state block. */
  override generate(): void {
    const { body, local, state } = this;
    body.get(state).memory('i32.load', STATE.tables).set(this.tables);
    body.get(state).memory('i32.load', STATE.word).set(local.word);
    body.get(state).memory(`${this.width}.load`, STATE.current).set(local.current);
    body.get(state).memory('i32.load', STATE.currentSlot).set(local.currentSlot);
    this.among(this.rows, 0);
  }

  protected override step(): void {
    throw new Error('a unit executes one instruction');
  }

  protected override transfer(): void {
    throw new Error('an instruction that changes the flow belongs into the loop');
  }

  protected override spill(): void {}

  protected override goNext(): void {
    this.body.return();
  }
}
