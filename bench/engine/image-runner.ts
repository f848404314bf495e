/** Runs images of workloads on CPU 1 of a machine, one after the other, as Linux would start them. */
import { readFileSync } from 'node:fs';
import { DEFAULT_MODEL, Machine, type Entry } from '../../src/emu/index.js';
import { KSEG0, loadImage } from './image.js';
import { machineEngine } from './machine-engine.js';

const MEMORY = 16 << 20;
/** Where an image goes that may lie anywhere: its TLB entries lead here. */
const CARVEOUT = 4 << 20;
const CPU = 1;
const PROTOCOL = -3;
const LENT_STACK = KSEG0 + MEMORY - 32;

const extended = (address: number): bigint => BigInt.asIntN(32, BigInt(address));

export class ImageRunner {
  readonly #machine: Machine;

  constructor(engine?: string) {
    this.#machine = new Machine({
      cpus: CPU + 1,
      endian: 'le',
      memory: MEMORY,
      cpu: DEFAULT_MODEL,
      clock: 'real',
      uhiRoot: undefined,
      ...machineEngine(engine).machine,
    });
  }

  /** Resolves with what the image has exited with; rejects with its registers when it has crashed. */
  async run(file: string, print: (text: string) => void): Promise<number> {
    const machine = this.#machine;
    // as after a mount
    await machine.prepare();
    const ended = new Promise<number>((resolve, reject) => {
      machine.connect({
        interrupt: () => undefined,
        output: (_cpu, text) => print(text),
        exit: (_cpu, code) => resolve(code),
        fault: ({ reason, registers }) => reject(new Error([reason, ...registers].join('\n'))),
      });
    });
    const [code] = await Promise.all([ended, machine.start(CPU, this.#load(file))]);
    await machine.halt(CPU);
    return code;
  }

  close(): Promise<void> {
    return this.#machine.close();
  }

  #load(file: string): Entry {
    const { entry, start, length, segments } = loadImage(readFileSync(file));
    const unmapped = start >= KSEG0;
    const pa = unmapped ? start - KSEG0 : CARVEOUT;
    for (const { at, bytes } of segments) this.#machine.ram.set(bytes, pa + at - start);
    return {
      pc: extended(entry),
      args: [PROTOCOL, 0, 0, 0],
      sp: extended(LENT_STACK),
      gp: 0n,
      ra: 0n,
      wide: false,
      mappings: unmapped ? [] : [{ va: start, pa, length, cca: 5 }],
      memory: undefined,
    };
  }
}
