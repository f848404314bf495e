/** Runs a workload that clang made a WebAssembly module of. `node dist/bench/engine/run-wasm.js MODULE` */
import { readFileSync, writeSync } from 'node:fs';

const isProcedure = (value: unknown): value is () => void => typeof value === 'function';

function memory(): WebAssembly.Memory {
  if (!(exports.memory instanceof WebAssembly.Memory)) throw new TypeError('the module has no memory');
  return exports.memory;
}

const put_text = (address: number, length: number): void => {
  writeSync(1, new Uint8Array(memory().buffer, address, length));
};

const module = new WebAssembly.Module(readFileSync(process.argv[2] ?? ''));
const { exports } = new WebAssembly.Instance(module, { env: { put_text } });
const { run } = exports;
if (!isProcedure(run)) throw new TypeError('the module has no function run');
run();
