import { STATE } from '../layout.js';
import type { CoreState } from './state.js';

/** The functions of an interpreter (../wasm/interpreter.ts): of words at even addresses, and of compressed code. */
export interface InterpreterFunctions {
  readonly interpret: (state: number) => void;
  readonly interpretCompressed: (state: number) => void;
}

const isRun = (value: unknown): value is (state: number) => void => typeof value === 'function';

export function interpretersOf(
  module: WebAssembly.Module,
  env: Readonly<Record<string, unknown>>,
): InterpreterFunctions {
  const { run, runCompressed = run } = new WebAssembly.Instance(module, { env }).exports;
  if (!isRun(run) || !isRun(runCompressed)) throw new TypeError('the interpreter has no function run');
  return { interpret: run, interpretCompressed: runCompressed };
}

/** Goes on at STATE.pc. */
export function interpret({ interpret, interpretCompressed }: InterpreterFunctions, state: CoreState): void {
  if ((state.address(STATE.pc) & 1) === 0) interpret(state.base);
  else interpretCompressed(state.base);
}
