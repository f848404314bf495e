/**
 * Random programs leave the same registers, memory and count of instructions behind, whether they are interpreted or
 * translated: programs of user mode, and whole machines with exceptions. What they should leave is compared with QEMU elsewhere
 * (random.test.ts, random-compressed.test.ts, random-system.test.ts), on either engine: MIPS_ENGINE=translator.
 */
import t, { type Test } from 'tap';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import { STATE } from '../../src/emu/layout.js';
import { MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { CoreBench, PROGRAM_PA, type CoreBenchOptions } from './core-bench.js';
import { CODE as COMPRESSED_CODE, IMAGE_BYTES as COMPRESSED_BYTES, randomCompressed } from './random-compressed.js';
import { CODE, IMAGE_BYTES, Random, randomProgram, type Program } from './random-program.js';

const LENGTH = 2500;
const PA = 0x100000;
const [CU1, FR] = [1 << 29, 1 << 26];
const PROGRAMS = Number(process.env['MIPS_TRANSLATED_PROGRAMS'] ?? 4);
const FIRST_SEED = Number(process.env['MIPS_RANDOM_SEED'] ?? 1);
const ENGINES = ['interpreter', 'translator'] as const;
type EngineOption = NonNullable<CoreBenchOptions['engine']>;

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

/** What a run leaves behind: registers and place, instructions executed, reports, and memory. */
function outcome(bench: CoreBench): string {
  const { core } = bench;
  const words = Array.from({ length: 32 }, (_, number) => core.state.get64(STATE.gpr + 8 * number).toString(16));
  const [hi, lo, pc] = [STATE.hi, STATE.lo, STATE.pc].map((offset) => core.state.get64(offset).toString(16));
  const memory = Buffer.from(bench.ram).toString('latin1');
  return JSON.stringify([words, hi, lo, pc, core.retired, bench.faults, bench.registers]) + memory;
}

function compare(t: Test, what: string, run: (engine: EngineOption) => CoreBench): void {
  const [interpreted, translated] = ENGINES.map((engine) => outcome(run(engine)));
  if (interpreted === translated) t.pass(what);
  else t.equal(translated?.slice(0, 2000), interpreted?.slice(0, 2000), what);
}

const loaded = (bench: CoreBench, { image }: Pick<Program, 'image'>, at: number): CoreBench => {
  bench.ram.set(image, at);
  return bench;
};

for (const { name, isa: partial, fr } of SETS)
  for (const endian of ['le', 'be'] as const)
    t.test(`${name}, ${endian}`, (t) => {
      const isa: Isa = { ...MIPS32R2, ...partial, endian };
      for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
        const program = randomProgram(seed, { isa, fr, kind: 'user' }, LENGTH);
        compare(t, `seed ${seed}`, (engine) => {
          const mappings = [{ va: CODE.user, pa: PA, length: IMAGE_BYTES, cca: 5 }] as const;
          const bench = new CoreBench({ endian, isa, engine, entry: { pc: BigInt(CODE.user), mappings } });
          bench.core.cp0.status = CU1 | (fr ? FR : 0);
          return loaded(bench, program, PA).run();
        });
      }
      t.end();
    });

for (const { name, isa: partial } of COMPRESSED)
  for (const endian of ['le', 'be'] as const)
    for (const bits of [32, 64] as const)
      t.test(`${name}, ${bits} bits, ${endian}`, (t) => {
        const isa: Isa = { ...MIPS32R2, ...user, ...partial, endian };
        for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
          const program = randomCompressed(new Random(seed), isa, LENGTH);
          compare(t, `seed ${seed}`, (engine) => {
            const mappings = [{ va: COMPRESSED_CODE, pa: PA, length: COMPRESSED_BYTES, cca: 5 }] as const;
            const entry = { pc: COMPRESSED_CODE, mappings };
            const bench = new CoreBench({ endian, isa: { ...isa, bits }, engine, entry });
            bench.core.cp0.status = CU1 | (isa.fpu ? FR : 0);
            return loaded(bench, program, PA).run();
          });
        }
        t.end();
      });

for (const cpu of MODELS)
  for (const endian of ['le', 'be'] as const)
    t.test(`a machine with a ${cpu}, ${endian}`, (t) => {
      const isa: Isa = { ...coreModel(cpu).isa, ...OTHERS, endian };
      for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
        const program = randomProgram(seed, { isa, fr: true, kind: 'system' }, LENGTH);
        compare(t, `seed ${seed}`, (engine) => {
          const bench = new CoreBench({ endian, model: cpu, isa, engine, entry: { pc: BigInt(program.entry | 0) } });
          return loaded(bench, program, PROGRAM_PA).run();
        });
      }
      t.end();
    });
