/** Firmware without end of new code: what was translated stays right, and no more of it is kept than there may be. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { HOT, hotEntryOf, STATE } from '../../src/emu/layout.js';
import { FunctionTable } from '../../src/emu/translator/function-table.js';
import { HotTable } from '../../src/emu/translator/hot-table.js';
import { Libraries, type Batch, type Library } from '../../src/emu/translator/library.js';
import { Places } from '../../src/emu/translator/places.js';
import { Wanted } from '../../src/emu/translator/wanted.js';
import { LocalTranslation } from '../../src/emu/translator/local.js';
import { asm, CoreBench, li, nop, PROGRAM, PROGRAM_PA } from './core-bench.js';

const [V0, V1, A0, A1, A2, T0, T1, T2, T3, RA] = [2, 3, 4, 5, 6, 8, 9, 10, 11, 31];
const addiu = (rt: number, rs: number, imm: number): number => asm('addiu', { rt, rs, imm });
const branch = (name: string, fields: Record<string, number>, words: number): number =>
  asm(name, { ...fields, offset: words & 0xffff });

setFlagsFromString('--expose-gc');
const isAction = (value: unknown): value is () => void => typeof value === 'function';
function collect(): void {
  const gc: unknown = runInNewContext('gc');
  if (!isAction(gc)) throw new TypeError('there is no garbage collector to call');
  gc();
}

/** Remembers the modules that it has made, without holding them. */
class Counting extends LocalTranslation {
  readonly #made: WeakRef<WebAssembly.Module>[] = [];

  protected override compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
    const module = super.compile(bytes);
    this.#made.push(new WeakRef(module));
    return module;
  }

  get made(): number {
    return this.#made.length;
  }

  /** Those that somebody holds: asked for in a turn of the event loop of its own. */
  get alive(): number {
    return this.#made.filter((module) => module.deref() !== undefined).length;
  }
}

/** Writes functions one after the other, calls each often, and begins anew at the first, with others. */
function rewriting(functions: number, sweeps: number, calls: number): number[] {
  const SLOTS = PROGRAM + 0x1000;
  const start = [
    ...li(T1, addiu(V0, V0, 1)),
    ...li(T2, asm('jr', { rs: RA })),
    addiu(A0, 0, sweeps),
    // 5: a sweep
    ...li(T0, SLOTS),
    ...li(A1, functions),
    // 9: a function
    asm('sw', { rt: T1, base: T0 }),
    asm('sw', { rt: T2, base: T0, offset: 4 }),
    asm('sw', { rt: 0, base: T0, offset: 8 }),
    asm('synci', { base: T0 }),
    addiu(A2, 0, calls),
    asm('jalr', { rs: T0, rd: RA }), // 14
    nop,
    addiu(A2, A2, -1),
    branch('bne', { rs: A2 }, -4),
    addiu(V1, V1, 1),
    addiu(T0, T0, 64),
    // the next constant is another, and stays below 16 bits
    addiu(T1, T1, 1),
    addiu(A1, A1, -1),
    branch('bne', { rs: A1 }, -14),
    nop,
    ...li(T3, addiu(V0, V0, 1)),
    asm('subu', { rd: T1, rs: T1, rt: T3 }),
    asm('andi', { rs: T1, rt: T1, imm: 0x3fff }),
    asm('addu', { rd: T1, rs: T1, rt: T3 }),
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -26),
    nop,
    asm('wait'),
  ];
  return start;
}

t.test('a firmware that rewrites its code for ever', async (t) => {
  const [FUNCTIONS, SWEEPS, CALLS, MOST_BYTES] = [8000, 2, 60, 60_000];
  const words = rewriting(FUNCTIONS, SWEEPS, CALLS);
  let service: Counting | undefined;
  const outcome = (engine: 'interpreter' | 'translator'): readonly number[] => {
    const bench = new CoreBench({
      engine,
      translation: (target, memory) => (service = new Counting(target, memory, false, MOST_BYTES)),
    });
    bench.put(PROGRAM_PA, words);
    bench.run(100_000);
    benches.push(bench);
    return [bench.gpr(V0), bench.gpr(V1), bench.core.retired, bench.faults.length];
  };
  const benches: CoreBench[] = [];
  const interpreted = outcome('interpreter');
  t.equal(interpreted[1], FUNCTIONS * SWEEPS * CALLS);
  t.same(outcome('translator'), interpreted);
  // what a WeakRef was made for lives until the turn ends
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const { made = 0, alive = 0 } = service ?? {};
  t.ok(made > 20, `${made} modules were made`);
  t.ok(alive <= 10, `${alive} of them are left`);
  t.equal(benches.length, 2, 'and their cores are still there');
});

const translation = (size: number, ...entries: number[]) => ({
  module: undefined,
  size,
  entries,
  functions: [],
  code: [],
  refused: [],
  deferred: [],
});
const hot = new HotTable(new CoreBench({ engine: 'interpreter' }).core.state);
const table = new FunctionTable();
const librariesOf = (mostBytes: number): Libraries => new Libraries(mostBytes, hot, table);
const batch = (size: number, ...entries: number[]) => ({
  first: table.take(entries.length),
  dispatch: () => undefined,
  invoke: () => 0,
  translation: translation(size, ...entries),
});
/** Everything was asked for. */
const add = (library: Library, made: Batch, refused: readonly number[] = []): void =>
  library.add(made, { asked: new Set(made.translation.entries), refused: new Set(refused) });

t.test('mappings without end: the oldest are forgotten', (t) => {
  const libraries = librariesOf(1000);
  for (let id = 0; id < 500; id++) add(libraries.of(id), batch(1, id));
  t.ok(libraries.has(499));
  t.notOk(libraries.has(0));
  t.ok(libraries.batches.length <= 32, `${libraries.batches.length} are left`);
  t.end();
});

t.test('room is made where nothing is executed at the moment', (t) => {
  const libraries = librariesOf(1000);
  for (const [id, size] of [600, 300, 300].entries()) add(libraries.of(id), batch(size, id));
  const current = libraries.of(2);
  libraries.makeRoom(current);
  t.same(
    [...libraries].map(([id]) => id),
    [1, 2],
  );
  add(current, batch(1500, 9));
  libraries.makeRoom(current);
  t.equal(libraries.bytes, 0, 'what is too large alone goes when more is wanted');
  t.equal(libraries.of(2), current);
  t.end();
});

t.test('a batch goes with its last function', (t) => {
  const library = librariesOf(1000).of(1);
  add(library, batch(10, 4));
  add(library, batch(20, 4));
  t.same([library.size, library.bytes], [1, 20]);
  add(library, batch(30, 8), [8]);
  t.same([library.size, library.bytes], [1, 20], 'one of which nothing is wanted');
  library.remove(4);
  t.same([library.size, library.bytes], [0, 0]);
  t.end();
});

t.test('functions of all batches stand in one table, whose places are used again', (t) => {
  const functions = new FunctionTable();
  const [a, b, c] = [functions.take(3), functions.take(2), functions.take(4)];
  t.same([a, b, c], [0, 3, 5]);
  functions.release(b);
  t.equal(functions.take(3), 9, 'what does not fit');
  t.equal(functions.take(2), 3);
  functions.release(a);
  t.same([functions.take(1), functions.take(2)], [0, 1]);
  t.ok(functions.table.length >= 12);
  t.throws(() => functions.release(7), /no functions at 7/);
  t.notOk(functions.isToBeRenewed);
  for (let n = 0; n < 9; n++) functions.release(functions.take(1));
  t.ok(functions.isToBeRenewed, 'it still holds what is gone');
  const { table: old } = functions;
  functions.renew();
  t.notOk(functions.isToBeRenewed);
  t.not(functions.table, old);
  t.equal(functions.table.length, old.length);
  t.end();
});

t.test('a link leads to what is there', (t) => {
  const library = librariesOf(1000).of(1);
  const link = library.linkTo(8);
  t.equal(link.value, 0);
  const first = batch(10, 4, 8);
  add(library, first);
  t.equal(link.value, 1 + first.first + 1);
  t.equal(library.linkTo(4).value, 1 + first.first, 'one to what is there already');
  const second = batch(10, 8);
  add(library, second);
  t.equal(link.value, 1 + second.first);
  library.remove(8);
  t.equal(link.value, 0);
  t.equal(library.linkTo(8), link);
  library.clear();
  t.equal(library.linkTo(4).value, 0);
  t.end();
});

t.test('batches become one with others of about their size', (t) => {
  const numbers = (first: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => first + index);
  const library = librariesOf(1000).of(1);
  add(library, batch(1, ...numbers(100, 50)));
  t.same(library.toMerge(0), [], 'one alone is left as it is');
  add(library, batch(1, ...numbers(200, 4)));
  add(library, batch(1, ...numbers(300, 3)));
  t.same(library.toMerge(0), [...numbers(200, 4), ...numbers(300, 3)], 'and so is one of many functions, for a few');
  t.same(library.toMerge(1), [...numbers(200, 4), ...numbers(300, 3)], 'but what is new always gets something');
  t.equal(library.toMerge(20).length, 57, 'until it is not so few');
  t.end();
});

t.test('what is wanted waits for others of its context, and for nobody else', (t) => {
  const wanted = new Wanted();
  wanted.add(1, [8, 4], 1000);
  wanted.add(2, [12], 500_000);
  wanted.add(1, [8, 16], 200_000);
  wanted.add(3, [], 0);
  t.same(
    [1, 2, 3].map((context) => wanted.has(context)),
    [true, true, false],
  );
  t.same([...wanted.takeRipe(1, 0, 300_000)], []);
  t.same([...wanted.takeRipe(1, 0, 301_000)], [8, 4, 16]);
  t.same(
    [1, 2].map((context) => wanted.has(context)),
    [false, true],
  );
  t.same([...wanted.takeRipe(2, 100, 900_000)], [], 'longer, when it is little beside what there is');
  t.same([...wanted.takeRipe(2, 100, 3_500_000)], [12]);
  wanted.add(4, [20], 0);
  t.same([...wanted.take(4)], [20]);
  t.end();
});

t.test('what was not asked for stays where it is, but for a piece that turns out to be a function', (t) => {
  const library = librariesOf(1000).of(1);
  const first = batch(10, 4, 8);
  add(library, first);
  const callingBoth = { ...batch(10, 12, 4, 8), translation: { ...translation(10, 12, 4, 8), functions: [4] } };
  library.add(callingBoth, { asked: new Set([12]), refused: new Set() });
  const where = (): boolean[] => [4, 8, 12].map((entry) => library.find(entry)?.batch === first);
  t.same(where(), [false, true, false]);
  const again = { ...callingBoth, serial: 99 };
  library.add(again, { asked: new Set([12]), refused: new Set() });
  t.equal(library.find(4)?.batch, callingBoth, 'it is known to be one now');
  t.equal(library.find(12)?.batch, again);
  t.end();
});

t.test('places that are not worth it are given up', (t) => {
  const places = new Places();
  const changes = [1, 2, 3].map(() => {
    places.changed(4);
    return places.refused.has(4);
  });
  t.same(changes, [false, false, true], 'whose code changes again and again');
  const misses = Array.from({ length: 40 }, () => places.misses(8));
  t.equal(misses.indexOf(true), 29, 'that are missed are wanted');
  t.equal(misses.filter(Boolean).length, 1, 'once');
  let entries = 1;
  while (places.isWorthwhile(12, 0)) entries++;
  t.equal(entries, 500, 'that are left at once');
  for (let n = 0; n < 1000; n++) places.isWorthwhile(16, 100_000);
  entries = 1;
  while (places.isWorthwhile(16, 0)) entries++;
  t.equal(entries, 1000, 'also after they were worth a lot');
  t.end();
});

t.test('what is visited now and then is not hot', (t) => {
  const { state } = new CoreBench({ engine: 'interpreter' }).core;
  const table = new HotTable(state);
  const count = (pc: number): number => state.get(STATE.hot + hotEntryOf(pc) + HOT.count);
  for (const [pc, left] of [
    [0x1000, 7],
    [0x1004, 900],
  ] as const) {
    table.renew(pc);
    state.set(STATE.hot + hotEntryOf(pc) + HOT.count, left);
  }
  table.announce(0x1008, 3, 1);
  table.cool(0x100c);
  const counts = (): number[] => [0x1000, 0x1004, 0x1008, 0x100c].map(count);
  t.notOk(
    table.decay(50_000_000, () => false),
    'not yet',
  );
  t.same(counts(), [7, 900, 0, 0x7fffffff]);
  t.ok(table.decay(100_000_000, (pc) => pc === 0x1004));
  t.same(counts(), [HOT.threshold, 20_000, 0, 0x7fffffff]);
  t.notOk(table.decay(100_000_001, () => false));
  t.end();
});

t.test('a place that is deferred counts once more', (t) => {
  const core = new CoreBench({ engine: 'interpreter' });
  const hot = new HotTable(core.core.state);
  const look = (): number[] => {
    const entry = STATE.hot + hotEntryOf(0x1004);
    return [HOT.tag, HOT.count, HOT.function].map((field) => core.core.state.get(entry + field));
  };
  hot.announce(0x1004, 3, 7);
  t.same([...look(), hot.isHot(0x1004)], [0x1004, 0, 3, true]);
  hot.defer(0x1004);
  t.same([...look(), hot.isHot(0x1004)], [0x1004, 20_000, 0, false]);
  hot.announce(0x1004, 3, 7);
  hot.retract(0x1004, 8);
  t.equal(look()[2], 3, 'another context has not had it');
  hot.retract(0x1004, 7);
  t.same([...look(), hot.isHot(0x1004)], [0x1004, 0, 0, true]);
  hot.announce(0x1004, 3, 7);
  hot.withdraw(0x1004);
  t.same([...look(), hot.isHot(0x1004)], [0x1004, 0x7fffffff, 0, false]);
  t.end();
});
