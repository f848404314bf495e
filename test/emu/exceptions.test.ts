/** Exceptions, interrupts, the timer and WAIT (docs/reference/mips-uhi.md 4). */
import t from 'tap';
import { whenAt } from '../../src/emu/clock.js';
import { CAUSE } from '../../src/emu/cpu/cp0.js';
import { CountTimer } from '../../src/emu/cpu/count.js';
import { EXCEPTION } from '../../src/emu/isa/index.js';
import { asm, FakeClock, KSEG0, li, nop, PROGRAM } from './core-bench.js';
import { T0, T1, exit, mtc0, AT, prepare, run, code, raised, at, interrupts } from './privileged-bench.js';

t.test('what instructions raise', (t) => {
  const overflow = [...li(T0, 0x7fffffff), asm('addi', { rs: T0, rt: T1, imm: 1 })];
  raised(t, 'overflow', run(overflow), { code: EXCEPTION.Ov, epc: at(2) });
  raised(t, 'trap', run([nop, asm('teq')]), { code: EXCEPTION.Tr, epc: at(1) });
  raised(t, 'break', run([asm('break')]), { code: EXCEPTION.Bp, epc: at(0) });
  raised(t, 'syscall 1 is UHI only with no vectors of its own', run([asm('syscall', { code20: 1 })]), {
    code: EXCEPTION.Sys,
    epc: at(0),
  });
  const debug = run([nop, asm('sdbbp', { code20: 2 })]);
  t.match(debug.faults, [/^SDBBP at 0x80100004: debug exception/], 'sdbbp that is not UHI: no probe answers');
  t.strictSame([debug.cp0(24), debug.cp0(23) & 0x40000002], [at(1), 0x40000002], 'DEPC, Debug.DM, Debug.DBp');
  for (const word of [0x0000003d, 0x70000003f & 0xffffffff, 0xec000000, 0x7c000001])
    raised(t, `reserved ${word.toString(16)}`, run([word]), { code: EXCEPTION.RI, epc: at(0) });
  raised(t, 'unaligned load', run([...li(T0, KSEG0 + 2), asm('lw', { base: T0, rt: T1 })]), {
    code: EXCEPTION.AdEL,
    epc: at(2),
    badVAddr: KSEG0 + 2,
  });
  raised(t, 'unaligned store', run([...li(T0, KSEG0 + 1), asm('sh', { base: T0 })]), {
    code: EXCEPTION.AdES,
    epc: at(2),
    badVAddr: KSEG0 + 1,
  });
  raised(t, 'unaligned fetch', run([...li(T0, KSEG0 + 2), asm('jr', { rs: T0 }), nop]), {
    code: EXCEPTION.AdEL,
    epc: KSEG0 + 2,
    badVAddr: KSEG0 + 2,
  });
  raised(t, 'nothing answers a load', run([...li(T0, 0xb0000000), asm('lw', { base: T0 })]), {
    code: EXCEPTION.DBE,
    epc: at(2),
  });
  raised(t, 'nothing answers a fetch', run([...li(T0, 0xb0000000), asm('jr', { rs: T0 }), nop]), {
    code: EXCEPTION.IBE,
    epc: 0xb0000000,
  });
  raised(t, 'a fetch behind the last word', run([asm('jr', { rs: 0 }), nop]), {
    code: EXCEPTION.TLBL,
    epc: 0,
    badVAddr: 0,
    vector: AT.refill,
  });
  t.end();
});

t.test('coprocessors that are not usable', (t) => {
  const unusable = (name: string, word: number, unit: number, status = 0): void =>
    raised(t, name, run([word], { status }), { code: EXCEPTION.CpU, epc: at(0), unit });
  unusable('mtc1', asm('mtc1'), 1);
  unusable('a COP1 word that is no instruction', 0x47e00000, 1);
  unusable('lwc1', asm('lwc1', { base: 0 }), 1);
  unusable('COP1X', asm('madd.s'), 1);
  unusable('COP2', 0x48000000, 2);
  unusable('lwc2', 0xc8000000, 2);
  raised(t, 'a COP1 word that is no instruction, with FPU', run([0x47e00000], { status: 1 << 29 }), {
    code: EXCEPTION.RI,
    epc: at(0),
  });
  raised(t, 'odd double, FR = 0', run([asm('add.d', { fd: 1 })], { status: 1 << 29 }), {
    code: EXCEPTION.RI,
    epc: at(0),
  });
  t.end();
});

t.test('in delay slots', (t) => {
  const inSlot = run([nop, asm('beq', { offset: 4 }), asm('break'), nop]);
  raised(t, 'of a taken branch', inSlot, { code: EXCEPTION.Bp, epc: at(1), bd: true });
  const notTaken = run([asm('bne', { offset: 4 }), asm('break')]);
  raised(t, 'of one that is not taken', notTaken, { code: EXCEPTION.Bp, epc: at(0), bd: true });
  const likely = run([asm('bnel', { offset: 4 }), asm('break'), ...exit(7)]);
  t.strictSame(likely.exits, [7], 'a likely branch nullifies its slot');
  const load = run([asm('j', { target: (PROGRAM >>> 2) + 9 }), asm('lw', { base: 0 })]);
  raised(t, 'of a jump, a refill', load, {
    code: EXCEPTION.TLBL,
    epc: at(0),
    bd: true,
    badVAddr: 0,
    vector: AT.refill,
  });
  t.end();
});

t.test('with EXL set: general vector, EPC and BD stay, BadVAddr does not', (t) => {
  const handler = [asm('lw', { base: 0, offset: 0x40 })];
  const bench = run([nop, asm('break')], { vectors: { [AT.general]: handler }, status: 0 });
  t.match(bench.faults, [/exceptions without end/]);
  t.equal(bench.cp0(14), at(1) >>> 0);
  t.equal(bench.cp0(8), 0x40);
  t.equal(code(bench), EXCEPTION.TLBL);
  t.end();
});

t.test('interrupts', (t) => {
  const software = [...li(T0, 1 << 8), mtc0(T0, 13), nop];
  raised(t, 'software', run(software, { status: interrupts(1) }), { code: EXCEPTION.Int, epc: at(3) });
  raised(t, 'Cause.IV', run([...li(T0, (1 << 23) | (1 << 9)), mtc0(T0, 13), nop], { status: interrupts(3) }), {
    code: EXCEPTION.Int,
    epc: at(3),
    vector: AT.interrupt,
  });
  t.strictSame(run([...software, ...exit(5)], { status: interrupts(2) }).exits, [5], 'masked');

  const vectored = { 0x220: exit(0x220), 0x240: exit(0x240) };
  const words = [...li(T0, 1 << 5), mtc0(T0, 12, 1), ...li(T0, (1 << 23) | (3 << 8)), mtc0(T0, 13), nop];
  t.strictSame(run(words, { status: interrupts(1), vectors: vectored }).exits, [AT.interrupt], 'IntCtl.VS: IP0');
  t.strictSame(run(words, { status: interrupts(3), vectors: vectored }).exits, [0x220], 'the highest comes first');

  const slot = prepare([asm('beq', { offset: -1 }), nop]);
  slot.core.slice();
  slot.core.cp0.status = interrupts(1);
  slot.core.cp0.write(13, 0, 1 << 8);
  slot.run();
  t.equal(slot.cp0(14), at(0) >>> 0, 'EPC is the branch');
  t.end();
});

t.test('the timer', (t) => {
  const clock = new FakeClock();
  const bench = prepare([...li(T0, 1000), mtc0(T0, 11), asm('wait'), nop, nop], { clock, status: interrupts(0x80) });
  bench.run();
  t.ok(bench.core.waiting, 'it waits');
  t.equal(Math.floor(bench.core.due * 100_000), 1000, 'for Compare');
  bench.core.slice();
  t.ok(bench.core.waiting, 'and goes on waiting');
  clock.ms = bench.core.due;
  bench.run();
  raised(t, 'at Compare', bench, { code: EXCEPTION.Int, epc: at(4) });
  t.equal(bench.cp0(9), 1000, 'Count');
  t.equal(bench.cp0(13) & CAUSE.TI, CAUSE.TI, 'Cause.TI');
  bench.core.cp0.write(11, 0, 5);
  t.equal(bench.cp0(13) & (CAUSE.TI | 0x8000), 0, 'a write to Compare takes it back');
  bench.core.cp0.write(13, 0, CAUSE.DC);
  clock.ms = 1e9;
  t.equal(bench.cp0(9), 1000, 'Cause.DC stops Count');
  bench.core.cp0.write(9, 0, 4);
  bench.core.cp0.write(13, 0, 0);
  clock.ms += 0.00001;
  t.equal(bench.cp0(13) & CAUSE.TI, CAUSE.TI, 'and lets it go on');
  t.end();
});

t.test('the timer: once at every Compare, and Count has got there', (t) => {
  const clock = new FakeClock();
  const timer = new CountTimer(clock);
  let period = 1;
  for (let i = 0; i < 5000; i++) {
    period = (period * 48271) % 0x7fffffff;
    const compare = (timer.count + (period % 100_000) + 1) % 2 ** 32;
    timer.compare = compare;
    clock.ms = whenAt(timer.due);
    if (!timer.pending || timer.count !== compare)
      t.fail(`at ${clock.ms} ms: Count ${timer.count}, Compare ${compare}`);
    timer.compare = compare;
    if (timer.pending || whenAt(timer.due) < clock.ms + 1000) t.fail(`again at ${timer.due} ms`);
  }
  t.pass('5000 times');
  t.end();
});

t.test('WAIT', (t) => {
  const bench = prepare([asm('wait'), ...exit(3)], { status: 4 << 8 });
  bench.run();
  t.ok(bench.core.waiting);
  bench.gic.route(40, 1);
  bench.gic.raise(40);
  bench.core.slice();
  t.ok(bench.core.waiting, 'a masked interrupt does not wake it');
  bench.gic.write(0x384, 1 << 8, 1);
  bench.run();
  t.strictSame(bench.exits, [3], 'one that is not enabled does');
  t.end();
});
