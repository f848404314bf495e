/**
 * The machine that programs run on as firmware, one on each of its CPUs at a time. They are loaded as the boot protocol has it
 * (docs/reference/mips-uhi.md, 1.0 and 1.7): a carveout at the address that they are linked at, wired in the TLB.
 */
import { Machine, type Fault } from '../../src/emu/index.js';
import { ElfImage } from '../../src/rproc/index.js';
import { entryOf, PLAIN } from '../support/plain-machine.js';
import type { Isa } from './isas.js';

const MiB = 1 << 20;
const PT_LOAD = 1n;
const KSEG0 = 0x80000000;
/** runtime/program.ld */
const LINKED_AT = 0x10000000;
/** For each program; where CPU n's lies is n times this. */
const CARVEOUT = 16 * MiB;
const STACK = 8192;

/** How a program ended, in words when it did not exit. */
export interface Outcome {
  readonly exit?: number;
  readonly failure?: string;
  readonly output: string;
}

export const passed = ({ exit }: Outcome): boolean => exit === 0;

export const described = ({ exit, failure }: Outcome): string => failure ?? `exit code ${exit}`;

interface Running {
  output: string;
  readonly ended: (outcome: Pick<Outcome, 'exit' | 'failure'>) => void;
}

/** The line that a fault is about, with the instruction. */
function faultLine({ reason, registers }: Fault): string {
  const at = registers.find((line) => line.startsWith('pc '));
  return at === undefined ? reason : `${reason} [${at.replace(/\s+/g, ' ')}]`;
}

export class Board {
  readonly #machine: Machine;
  readonly #running = new Map<number, Running>();

  constructor(
    private readonly isa: Isa,
    lanes: number,
  ) {
    this.#machine = new Machine({
      ...PLAIN,
      cpu: isa.core,
      cpus: lanes + 1,
      endian: isa.endian,
      memory: (lanes + 2) * CARVEOUT,
    });
    this.#machine.connect({
      interrupt: () => undefined,
      exit: (cpu, code) => this.#running.get(cpu)?.ended({ exit: code }),
      fault: (fault) => this.#running.get(fault.cpu)?.ended({ failure: faultLine(fault) }),
      output: (cpu, text) => {
        const running = this.#running.get(cpu);
        if (running !== undefined) running.output += text;
      },
    });
  }

  /** Runs a firmware on the CPU of this lane, 0 being the first, until it ends or its time is over. */
  async run(image: Uint8Array, lane: number, seconds: number): Promise<Outcome> {
    const cpu = lane + 1;
    const pc = this.#load(image, cpu * CARVEOUT);
    const { memory } = this.#machine.options;
    const stack = KSEG0 + memory - MiB + STACK * (cpu + 1);
    let clock: NodeJS.Timeout | undefined;
    const ended = new Promise<Pick<Outcome, 'exit' | 'failure'>>((resolve) => {
      this.#running.set(cpu, { output: '', ended: resolve });
      clock = setTimeout(() => resolve({ failure: 'timeout' }), seconds * 1000);
    });
    try {
      await this.#machine.start(
        cpu,
        entryOf({
          pc,
          args: [-3, 0, 0, 0],
          sp: stack - 32,
          gp: stack - STACK,
          ra: KSEG0 + memory - MiB,
          wide: this.isa.abi === 'n64',
          mappings: [{ va: LINKED_AT, pa: cpu * CARVEOUT, length: CARVEOUT, cca: 5 }],
        }),
      );
      const outcome = await ended;
      await this.#machine.halt(cpu);
      const output = this.#running.get(cpu)?.output ?? '';
      if (outcome.failure !== 'timeout') return { ...outcome, output };
      const at = BigInt.asUintN(64, this.#machine.registers(cpu).pc).toString(16);
      return { failure: `still running after ${seconds} s, at 0x${at}`, output };
    } finally {
      clearTimeout(clock);
      this.#running.delete(cpu);
    }
  }

  async close(): Promise<void> {
    await this.#machine.close();
  }

  /** Puts the segments where their physical addresses are in the carveout, zeros elsewhere; gives the entry point. */
  #load(bytes: Uint8Array, pa: number): number {
    const { ram } = this.#machine;
    const image = new ElfImage(bytes, this.isa.endian);
    if (!image.nativeEndian) throw new Error(`the firmware is not ${this.isa.endian}`);
    ram.fill(0, pa, pa + CARVEOUT);
    for (const { type, offset, paddr, filesz, memsz } of image.programHeaders()) {
      if (type !== PT_LOAD) continue;
      const at = Number(paddr) - LINKED_AT;
      if (at < 0 || at + Number(memsz) > CARVEOUT) throw new RangeError(`a segment at 0x${paddr.toString(16)}`);
      ram.set(image.slice(offset, filesz), pa + at);
    }
    return Number(image.header.entry);
  }
}
