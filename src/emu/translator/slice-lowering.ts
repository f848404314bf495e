/** How a region keeps count of the instructions of its slice, and leaves to the interpreter. */
import { STATE } from '../layout.js';
import type { FunctionBody, Local } from '../wasm/module.js';
import { ACCESS } from '../wasm/interface.js';
import type { Access } from './checks.js';
import type { RegisterSet } from './effects.js';
import { StepLowering, type Assumptions } from './step-lowering.js';

export abstract class SliceLowering extends StepLowering {
  protected readonly depth: Local;
  protected readonly budget: Local;
  private readonly isFound: Local;

  constructor(body: FunctionBody, assumptions: Assumptions) {
    super(body, assumptions);
    this.depth = body.param(1);
    this.budget = body.local('i32');
    this.isFound = body.local('i32');
  }

  /** Begins the function: leaves with `entry` when calls are too deep, or a slice that is too short is all that there is. */
  protected begin(entry: number, longestPath: number, live: RegisterSet): void {
    const { body } = this;
    const leave = (): void => {
      body.i32(entry);
      this.widen();
      body.return();
    };
    body.get(this.depth).i32(0).op('i32.lt_s');
    body.if(leave);
    this.readBudget();
    this.isShort(longestPath);
    body.if(leave);
    this.readDistance();
    this.readBack(live);
    this.readFloats();
  }

  /** Leaves on the stack whether fewer instructions are left than may be executed until this is asked again. */
  protected isShort(longestPath: number): void {
    this.body.get(this.budget).i32(longestPath).op('i32.lt_s');
  }

  /** Everything has been put back; `low` leaves a 32-bit address on the stack. */
  protected interpretFrom(low: () => void): void {
    const { body, state } = this;
    body.get(state).i32(1).memory('i32.store', STATE.exited);
    low();
    this.widen();
    body.return();
  }

  /** Of the budget one instruction is the interpreter's; the rest is put aside meanwhile. */
  protected callInterpreter(pc: number, index: number): void {
    const { body, state } = this;
    body.get(state).get(this.budget).memory('i32.store', STATE.reserve);
    body.get(state).i32(1).memory('i32.store', STATE.budget);
    body.get(state).const('i64', pc).memory('i64.store', STATE.pc);
    body.get(state).call(index);
    body.get(state).memory('i32.load', STATE.reserve).get(state).memory('i32.load', STATE.budget);
    body.op('i32.add').set(this.budget);
    body.get(state).i32(0).memory('i32.store', STATE.reserve);
  }

  /** Leaves on the stack whether the interpreter has come to another place than that, in a delay slot, or is asked to leave. */
  protected isOffCourse(next: number): void {
    const { body, state } = this;
    body.get(state).memory('i32.load', STATE.leave).get(state).memory('i32.load', STATE.slot).op('i32.or');
    body.get(state).memory('i32.load', STATE.pc).i32(next).op('i32.xor').op('i32.or');
  }

  /** Leaves no budget, so that whoever has called this is left as well; the engine puts it back. */
  protected putAside(): void {
    const { body, state } = this;
    body.get(state).get(this.budget).memory('i32.store', STATE.reserve);
    body.get(state).i32(0).memory('i32.store', STATE.budget);
  }

  /**
   * Leaves on the stack whether what is there is true, or else the data of a load have been got from a device. They are where the
   * distance of the table leads then. The instruction has been executed for whoever counts, as the device may.
   */
  protected orFromDevice({ size }: Access, index: number): void {
    const { body, state, isFound, tableAddress: address, tableDistance: distance } = this;
    body.tee(isFound).op('i32.eqz');
    body.if(() => {
      body.get(state).get(this.budget).i32(1).op('i32.sub').memory('i32.store', STATE.budget);
      this.low(address);
      body.i32(ACCESS.load | size);
      this.high(address);
      body.call(index).tee(distance).set(isFound).get(distance);
      this.low(address);
      body.op('i32.sub').set(distance);
    });
    body.get(isFound);
  }

  protected readBudget(): void {
    this.body.get(this.state).memory('i32.load', STATE.budget).set(this.budget);
  }

  protected keepBudget(): void {
    this.body.get(this.state).get(this.budget).memory('i32.store', STATE.budget);
  }

  private readDistance(): void {
    const { body, state, assumptions } = this;
    body
      .get(state)
      .memory('i32.load', STATE.distances + 4 * assumptions.window.index)
      .set(this.distance);
  }
}
