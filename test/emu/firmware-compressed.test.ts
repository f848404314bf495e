/** Fixture firmware in microMIPS and MIPS16e. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { ElfImage } from '../../src/rproc/index.js';
import { comparable, expected, expectedInstructions, fixture } from '../support/fixtures.js';
import { CoreBench } from './core-bench.js';
import { MachineBench, until } from './machine-bench.js';

const MIXED = [
  ['mixed-mips16', 'interAptiv', 'mips16'],
  ['mixed-mips16', '24Kf', 'mips16'],
  ['mixed-micromips', 'M14Kc', 'micromips'],
] as const;

for (const endian of ['le', 'be'] as const) {
  for (const [name, cpu, set] of MIXED)
    t.test(`${name} on ${cpu}, ${endian}: calls between the sets`, async (t) => {
      const bench = new MachineBench(endian, undefined, undefined, { cpu });
      t.teardown(() => bench.machine.close());
      await bench.start(name);
      await until(bench.trace(), () => bench.trace().includes('\nfff ') || bench.faults.length > 0);
      t.strictSame(bench.faults, []);
      const [first = '', ...sums] = bench.trace().trimEnd().split('\n');
      t.equal(first, `classic code is at an even address, ${set} at an odd one`);
      t.equal(sums.length, 16);
      t.strictSame(
        sums.filter((line) => line.includes('differs')),
        [],
        'all sums are that of classic code alone',
      );
      await bench.machine.halt(1);
    });

  t.test(`hello in microMIPS, ${endian}`, async (t) => {
    const bench = new MachineBench(endian, undefined, undefined, { cpu: 'M14Kc' });
    t.teardown(() => bench.machine.close());
    await bench.start('hello-micromips');
    const text = expected(endian, 'hello');
    await until(bench.trace(), () => comparable(bench.trace()).length >= text.length || bench.faults.length > 0);
    t.strictSame(bench.faults, []);
    t.equal(comparable(bench.trace()), text);
    await bench.machine.halt(1);
  });

  // the assembler makes two instructions of these, which do not always link
  const MACROS = /^(bltzall|bgezall) /;
  t.test(`the instruction tests in microMIPS, with an FPU, ${endian}`, (t) => {
    const lines = (text: string): string[] => text.split('\n').filter((line) => !MACROS.test(line));
    for (const bits of [32, 64] as const)
      t.strictSame(
        lines(traceOf('insn-micromips', endian, bits)),
        lines(`${expectedInstructions(endian)}end\n`),
        `${bits} bits`,
      );
    t.end();
  });
}

const PT_LOAD = 1n;
const TRACE_ENTRY = 2;
const PA = 0x10000;
const PAIR_OF_PAGES = 0x2000;
const CU1 = 1 << 29;
const SLICES = 5000;

/** The trace of a fixture on a core of no model: Release 2 with microMIPS and an FPU. */
function traceOf(name: string, endian: 'le' | 'be', bits: 32 | 64): string {
  const image = new ElfImage(readFileSync(fixture(endian, name)), endian);
  const segments = [...image.programHeaders()].filter(({ type }) => type === PT_LOAD);
  const da = Number(segments[0]?.paddr ?? 0n);
  const end = Math.max(...segments.map(({ paddr, memsz }) => Number(paddr + memsz)));
  const length = Math.ceil((end - da) / PAIR_OF_PAGES) * PAIR_OF_PAGES;
  const bench = new CoreBench({
    endian,
    isa: { compressed: 'micromips', bits },
    entry: { pc: Number(image.header.entry), mappings: [{ va: da, pa: PA, length, cca: 5 }] },
  });
  for (const { offset, paddr, filesz } of segments) bench.ram.set(image.slice(offset, filesz), PA + Number(paddr) - da);
  bench.core.cp0.status = CU1;
  bench.run(SLICES);
  const at = PA + traceAddress(image, endian) - da;
  const text = Buffer.from(bench.ram.slice(at, bench.ram.length));
  return bench.faults.join() + text.subarray(0, text.indexOf(0)).toString('latin1');
}

function traceAddress(image: ElfImage, endian: 'le' | 'be'): number {
  const section = image.findSection('.resource_table');
  if (section === undefined) throw new Error('a fixture has a resource table');
  const bytes = Buffer.from(image.slice(section.offset, section.size));
  const word = (at: number): number => (endian === 'le' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  for (let i = 0; i < word(4); i++) if (word(word(16 + i * 4)) === TRACE_ENTRY) return word(word(16 + i * 4) + 4);
  throw new Error('a fixture has a trace');
}
