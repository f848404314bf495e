import type { InterpreterFunctions } from '../cpu/interpreter-functions.js';
import type { Batch } from './library.js';
import { DISPATCHER, FIRST, INVOKER, linkName, linksOf, TABLE } from './module.js';

const isDispatcher = (value: unknown): value is Batch['dispatch'] => typeof value === 'function';
const isInvoker = (value: unknown): value is Batch['invoke'] => typeof value === 'function';

/** What translated code calls. */
export interface TranslatedImports extends InterpreterFunctions {
  /** A function that is not where it was looked for, which leaves its result in STATE.pc; or gives 0. */
  readonly callElsewhere: (address: number, depth: number) => number;
  /** Where the data of a load from a device have been put; 0: it has not been done. The last argument is the high word of the address. */
  readonly loadFromDevice: (address: number, kind: number, high: number) => number;
}

/** What a module becomes a part of. */
export interface Surroundings {
  readonly memory: WebAssembly.Memory;
  readonly imports: TranslatedImports;
  readonly table: WebAssembly.Table;
  /** Where in the table its functions go. */
  readonly first: number;
  /** Where a function stands that it calls. */
  readonly linkTo: (address: number) => WebAssembly.Global;
}

export function instantiate(
  module: WebAssembly.Module,
  { memory, imports, table, first, linkTo }: Surroundings,
): Pick<Batch, 'dispatch' | 'invoke'> {
  const links = Object.fromEntries(linksOf(module).map((address) => [linkName(address), linkTo(address)]));
  const env = { memory, ...imports, [TABLE]: table, [FIRST]: first, ...links };
  const { exports } = new WebAssembly.Instance(module, { env });
  const { [DISPATCHER]: dispatch, [INVOKER]: invoke } = exports;
  if (!isDispatcher(dispatch) || !isInvoker(invoke)) throw new TypeError('translated code has no dispatcher');
  return { dispatch, invoke };
}
