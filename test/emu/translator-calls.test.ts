/** What translated code guesses, and what becomes of it when the guess is wrong: calls, returns, switches. */
import t from 'tap';
import { MIPS32R2 } from '../../src/emu/isa/index.js';
import { HOT, hotEntryOf, STATE } from '../../src/emu/layout.js';
import type { Context } from '../../src/emu/translator/context.js';
import type { Engine } from '../../src/emu/translator/engine.js';
import type { CompiledTranslation } from '../../src/emu/translator/library.js';
import { LocalTranslation } from '../../src/emu/translator/local.js';
import type { Job } from '../../src/emu/translator/translator.js';
import { addiu, both, branch, END, jump } from './both-engines.js';
import { asm, assembler, CoreBench, li, nop, PROGRAM, PROGRAM_PA } from './core-bench.js';

const [V0, V1, A0, T0, T1, T9, RA] = [2, 3, 4, 8, 9, 25, 31];
const ROUNDS = 2000;

const at = (word: number): number => PROGRAM + word * 4;
const jr = (rs: number): number => asm('jr', { rs });

/** Words at fixed places, with nothing in between. */
function layOut(parts: Readonly<Record<number, readonly number[]>>): number[] {
  const words: number[] = [];
  for (const [place, part] of Object.entries(parts)) {
    if (words.length > Number(place)) throw new RangeError(`no room before word ${place}`);
    while (words.length < Number(place)) words.push(nop);
    words.push(...part);
  }
  return words;
}

/** Counts A0 down, from word 2 on, with `body` in each round; ends there. */
const rounds = (body: readonly number[]): number[] => [
  ...li(A0, ROUNDS),
  ...body,
  addiu(A0, A0, -1),
  branch('bne', { rs: A0 }, -body.length - 2),
  nop,
  END,
];

t.test('a function that was taken in returns somewhere else now and then', (t) => {
  const elsewhere = [asm('andi', { rs: A0, rt: T0, imm: 7 }), branch('bne', { rs: T0 }, 3), nop, ...li(RA, at(60))];
  const words = layOut({
    0: rounds([jump('jal', at(40)), addiu(V0, V0, 1)]),
    40: [...elsewhere, jr(RA), addiu(V1, V1, 1)],
    60: [addiu(V1, V1, 100), jump('j', at(4)), nop],
  });
  both(t, words, (bench) => [bench.gpr(V0), bench.gpr(V1), bench.gpr(RA)]);
  t.end();
});

t.test('functions in functions, as deep as they are taken in, and deeper', (t) => {
  const keep = (register: number, callee: number): number[] => [
    asm('or', { rs: RA, rd: register }),
    jump('jal', callee),
    addiu(V0, V0, 1),
    jr(register),
    addiu(V1, V1, 3),
  ];
  const words = layOut({
    0: rounds([jump('jal', at(20)), nop]),
    20: keep(16, at(30)),
    30: keep(17, at(40)),
    40: keep(18, at(50)),
    50: keep(19, at(60)),
    60: keep(20, at(70)),
    70: [jr(RA), addiu(V0, V0, 7)],
  });
  both(t, words, (bench) => [bench.gpr(V0), bench.gpr(V1), bench.gpr(RA)]);
  t.end();
});

t.test('a call through a register, of one function and another', (t) => {
  const words = layOut({
    0: rounds([
      ...li(T9, at(40)),
      asm('andi', { rs: A0, rt: T0, imm: 3 }),
      asm('sll', { rt: T0, rd: T0, sa: 5 }),
      asm('addu', { rs: T9, rt: T0, rd: T9 }),
      asm('jalr', { rs: T9, rd: RA }),
      addiu(V0, V0, 1),
    ]),
    40: [jr(RA), addiu(V1, V1, 1)],
    48: [jr(RA), addiu(V1, V1, 10)],
    56: [jr(RA), addiu(V1, V1, 100)],
    64: [jr(RA), addiu(V1, V1, 1000)],
  });
  both(t, words, (bench) => [bench.gpr(V0), bench.gpr(V1), bench.gpr(T9)]);
  t.end();
});

t.test('functions that are called through a register are taken in, once they have been seen', (t) => {
  /** Knows what was asked for, and what came of it. */
  class Watched extends LocalTranslation {
    readonly made: CompiledTranslation[] = [];
    override request(engine: Pick<Engine, 'install'>, job: Job, context: Context): void {
      const install = (job: Job, context: Context, translation: CompiledTranslation): void => {
        this.made.push(translation);
        engine.install(job, context, translation);
      };
      super.request({ install }, job, context);
    }
  }
  const [FIRST, SECOND] = [40, 44];
  const words = layOut({
    0: [
      ...li(T9, at(FIRST)),
      asm('andi', { rs: A0, rt: T0, imm: 1 }), // 2
      asm('sll', { rt: T0, rd: T0, sa: 4 }),
      asm('addu', { rs: T9, rt: T0, rd: T0 }),
      asm('jalr', { rs: T0, rd: RA }),
      addiu(A0, A0, 1),
      branch('beq', {}, -6),
      nop,
    ],
    [FIRST]: [jr(RA), addiu(V0, V0, 1)],
    [SECOND]: [jr(RA), addiu(V1, V1, 1)],
  });
  const services: Watched[] = [];
  const bench = new CoreBench({
    engine: 'translator',
    translation: (target, memory) => {
      const service = new Watched(target, memory, false);
      services.push(service);
      return service;
    },
  });
  bench.put(PROGRAM_PA, words);
  while (bench.core.retired < 20_000_000) bench.core.slice();
  const callers = services
    .flatMap(({ made }) => made)
    .flatMap(({ entries, code }) => code.filter((_, index) => entries[index] === (at(2) | 0)))
    .map(({ addresses }) => [FIRST, SECOND].map((word) => addresses.includes(PROGRAM_PA + 4 * word)));
  t.same(callers.at(-1), [true, true], 'the loop is made from both');
  t.equal(bench.gpr(V0) + bench.gpr(V1), bench.gpr(A0), 'and all calls have been done');
  t.end();
});

t.test('a switch, whose table changes while it runs, and has an address that is none', (t) => {
  const TABLE = 120;
  const CASES = [60, 64, 68, 72];
  const table = (base: number, index: number): number[] => [
    asm('sll', { rt: index, rd: T1, sa: 2 }),
    asm('addu', { rs: base, rt: T1, rd: T1 }),
    asm('lw', { rt: T1, base: T1 }),
    jr(T1),
    nop,
  ];
  const dispatch = [
    asm('andi', { rs: A0, rt: T0, imm: 3 }),
    asm('sltiu', { rs: T0, rt: T1, imm: 4 }),
    branch('beq', { rs: T1 }, 6),
    nop,
    ...table(T9, T0),
  ];
  // in the last rounds case 2 leads to word 90, which is no case
  const words = layOut({
    0: [...li(T9, at(TABLE)), ...li(A0, ROUNDS)],
    4: dispatch,
    20: [
      addiu(A0, A0, -1),
      asm('slti', { rs: A0, rt: T0, imm: 200 }),
      branch('beq', { rs: T0 }, 5),
      nop,
      ...li(T0, at(90)),
      asm('sw', { rt: T0, base: T9, offset: 8 }),
      nop,
      branch('bne', { rs: A0 }, -25),
      nop,
      END,
    ],
    60: [branch('beq', {}, -41), addiu(V0, V0, 1)],
    64: [branch('beq', {}, -45), addiu(V0, V0, 10)],
    68: [branch('beq', {}, -49), addiu(V0, V0, 100)],
    72: [branch('beq', {}, -53), addiu(V0, V0, 1000)],
    90: [branch('beq', {}, -71), addiu(V1, V1, 1)],
    [TABLE]: CASES.map(at),
  });
  both(t, words, (bench) => [bench.gpr(V0), bench.gpr(V1)]);
  const bench = new CoreBench({ engine: 'translator' });
  bench.put(PROGRAM_PA, words);
  bench.run(500);
  t.ok(bench.gpr(V1) > 0 && bench.gpr(V0) > 1000, 'the table was used, before and after its change');
  t.end();
});

t.test('stores at one register, of which a later one changes code', (t) => {
  // 20 words on, an instruction of the loop is written anew in each round
  const words = layOut({
    0: [...li(T0, at(20)), ...li(T1, addiu(V0, V0, 1)), ...li(A0, ROUNDS)],
    6: [
      asm('sw', { rt: A0, base: T0, offset: 24 }),
      asm('sw', { rt: A0, base: T0, offset: 28 }),
      asm('sw', { rt: T1, base: T0 }),
      jump('j', at(20)),
      addiu(T1, T1, 1),
    ],
    20: [addiu(V0, V0, 1), addiu(A0, A0, -1), branch('bne', { rs: A0 }, -17), nop, END],
  });
  both(t, words, (bench) => bench.gpr(V0));
  t.end();
});

t.test('a misaligned store that begins beside code and ends in it', (t) => {
  const isa = { release: 6, fpu: false, multiThreading: false, linkedPairs: true, nan2008: true } as const;
  const back = assembler({ ...MIPS32R2, ...isa })('jalr', { rs: RA });
  // in the same page, and in the next one
  for (const place of [48, 1024]) {
    const body = [
      ...li(T0, at(place)),
      asm('sll', { rt: A0, rd: T1, sa: 16 }),
      asm('sw', { rt: T1, base: T0, offset: 0xfffe }),
      jump('jal', at(place)),
      nop,
    ];
    // a function whose first instruction gets another constant each time, and before it data
    const words = layOut({ 0: rounds(body), [place]: [addiu(V0, V0, 1), back, nop] });
    both(t, words, (bench) => bench.gpr(V0), { isa });
  }
  t.end();
});

t.test(
  'a loop that goes on over many slices, and is left at an instruction of the interpreter, is worth its translation',
  (t) => {
    const LOOP = 3;
    const words = [
      ...li(A0, 600_000),
      nop,
      addiu(A0, A0, -1), // LOOP
      branch('bne', { rs: A0 }, -2),
      nop,
      asm('mfc0', { rt: T0, rd: 12 }),
      branch('beq', {}, -LOOP - 5),
      nop,
    ];
    const bench = new CoreBench({
      engine: 'translator',
      translation: (target, memory) => new LocalTranslation(target, memory, false),
    });
    bench.put(PROGRAM_PA, words);
    while (bench.core.retired < 200_000_000) bench.core.slice();
    const entry = STATE.hot + hotEntryOf(at(LOOP) | 0);
    t.equal(bench.core.state.get(entry + HOT.tag), at(LOOP) | 0);
    t.not(bench.core.state.get(entry + HOT.function), 0, 'the interpreter has not got it back');
    t.end();
  },
);
