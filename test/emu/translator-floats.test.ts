/** Floating-point registers that translated loops keep in locals: random loops, compared with the interpreter. */
import t from 'tap';
import type { Endian } from '../../src/emu/hardware.js';
import { addiu, branch, END, ENGINES, jump } from './both-engines.js';
import { asm, CoreBench, li, PROGRAM, PROGRAM_PA } from './core-bench.js';
import { Random } from './random-program.js';

const [CU1, FR] = [1 << 29, 1 << 26];
const [V0, A0, A1, RA] = [2, 4, 5, 31];
const ROUNDS = 300;
const LENGTH = 14;
const PROGRAMS = 24;
/** Of the registers' values at the start, and at the end; of a function. */
const [DATA, RESULTS, FUNCTION] = [0x4000, 0x5000, 0x800];

const BINARY = ['add', 'sub', 'mul', 'div'];
const CONVERSIONS = ['cvt.d.s', 'cvt.s.d', 'cvt.d.w', 'cvt.s.w', 'cvt.w.d', 'trunc.w.s'];
/** Numbers as 64 bits: usual ones, and such that leave the fast way. */
const NUMBERS = [1, -1.5, 3.141592653589793, 1e10, 1e-10, 0.1, 0, -0, 2 ** -1060, 1e308, Infinity, NaN];

/** One instruction, or two of which the first one decides over the second. */
function random(random: Random): number[] {
  const [fs, ft, fd, fr] = Array.from({ length: 4 }, () => random.below(6));
  const [s = 0, u = 0, d = 0, r = 0] = [fs, ft, fd, fr].map((number = 0) => number * 2);
  const single = (number = 0): number => number * 2 + random.below(2);
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
      return [asm(`${random.pick(BINARY)}.d`, { fs: s, ft: u, fd: d })];
    case 3:
      return [asm(`${random.pick(BINARY)}.s`, { fs: single(fs), ft: single(ft), fd: single(fd) })];
    case 4:
      return [asm(`${random.pick(['madd', 'msub', 'nmadd'])}.d`, { fs: s, ft: u, fd: d, fr: r })];
    case 5:
      return [asm(random.pick(['mov.d', 'neg.d', 'abs.d', 'sqrt.d']), { fs: s, fd: d })];
    case 6:
      return [asm(random.pick(CONVERSIONS), { fs: s, fd: d })];
    case 7:
      return [asm('mtc1', { rt: A0, fs: single(fs) })];
    case 8:
      return [asm('mfc1', { rt: V0, fs: single(fs) }), asm('addu', { rs: V0, rt: 3, rd: 3 })];
    case 9:
      return [asm(random.pick(['mthc1', 'mfhc1']), { rt: V0, fs: s })];
    case 10:
      return [asm(random.pick(['ldc1', 'sdc1']), { base: A1, ft: s, offset: random.below(16) * 8 })];
    case 11:
      return [asm(random.pick(['lwc1', 'swc1']), { base: A1, ft: single(fs), offset: random.below(32) * 4 })];
    case 12:
      return [
        asm(random.pick(['c.lt.d', 'c.eq.d', 'c.ngt.d']), { fs: s, ft: u }),
        branch(random.pick(['bc1t', 'bc1fl']), {}, 2),
        asm('mov.d', { fs: r, fd: d }),
        asm('add.s', { fs: single(fs), ft: single(ft), fd: single(fd) }),
      ];
    default:
      return [jump('jal', PROGRAM + FUNCTION), addiu(V0, V0, 1)];
  }
}

/** The registers loaded, a loop of random instructions, and the registers stored. */
function program(seed: number): { readonly code: number[]; readonly called: number[] } {
  const numbers = new Random(seed);
  const some = (length: number): number[] =>
    Array.from({ length }, () => random(numbers))
      .filter(([first = 0]) => first >>> 26 !== 3)
      .flat();
  const body = Array.from({ length: LENGTH }, () => random(numbers)).flat();
  const all = (name: string): number[] =>
    Array.from({ length: 16 }, (_, i) => asm(name, { base: A1, ft: 2 * i, offset: 8 * i }));
  const code = [
    ...li(A1, PROGRAM + DATA),
    ...all('ldc1'),
    // flags are set from the start in one half of the programs: without Inexact nothing goes the fast way
    ...li(V0, seed % 2 === 0 ? 0x7c : 0),
    asm('ctc1', { rt: V0, fs: 31 }),
    ...li(A0, ROUNDS),
    ...body,
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -body.length - 2),
    addiu(V0, V0, 7),
    ...li(A1, PROGRAM + RESULTS),
    ...all('sdc1'),
    asm('cfc1', { rt: V0, fs: 31 }),
    END,
  ];
  return { code, called: [...some(3), asm('jr', { rs: RA }), asm('add.d', { fs: 2, ft: 4, fd: 2 })] };
}

function outcome(seed: number, engine: (typeof ENGINES)[number], endian: Endian, status: number): string {
  const bench = new CoreBench({ endian, engine });
  const { code, called } = program(seed);
  bench.put(PROGRAM_PA, code);
  bench.put(PROGRAM_PA + FUNCTION, called);
  const numbers = new Random(seed + 1);
  for (let i = 0; i < 32; i++) bench.view.setFloat64(PROGRAM_PA + DATA + 8 * i, numbers.pick(NUMBERS), endian === 'le');
  bench.core.cp0.status = CU1 | status;
  bench.run(500);
  const { core, faults } = bench;
  const registers = Array.from({ length: 32 }, (_, number) => bench.gpr(number));
  return JSON.stringify([registers, core.retired, faults]) + Buffer.from(bench.ram).toString('latin1');
}

for (const [name, status] of [
  ['FR = 0', 0],
  ['FR = 1', FR],
] as const)
  for (const endian of ['le', 'be'] as const)
    t.test(`random loops, ${name}, ${endian}`, (t) => {
      for (let seed = 1; seed <= PROGRAMS; seed++) {
        const [interpreted = '', translated = ''] = ENGINES.map((engine) => outcome(seed, engine, endian, status));
        if (interpreted === translated) t.pass(`seed ${seed}`);
        else t.equal(translated.slice(0, 500), interpreted.slice(0, 500), `seed ${seed}`);
      }
      t.end();
    });
