import { interpret, type InterpreterFunctions } from '../cpu/interpreter-functions.js';
import type { CoreState } from '../cpu/state.js';
import { STATE } from '../layout.js';

/** The interpreter as the engine uses it: from STATE.pc on, and what it has put aside of the budget. */
export class Interpreting {
  constructor(
    private readonly state: CoreState,
    private readonly functions: InterpreterFunctions,
  ) {}

  run(): void {
    interpret(this.functions, this.state);
  }

  /** Puts back into the budget what was put aside. False: nothing was. */
  takeReserve(): boolean {
    const { state } = this;
    const reserve = state.get(STATE.reserve);
    if (reserve === 0) return false;
    state.set(STATE.budget, state.get(STATE.budget) + reserve);
    state.set(STATE.reserve, 0);
    return true;
  }
}
