/** A thread that compiles an interpreter for each target, reports them in this order, and ends. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Target } from './wasm/interface.js';
import { interpreterModule } from './wasm/interpreter.js';

const isTarget = (value: unknown): value is Target =>
  typeof value === 'object' && value !== null && 'isa' in value && 'codeMap' in value;

if (!isMainThread && parentPort !== null) {
  const targets: unknown = workerData;
  if (!Array.isArray(targets) || !targets.every(isTarget)) throw new TypeError('interpreters are made for the machine');
  for (const target of targets) parentPort.postMessage(new WebAssembly.Module(interpreterModule(target)));
}
