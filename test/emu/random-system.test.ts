/**
 * Random programs for a bare machine, in which instructions may raise exceptions: registers, memory, and Cause, EPC and
 * BadVAddr of every exception are the same on a core as on qemu-system (random-program.ts).
 * MIPS_RANDOM_INSTRUCTIONS says how many are compared, MIPS_RANDOM_SEED where to begin.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { EXCEPTION } from '../../src/emu/isa/exceptions.js';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import { disassemble, type Isa } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import { firstSeed } from '../support/seed.js';
import { CoreBench, PROGRAM_PA } from './core-bench.js';
import { executable } from './random-executable.js';
import {
  BLOCK,
  CODE,
  LOG,
  randomProgram,
  RECORD_BYTES,
  SCRATCH,
  SYSTEM_RESULT_BYTES,
  type Program,
} from './random-program.js';

const LENGTH = 2500;

interface Architecture {
  readonly cpu: string;
  readonly fr: boolean;
  /** What differs from the model's instruction set. */
  readonly isa?: Partial<Isa>;
}

/** Instruction sets that other tests compare. */
const OTHERS = { dsp: 0, msa: false, multiThreading: false, compressed: 'none' } as const;
const ARCHITECTURES: readonly Architecture[] = [
  { cpu: '24Kf', fr: false },
  { cpu: '24Kf', fr: true },
  { cpu: '34Kf', fr: true },
  { cpu: 'P5600', fr: false },
  { cpu: 'P5600', fr: true },
  { cpu: 'mips32r6-generic', fr: true },
  // QEMU's 5KEf ignores what is written to FCSR
  { cpu: '5KEf', fr: true, isa: { fpu: false } },
  { cpu: 'MIPS64R2-generic', fr: true },
  { cpu: 'I6400', fr: true },
];

const QEMU = {
  32: { le: 'qemu-system-mipsel', be: 'qemu-system-mips' },
  64: { le: 'qemu-system-mips64el', be: 'qemu-system-mips64' },
} as const;

const RUNS = ARCHITECTURES.flatMap(({ cpu, fr, isa: partial }) =>
  (['le', 'be'] as const).map((endian) => {
    const isa: Isa = { ...coreModel(cpu).isa, ...OTHERS, ...partial, endian };
    const name = `${cpu}, FR = ${fr ? 1 : 0}`;
    return {
      name: `${name}, ${endian}`,
      target: { isa, fr, kind: 'system' as const },
      qemu: QEMU[isa.bits][endian],
      cpu,
    };
  }),
);
type Run = (typeof RUNS)[number];

const INSTRUCTIONS = Number(process.env['MIPS_RANDOM_INSTRUCTIONS'] ?? RUNS.length * 10_000);
const COUNT = Math.ceil(INSTRUCTIONS / LENGTH / RUNS.length);
const FIRST_SEED = firstSeed('MIPS_RANDOM_SEED', COUNT);
t.comment(`MIPS_RANDOM_SEED=${FIRST_SEED}`);

const directory = mkdtempSync(join(tmpdir(), 'random-mips-'));
t.teardown(() => rmSync(directory, { recursive: true }));

function onQemu({ qemu, cpu }: Run, program: Program): Buffer {
  writeFileSync(join(directory, 'program'), executable(program));
  const machine = ['-M', 'malta', '-cpu', cpu, '-m', '64', '-semihosting-config', 'enable=on,target=native'];
  const quiet = ['-display', 'none', '-monitor', 'none', '-serial', 'none', '-net', 'none', '-vga', 'none'];
  rmSync(join(directory, 'results'), { force: true });
  execFileSync(qemu, [...machine, ...quiet, '-kernel', 'program'], { cwd: directory, timeout: 20_000 });
  return readFileSync(join(directory, 'results'));
}

function onCore({ cpu }: Run, { isa, image, entry }: Program): Buffer {
  const bench = new CoreBench({ endian: isa.endian, model: cpu, isa, entry: { pc: BigInt(entry | 0) } });
  bench.ram.fill(0, PROGRAM_PA, PROGRAM_PA + LOG + SYSTEM_RESULT_BYTES);
  bench.ram.set(image, PROGRAM_PA);
  bench.run();
  const [fault] = bench.faults;
  if (fault !== undefined) throw new Error([fault, ...bench.registers].join('\n'));
  const results = PROGRAM_PA + BLOCK + SCRATCH;
  return Buffer.from(bench.ram.slice(results, results + SYSTEM_RESULT_BYTES));
}

const LOG_AT = LOG - BLOCK - SCRATCH;
/** What a handler may rely on: Cause.BD, ExcCode; CE of a coprocessor unusable; BadVAddr of an address that was wrong. */
const BD_AND_CODE = 0x8000007c;
const CE = 0x30000000;

/** The results with what is unpredictable in the log cleared. */
function comparable(results: Buffer, little: boolean): Buffer {
  const view = new DataView(results.buffer, results.byteOffset, results.length);
  for (let at = LOG_AT; at < results.length; at += RECORD_BYTES) {
    const cause = view.getUint32(at, little);
    const code = (cause >>> 2) & 31;
    view.setUint32(at, cause & (BD_AND_CODE | (code === EXCEPTION.CpU ? CE : 0)), little);
    if (code < EXCEPTION.Mod || code > EXCEPTION.AdES) view.setUint32(at + 8, 0, little);
  }
  return results;
}

function differences(run: Run, program: Program, ours = onCore(run, program)): string[] {
  const little = run.target.isa.endian === 'le';
  const [qemu, core] = [comparable(onQemu(run, program), little), comparable(ours, little)];
  const read = (bytes: Buffer, at: number): string =>
    (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)).toString(16);
  const words = [...qemu.keys()].filter((at) => at % 4 === 0 && read(qemu, at) !== read(core, at));
  return words.map((at) => `+${at}: qemu ${read(qemu, at)}, core ${read(core, at)}`);
}

/** The shortest program of this seed that differs, in words. */
function explain(run: Run, seed: number): string {
  const cutAt = (length: number): Program => randomProgram(seed, run.target, LENGTH, length);
  let [same, different] = [0, LENGTH + 8];
  while (different - same > 1) {
    const middle = (same + different) >> 1;
    if (differences(run, cutAt(middle)).length > 0) different = middle;
    else same = middle;
  }
  const program = cutAt(different);
  const last = program.body.slice(-3).map((word) => disassemble(word, 0, run.target.isa));
  const at = (program.start + (different - 1) * 4).toString(16);
  const found = differences(run, program).slice(0, 8).join('; ');
  return `seed ${seed}: after ${different} words (${at}), ending in ${last.join('; ')}: ${found}`;
}

for (const run of RUNS)
  t.test(run.name, { skip: installed(run.qemu) ? false : `${run.qemu} is not installed` }, (t) => {
    let exceptions = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      const program = randomProgram(seed, run.target, LENGTH);
      const results = onCore(run, program);
      if (differences(run, program, results).length > 0) t.fail(explain(run, seed));
      const log = results.subarray(LOG_AT);
      for (let at = 4; at < log.length && log.readUInt32LE(at) !== 0; at += RECORD_BYTES) exceptions++;
    }
    t.ok(exceptions > 0, `${COUNT} programs with ${exceptions} exceptions from ${CODE.system.toString(16)} on`);
    t.end();
  });
