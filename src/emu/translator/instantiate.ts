import type { Batch } from './library.js';
import { DISPATCHER, INVOKER } from './module.js';

const isDispatcher = (value: unknown): value is Batch['dispatch'] => typeof value === 'function';
const isInvoker = (value: unknown): value is Batch['invoke'] => typeof value === 'function';

/** The functions of a translated module, on the memory of the machine. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  callElsewhere: (address: number, depth: number) => number,
): Pick<Batch, 'dispatch' | 'invoke'> {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, callElsewhere } });
  const { [DISPATCHER]: dispatch, [INVOKER]: invoke } = exports;
  if (!isDispatcher(dispatch) || !isInvoker(invoke)) throw new TypeError('translated code has no dispatcher');
  return { dispatch, invoke };
}
