/**
 * Random code does no harm to its host: nothing is thrown, nothing outside the RAM, the own state block and the GIC is
 * written, and a slice ends in good time. MIPS_HOSTILE_PAGES says how many pages of code, MIPS_HOSTILE_SEED where to begin.
 */
import t from 'tap';
import { CP0 } from '../../src/emu/cpu/cp0.js';
import { CPC_BASE, GCR_BASE, GIC_BASE } from '../../src/emu/devices/bus.js';
import { coreModel, modelNames } from '../../src/emu/cpu/models/index.js';
import { instructions, type Encoding, type Instruction } from '../../src/emu/isa/index.js';
import { CORE_STATE_BYTES, GIC_BYTES, STATE } from '../../src/emu/layout.js';
import {
  assembler,
  CoreBench,
  FakeClock,
  KSEG0,
  KSEG1,
  PROGRAM,
  PROGRAM_PA,
  RAM,
  type Assemble,
} from './core-bench.js';
import { Random } from './random-program.js';

const PAGES = Number(process.env['MIPS_HOSTILE_PAGES'] ?? 2000);
const FIRST_SEED = Number(process.env['MIPS_HOSTILE_SEED'] ?? 1);
const SLICES = 3;
/** Of processor time, which neighbours do not change. The slowest slices measured take a tenth of it. */
const LONGEST_SLICE_MS = 1000;
const MAPPED = 0x10000000;
const PAGE_BYTES = 4096;
const EBASE_WG = 1 << 11;

/** A handler that goes on after the instruction, so that random code goes on for long. */
function skip(asm: Assemble): number[] {
  return [
    asm('mfc0', { rt: 26, rd: 14 }),
    asm('addiu', { rs: 26, rt: 26, imm: 4 }),
    asm('mtc0', { rt: 26, rd: 14 }),
    asm('eret'),
  ];
}
const VECTORS = [0, 0x80, 0x180, 0x200, 0x240, 0x280, 0x400];

/** Instructions of the table's rows, as the core decodes them at even or odd addresses, or any half words at all. */
function code(random: Random, rows: readonly Instruction[], encoding: Encoding, little: boolean): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  const view = new DataView(page.buffer);
  const wild = random.below(4) === 0;
  const half = (at: number, value: number): void => view.setUint16(at, value & 0xffff, little);
  for (let at = 0; at < PAGE_BYTES;) {
    const word = random.word();
    const row = wild || random.below(50) === 0 ? undefined : random.pick(rows);
    const value = row === undefined ? word : ((word & ~row.mask) | row.match) >>> 0;
    const bytes = row?.bytes ?? 4;
    if (bytes === 2 || at + 4 > PAGE_BYTES) {
      half(at, value);
      at += 2;
    } else if (encoding === 'classic') {
      view.setUint32(at, value, little);
      at += 4;
    } else {
      half(at, value >>> 16);
      half(at + 2, value);
      at += 4;
    }
  }
  return page;
}

const ADDRESSES = [
  ...[0, 4, PROGRAM, PROGRAM + 0xff0, MAPPED, MAPPED + 0x1ff8, KSEG0, KSEG0 + RAM - 8, KSEG0 + RAM, KSEG1 + RAM - 4],
  ...[KSEG1 + GIC_BASE, KSEG1 + GIC_BASE + 0x280, KSEG1 + GIC_BASE + 0x8000, KSEG1 + GIC_BASE + 0xc080],
  ...[KSEG1 + GIC_BASE + 0x1fff8, KSEG1 + GCR_BASE, KSEG1 + CPC_BASE, 0xbfc00000, 0xc0000000, 0xffffffff, 0x7fffffff],
];

/** High words of 64-bit addresses: segments, the unmapped windows, physical addresses that are too long. */
const HIGH_WORDS = [0, 0xff, 0x40000000, 0x90000000, 0xc00000ff, 0xffffffff];

const RUNS = modelNames.flatMap((name) => (['le', 'be'] as const).map((endian) => ({ name, endian })));

for (const { name, endian } of RUNS)
  t.test(`random code, ${name}, ${endian}`, (t) => {
    const little = endian === 'le';
    const clock = new FakeClock();
    const bench = new CoreBench({ endian, model: name, clock, accept: () => clock.ms % 3 !== 0 });
    const { memory, layout } = bench;
    const isa = { ...coreModel(name).isa, endian };
    const handler = skip(assembler(isa));
    const rows = { classic: instructions(isa, 'classic'), compressed: instructions(isa, 'compressed') };
    const between = (start: number, end: number): Buffer => Buffer.from(memory, start, end - start);
    const guarded = [
      // a core counts there that it has changed its code
      between(layout.gic + GIC_BYTES, layout.codeChanges),
      between(layout.codeChanges + 4, layout.coreState(1)),
      between(layout.coreState(1) + CORE_STATE_BYTES, layout.codeMap),
    ];
    for (const area of guarded) area.fill(0xa5);
    const untouched = guarded.map((area) => Buffer.from(area));
    const ends = { running: 0, waiting: 0, stalled: 0, fault: 0, exit: 0 };
    const count = Math.ceil(PAGES / RUNS.length);
    let longest = 0;

    for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
      const random = new Random(seed);
      const mapped = random.below(2) === 0;
      const encoding = isa.compressed !== 'none' && random.below(2) === 0 ? 'compressed' : 'classic';
      bench.faults.length = bench.registers.length = bench.exits.length = 0;
      bench.output = '';
      bench.ram.fill(0, 0, 0x2000);
      for (const page of [0, PAGE_BYTES])
        bench.ram.set(code(random, rows[encoding], encoding, little), PROGRAM_PA + page);
      const skips = random.below(3) > 0;
      if (skips) for (const vector of VECTORS) bench.put(PROGRAM_PA + vector, handler);
      const place = PAGE_BYTES / 2 + random.below(PAGE_BYTES / 2);
      const base = mapped ? MAPPED : PROGRAM;
      const core = bench.start({
        pc: BigInt((base | 0) + (encoding === 'classic' ? place & -4 : place | 1)),
        mappings: [{ va: MAPPED, pa: PROGRAM_PA, length: 2 * PAGE_BYTES, cca: 5 }],
      });
      for (let register = 1; register < 32; register++) {
        const low = random.below(2) === 0 ? random.pick(ADDRESSES) : random.word();
        const high = isa.bits === 64 && random.below(3) === 0 ? random.word() & random.pick(HIGH_WORDS) : low >> 31;
        core.state.setAddress(STATE.gpr + register * 8, low, high);
      }
      // often with handlers of its own, which may be random too; often with an FPU, MSA, DSP, 64-bit addresses, in user mode
      if (skips || random.below(3) === 0) core.cp0.put(CP0.ebase, base | EBASE_WG);
      if (random.below(3) > 0) core.cp0.write(12, 0, random.word() & 0x3580fffb);
      if (random.below(2) === 0) core.cp0.write(16, 5, random.word());
      try {
        for (let i = 0; i < SLICES && !core.stopped; i++) {
          const began = process.cpuUsage();
          core.slice();
          const { user, system } = process.cpuUsage(began);
          longest = Math.max(longest, (user + system) / 1000);
          clock.ms += random.below(1000);
        }
      } catch (error) {
        t.fail(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
      if (bench.exits.length > 0) ends.exit++;
      else if (core.stopped) ends.fault += bench.faults.length;
      else ends[core.waiting ? 'waiting' : core.stalled ? 'stalled' : 'running']++;
      if (guarded.some((area, i) => untouched[i]?.equals(area) !== true)) {
        t.fail(`seed ${seed}: wrote outside its memory`);
        break;
      }
    }
    t.comment(ends, `longest slice ${longest.toFixed(0)} ms`);
    const ended = Object.values(ends).reduce((sum, many) => sum + many);
    t.equal(ended, count, 'every run ends in one way');
    for (const kind of ['running', 'fault'] as const) t.ok(ends[kind] > 0, `some end ${kind}`);
    t.ok(longest < LONGEST_SLICE_MS, `longest slice ${longest.toFixed(0)} ms`);
    t.end();
  });
