import type { CoreState } from '../cpu/state.js';
import { STATE } from '../layout.js';
import type { TranslatedImports } from './instantiate.js';

/** The interpreter as the engine uses it: from STATE.pc on, and what it has put aside of the budget. */
export class Interpreting {
  constructor(
    private readonly state: CoreState,
    private readonly functions: Omit<TranslatedImports, 'callElsewhere'>,
  ) {}

  run(): void {
    const { state, functions } = this;
    if ((state.address(STATE.pc) & 1) === 0) functions.interpret(state.base);
    else functions.interpretCompressed(state.base);
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
