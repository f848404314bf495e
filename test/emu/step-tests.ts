/** Programs of steps (step-program.ts) on a core and under qemu-user: what each step leaves is the same. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Isa } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import { CoreBench } from './core-bench.js';
import { executable } from './random-executable.js';
import { CODE, IMAGE_BYTES, RECORDS, type StepProgram } from './step-program.js';

const PA = 0x100000;
/** A target, by default. */
const INSTRUCTIONS = 6_000;
const FIRST_SEED = Number(process.env['MIPS_RANDOM_SEED'] ?? 1);

export interface StepTarget {
  readonly isa: Isa;
  /** As QEMU calls it. */
  readonly cpu: string;
  /** Status on the core. */
  readonly status: number;
  readonly fr: boolean;
  /** What else the core needs to be as QEMU starts a program. */
  readonly prepare?: (bench: CoreBench) => void;
}

const qemuOf = ({ isa: { bits, endian } }: StepTarget): string =>
  `qemu-mips${bits === 64 ? '64' : ''}${endian === 'le' ? 'el' : ''}`;

function onCore({ isa, status, prepare }: StepTarget, { image, recordedBytes }: StepProgram): Buffer {
  const mappings = [{ va: CODE, pa: PA, length: IMAGE_BYTES, cca: 5 }] as const;
  const bench = new CoreBench({ endian: isa.endian, isa, entry: { pc: CODE, mappings } });
  bench.ram.set(image, PA);
  bench.core.cp0.status = status;
  prepare?.(bench);
  bench.run();
  const [fault = 'no fault'] = bench.faults;
  if (!fault.startsWith('system call')) throw new Error([fault, ...bench.registers].join('\n'));
  const results = PA + RECORDS - CODE;
  return Buffer.from(bench.ram.slice(results, results + recordedBytes));
}

function onQemu(target: StepTarget, program: StepProgram): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'steps-mips-'));
  try {
    const path = join(directory, 'program');
    const { isa, fr } = target;
    writeFileSync(
      path,
      executable({ isa, fr, image: program.image, body: [], kind: 'user', entry: CODE, start: CODE }),
      { mode: 0o755 },
    );
    return execFileSync(qemuOf(target), ['-cpu', target.cpu, path], { maxBuffer: 1 << 24 });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The steps whose records differ, as text. */
function differences(target: StepTarget, program: StepProgram): string[] {
  const [ours, theirs] = [onCore(target, program), onQemu(target, program)];
  if (theirs.length !== ours.length) throw new Error(`QEMU wrote ${theirs.length} bytes of ${ours.length}`);
  return program.steps.flatMap(({ text, at, bytes }) => {
    const [our, their] = [ours.subarray(at, at + bytes), theirs.subarray(at, at + bytes)];
    return our.equals(their) ? [] : [`${text}: ours ${words(target.isa, our)}, QEMU ${words(target.isa, their)}`];
  });
}

const words = ({ endian }: Isa, bytes: Buffer): string =>
  Array.from({ length: bytes.length / 4 }, (_, i) =>
    (endian === 'le' ? bytes.readUInt32LE(i * 4) : bytes.readUInt32BE(i * 4)).toString(16).padStart(8, '0'),
  ).join(' ');

/** One test a target: programs of `steps` instructions each, until there are enough. */
export function testSteps(
  targets: readonly StepTarget[],
  steps: number,
  program: (seed: number, target: StepTarget) => StepProgram,
): void {
  const instructions = Number(process.env['MIPS_RANDOM_INSTRUCTIONS'] ?? targets.length * INSTRUCTIONS);
  const count = Math.ceil(instructions / targets.length / steps);
  for (const target of targets) {
    const qemu = qemuOf(target);
    t.test(`${qemu} -cpu ${target.cpu}`, { skip: installed(qemu) ? false : `${qemu} is not installed` }, (t) => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
        const found = differences(target, program(seed, target));
        if (found.length > 0) t.fail(`seed ${seed}`, { found });
      }
      t.ok(count > 0, `${count * steps} instructions`);
      t.end();
    });
  }
}
