/** Loops that translated code does without checks for a while: what they may run into, and that there are any. */
import t, { type Test } from 'tap';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import type { Context } from '../../src/emu/translator/context.js';
import type { Engine } from '../../src/emu/translator/engine.js';
import { LocalTranslation } from '../../src/emu/translator/local.js';
import { findRegion } from '../../src/emu/translator/region.js';
import { isPace, withSwiftLoops } from '../../src/emu/translator/swift.js';
import type { Job } from '../../src/emu/translator/translator.js';
import { sourceOf } from './region-source.js';
import { addiu, branch, END, jump } from './both-engines.js';
import {
  asm,
  assembler,
  CoreBench,
  KSEG0,
  li,
  nop,
  PROGRAM,
  PROGRAM_PA,
  RAM,
  type CoreBenchOptions,
} from './core-bench.js';
import { Random } from './random-program.js';

const [V0, A0, A1, A2, A3, T0, T1, T2, RA] = [2, 4, 5, 6, 7, 8, 9, 10, 31];
const ENGINES = ['interpreter', 'translator', 'verify'] as const;
const DATA = KSEG0 + 0x200000;
const SLICES = 2000;
/** Instructions. */
const SLICE = 200_000;
const LOOPS = Number(process.env['MIPS_RANDOM_LOOPS'] ?? 60);
const SEED = Number(process.env['MIPS_RANDOM_SEED'] ?? 1);

const PATTERN = Uint32Array.from({ length: RAM / 4 }, (_, i) => Math.imul(i, 0x9e3779b1));

/** Registers, memory, faults and the number of instructions are the same with every engine; gives how it ended. */
function same(t: Test, name: string, words: readonly number[], options: CoreBenchOptions = {}): CoreBench {
  const results = ENGINES.map((engine) => {
    const bench = new CoreBench({ ...options, engine });
    bench.ram.set(new Uint8Array(PATTERN.buffer));
    bench.put(PROGRAM_PA, words);
    bench.run(SLICES);
    const registers = Array.from({ length: 32 }, (_, number) => bench.gpr(number));
    return { bench, seen: { registers, faults: bench.registers, retired: bench.core.retired } };
  });
  const [interpreted, translated, verified] = results;
  if (interpreted === undefined || translated === undefined || verified === undefined) throw new Error('no results');
  for (const [how, { bench, seen }] of Object.entries({ translated, verified })) {
    t.same(seen, interpreted.seen, `${name}, ${how}`);
    t.ok(Buffer.compare(bench.ram, interpreted.bench.ram) === 0, `${name}, ${how}: memory`);
  }
  return interpreted.bench;
}

/** From 1 to `most` turns of a loop, by turns: `body` may use all registers but $a3, $t9 and the counter, $a2. */
function turns(set: readonly number[], body: readonly number[], most: number): number[] {
  const inner = [...set, addiu(A2, A3, 0), ...body, addiu(A2, A2, -1)];
  return [
    addiu(A3, 0, 1),
    ...inner,
    branch('bne', { rs: A2 }, -(body.length + 2)),
    nop,
    addiu(A3, A3, 1),
    asm('sltiu', { rt: T2, rs: A3, imm: most + 1 }),
    branch('bne', { rs: T2 }, -(inner.length + 5)),
    nop,
    END,
  ];
}

const load = (name: string, rt: number, base: number, offset = 0): number =>
  asm(name, { rt, base, offset: offset & 0xffff });
const store = load;

t.test('copies of every length, upward and downward', (t) => {
  const copies = { lb: 'sb', lhu: 'sh', lw: 'sw' } as const;
  const bytes = { lb: 1, lhu: 2, lw: 4 };
  for (const [from, to] of Object.entries(copies)) {
    const step = from === 'lb' ? bytes.lb : from === 'lhu' ? bytes.lhu : bytes.lw;
    for (const by of [step, -step]) {
      const pointers = [...li(A0, DATA), ...li(A1, DATA + 0x10000)];
      const body = [load(from, V0, A0, -2 * step), addiu(A0, A0, by), store(to, V0, A1, step), addiu(A1, A1, by)];
      for (const endian of ['le', 'be'] as const)
        same(t, `${from} by ${by}, ${endian}`, turns(pointers, body, 300), { endian });
    }
  }
  t.end();
});

t.test('the same with 64-bit registers', (t) => {
  const isa = { ...coreModel('MIPS64R2-generic').isa, endian: 'le' } as const;
  const daddiu = (register: number, imm: number): number =>
    assembler(isa)('daddiu', { rs: register, rt: register, imm: imm & 0xffff });
  for (const by of [4, -4]) {
    const body = [load('lw', V0, A0, 8), daddiu(A0, by), store('sw', V0, A1), daddiu(A1, by)];
    same(t, `by ${by}`, turns([...li(A0, DATA), ...li(A1, DATA + 0x10000)], body, 300), { isa });
    const words = [...li(A0, by > 0 ? KSEG0 + RAM - 4000 : KSEG0 + 4000), ...li(A2, 100_000), ...body.slice(0, 2)];
    words.push(addiu(A2, A2, -1), branch('bne', { rs: A2 }, -4), nop, END);
    t.equal(same(t, `to the end, by ${by}`, words, { isa }).faults.length, 1);
  }
  t.end();
});

t.test('a loop whose turns are not alike', (t) => {
  // a turn in four stores, one in eight goes on by another way
  const body = [
    load('lw', V0, A0),
    asm('andi', { rs: A2, rt: T2, imm: 3 }),
    branch('bne', { rs: T2 }, 3),
    addiu(A0, A0, 4),
    store('sw', V0, A1),
    asm('addu', { rs: T1, rt: V0, rd: T1 }),
    asm('andi', { rs: V0, rt: T2, imm: 7 }),
    branch('beq', { rs: T2 }, 2),
    addiu(A1, A1, 8),
    addiu(T1, T1, 3),
  ];
  same(t, 'the same', turns([...li(A0, DATA), ...li(A1, DATA + 0x10000)], body, 400));
  t.end();
});

t.test('memory ends in the middle of it', (t) => {
  const end = KSEG0 + RAM;
  const cases: readonly (readonly [string, number, readonly number[]])[] = [
    ['loads, upward', end - 4000, [load('lw', V0, A0), addiu(A0, A0, 4)]],
    ['loads, upward, ahead', end - 4000, [load('lw', V0, A0, 8), addiu(A0, A0, 4)]],
    ['loads of bytes', end - 3001, [load('lb', V0, A0), addiu(A0, A0, 1)]],
    ['loads, downward', KSEG0 + 4000, [load('lw', V0, A0), addiu(A0, A0, -4)]],
    ['stores, downward', KSEG0 + 4000, [store('sh', V0, A0, -2), addiu(A0, A0, -2)]],
    ['stores, upward', end - 4000, [store('sb', V0, A0, 1), addiu(A0, A0, 1)]],
    [
      'a step in every other turn',
      end - 4000,
      [
        asm('andi', { rs: A2, rt: T2, imm: 1 }),
        branch('bne', { rs: T2 }, 2),
        nop,
        addiu(A0, A0, 4),
        load('lw', V0, A0),
      ],
    ],
    ['a large step', end - 0x20000, [load('lw', V0, A0), addiu(A0, A0, 0x404)]],
  ];
  for (const [name, start, body] of cases) {
    const words = [...li(A0, start), ...li(A2, 100_000), ...body, addiu(A2, A2, -1)];
    words.push(branch('bne', { rs: A2 }, -(body.length + 2)), nop, END);
    const bench = same(t, name, words);
    t.equal(bench.faults.length, 1, `${name}: it crashes`);
  }
  t.end();
});

t.test('addresses that are not aligned', (t) => {
  for (const start of [1, 2, 3]) {
    const body = [load('lw', V0, A0), addiu(A0, A0, 4)];
    const words = [...li(A0, DATA + start), addiu(A2, 0, 500), ...body, addiu(A2, A2, -1)];
    words.push(branch('bne', { rs: A2 }, -4), nop, END);
    t.equal(same(t, `from ${start} on`, words).faults.length, 1);
  }
  // in the last turns only
  const late = [asm('sltiu', { rs: A2, rt: T2, imm: 100 }), branch('beq', { rs: T2 }, 2), addiu(A0, A0, 4)];
  const words = [...li(A0, DATA + 2), addiu(A2, 0, 500), ...late, load('lw', V0, A0), addiu(A2, A2, -1)];
  words.push(branch('bne', { rs: A2 }, -6), nop, END);
  t.equal(same(t, 'late', words).faults.length, 1);

  t.end();
});

t.test('a slice is no longer for it', (t) => {
  const bench = new CoreBench({ engine: 'translator' });
  bench.put(PROGRAM_PA, [...li(A0, DATA), load('lw', V0, A0), addiu(T1, T1, 1), branch('beq', {}, -3), nop, END]);
  // the first one is the interpreter's
  bench.core.slice();
  for (let i = 1; i < 20; i++) {
    const before = bench.core.retired;
    bench.core.slice();
    const executed = bench.core.retired - before;
    if (executed > SLICE || executed < SLICE * 0.9) t.fail(`slice ${i} has ${executed} instructions`);
  }
  t.ok(bench.gpr(T1) > 20 * (SLICE / 10));
  t.end();
});

/** Calls a function, overwrites it with what adds `twice` to $v0, from `before` bytes in front of it, calls it again. */
function overwritten(before: number, by: number, fills: readonly number[], turns: number): number[] {
  const FUNCTION = 0x1000;
  const at = PROGRAM + FUNCTION;
  const words = [
    addiu(A3, 0, 2000),
    jump('jal', at), // 1
    nop,
    addiu(A3, A3, -1),
    branch('bne', { rs: A3 }, -4),
    nop,
    ...li(A0, at - before),
    ...li(T0, addiu(V0, V0, 7)),
    addiu(A2, 0, turns),
    ...fills,
    addiu(A2, A2, -1),
    branch('bne', { rs: A2 }, -(fills.length + 2)),
    addiu(A0, A0, by),
    jump('jal', at),
    nop,
    END,
  ];
  while (words.length < FUNCTION / 4) words.push(nop);
  words.push(addiu(V0, V0, 1), asm('jr', { rs: RA }), nop);
  return words;
}

t.test('stores that run into code', (t) => {
  const cases: readonly (readonly [string, number, number, readonly number[], number])[] = [
    ['upward', 2048, 4, [store('sw', T0, A0)], 513],
    ['upward, far', 2048 * 4, 16, [store('sw', T0, A0)], 513],
    ['downward', -2048, -4, [store('sw', T0, A0)], 513],
    ['by bytes', 1024, 1, [load('lb', V0, A0), store('sb', V0, A0, 4)], 1024],
    ['with a read behind it', 800, 4, [store('sw', T0, A0), load('lw', T1, A0, -400)], 201],
    ['by the second of two stores', 1400, 4, [store('sw', T0, A0), store('sw', T0, A0, 960)], 150],
    ['up to the word before it', 400, 4, [store('sw', T0, A0)], 100],
  ];
  for (const [name, before, by, fills, count] of cases) same(t, name, overwritten(before, by, fills, count));
  const changed = new CoreBench({ engine: 'translator' });
  changed.put(PROGRAM_PA, overwritten(2048, 4, [store('sw', T0, A0)], 513));
  t.equal(changed.run(SLICES).gpr(V0), 2007, 'the new function is what is called');
  t.end();
});

t.test('what another core has stored meanwhile is seen soon after a translation was made', (t) => {
  const [FUNCTION, V1] = [0x1000, 3];
  const made = new Set<number>();
  const bench = new CoreBench({
    translation: (target, memory) =>
      new (class extends LocalTranslation {
        override request(engine: Engine, job: Job, context: Context): void {
          super.request(engine, job, context);
          for (const entry of job.entries) made.add(entry);
        }
      })(target, memory, false),
  });
  bench.put(PROGRAM_PA, [jump('jal', PROGRAM + FUNCTION), nop, branch('beq', {}, -3), nop]);
  bench.put(PROGRAM_PA + FUNCTION, [addiu(V0, V0, 1), asm('jr', { rs: RA }), nop]);
  while (!made.has((PROGRAM + FUNCTION) | 0)) bench.core.slice();
  // as a store that looked at the map of code before
  bench.view.setUint32(PROGRAM_PA + FUNCTION, addiu(V1, V1, 1), true);
  const until = performance.now() + 10_000;
  while (bench.gpr(V1) === 0 && performance.now() < until) bench.core.slice();
  t.ok(bench.gpr(V1) > 0);
  t.end();
});

/** A loop of anything, many times, with other numbers of turns each time. */
function randomLoop(random: Random): number[] {
  const bases = [A0, A1, T0];
  const setUp = bases.flatMap((base) => {
    const edge = random.below(6) === 0;
    const start = edge ? KSEG0 + RAM - 4 * random.below(700) : DATA + 4 * random.below(0x4000);
    return li(base, start + (random.below(12) === 0 ? random.below(4) : 0));
  });
  const body: number[] = [];
  const accesses = 1 + random.below(5);
  for (let i = 0; i < accesses; i++) {
    const base = random.pick(bases);
    const [name, size] = random.pick([
      ['lw', 4],
      ['sw', 4],
      ['lhu', 2],
      ['sh', 2],
      ['lb', 1],
      ['sb', 1],
    ] as const);
    const offset = size * (random.below(64) - 32) + (random.below(40) === 0 ? 1 : 0);
    if (random.below(4) === 0) body.push(branch('bltz', { rs: V0 }, 2 + random.below(2)), addiu(T1, T1, 1));
    body.push(load(name, V0, base, offset), asm('addu', { rs: T1, rt: V0, rd: T1 }));
  }
  for (const base of bases) {
    const kind = random.below(8);
    if (kind < 5) body.push(addiu(base, base, random.pick([1, 2, 4, 8, -4, -8, 36, 0])));
    else if (kind === 5) body.push(addiu(V0, base, 4), asm('addu', { rs: V0, rt: 0, rd: base }));
    else if (kind === 6)
      body.push(asm('andi', { rs: T1, rt: T2, imm: 4 }), asm('addu', { rs: base, rt: T2, rd: base }));
  }
  return turns(setUp, body, 20 + random.below(120));
}

t.test('loops of anything', (t) => {
  let crashes = 0;
  for (let seed = SEED; seed < SEED + LOOPS; seed++)
    crashes += same(t, `seed ${seed}`, randomLoop(new Random(seed))).faults.length;
  t.ok(crashes > LOOPS / 20 && crashes < LOOPS, `${crashes} of ${LOOPS} have crashed`);
  t.end();
});

t.test('how many turns a round has', (t) => {
  const accesses = (instructions: number): number => {
    const body = [load('lw', V0, A0), addiu(A0, A0, 4), ...Array.from({ length: instructions - 4 }, () => nop)];
    const words = [nop, ...body, branch('bne', { rs: A2 }, -(body.length + 1)), addiu(A2, A2, -1)];
    const whole = findRegion(sourceOf([...words, asm('jr', { rs: RA }), nop], 0x1000), 0x1000);
    const { blocks } = withSwiftLoops(whole, false);
    return [...blocks.values()].flatMap(({ steps }) => steps.filter(({ surveyed }) => surveyed !== undefined)).length;
  };
  t.same([4, 15, 20, 30, 31, 100].map(accesses), [4, 4, 3, 2, 1, 1]);
  t.end();
});

t.test('which loops are made twice', (t) => {
  const plans = (words: readonly number[]): number => {
    const { blocks } = withSwiftLoops(findRegion(sourceOf(words, 0x1000), 0x1000), false);
    return [...blocks.values()].filter(({ end }) => isPace(end) && end.kind === 'survey').length;
  };
  const back = (length: number): number[] => [branch('bne', { rs: A2 }, -(length + 1)), addiu(A2, A2, -1)];
  const ret = [asm('jr', { rs: RA }), nop];
  const looped = (...body: number[]): number => plans([nop, ...body, ...back(body.length), ...ret]);
  t.equal(looped(load('lw', V0, A0), addiu(A0, A0, 4)), 1, 'one that goes through an array');
  t.equal(looped(load('lw', V0, A0)), 1, 'one that reads the same place');
  t.equal(looped(load('lw', A0, A0)), 0, 'none that follows a list');
  t.equal(looped(load('lw', V0, A0), asm('addu', { rs: A0, rt: A1, rd: A0 })), 0, 'none that goes on by a register');
  t.equal(looped(load('lw', V0, A0), addiu(A0, A0, 2)), 0, 'none that is aligned every other turn');
  t.equal(looped(jump('jal', 0x1400), nop, load('lw', V0, A0), addiu(A0, A0, 4)), 0, 'none that calls');
  t.equal(looped(addiu(V0, V0, 1)), 0, 'none without accesses');
  const [inner, after] = [
    [load('lb', V0, A0), addiu(A0, A0, 1)],
    [load('lb', V0, A1), addiu(A1, A1, 1)],
  ];
  t.equal(plans([nop, ...inner, ...back(2), ...after, ...back(7), ...ret]), 1, 'of two, the one inside');
  t.equal(plans([nop, ...inner, ...back(2), ...after, ...back(2), ...ret]), 2, 'both, one behind the other');
  t.end();
});
