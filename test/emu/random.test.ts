/**
 * Random programs give the same registers and memory on a core as under qemu-user (random-program.ts).
 * MIPS_RANDOM_INSTRUCTIONS says how many are compared, MIPS_RANDOM_SEED where to begin.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { disassemble, MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import { firstSeed } from '../support/seed.js';
import { CoreBench } from './core-bench.js';
import { executable } from './random-executable.js';
import { BLOCK, CODE, IMAGE_BYTES, randomProgram, RESULT_BYTES, SCRATCH, type Program } from './random-program.js';

const LENGTH = 2500;
const PA = 0x100000;
const CU1 = 1 << 29;
const FR = 1 << 26;

interface Architecture {
  readonly name: string;
  readonly isa: Partial<Isa>;
  /** QEMU's model of a core that has it. */
  readonly cpu: string;
  readonly fr: readonly boolean[];
}

const user = { multiThreading: false };
const ARCHITECTURES: readonly Architecture[] = [
  { name: 'MIPS32 Release 2', isa: user, cpu: '24Kf', fr: [false, true] },
  { name: 'MIPS32 Release 1', isa: { ...user, fpu: false, release: 1 }, cpu: '4Kc', fr: [false] },
  { name: 'MIPS32 Release 5', isa: { ...user, release: 5, msa: true, nan2008: true }, cpu: 'P5600', fr: [true] },
  {
    name: 'MIPS32 Release 6',
    isa: { ...user, release: 6, nan2008: true },
    cpu: 'mips32r6-generic',
    fr: [true],
  },
  { name: 'MIPS64 Release 2', isa: { ...user, bits: 64, pairedSingle: true }, cpu: 'MIPS64R2-generic', fr: [true] },
  {
    name: 'MIPS64 Release 6',
    isa: { ...user, bits: 64, release: 6, nan2008: true },
    cpu: 'I6400',
    fr: [true],
  },
];

const QEMU = {
  32: { le: 'qemu-mipsel', be: 'qemu-mips' },
  64: { le: 'qemu-mips64el', be: 'qemu-mips64' },
} as const;

const RUNS = ARCHITECTURES.flatMap(({ name, isa: partial, cpu, fr }) =>
  (['le', 'be'] as const).flatMap((endian) =>
    fr.map((fr) => {
      const isa: Isa = { ...MIPS32R2, ...partial, endian };
      return {
        name: `${name}, ${endian}, FR = ${fr ? 1 : 0}`,
        target: { isa, fr, kind: 'user' as const },
        qemu: QEMU[isa.bits][endian],
        cpu,
      };
    }),
  ),
);
type Run = (typeof RUNS)[number];

const INSTRUCTIONS = Number(process.env['MIPS_RANDOM_INSTRUCTIONS'] ?? RUNS.length * 25_000);
const COUNT = Math.ceil(INSTRUCTIONS / LENGTH / RUNS.length);
const FIRST_SEED = firstSeed('MIPS_RANDOM_SEED', COUNT);
t.comment(`MIPS_RANDOM_SEED=${FIRST_SEED}`);

const directory = mkdtempSync(join(tmpdir(), 'random-mips-'));
t.teardown(() => rmSync(directory, { recursive: true }));

function onQemu({ qemu, cpu }: Run, program: Program): Buffer {
  const path = join(directory, 'program');
  writeFileSync(path, executable(program), { mode: 0o755 });
  return execFileSync(qemu, ['-cpu', cpu, path]);
}

function onCore({ isa, fr, image }: Program): Buffer {
  const mappings = [{ va: CODE.user, pa: PA, length: IMAGE_BYTES, cca: 5 }] as const;
  const bench = new CoreBench({ endian: isa.endian, isa, entry: { pc: BigInt(CODE.user), mappings } });
  bench.ram.set(image, PA);
  bench.core.cp0.status = CU1 | (fr ? FR : 0);
  bench.run();
  const [fault = 'no fault'] = bench.faults;
  if (!fault.startsWith('system call')) throw new Error([fault, ...bench.registers].join('\n'));
  const results = PA + BLOCK + SCRATCH;
  return Buffer.from(bench.ram.slice(results, results + RESULT_BYTES));
}

/** The shortest program of this seed that differs, in words. */
function explain(run: Run, seed: number): string {
  const { isa } = run.target;
  const cutAt = (length: number): Program => randomProgram(seed, run.target, LENGTH, length);
  const differs = (program: Program): boolean => !onQemu(run, program).equals(onCore(program));
  let [same, different] = [0, LENGTH + 8];
  while (different - same > 1) {
    const middle = (same + different) >> 1;
    if (differs(cutAt(middle))) different = middle;
    else same = middle;
  }
  const program = cutAt(different);
  const [qemu, core] = [onQemu(run, program), onCore(program)];
  const words = [...qemu.keys()].filter((i) => i % 4 === 0 && !qemu.subarray(i, i + 4).equals(core.subarray(i, i + 4)));
  const read = (bytes: Buffer, i: number): string =>
    (isa.endian === 'le' ? bytes.readUInt32LE(i) : bytes.readUInt32BE(i)).toString(16);
  const last = program.body.slice(-3).map((word) => disassemble(word, 0, isa));
  const where = words.map((i) => `+${i}: qemu ${read(qemu, i)}, core ${read(core, i)}`);
  return `seed ${seed}: after ${different} words, ending in ${last.join('; ')}: ${where.join('; ')}`;
}

for (const run of RUNS)
  t.test(run.name, { skip: installed(run.qemu) ? false : `${run.qemu} is not installed` }, (t) => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      const program = randomProgram(seed, run.target, LENGTH);
      if (!onQemu(run, program).equals(onCore(program))) t.fail(explain(run, seed));
    }
    t.ok(COUNT > 0, `${COUNT} programs`);
    t.end();
  });
