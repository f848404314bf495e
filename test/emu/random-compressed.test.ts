/**
 * Random programs in microMIPS and MIPS16e give the same registers and memory on a core as under qemu-user
 * (random-compressed.ts). MIPS_RANDOM_INSTRUCTIONS says how many are compared, MIPS_RANDOM_SEED where to begin.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { disassemble, MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import { CoreBench } from './core-bench.js';
import {
  BLOCK,
  CODE,
  IMAGE_BYTES,
  randomCompressed,
  RESULT_BYTES,
  SCRATCH,
  type CompressedProgram,
} from './random-compressed.js';
import { executable } from './random-executable.js';
import { Random } from './random-program.js';

/** Sequences of a program. */
const LENGTH = 2500;
const PA = 0x100000;
const CU1 = 1 << 29;
const FR = 1 << 26;

interface Architecture {
  readonly name: string;
  readonly isa: Partial<Isa>;
  /** QEMU's model of a core that has it. */
  readonly cpu: string;
}

const user = { multiThreading: false, fpu: false };
const ARCHITECTURES: readonly Architecture[] = [
  { name: 'microMIPS Release 2', isa: { ...user, compressed: 'micromips' }, cpu: 'M14Kc' },
  { name: 'MIPS16e', isa: { ...user, compressed: 'mips16' }, cpu: '24Kf' },
  {
    name: 'microMIPS Release 6',
    isa: { ...user, compressed: 'micromips', release: 6, nan2008: true, fpu: true },
    cpu: 'mips32r6-generic',
  },
];

const RUNS = ARCHITECTURES.flatMap(({ name, isa: partial, cpu }) =>
  (
    [
      ['le', 'qemu-mipsel'],
      ['be', 'qemu-mips'],
    ] as const
  ).map(([endian, qemu]) => {
    const isa: Isa = { ...MIPS32R2, ...partial, endian };
    return { name: `${name}, ${endian}`, isa, qemu, cpu };
  }),
);
type Run = (typeof RUNS)[number];

const INSTRUCTIONS = Number(process.env['MIPS_RANDOM_INSTRUCTIONS'] ?? RUNS.length * 50_000);
const FIRST_SEED = Number(process.env['MIPS_RANDOM_SEED'] ?? 1);

const directory = mkdtempSync(join(tmpdir(), 'random-compressed-'));
t.setTimeout(0);
t.teardown(() => rmSync(directory, { recursive: true }));

function onQemu({ qemu, cpu }: Run, { isa, image }: CompressedProgram): Buffer {
  const path = join(directory, 'program');
  const program = { isa, image, fr: isa.fpu, body: [], start: CODE, kind: 'user', entry: CODE } as const;
  writeFileSync(path, executable(program), { mode: 0o755 });
  return execFileSync(qemu, ['-cpu', cpu, path]);
}

/** The same on a core of 32 or 64 bits. */
function onCore({ isa, image }: CompressedProgram, bits: 32 | 64): Buffer {
  const mappings = [{ va: CODE, pa: PA, length: IMAGE_BYTES, cca: 5 }] as const;
  const bench = new CoreBench({ endian: isa.endian, isa: { ...isa, bits }, entry: { pc: CODE, mappings } });
  bench.ram.set(image, PA);
  bench.core.cp0.status = CU1 | (isa.fpu ? FR : 0);
  bench.run();
  const [fault = 'no fault'] = bench.faults;
  if (!fault.startsWith('system call')) throw new Error([fault, ...bench.registers].join('\n'));
  const results = PA + BLOCK - CODE + SCRATCH;
  return Buffer.from(bench.ram.slice(results, results + RESULT_BYTES));
}

/** What `run` gives, or how it failed: programs that are cut short may go astray. */
function attempt(run: () => Buffer): Buffer {
  try {
    return run();
  } catch (error) {
    return Buffer.from(String(error instanceof Error ? error.message : error));
  }
}

const shown = (result: Buffer): string => (result.length === RESULT_BYTES ? 'ended' : result.toString().slice(0, 300));

/** The shortest program of this seed that differs, in sequences. */
function explain(run: Run, seed: number, bits: 32 | 64): string {
  const cutAt = (sequences: number): CompressedProgram =>
    randomCompressed(new Random(seed), run.isa, LENGTH, sequences);
  const results = (program: CompressedProgram): [qemu: Buffer, core: Buffer] => [
    attempt(() => onQemu(run, program)),
    attempt(() => onCore(program, bits)),
  ];
  const differs = (sequences: number): boolean => {
    const [qemu, core] = results(cutAt(sequences));
    return !qemu.equals(core);
  };
  let [same, different] = [0, LENGTH];
  while (different - same > 1) {
    const middle = (same + different) >> 1;
    if (differs(middle)) different = middle;
    else same = middle;
  }
  const program = cutAt(different);
  const [qemu, core] = results(program);
  const last = program.last.map(
    ({ word, bytes, pc }) => `${pc.toString(16)} ${word.toString(16)} ${disassemble(word, pc, run.isa, bytes)}`,
  );
  if (qemu.length !== RESULT_BYTES || core.length !== RESULT_BYTES)
    return `seed ${seed}: after ${different} sequences, ending in ${last.join('; ')}: qemu ${shown(qemu)}, core ${shown(core)}`;
  const words = [...qemu.keys()].filter((i) => i % 4 === 0 && !qemu.subarray(i, i + 4).equals(core.subarray(i, i + 4)));
  const read = (bytes: Buffer, i: number): string =>
    (run.isa.endian === 'le' ? bytes.readUInt32LE(i) : bytes.readUInt32BE(i)).toString(16);
  const where = words.map((i) => `+${i}: qemu ${read(qemu, i)}, core ${read(core, i)}`);
  return `seed ${seed}: after ${different} sequences, ending in ${last.join('; ')}: ${where.join('; ')}`;
}

for (const run of RUNS)
  t.test(run.name, { skip: installed(run.qemu) ? false : `${run.qemu} is not installed` }, (t) => {
    const wanted = INSTRUCTIONS / RUNS.length;
    let compared = 0;
    for (let seed = FIRST_SEED; compared < wanted; seed++) {
      const program = randomCompressed(new Random(seed), run.isa, LENGTH);
      const expected = attempt(() => onQemu(run, program));
      for (const bits of [32, 64] as const)
        if (!attempt(() => onCore(program, bits)).equals(expected)) {
          t.fail(`${bits} bits: ${explain(run, seed, bits)}`);
          break;
        }
      compared += program.instructions;
    }
    t.ok(compared > 0, `${compared} instructions`);
    t.end();
  });
