/** A core in this thread, without a host thread: its own memory, GIC and clock, run slice by slice. */
import { TICKS_PER_MS, type Clock } from '../../src/emu/clock.js';
import { Core } from '../../src/emu/cpu/core.js';
import { dumpText } from '../../src/emu/dump-text.js';
import { coreModel, type CoreModel } from '../../src/emu/cpu/models/index.js';
import { Bus } from '../../src/emu/devices/bus.js';
import { Gic } from '../../src/emu/devices/gic.js';
import { LINUX_REGION_BYTES, type Endian } from '../../src/emu/hardware.js';
import { layoutOf, type Layout } from '../../src/emu/layout.js';
import type { FieldName } from '../../src/emu/isa/encoding.js';
import { withField } from '../../src/emu/isa/field.js';
import { instructions, MIPS32R2, type Instruction, type Isa } from '../../src/emu/isa/index.js';
import type { TranslationService } from '../../src/emu/translator/index.js';
import { LocalTranslation } from '../../src/emu/translator/local.js';
import type { Target } from '../../src/emu/wasm/interface.js';
import { interpreterModule } from '../../src/emu/wasm/interpreter.js';
import { entryOf, type PlainEntry } from '../support/plain-machine.js';

export const RAM = 4 << 20;
const CPUS = 3;
export const KSEG0 = 0x80000000;
export const KSEG1 = 0xa0000000;

/** Stands still until it is told otherwise. */
export class FakeClock implements Clock {
  ms = 0;
  ticks(): number {
    return Math.floor(this.ms * TICKS_PER_MS);
  }
}

export type BenchEngine = 'interpreter' | 'translator' | 'verify';

const chosen = (): BenchEngine => {
  const name = process.env['MIPS_ENGINE'];
  return name === 'translator' || name === 'verify' ? name : 'interpreter';
};

export interface CoreBenchOptions {
  readonly endian?: Endian;
  /** What differs from the model's instruction set, or without one from MIPS32R2. */
  readonly isa?: Partial<Isa>;
  /** By default one that fits the instruction set. */
  readonly model?: string | CoreModel;
  readonly entry?: Partial<PlainEntry>;
  readonly clock?: Clock;
  /** By default what MIPS_ENGINE says, or the interpreter. The others translate every place that is come to. */
  readonly engine?: BenchEngine | undefined;
  /** Instead of one that translates everything at once. */
  readonly translation?: (target: Target, memory: SharedArrayBuffer) => TranslationService;
  /** Answers to UHI output: false for "later". */
  readonly accept?: () => boolean;
}

const atOnce = (target: Target, memory: SharedArrayBuffer): TranslationService =>
  new LocalTranslation(target, memory, true);

const modules = new Map<string, WebAssembly.Module>();
function compiled(target: Target): WebAssembly.Module {
  const key = JSON.stringify(target);
  const known = modules.get(key) ?? new WebAssembly.Module(interpreterModule(target));
  modules.set(key, known);
  return known;
}

/** A model with the registers and addresses that programs of an instruction set expect. */
function fitting({ bits, release }: Isa): string {
  if (bits === 64) return release === 6 ? 'I6400' : 'MIPS64R2-generic';
  return release === 6 ? 'mips32r6-generic' : release === 5 ? 'P5600' : 'interAptiv';
}

/** Physical address where programs of the tests are put, and the KSEG0 address of it. */
export const PROGRAM_PA = 0x100000;
export const PROGRAM = KSEG0 + PROGRAM_PA;

export class CoreBench {
  readonly endian: Endian;
  readonly isa: Isa;
  readonly model: CoreModel;
  readonly memory: SharedArrayBuffer;
  readonly ram: Uint8Array;
  readonly view: DataView;
  readonly layout: Layout;
  readonly gic: Gic;
  readonly bus: Bus;
  readonly faults: string[] = [];
  readonly registers: string[] = [];
  readonly exits: number[] = [];
  output = '';
  core: Core;
  readonly #littleEndian: boolean;
  readonly #memory: WebAssembly.Memory;

  constructor(private readonly options: CoreBenchOptions = {}) {
    const { endian = 'le', entry = {}, clock = new FakeClock(), model } = options;
    this.endian = endian;
    const named = typeof model === 'string' ? coreModel(model) : model;
    this.isa = { ...(named?.isa ?? MIPS32R2), ...options.isa, endian };
    this.model = named ?? coreModel(fitting(this.isa));
    this.#littleEndian = endian === 'le';
    this.layout = layoutOf({ memory: RAM });
    const { pages } = this.layout;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    if (!(memory.buffer instanceof SharedArrayBuffer)) throw new TypeError('shared memory is needed');
    this.#memory = memory;
    this.memory = memory.buffer;
    this.ram = new Uint8Array(memory.buffer, 0, RAM);
    this.view = new DataView(memory.buffer, 0, RAM);
    this.gic = new Gic(
      memory.buffer,
      this.layout.gic,
      CPUS,
      () => clock,
      () => undefined,
    );
    this.gic.reset();
    this.bus = new Bus(this.gic, {
      cpus: CPUS,
      coherenceManager: this.model.coherenceManager,
      power: (_vp, what) => this.core.power(what),
    });
    this.core = this.start(entry);
  }

  /** A new core on the same memory. */
  start(entry: Partial<PlainEntry>): Core {
    const { clock = new FakeClock(), accept = () => true } = this.options;
    const { codeMap } = this.layout;
    const { translation } = this.options;
    const { engine = translation === undefined ? chosen() : 'translator' } = this.options;
    const isTranslated = engine !== 'interpreter';
    const isVerified = engine === 'verify';
    const target: Target = { isa: this.isa, codeMap, findsHotPlaces: isTranslated };
    const translated: Target = { ...target, accessLog: isVerified ? 'written' : undefined };
    this.core = new Core(
      {
        cpu: 1,
        model: this.model,
        isa: this.isa,
        ramBytes: RAM,
        memory: this.#memory,
        stateBase: this.layout.coreState(1),
        interpreter: compiled(target),
        translation: isTranslated ? (translation ?? atOnce)(translated, this.memory) : undefined,
        verifying: isVerified ? compiled({ ...target, findsHotPlaces: false, accessLog: 'read' }) : undefined,
        layout: this.layout,
        clock,
        gic: this.gic,
        bus: this.bus,
        vectors: RAM - LINUX_REGION_BYTES,
        events: {
          fault: (reason, registers) => {
            this.faults.push(reason);
            this.registers.push(...dumpText(registers, this.isa));
          },
          exit: (code) => this.exits.push(code),
          output: (text) => {
            if (!accept()) return false;
            this.output += text;
            return true;
          },
        },
      },
      entryOf({ pc: PROGRAM, ...entry }),
    );
    return this.core;
  }

  /** Puts words at a physical address. */
  put(pa: number, words: readonly number[]): void {
    words.forEach((word, i) => {
      this.view.setUint32(pa + i * 4, word >>> 0, this.#littleEndian);
    });
    // as whoever writes to code does
    Atomics.add(new Int32Array(this.memory), this.layout.codeChanges / 4, 1);
  }

  word(pa: number): number {
    return this.view.getUint32(pa, this.#littleEndian);
  }

  /** Slices until the core waits or has stopped; throws when it does neither in `most` of them. */
  run(most = 50): this {
    for (let i = 0; i < most; i++) {
      this.core.slice();
      if (this.core.stopped || this.core.waiting) return this;
    }
    throw new Error(`the core still runs after ${most} slices`);
  }

  gpr(number: number): number {
    return this.core.state.gpr(number) >>> 0;
  }

  cp0(register: number, select = 0): number {
    return this.core.cp0.read(register, select, this.core) >>> 0;
  }
}

const isField = (row: Instruction, name: string): name is FieldName => name in row.fields;

export type Assemble = (name: string, fields?: Readonly<Record<string, number>>) => number;

/** Makes words of the instructions of a core: fields by name, those that are left out are 0. */
export function assembler(isa: Isa): Assemble {
  const rows = new Map(instructions(isa).map((row) => [row.name, row]));
  return (name, fields = {}) => {
    const row = rows.get(name);
    if (row === undefined) throw new Error(`no instruction ${name}`);
    let word = row.match;
    for (const [field, value] of Object.entries(fields)) {
      if (!isField(row, field)) throw new Error(`no row has a field ${field}`);
      word = withField(word, row.fields[field], value);
    }
    return word >>> 0;
  };
}

/** Of MIPS32 Release 2. */
export const asm = assembler(MIPS32R2);

/** Loads a constant. */
export const li = (rt: number, value: number): number[] => [
  asm('lui', { rt, imm: value >>> 16 }),
  asm('ori', { rs: rt, rt, imm: value }),
];

export const nop = 0;
