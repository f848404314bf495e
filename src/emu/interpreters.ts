/**
 * Interpreters are compiled from WebAssembly that is generated from the table of all instructions, which takes some hundred
 * milliseconds. For the machine of whoever asks for no other one it is generated when the program is built
 * (scripts/interpreters.mjs), for any other when its first core starts, in a thread of its own: Linux's side goes on
 * meanwhile, and afterwards the table takes no memory.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { builtInterpreter } from './built-interpreter.js';
import { coreModel } from './cpu/models/index.js';
import { hasCode } from './error-code.js';
import type { MachineOptions } from './hardware.js';
import { layoutOf } from './layout.js';
import type { Target } from './wasm/interface.js';

// V8 would compile each function when it is first called: 20 ms of the first firmware's time, instead of before its start
setFlagsFromString('--no-wasm-lazy-compilation');

/** What the code of a machine's cores is generated for. */
export function targetOf({
  cpu,
  endian,
  memory,
  engine,
}: Pick<MachineOptions, 'cpu' | 'endian' | 'memory' | 'engine'>): Target {
  const { codeMap } = layoutOf({ memory });
  return { isa: { ...coreModel(cpu).isa, endian }, codeMap, findsHotPlaces: engine !== 'interpreter' };
}

const UNMADE = 'the thread that makes interpreters has ended before they were made';

/** An interpreter for each target. */
export class Interpreters {
  readonly made: Promise<readonly WebAssembly.Module[]>;
  #maker: Worker | undefined;
  #closed = false;

  constructor(targets: readonly Target[]) {
    this.made = this.#make(targets);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#maker?.terminate();
  }

  async #make(targets: readonly Target[]): Promise<readonly WebAssembly.Module[]> {
    const found = await Promise.all(targets.map(built));
    return found.every((each) => each !== undefined) ? found : this.#generated(targets);
  }

  async #generated(targets: readonly Target[]): Promise<readonly WebAssembly.Module[]> {
    if (this.#closed) throw new Error(UNMADE);
    const maker = new Worker(new URL('./interpreter-maker.js', import.meta.url), {
      workerData: targets,
      name: 'interpreters',
    });
    this.#maker = maker;
    const made: WebAssembly.Module[] = [];
    maker.on('message', (module: WebAssembly.Module) => made.push(module));
    await once(maker, 'exit');
    if (made.length < targets.length) throw new Error(UNMADE);
    return made;
  }
}

async function built(target: Target): Promise<WebAssembly.Module | undefined> {
  try {
    return await compiled(await readFile(builtInterpreter(target)));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function compiled(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  // Node does not wait for a compilation if there is nothing else to wait for
  const awake = setInterval(() => undefined, 1000);
  try {
    return await WebAssembly.compile(bytes);
  } finally {
    clearInterval(awake);
  }
}
