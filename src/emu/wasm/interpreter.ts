/**
 * Makes the interpreter of an instruction set: WebAssembly functions generated from the instruction table that execute the
 * slice in STATE.budget. `run` executes words at even addresses (classic.ts); `runCompressed` executes microMIPS or MIPS16e
 * at odd ones (compressed.ts). Each returns when the slice is used up, when the core's own code has set STATE.leave, or
 * when the next address belongs to the other one.
 */
import type { Isa } from '../isa/isa.js';
import { ClassicInterpreter } from './classic.js';
import { CompressedInterpreter } from './compressed.js';
import { IMPORTS } from './interface.js';
import { encodeModule, FunctionBody } from './module.js';

/** The interpreter's module for a memory of `pages` pages of 64 KiB. */
export function interpreterModule(isa: Isa, pages: number): Uint8Array<ArrayBuffer> {
  const body = (): FunctionBody => new FunctionBody({ params: ['i32'], results: [] });
  const classic = body();
  new ClassicInterpreter(classic, isa).generate();
  const functions = [{ name: 'run', body: classic }];
  if (isa.compressed !== 'none') {
    const compressed = body();
    new CompressedInterpreter(compressed, isa).generate();
    functions.push({ name: 'runCompressed', body: compressed });
  }
  return encodeModule({ memory: { initial: pages, maximum: pages }, imports: IMPORTS, functions });
}
