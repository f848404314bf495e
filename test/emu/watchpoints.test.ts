/** WatchLo and WatchHi: which accesses raise Watch, and what is put off within an exception handler. */
import t, { type Test } from 'tap';
import { CAUSE, CP0, STATUS } from '../../src/emu/cpu/registers.js';
import { EXCEPTION } from '../../src/emu/isa/index.js';
import { asm, KSEG0, li, nop, PROGRAM, type CoreBench } from './core-bench.js';
import { AT, at, DATA_PA, exit, mfc0, mtc0, prepare, raised, run, T0, T1, T2, USER } from './privileged-bench.js';

const [I, R, W] = [4, 2, 1];
const GLOBAL = 1 << 30;
const DATA = KSEG0 + DATA_PA;

/** Sets pair `pair`. */
const watch = (address: number, kinds: number, hi = GLOBAL, pair = 0): number[] => [
  ...[...li(T0, hi), mtc0(T0, 19, pair), ...li(T0, address | kinds), mtc0(T0, 18, pair)],
];
const access = (name: string, address: number): number[] => [...li(T1, address), asm(name, { base: T1, rt: T2 })];

const watched = (t: Test, name: string, words: readonly number[], index: number): CoreBench => {
  const bench = run([...words, ...exit(99)]);
  raised(t, name, bench, { code: EXCEPTION.Watch, epc: at(index) });
  return bench;
};
const unwatched = (t: Test, name: string, words: readonly number[]): void => {
  t.strictSame(run([...words, ...exit(99)]).exits, [99], name);
};

t.test('loads and stores', (t) => {
  const set = watch(DATA + 8, R);
  watched(t, 'a load', [...set, ...access('lw', DATA + 12)], set.length + 2);
  watched(t, 'after the page is known', [...set, ...access('lw', DATA), ...access('lb', DATA + 8)], set.length + 5);
  unwatched(t, 'its neighbours', [...set, ...access('lw', DATA + 4), ...access('lw', DATA + 16)]);
  unwatched(t, 'a store', [...set, ...access('sw', DATA + 8)]);
  const first = [...access('lw', DATA + 8), ...set];
  watched(t, 'a page that was known before', [...first, ...access('lw', DATA + 8)], first.length + 2);
  const stores = watch(DATA + 8, W, GLOBAL, 3);
  const bench = watched(t, 'a store, the last pair', [...stores, ...access('sb', DATA + 15)], stores.length + 2);
  t.equal(bench.cp0(19, 3) & 7, W, 'WatchHi says which');
  t.equal(bench.word(DATA_PA + 12), 0, 'and the store has not happened');
  unwatched(t, 'a load', [...stores, ...access('lw', DATA + 8)]);
  const masked = watch(DATA + 8, R | W, GLOBAL | 0x1f8);
  watched(t, 'bits that WatchHi masks', [...masked, ...access('lw', DATA + 0x1fc)], masked.length + 2);
  unwatched(t, 'no more than those', [...masked, ...access('lw', DATA + 0x200)]);
  unwatched(t, 'another address space', [...watch(DATA + 8, R, 7 << 16), ...access('lw', DATA + 8)]);
  const misaligned = watch(DATA, R);
  watched(t, 'comes before an address error', [...misaligned, ...access('lw', DATA + 2)], misaligned.length + 2);
  t.end();
});

t.test('fetches', (t) => {
  const set = watch(PROGRAM + 0x40, I);
  const words = [...set, ...Array.from({ length: 14 }, () => nop)];
  watched(t, 'at the address', words, 16);
  unwatched(t, 'not before', [...watch(PROGRAM + 0x100, I), ...Array.from({ length: 10 }, () => nop)]);
  const slot = [...watch(PROGRAM + 0x20, I), nop, asm('beq', { offset: 4 }), nop, ...exit(1)];
  const bench = run(slot);
  raised(t, 'in a delay slot', bench, { code: EXCEPTION.Watch, epc: at(7), bd: true });
  const count = [
    ...watch(PROGRAM + 0x800, I),
    ...li(T1, 100),
    asm('addiu', { rs: T1, rt: T1, imm: 0xffff }),
    asm('bne', { rs: T1, offset: -2 & 0xffff }),
    asm('addiu', { rs: 16, rt: 16, imm: 1 }),
    ...exit(5),
  ];
  const loop = run(count);
  t.strictSame([loop.exits, loop.gpr(16)], [[5], 100], 'a program under watch is executed as ever');
  t.end();
});

t.test('put off while EXL is set', (t) => {
  const set = watch(DATA + 8, R);
  const handler = [
    ...[...li(T1, DATA + 8), asm('lw', { base: T1, rt: 16 }), mfc0(17, 13)],
    ...[mfc0(26, 14), asm('addiu', { rs: 26, rt: 26, imm: 4 }), mtc0(26, 14)],
    ...[...li(T0, KSEG0 + 0x200000 + 0x300), asm('jr', { rs: T0 }), nop],
  ];
  // the second time the handler is entered it is for Watch
  const bench = prepare([...set, asm('syscall'), asm('ori', { rt: 18, imm: 7 }), ...exit(99)], {
    vectors: { [AT.general]: handler, 0x300: [asm('eret')] },
  });
  bench.put(DATA_PA + 8, [0x77]);
  const { core } = bench;
  for (let i = 0; i < 10 && core.cp0.get(CP0.epc) !== (at(set.length + 1) | 0); i++) core.slice();
  t.equal(bench.gpr(16), 0x77, 'the load is done');
  t.equal(bench.gpr(17) & CAUSE.WP, CAUSE.WP, 'and Cause.WP set');
  t.equal((core.cp0.get(CP0.cause) & CAUSE.EXC) >>> 2, EXCEPTION.Watch, 'then Watch is raised');
  t.equal(bench.gpr(18), 0, 'before the next instruction');

  const cleared = prepare([...set, ...exit(98)], { status: STATUS.EXL });
  cleared.core.cp0.write(13, 0, CAUSE.WP);
  t.strictSame(cleared.run().exits, [98], 'Cause.WP that software sets raises nothing');
  t.end();
});

t.test('in user mode', (t) => {
  const entry = { pc: 0x10000000, mappings: [{ va: 0x10000000, pa: 0x100000, length: 0x2000, cca: 5 } as const] };
  const bench = prepare([nop, ...access('lw', 0x10000ff8), ...exit(99)], { status: USER, entry });
  bench.core.cp0.write(18, 0, 0x10000ff8 | R);
  bench.core.cp0.write(19, 0, 0);
  bench.core.watchpoints.update();
  raised(t, 'by virtual address', bench.run(), { code: EXCEPTION.Watch, epc: 0x1000000c });
  t.end();
});
