/** Random programs on two engines: programs of user mode, and whole machines with exceptions. */
import type { Test } from 'tap';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import type { Endian } from '../../src/emu/hardware.js';
import { STATE } from '../../src/emu/layout.js';
import { MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { CoreBench, PROGRAM_PA, RAM, type BenchEngine } from './core-bench.js';
import { CODE as COMPRESSED_CODE, IMAGE_BYTES as COMPRESSED_BYTES, randomCompressed } from './random-compressed.js';
import { CODE, IMAGE_BYTES, Random, randomProgram, type Program } from './random-program.js';

const LENGTH = 2500;
const PA = 0x100000;
const [CU1, FR] = [1 << 29, 1 << 26];
const user = { multiThreading: false };
const SETS: readonly { name: string; isa: Partial<Isa>; fr: boolean }[] = [
  { name: 'MIPS32 Release 2, FR = 0', isa: user, fr: false },
  { name: 'MIPS32 Release 2, FR = 1', isa: user, fr: true },
  { name: 'MIPS32 Release 1', isa: { ...user, fpu: false, release: 1 }, fr: false },
  { name: 'MIPS32 Release 5', isa: { ...user, release: 5, msa: true, nan2008: true }, fr: true },
  { name: 'MIPS32 Release 6', isa: { ...user, release: 6, nan2008: true }, fr: true },
  { name: 'MIPS64 Release 2', isa: { ...user, bits: 64, pairedSingle: true }, fr: true },
  { name: 'MIPS64 Release 6', isa: { ...user, bits: 64, release: 6, nan2008: true }, fr: true },
];
const COMPRESSED: readonly { name: string; isa: Partial<Isa> }[] = [
  { name: 'microMIPS Release 2', isa: { fpu: false, compressed: 'micromips' } },
  { name: 'microMIPS Release 5, with an FPU', isa: { release: 5, nan2008: true, compressed: 'micromips' } },
  { name: 'microMIPS Release 6', isa: { release: 6, nan2008: true, compressed: 'micromips' } },
  { name: 'MIPS16e', isa: { fpu: false, compressed: 'mips16' } },
];
/** What the programs do not use, as in random-system.test.ts. */
const OTHERS = { dsp: 0, msa: false, multiThreading: false, compressed: 'none' } as const;
const MODELS = ['24Kf', 'P5600', 'mips32r6-generic', 'MIPS64R2-generic', 'I6400'];

/** Registers and place, instructions executed, and reports. */
function outcome({ core, faults, registers }: CoreBench): string {
  const words = Array.from({ length: 32 }, (_, number) => core.state.get64(STATE.gpr + 8 * number).toString(16));
  const [hi, lo, pc] = [STATE.hi, STATE.lo, STATE.pc].map((offset) => core.state.get64(offset).toString(16));
  return JSON.stringify([words, hi, lo, pc, core.retired, faults, registers]);
}

/** Both are looked at where they are: a copy of them costs more than a program. */
const sameMemory = (one: CoreBench, other: CoreBench): boolean =>
  Buffer.from(one.memory, 0, RAM).equals(Buffer.from(other.memory, 0, RAM));

const loaded = (bench: CoreBench, { image }: Pick<Program, 'image'>, at: number): CoreBench => {
  bench.ram.set(image, at);
  return bench;
};

interface Comparison {
  readonly engine: BenchEngine;
  readonly firstSeed: number;
  /** For each kind of core. */
  readonly programs: number;
  readonly endians: readonly Endian[];
  /** Of the kinds of cores, those with such names; all by default. */
  readonly only?: RegExp;
}

/** What they leave behind is the same on the interpreter and on another engine. */
export function compareWithInterpreter(
  t: Test,
  { engine, firstSeed, programs, endians, only = /^/ }: Comparison,
): void {
  const compare = <Made>(
    t: Test,
    make: (seed: number) => Made,
    run: (program: Made, engine: BenchEngine) => CoreBench,
  ): void => {
    for (let seed = firstSeed; seed < firstSeed + programs; seed++) {
      const program = make(seed);
      const [interpreted, other] = [run(program, 'interpreter'), run(program, engine)];
      t.equal(outcome(other), outcome(interpreted), `seed ${seed}`);
      t.ok(sameMemory(other, interpreted), `seed ${seed}: memory`);
    }
    t.end();
  };

  for (const { name, isa: partial, fr } of SETS.filter(({ name }) => only.test(name)))
    for (const endian of endians)
      t.test(`${name}, ${endian}`, (t) => {
        const isa: Isa = { ...MIPS32R2, ...partial, endian };
        const make = (seed: number) => randomProgram(seed, { isa, fr, kind: 'user' }, LENGTH);
        compare(t, make, (program, engine) => {
          const mappings = [{ va: CODE.user, pa: PA, length: IMAGE_BYTES, cca: 5 }] as const;
          const bench = new CoreBench({ endian, isa, engine, entry: { pc: BigInt(CODE.user), mappings } });
          bench.core.cp0.status = CU1 | (fr ? FR : 0);
          return loaded(bench, program, PA).run();
        });
      });

  for (const { name, isa: partial } of COMPRESSED.filter(({ name }) => only.test(name)))
    for (const endian of endians)
      for (const bits of [32, 64] as const)
        t.test(`${name}, ${bits} bits, ${endian}`, (t) => {
          const isa: Isa = { ...MIPS32R2, ...user, ...partial, endian };
          const make = (seed: number) => randomCompressed(new Random(seed), isa, LENGTH);
          compare(t, make, (program, engine) => {
            const mappings = [{ va: COMPRESSED_CODE, pa: PA, length: COMPRESSED_BYTES, cca: 5 }] as const;
            const entry = { pc: COMPRESSED_CODE, mappings };
            const bench = new CoreBench({ endian, isa: { ...isa, bits }, engine, entry });
            bench.core.cp0.status = CU1 | (isa.fpu ? FR : 0);
            return loaded(bench, program, PA).run();
          });
        });

  for (const cpu of MODELS.filter((name) => only.test(name)))
    for (const endian of endians)
      t.test(`a machine with a ${cpu}, ${endian}`, (t) => {
        const isa: Isa = { ...coreModel(cpu).isa, ...OTHERS, endian };
        const make = (seed: number) => randomProgram(seed, { isa, fr: true, kind: 'system' }, LENGTH);
        compare(t, make, (program, engine) => {
          const bench = new CoreBench({ endian, model: cpu, isa, engine, entry: { pc: BigInt(program.entry | 0) } });
          return loaded(bench, program, PROGRAM_PA).run();
        });
      });
}
