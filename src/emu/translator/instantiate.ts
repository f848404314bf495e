import type { Batch } from './library.js';
import { DISPATCHER, INVOKER } from './module.js';

const isDispatcher = (value: unknown): value is Batch['dispatch'] => typeof value === 'function';
const isInvoker = (value: unknown): value is Batch['invoke'] => typeof value === 'function';

/** What translated code calls. */
export interface TranslatedImports {
  /** A function of another module, which leaves its result in STATE.pc; or gives 0. */
  readonly callElsewhere: (address: number, depth: number) => number;
  /** The interpreters of words at even addresses, and of compressed code: the functions of WebAssembly themselves. */
  readonly interpret: (state: number) => void;
  readonly interpretCompressed: (state: number) => void;
}

/** The functions of a translated module, on the memory of the machine. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  imports: TranslatedImports,
): Pick<Batch, 'dispatch' | 'invoke'> {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, ...imports } });
  const { [DISPATCHER]: dispatch, [INVOKER]: invoke } = exports;
  if (!isDispatcher(dispatch) || !isInvoker(invoke)) throw new TypeError('translated code has no dispatcher');
  return { dispatch, invoke };
}
