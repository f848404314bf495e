/**
 * Random programs give the same registers and memory on a core as under qemu-user (random-program.ts).
 * MIPS_RANDOM_INSTRUCTIONS says how many are compared, MIPS_RANDOM_SEED where to begin.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Endian } from '../../src/emu/index.js';
import { disassemble, MIPS32R2 } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import { CoreBench } from './core-bench.js';
import {
  BLOCK,
  CODE,
  executable,
  IMAGE_BYTES,
  randomProgram,
  RESULT_BYTES,
  SCRATCH,
  type Program,
} from './random-program.js';

const INSTRUCTIONS = Number(process.env['MIPS_RANDOM_INSTRUCTIONS'] ?? 200_000);
const FIRST_SEED = Number(process.env['MIPS_RANDOM_SEED'] ?? 1);
const LENGTH = 2500;
const PA = 0x100000;
const CU1 = 1 << 29;
const FR = 1 << 26;

const directory = mkdtempSync(join(tmpdir(), 'random-mips-'));
t.teardown(() => rmSync(directory, { recursive: true }));

function onQemu(program: Program): Buffer {
  const path = join(directory, 'program');
  writeFileSync(path, executable(program), { mode: 0o755 });
  return execFileSync(program.endian === 'le' ? 'qemu-mipsel' : 'qemu-mips', [path]);
}

function onCore({ endian, fr, image }: Program): Buffer {
  const mappings = [{ va: CODE, pa: PA, length: IMAGE_BYTES, cca: 5 }] as const;
  const bench = new CoreBench({ endian, entry: { pc: CODE, mappings } });
  bench.ram.set(image, PA);
  bench.core.cp0.status = CU1 | (fr ? FR : 0);
  bench.run();
  const [fault = 'no fault'] = bench.faults;
  if (!fault.startsWith('system call')) throw new Error(fault);
  const results = PA + BLOCK - CODE + SCRATCH;
  return Buffer.from(bench.ram.slice(results, results + RESULT_BYTES));
}

const differs = (program: Program): boolean => !onQemu(program).equals(onCore(program));

/** The shortest program of this seed that differs, in words. */
function explain(seed: number, endian: Endian, fr: boolean): string {
  const cutAt = (length: number): Program => randomProgram(seed, endian, fr, LENGTH, length);
  let [same, different] = [0, LENGTH + 8];
  while (different - same > 1) {
    const middle = (same + different) >> 1;
    if (differs(cutAt(middle))) different = middle;
    else same = middle;
  }
  const program = cutAt(different);
  const [qemu, core] = [onQemu(program), onCore(program)];
  const words = [...qemu.keys()].filter((i) => i % 4 === 0 && !qemu.subarray(i, i + 4).equals(core.subarray(i, i + 4)));
  const read = (bytes: Buffer, i: number): string =>
    (endian === 'le' ? bytes.readUInt32LE(i) : bytes.readUInt32BE(i)).toString(16);
  const last = program.body.slice(-3).map((word) => disassemble(word, 0, { ...MIPS32R2, endian }));
  const where = words.map((i) => `+${i}: qemu ${read(qemu, i)}, core ${read(core, i)}`);
  return `seed ${seed}: after ${different} words, ending in ${last.join('; ')}: ${where.join('; ')}`;
}

for (const [endian, qemu] of [
  ['le', 'qemu-mipsel'],
  ['be', 'qemu-mips'],
] as const)
  for (const fr of [false, true])
    t.test(`${qemu}, FR = ${fr ? 1 : 0}`, { skip: installed(qemu) ? false : `${qemu} is not installed` }, (t) => {
      const count = Math.ceil(INSTRUCTIONS / LENGTH / 4);
      for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++)
        if (differs(randomProgram(seed, endian, fr, LENGTH))) t.fail(explain(seed, endian, fr));
      t.ok(count > 0, `${count} programs`);
      t.end();
    });
