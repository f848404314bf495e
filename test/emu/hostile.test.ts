/**
 * Random code does no harm to its host: nothing is thrown, nothing outside the RAM, the own state block and the GIC is
 * written, and a slice ends in good time. MIPS_HOSTILE_PAGES says how many pages of code, MIPS_HOSTILE_SEED where to begin.
 */
import { createHash } from 'node:crypto';
import t from 'tap';
import { CP0 } from '../../src/emu/cpu/cp0.js';
import { CPC_BASE, GCR_BASE, GIC_BASE } from '../../src/emu/devices/bus.js';
import { instructions, MIPS32R2 } from '../../src/emu/isa/index.js';
import { CORE_STATE_BYTES, GIC_BYTES } from '../../src/emu/layout.js';
import { asm, CoreBench, FakeClock, KSEG0, KSEG1, PROGRAM, PROGRAM_PA, RAM } from './core-bench.js';
import { Random } from './random-program.js';

const PAGES = Number(process.env['MIPS_HOSTILE_PAGES'] ?? 2000);
const FIRST_SEED = Number(process.env['MIPS_HOSTILE_SEED'] ?? 1);
const SLICES = 3;
/** The slowest slices measured take a fiftieth of this on an idle machine. */
const LONGEST_SLICE_MS = 1000;
const MAPPED = 0x10000000;
const PAGE_WORDS = 1024;
const EBASE_WG = 1 << 11;

const table = instructions(MIPS32R2);

/** A handler that goes on after the instruction, so that random code goes on for long. */
const SKIP = [
  asm('mfc0', { rt: 26, rd: 14 }),
  asm('addiu', { rs: 26, rt: 26, imm: 4 }),
  asm('mtc0', { rt: 26, rd: 14 }),
  asm('eret'),
];
const VECTORS = [0, 0x180, 0x200, 0x240, 0x280, 0x400];

/** Words of the table's rows, or any words at all. */
function code(random: Random): number[] {
  const wild = random.below(4) === 0;
  return Array.from({ length: PAGE_WORDS }, () => {
    const word = random.word();
    if (wild || random.below(50) === 0) return word;
    const { mask, match } = random.pick(table);
    return ((word & ~mask) | match) >>> 0;
  });
}

const ADDRESSES = [
  ...[0, 4, PROGRAM, PROGRAM + 0xff0, MAPPED, MAPPED + 0x1ff8, KSEG0, KSEG0 + RAM - 8, KSEG0 + RAM, KSEG1 + RAM - 4],
  ...[KSEG1 + GIC_BASE, KSEG1 + GIC_BASE + 0x280, KSEG1 + GIC_BASE + 0x8000, KSEG1 + GIC_BASE + 0xc080],
  ...[KSEG1 + GIC_BASE + 0x1fff8, KSEG1 + GCR_BASE, KSEG1 + CPC_BASE, 0xbfc00000, 0xc0000000, 0xffffffff, 0x7fffffff],
];

for (const endian of ['le', 'be'] as const)
  t.test(`random code, ${endian}`, (t) => {
    const clock = new FakeClock();
    const bench = new CoreBench({ endian, clock, accept: () => clock.ms % 3 !== 0 });
    const { memory, layout } = bench;
    const guarded = [
      new Uint8Array(memory, layout.gic + GIC_BYTES, layout.coreState(1) - layout.gic - GIC_BYTES),
      new Uint8Array(memory, layout.coreState(1) + CORE_STATE_BYTES),
    ];
    for (const area of guarded) area.fill(0xa5);
    const digest = (): string => {
      const hash = createHash('sha1');
      for (const area of guarded) hash.update(Uint8Array.from(area));
      return hash.digest('hex');
    };
    const untouched = digest();
    const ends = { running: 0, waiting: 0, stalled: 0, fault: 0, exit: 0 };
    let longest = 0;

    for (let seed = FIRST_SEED; seed < FIRST_SEED + PAGES / 2; seed++) {
      const random = new Random(seed);
      const mapped = random.below(2) === 0;
      bench.faults.length = bench.registers.length = bench.exits.length = 0;
      bench.output = '';
      bench.ram.fill(0, 0, 0x2000);
      bench.put(PROGRAM_PA, code(random));
      bench.put(PROGRAM_PA + PAGE_WORDS * 4, code(random));
      const skips = random.below(3) > 0;
      if (skips) for (const vector of VECTORS) bench.put(PROGRAM_PA + vector, SKIP);
      const core = bench.start({
        pc: (mapped ? MAPPED : PROGRAM) + 0x800 + random.below(PAGE_WORDS / 2) * 4,
        mappings: [{ va: MAPPED, pa: PROGRAM_PA, length: 0x2000, cca: 5 }],
      });
      for (let register = 1; register < 32; register++)
        core.state.setGpr(register, random.below(2) === 0 ? random.pick(ADDRESSES) : random.word());
      // often with handlers of its own, which may be random too; often with an FPU
      if (skips || random.below(3) === 0) core.cp0.put(CP0.ebase, (mapped ? MAPPED : PROGRAM) | EBASE_WG);
      if (random.below(3) > 0) core.cp0.write(12, 0, random.word() & 0x3400ff1f);
      try {
        for (let i = 0; i < SLICES && !core.stopped; i++) {
          const began = performance.now();
          core.slice();
          longest = Math.max(longest, performance.now() - began);
          clock.ms += random.below(1000);
        }
      } catch (error) {
        t.fail(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
      if (bench.exits.length > 0) ends.exit++;
      else if (core.stopped) ends.fault += bench.faults.length;
      else ends[core.waiting ? 'waiting' : core.stalled ? 'stalled' : 'running']++;
      if (digest() !== untouched) {
        t.fail(`seed ${seed}: wrote outside its memory`);
        break;
      }
    }
    t.comment(ends, `longest slice ${longest.toFixed(0)} ms`);
    const ended = Object.values(ends).reduce((sum, count) => sum + count);
    t.equal(ended, Math.floor(PAGES / 2), 'every run ends in one way');
    for (const kind of ['running', 'waiting', 'fault'] as const) t.ok(ends[kind] > 0, `some end ${kind}`);
    t.ok(longest < LONGEST_SLICE_MS, `longest slice ${longest.toFixed(0)} ms`);
    t.end();
  });
