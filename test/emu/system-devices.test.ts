/** GIC, coherence manager and power controller as a core uses them (docs/reference/mips-uhi.md 3.4-3.6). */
import t from 'tap';
import { TICKS_PER_MS } from '../../src/emu/clock.js';
import { CPC_BASE, GCR_BASE, GIC_BASE } from '../../src/emu/devices/bus.js';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import { CAUSE, STATUS } from '../../src/emu/cpu/registers.js';
import { assembler, FakeClock, KSEG1, li, nop, type CoreBench } from './core-bench.js';
import { asm } from './core-bench.js';
import { AT, exit, interrupts, K0, mtc0, prepare, run, T0, T1 } from './privileged-bench.js';

const VP = 1;
const LOCAL = 0x8000;
const OTHER = 0xc000;
const [PEND, MASK, RMASK, SMASK] = [0x04, 0x08, 0x0c, 0x10];
const [WD_MAP, COMPARE_MAP, TIMER_MAP] = [0x40, 0x44, 0x48];
const [WD_CONFIG, WD_COUNT, WD_INITIAL] = [0x90, 0x94, 0x98];
const [COMPARE_LOW, COMPARE_HIGH] = [0xa0, 0xa4];
const PIN = 0x80000000;
const WATCHDOG = 1;

const exitOf = (wide: ReturnType<typeof assembler>): number[] => [
  ...[...li(4, 0), ...li(25, 1), wide('sdbbp', { code20: 1 })],
];

function idleOf(model: string): CoreBench {
  return prepare([0], { model });
}

const idle = (clock: FakeClock, status = 0): CoreBench =>
  prepare([asm('wait'), asm('beq', { offset: -2 & 0xffff }), nop], { clock, status }).run(1);
const lines = ({ core }: CoreBench): number => core.interruptLines >>> 10;
const pass = (clock: FakeClock, ticks: number): void => {
  clock.ms = (Math.round(clock.ms * TICKS_PER_MS) + ticks + 0.25) / TICKS_PER_MS;
};

t.test('shared interrupts', (t) => {
  const bench = idle(new FakeClock());
  const { gic } = bench;
  gic.wedge(0x80000000 | 0 | 50);
  t.equal(gic.read(0x484, VP), 0, 'WEDGE does nothing to an interrupt that follows a level');
  gic.write(0x184, 1 << 18, VP);
  gic.wedge(0x80000000 | 50 | 0);
  t.equal(gic.read(0x484, VP), 1 << 18, 'it sets the latch of one that has an edge');
  t.equal(lines(bench), 0, 'masked');
  gic.write(0x384, 1 << 18, VP);
  t.equal(lines(bench), 0, 'mapped to nobody');
  gic.write(0x2000 + 50 * 0x20, 1 << VP, VP);
  t.equal(lines(bench), 1, 'pin 0');
  gic.write(0x500 + 50 * 4, PIN | 5, VP);
  t.equal(lines(bench), 1 << 5, 'pin 5');
  gic.write(0x500 + 50 * 4, 5, VP);
  t.equal(lines(bench), 0, 'to no pin');
  gic.write(0x280, 50, VP);
  t.equal(gic.read(0x484, VP), 0, 'WEDGE clears it');
  t.end();
});

t.test('an interrupt that is mapped to NMI', (t) => {
  const bench = idle(new FakeClock());
  bench.gic.route(60, VP);
  bench.gic.write(0x500 + 60 * 4, 1 << 30, VP);
  bench.gic.write(0x384, 1 << 28, VP);
  bench.gic.raise(60);
  bench.run();
  t.match(bench.faults, [/^non-maskable interrupt at 0x8010000[048]: /]);
  t.equal(bench.core.cp0.status & (STATUS.NMI | STATUS.ERL | STATUS.BEV), STATUS.NMI | STATUS.ERL | STATUS.BEV);
  t.end();
});

t.test('the compare register', (t) => {
  const clock = new FakeClock();
  const bench = idle(clock);
  const { gic } = bench;
  gic.write(LOCAL + COMPARE_MAP, PIN | 3, VP);
  gic.write(LOCAL + COMPARE_HIGH, 0, VP);
  gic.write(LOCAL + COMPARE_LOW, 500, VP);
  t.equal(gic.due(VP), 500);
  pass(clock, 499);
  t.equal(lines(bench), 0);
  pass(clock, 1);
  t.equal(lines(bench), 1 << 3, 'local mask bit 1 is set out of reset');
  t.equal(gic.read(LOCAL + PEND, VP), 2);
  gic.write(LOCAL + RMASK, 2, VP);
  t.equal(lines(bench), 0);
  gic.write(LOCAL + SMASK, 2, VP);
  gic.write(LOCAL + COMPARE_LOW, 400, VP);
  t.equal(lines(bench), 0, 'a write takes it back');
  t.equal(gic.due(VP), Infinity, 'a value that has passed comes in 2^64 ticks');
  gic.write(LOCAL + 0x80, 2, VP);
  gic.write(OTHER + COMPARE_LOW, 77, VP);
  t.equal(gic.read(LOCAL + COMPARE_LOW, 2), 77, 'of another processor');
  t.equal(gic.read(OTHER + 0x88, VP), 2, 'IDENT');
  t.equal(gic.read(LOCAL + MASK, VP), 0x32);
  t.end();
});

t.test('the counter is stopped and set', (t) => {
  const clock = new FakeClock();
  const { gic } = idle(clock);
  pass(clock, 1000);
  t.equal(gic.read(0x10, VP), 1000);
  t.equal(gic.read(0x10000, VP), 1000, 'the user section');
  gic.write(0, 1 << 28, VP);
  t.equal(gic.read(0, VP) >>> 28, 1, 'COUNTSTOP');
  pass(clock, 50);
  t.equal(gic.read(0x10, VP), 1000);
  gic.write(0x10, 0xfffffffe, VP);
  gic.write(0x14, 7, VP);
  gic.write(LOCAL + COMPARE_HIGH, 8, VP);
  gic.write(LOCAL + COMPARE_LOW, 3, VP);
  t.equal(gic.due(VP), Infinity, 'while it stands');
  gic.write(0, 0, VP);
  const now = Math.floor(clock.ms * TICKS_PER_MS);
  t.equal(gic.due(VP), now + 5, 'and afterwards');
  pass(clock, 3);
  t.strictSame([gic.read(0x10, VP), gic.read(0x14, VP)], [1, 8], 'it carries over');
  t.end();
});

t.test('the watchdog', (t) => {
  const start = (type: number, map = PIN | 1): { bench: CoreBench; clock: FakeClock } => {
    const clock = new FakeClock();
    const bench = idle(clock);
    const { gic } = bench;
    gic.write(LOCAL + WD_MAP, map, VP);
    gic.write(LOCAL + SMASK, WATCHDOG, VP);
    gic.write(LOCAL + WD_INITIAL, 200, VP);
    gic.write(LOCAL + WD_CONFIG, (type << 1) | 1, VP);
    return { bench, clock };
  };
  const once = start(0);
  pass(once.clock, 150);
  t.equal(once.bench.gic.read(LOCAL + WD_COUNT, VP), 50);
  t.equal(once.bench.gic.due(VP), 200);
  pass(once.clock, 50);
  t.equal(lines(once.bench), 1 << 1, 'one trip');
  once.bench.gic.write(LOCAL + WD_CONFIG, 1 << 6, VP);
  pass(once.clock, 1000);
  t.equal(lines(once.bench), 0, 'and no other');

  const again = start(2);
  for (let i = 0; i < 3; i++) {
    pass(again.clock, 200);
    t.equal(lines(again.bench), 1 << 1, 'over and over');
    const config = again.bench.gic.read(LOCAL + WD_CONFIG, VP);
    t.equal(config & 0xff, 0x45);
    again.bench.gic.write(LOCAL + WD_CONFIG, 0x45, VP);
    t.equal(lines(again.bench), 0);
  }

  const fed = start(1);
  for (let i = 0; i < 5; i++) {
    pass(fed.clock, 250);
    fed.bench.core.slice();
    fed.bench.gic.write(LOCAL + WD_CONFIG, 0x43, VP);
  }
  t.notOk(fed.bench.core.stopped, 'a second countdown that does not run out');
  const starved = start(1);
  pass(starved.clock, 250);
  starved.bench.core.slice();
  t.notOk(starved.bench.core.stopped);
  pass(starved.clock, 250);
  starved.bench.core.slice();
  t.match(starved.bench.faults, [/^watchdog at .*: the core is reset/]);

  const nmi = start(0, 1 << 30);
  pass(nmi.clock, 200);
  nmi.bench.core.slice();
  t.match(nmi.bench.faults, [/^non-maskable interrupt/]);
  t.end();
});

t.test('an interrupt that its handler acknowledges comes once', (t) => {
  const T2 = 10;
  const counted = asm('addiu', { rs: T2, rt: T2, imm: 1 });
  const enabled = (lines: number) => [...li(T0, interrupts(lines)), mtc0(T0, 12), nop, nop, nop, ...exit(1)];
  const handler = (...acknowledge: number[]) => ({ [AT.general]: [counted, ...acknowledge, asm('eret')] });

  const wedge = [...li(T0, KSEG1 + GIC_BASE + 0x280), ...li(T1, 50), asm('sw', { base: T0, rt: T1, offset: 0 })];
  const routed = prepare(enabled(1 << 2), { vectors: handler(...wedge) });
  routed.gic.route(50, VP);
  routed.gic.write(0x384, 1 << 18, VP);
  routed.gic.raise(50);
  t.equal(routed.run().gpr(T2), 1, 'by a store to the GIC');

  const model = coreModel('interAptiv');
  for (const timerThroughGic of [false, true]) {
    const clock = new FakeClock();
    const later = [...li(T1, 40), mtc0(T1, 11)];
    const bench = prepare(enabled(timerThroughGic ? 1 << 2 : 1 << 7), {
      ...{ clock, vectors: handler(...later) },
      model: { ...model, timerThroughGic },
    });
    bench.gic.write(LOCAL + TIMER_MAP, PIN, VP);
    bench.gic.write(LOCAL + SMASK, 1 << 2, VP);
    bench.core.timer.compare = 50;
    pass(clock, 60);
    t.equal(bench.run().gpr(T2), 1, `by Compare, ${timerThroughGic ? 'through the GIC' : 'straight'}`);
  }
  t.end();
});

/** Time passes while it is looked at: within one slice. */
class RunningClock extends FakeClock {
  override ticks(): number {
    pass(this, 100);
    return super.ticks();
  }
}

t.test('an interrupt that firmware has seen coming is there as soon as it is enabled', (t) => {
  const [T2, T3] = [10, 11];
  const END = 5000;
  const vectors = { [AT.general]: [asm('addiu', { rs: 0, rt: T2, imm: 1 }), ...li(K0, 0), mtc0(K0, 12), asm('eret')] };
  // interrupts are off until Count, or the GIC's counter, is there
  const program = (lines: number, ...read: number[]): number[] => [
    ...li(T0, KSEG1 + GIC_BASE),
    ...read,
    asm('sltiu', { rs: T1, rt: T1, imm: END + 100 }),
    asm('bne', { rs: T1, rt: 0, offset: (-read.length - 2) & 0xffff }),
    nop,
    ...[...li(T1, interrupts(lines)), mtc0(T1, 12), nop, nop],
    ...[asm('or', { rs: T2, rt: 0, rd: T3 }), ...exit(1)],
  ];
  const count = prepare(program(1 << 7, asm('mfc0', { rt: T1, rd: 9 })), { clock: new RunningClock(), vectors });
  count.core.timer.compare = END;
  t.equal(count.run().gpr(T3), 1, 'by Count');

  const clock = new RunningClock();
  const gic = prepare(program(1 << 2, asm('lw', { base: T0, rt: T1, offset: 0x10 })), { clock, vectors });
  gic.gic.write(LOCAL + COMPARE_MAP, PIN, VP);
  gic.gic.write(LOCAL + SMASK, 1 << 1, VP);
  gic.gic.write(LOCAL + COMPARE_HIGH, 0, VP);
  gic.gic.write(LOCAL + COMPARE_LOW, END, VP);
  t.equal(gic.run().gpr(T3), 1, "by the GIC's counter");
  t.end();
});

t.test('the timer of CP0 goes straight to IP7, or through the GIC', (t) => {
  const model = coreModel('interAptiv');
  for (const timerThroughGic of [false, true]) {
    const clock = new FakeClock();
    const bench = prepare([asm('wait'), nop], { clock, model: { ...model, timerThroughGic } });
    const { core, gic } = bench;
    core.cp0.write(11, 0, 100);
    gic.write(LOCAL + TIMER_MAP, PIN | 2, VP);
    pass(clock, 100);
    const pending = (): number => (core.cause & CAUSE.IP) >>> 8;
    t.equal(core.cause & CAUSE.TI, CAUSE.TI);
    t.equal(pending(), timerThroughGic ? 0 : 0x80);
    gic.write(LOCAL + SMASK, 4, VP);
    t.equal(pending(), timerThroughGic ? 1 << 4 : 0x80);
    core.cp0.write(11, 0, 5000);
    t.equal(pending(), 0);
  }
  t.end();
});

t.test('the coherence manager', (t) => {
  for (const [name, revision] of [
    ['interAptiv', 0x0600],
    ['I6400', 0x0800],
  ] as const) {
    const { bus } = idleOf(name);
    const read = (offset: number): number => bus.read(GCR_BASE + offset, VP) >>> 0;
    t.equal(read(0x30), revision, name);
    t.strictSame([read(0x00), read(0x08), read(0x80), read(0x88)], [2, GCR_BASE, GIC_BASE | 1, CPC_BASE | 1]);
    bus.write(GCR_BASE + 0x80, 0, VP);
    t.equal(read(0x80), GIC_BASE | 1, 'GCR_ACCESS lets only processor 0 write');
    t.equal(read(0x20), 1);
    t.equal(read(0x2028), VP, 'its own block');
    bus.write(GCR_BASE + 0x2018, name === 'I6400' ? 2 << 8 : 2 << 16, VP);
    t.equal(read(0x4028), 2, "another one's");
    t.equal(bus.read(GCR_BASE + 0x4028, 2), 0, 'each processor selects for itself');
  }
  t.end();
});

t.test('64-bit registers, in both byte orders', (t) => {
  for (const endian of ['le', 'be'] as const) {
    const wide = assembler({ ...coreModel('I6400').isa, endian });
    const bench = run([...li(T0, KSEG1 + GCR_BASE), wide('ld', { base: T0, rt: 16, offset: 0x80 }), ...exitOf(wide)], {
      model: 'I6400',
      endian,
    });
    t.equal(bench.core.state.get64(16 * 8), BigInt(GIC_BASE | 1), endian);
  }
  t.end();
});

t.test('the power controller', (t) => {
  const write = (offset: number, value: number): number[] => [
    ...[...li(T0, KSEG1 + CPC_BASE), ...li(T1, value), asm('sw', { base: T0, rt: T1, offset })],
    ...exit(9),
  ];
  const off = prepare(write(0x2000, 2), { status: interrupts(0xff) });
  off.run();
  t.ok(off.core.waiting, 'a core that switches itself off');
  off.core.cp0.write(13, 0, 1 << 8);
  off.core.slice();
  t.strictSame([off.exits, off.core.due], [[], Infinity], 'is not woken by an interrupt');
  t.ok(prepare(write(0x2020, 1)).run().core.waiting, 'VP_STOP');
  t.match(run(write(0x2000, 4)).faults, [/^reset by the power controller/]);
  t.strictSame(run(write(0x4000, 2)).exits, [9], 'nobody switches another one off');
  const { bus } = idleOf('interAptiv');
  t.equal(bus.read(CPC_BASE + 0x2008, VP) >>> 19, 7, 'SEQSTATE');
  t.equal(bus.read(CPC_BASE + 0x2030, VP), 1);
  t.end();
});
