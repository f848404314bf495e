/** A machine with fixture firmware on it, driven through the hardware interface as Linux drives it. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Machine,
  type Endian,
  type Entry,
  type Fault,
  type MachineOptions,
  type Mapping,
} from '../../src/emu/index.js';
import { ElfImage } from '../../src/rproc/index.js';
import { fixture } from '../support/fixtures.js';
import { entryOf, PLAIN } from '../support/plain-machine.js';

const MiB = 1 << 20;
const KSEG0 = 0x80000000;
const PT_LOAD = 1n;
const CARVEOUT_ENTRY = 0;
const TRACE_ENTRY = 2;
const POLL_MS = 2;
const PATIENCE_MS = 60_000;

/** The interrupts that fixtures/expected was recorded with. */
export const TO_FIRMWARE = 40;
export const FROM_FIRMWARE = 41;
/** GIC shared interrupts come after the local ones in Linux's numbering (mips-uhi.md 1.6). */
const LOCAL_INTERRUPTS = 7;

interface Loaded {
  readonly entry: Entry;
  /** Physical address and length of the trace buffer. */
  readonly trace: { readonly pa: number; readonly length: number };
  /** Physical address of the program's first byte, and the address that it is linked at. */
  readonly pa: number;
  readonly da: number;
}

/** Resolves when `condition` holds; rejects with `what` when it does not in good time. */
export async function until(what: string, condition: () => boolean, patience = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + patience;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${patience} ms for ${what}`);
    await delay(POLL_MS);
  }
}

export class MachineBench {
  readonly machine: Machine;
  readonly faults: Fault[] = [];
  readonly interrupts: number[] = [];
  readonly exits: { cpu: number; code: number }[] = [];
  readonly output = new Map<number, string>();
  readonly #loaded = new Map<number, Loaded>();

  constructor(
    readonly endian: Endian,
    cpus = 2,
    memory = 16 * MiB,
    options: Partial<MachineOptions> = {},
  ) {
    this.machine = new Machine({ ...PLAIN, ...options, cpus, endian, memory });
    this.machine.connect({
      interrupt: (irq) => this.interrupts.push(irq),
      fault: (fault) => this.faults.push(fault),
      exit: (cpu, code) => this.exits.push({ cpu, code }),
      output: (cpu, text) => this.output.set(cpu, (this.output.get(cpu) ?? '') + text),
    });
  }

  /** Loads a fixture for `cpu` into the `cpu`-th MiB (KSEG0 firmware: where it is linked) and starts it. */
  async start(name: string, cpu = 1): Promise<void> {
    await this.machine.start(cpu, this.load(name, cpu).entry);
  }

  load(name: string, cpu = 1): Loaded {
    const { ram, options } = this.machine;
    const image = new ElfImage(readFileSync(fixture(this.endian, name)), this.endian);
    const [carveoutAt, [da = 0, , length = 0]] = this.#resource(image, CARVEOUT_ENTRY);
    const [, [traceAt = 0, traceLength = 0]] = this.#resource(image, TRACE_ENTRY);
    const unmapped = da >= KSEG0;
    const pa = unmapped ? da - KSEG0 : cpu * MiB;
    ram.fill(0, pa, pa + length);
    for (const { type, offset, paddr, filesz } of image.programHeaders())
      if (type === PT_LOAD) ram.set(image.slice(offset, filesz), pa + Number(paddr) - da);
    this.writeWord(pa + carveoutAt + 8 - da, pa);
    const stack = KSEG0 + options.memory - MiB + 8192 * (cpu + 2);
    const mappings: Mapping[] = unmapped ? [] : [{ va: da, pa, length, cca: 5 }];
    const loaded: Loaded = {
      entry: entryOf({
        pc: Number(image.header.entry),
        args: [-3, TO_FIRMWARE + LOCAL_INTERRUPTS, FROM_FIRMWARE + LOCAL_INTERRUPTS, 0],
        sp: stack - 32,
        gp: stack - 8192,
        ra: KSEG0 + options.memory - MiB,
        mappings,
      }),
      trace: { pa: pa + traceAt - da, length: traceLength },
      pa,
      da,
    };
    this.#loaded.set(cpu, loaded);
    return loaded;
  }

  trace(cpu = 1): string {
    const loaded = this.#loaded.get(cpu);
    if (loaded === undefined) throw new Error(`no firmware was loaded for CPU ${cpu}`);
    const { pa, length } = loaded.trace;
    const bytes = Buffer.from(this.machine.ram.slice(pa, pa + length));
    const end = bytes.indexOf(0);
    return bytes.subarray(0, end < 0 ? length : end).toString('latin1');
  }

  /** Stores a word at a physical address as the firmware would. */
  writeWord(pa: number, value: number): void {
    const { ram } = this.machine;
    new DataView(ram.buffer, ram.byteOffset).setUint32(pa, value, this.endian === 'le');
  }

  /** Where the first resource of this type is, and the three words after its type. */
  #resource(image: ElfImage, type: number): [address: number, words: number[]] {
    const section = image.findSection('.resource_table');
    if (section === undefined) throw new Error('a fixture has a resource table');
    const bytes = Buffer.from(image.slice(section.offset, section.size));
    const word = (at: number): number => (this.endian === 'le' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
    for (let i = 0; i < word(4); i++) {
      const at = word(16 + i * 4);
      if (word(at) === type) return [Number(section.addr) + at, [4, 8, 12].map((offset) => word(at + offset))];
    }
    throw new Error(`a fixture has a resource of type ${type}`);
  }
}
