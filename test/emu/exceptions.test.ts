/** Exceptions, interrupts and the privileged registers (docs/reference/mips-uhi.md 4), by hand-assembled programs. */
import t, { type Test } from 'tap';
import { CAUSE, CP0, STATUS } from '../../src/emu/cpu/cp0.js';
import { CountTimer } from '../../src/emu/cpu/count.js';
import { EXCEPTION } from '../../src/emu/isa/index.js';
import { asm, CoreBench, FakeClock, KSEG0, li, nop, PROGRAM, PROGRAM_PA, type CoreBenchOptions } from './core-bench.js';

const VECTORS_PA = 0x200000;
const VECTORS = KSEG0 + VECTORS_PA;
const EBASE_WG = 0x800;
const USER = 2 << 3;
const DATA_PA = 0x180000;
const K0 = 26;
const T0 = 8;
const T1 = 9;
const T2 = 10;

/** UHI exit with a code. */
const exit = (code: number): number[] => [...li(4, code), ...li(25, 1), asm('sdbbp', { code20: 1 })];
const mtc0 = (rt: number, rd: number, sel = 0): number => asm('mtc0', { rt, rd, sel });
const mfc0 = (rt: number, rd: number, sel = 0): number => asm('mfc0', { rt, rd, sel });
const skip = [mfc0(K0, 14), asm('addiu', { rs: K0, rt: K0, imm: 4 }), mtc0(K0, 14), asm('eret')];
const AT = { refill: 0, general: 0x180, interrupt: 0x200 };

interface Setting extends CoreBenchOptions {
  readonly status?: number;
  /** Words at offsets from EBase; by default every vector exits with its own offset. */
  readonly vectors?: Readonly<Record<number, readonly number[]>>;
}

/** A core about to execute `words`, with vectors in KSEG0. */
function prepare(words: readonly number[], setting: Setting = {}): CoreBench {
  const bench = new CoreBench(setting);
  bench.put(PROGRAM_PA, words);
  for (const offset of Object.values(AT)) bench.put(VECTORS_PA + offset, exit(offset));
  for (const [offset, handler] of Object.entries(setting.vectors ?? {}))
    bench.put(VECTORS_PA + Number(offset), handler);
  bench.core.cp0.put(CP0.ebase, VECTORS | 1);
  bench.core.cp0.status = setting.status ?? 0;
  return bench;
}
const run = (words: readonly number[], setting: Setting = {}): CoreBench => prepare(words, setting).run();

const code = (bench: CoreBench): number => (bench.cp0(13) & CAUSE.EXC) >>> 2;

interface Expected {
  readonly code: number;
  readonly epc: number;
  readonly bd?: boolean;
  readonly badVAddr?: number;
  readonly vector?: number;
  readonly unit?: number;
}

function raised(t: Test, name: string, bench: CoreBench, expected: Expected): void {
  const { code: exception, epc, bd = false, badVAddr, vector = AT.general, unit = 0 } = expected;
  t.strictSame(
    {
      code: code(bench),
      epc: bench.cp0(14),
      bd: (bench.cp0(13) & CAUSE.BD) !== 0,
      vector: bench.exits[0],
      exl: bench.core.cp0.status & STATUS.EXL,
      unit: (bench.cp0(13) >>> CAUSE.CE_SHIFT) & 3,
      badVAddr: badVAddr === undefined ? undefined : bench.cp0(8),
    },
    { code: exception, epc: epc >>> 0, bd, vector, exl: STATUS.EXL, unit, badVAddr },
    name,
  );
}

const at = (index: number): number => PROGRAM + index * 4;

t.test('what instructions raise', (t) => {
  const overflow = [...li(T0, 0x7fffffff), asm('addi', { rs: T0, rt: T1, imm: 1 })];
  raised(t, 'overflow', run(overflow), { code: EXCEPTION.Ov, epc: at(2) });
  raised(t, 'trap', run([nop, asm('teq')]), { code: EXCEPTION.Tr, epc: at(1) });
  raised(t, 'break', run([asm('break')]), { code: EXCEPTION.Bp, epc: at(0) });
  raised(t, 'syscall 1 is UHI only with no vectors of its own', run([asm('syscall', { code20: 1 })]), {
    code: EXCEPTION.Sys,
    epc: at(0),
  });
  raised(t, 'sdbbp that is not UHI', run([asm('sdbbp', { code20: 2 })]), { code: EXCEPTION.Bp, epc: at(0) });
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

/** EntryHi, EntryLo0, EntryLo1, PageMask to the TLB entry of Index. */
const tlbWrite = (index: number, hi: number, lo0: number, lo1: number, mask = 0): number[] => [
  ...[...li(T0, index), mtc0(T0, 0), ...li(T0, hi), mtc0(T0, 10), ...li(T0, lo0), mtc0(T0, 2)],
  ...[...li(T0, lo1), mtc0(T0, 3), ...li(T0, mask), mtc0(T0, 5), asm('tlbwi')],
];
const lo = (pa: number, flags: number): number => ((pa >>> 12) << 6) | (3 << 3) | flags;
const [G, V, D] = [1, 2, 4];
const load = (address: number, rt = T2): number[] => [...li(T1, address), asm('lw', { base: T1, rt })];
const store = (address: number): number[] => [...li(T1, address), asm('sw', { base: T1, rt: T1 })];
const asid = (value: number, page = 0): number[] => [...li(T0, page | value), mtc0(T0, 10)];

t.test('TLB', (t) => {
  const fill = (bench: CoreBench): CoreBench => {
    for (let page = 0; page < 64; page++) bench.put(DATA_PA + page * 4096, [page + 1]);
    return bench.run(100);
  };
  const go = (words: readonly number[], setting: Setting = {}): CoreBench =>
    fill(prepare([...words, ...exit(99)], setting));

  const map = tlbWrite(5, 0x4000 | 7, lo(DATA_PA, V | D), lo(DATA_PA + 0x1000, V));
  const hit = go([...map, ...load(0x4000, 16), ...load(0x5000, 17)]);
  t.strictSame([hit.exits[0], hit.gpr(16), hit.gpr(17)], [99, 1, 2], 'both halves, in the ASID');
  raised(t, 'a store to a clean page', go([...map, ...store(0x5ffc)]), {
    code: EXCEPTION.Mod,
    epc: at(map.length + 2),
    badVAddr: 0x5ffc,
  });
  const warmed = [...map, ...load(0x4000, 16), ...asid(8), ...load(0x4000, 17)];
  raised(t, 'the same page in another ASID', go(warmed), {
    code: EXCEPTION.TLBL,
    epc: at(warmed.length - 1),
    badVAddr: 0x4000,
    vector: AT.refill,
  });
  const global = tlbWrite(5, 0x4000 | 7, lo(DATA_PA, V | G), lo(DATA_PA, V | G));
  t.equal(go([...global, ...asid(8), ...load(0x4000, 17)]).gpr(17), 1, 'a global page in another ASID');
  const half = tlbWrite(5, 0x4000, lo(DATA_PA, V | G), lo(DATA_PA, V));
  raised(t, 'G in one half only is not global', go([...half, ...asid(8), ...load(0x4000)]), {
    code: EXCEPTION.TLBL,
    epc: at(half.length + 5),
    vector: AT.refill,
    badVAddr: 0x4000,
  });
  const invalid = tlbWrite(5, 0x4000, lo(DATA_PA, 0), lo(DATA_PA, V));
  const refused = go([...invalid, ...store(0x4008)]);
  raised(t, 'an invalid page goes to the general vector', refused, {
    code: EXCEPTION.TLBS,
    epc: at(invalid.length + 2),
    badVAddr: 0x4008,
  });
  t.equal(refused.cp0(10), 0x4000, 'EntryHi');
  t.equal(refused.cp0(4), (0x4000 >>> 9) & 0x7ffff0, 'Context');

  const large = tlbWrite(
    5,
    0x40000000,
    lo(DATA_PA & ~0xffff, V | D),
    lo((DATA_PA & ~0xffff) + 0x10000, V | D),
    0x1e000,
  );
  const far = go([...large, ...load(0x40003000, 16), ...load(0x4001f000, 17)]);
  t.strictSame([far.gpr(16), far.gpr(17)], [4, 32], 'pages of 64 KiB');

  const rewritten = go([
    ...map,
    ...load(0x4000, 16),
    ...tlbWrite(5, 0x4000 | 7, lo(DATA_PA + 0x8000, V), 0),
    ...load(0x4000, 17),
  ]);
  t.equal(rewritten.gpr(17), 9, 'a rewritten entry counts at once');
  const readBack = go([
    ...map,
    ...asid(0),
    ...li(T0, 5),
    mtc0(T0, 0),
    asm('tlbr'),
    mfc0(16, 10),
    mfc0(17, 2),
    mfc0(18, 3),
  ]);
  t.strictSame(
    [16, 17, 18].map((r) => readBack.gpr(r)),
    [0x4007, lo(DATA_PA, V | D), lo(DATA_PA + 0x1000, V)],
    'TLBR',
  );
  const probe = go([
    ...map,
    asm('tlbp'),
    mfc0(16, 0),
    ...asid(8, 0x4000),
    asm('tlbp'),
    mfc0(17, 0),
    ...li(T0, 3),
    mtc0(T0, 0),
    mfc0(18, 0),
  ]);
  t.strictSame(
    [16, 17, 18].map((r) => probe.gpr(r)),
    [5, 0x80000000, 0x80000003],
    'TLBP; a write to Index leaves P as TLBP set it',
  );
  t.end();
});

t.test('wired entries', (t) => {
  const mapping = (length: number) => ({ va: 0x10000000, pa: DATA_PA, length, cca: 5 }) as const;
  const bench = new CoreBench({ entry: { mappings: [mapping(0x5000)] } });
  t.equal(bench.cp0(6), 3, 'three pairs of 4 KiB pages, the last one half');
  t.equal(bench.cp0(10), 0, 'ASID 0');
  t.throws(
    () => bench.start({ mappings: Array.from({ length: 64 }, (_, i) => ({ ...mapping(0x2000), va: i * 0x2000 })) }),
    RangeError,
  );
  const words = [
    ...li(T0, 60),
    mtc0(T0, 6),
    ...Array.from({ length: 64 }, () => [
      mfc0(T1, 1),
      asm('sltiu', { rs: T1, rt: T2, imm: 60 }),
      asm('or', { rs: 16, rt: T2, rd: 16 }),
    ]).flat(),
  ];
  t.equal(run([...words, ...exit(1)]).gpr(16), 0, 'Random is never below Wired');
  t.end();
});

t.test('user mode', (t) => {
  const entry = { pc: 0x10000000, mappings: [{ va: 0x10000000, pa: PROGRAM_PA, length: 0x2000, cca: 5 } as const] };
  const inUser = (words: readonly number[], status = USER): CoreBench => run(words, { status, entry });
  const here = (index: number): number => 0x10000000 + index * 4;
  raised(t, 'KSEG0', inUser(load(KSEG0)), { code: EXCEPTION.AdEL, epc: here(2), badVAddr: KSEG0 });
  raised(t, 'KSEG2', inUser(store(0xc0000000)), { code: EXCEPTION.AdES, epc: here(2), badVAddr: 0xc0000000 });
  raised(t, 'a jump to KSEG0', inUser([...li(T0, PROGRAM), asm('jr', { rs: T0 }), nop]), {
    code: EXCEPTION.AdEL,
    epc: PROGRAM,
    badVAddr: PROGRAM,
  });
  for (const name of ['mfc0', 'mtc0', 'tlbwi', 'tlbwr', 'tlbp', 'tlbr', 'eret', 'wait', 'cache', 'di', 'ei'])
    raised(t, name, inUser([nop, asm(name)]), { code: EXCEPTION.CpU, epc: here(1) });
  t.equal(inUser([mfc0(16, 15), ...exit(0)], USER | STATUS.CU0).gpr(16) >>> 16, 1, 'CU0 lets it in');
  raised(t, 'rdhwr without HWREna', inUser([asm('rdhwr', { rt: T0, rd: 2 })]), { code: EXCEPTION.RI, epc: here(0) });
  raised(t, 'supervisor segment', inUser(load(0xc0000000), 1 << 3), {
    code: EXCEPTION.TLBL,
    epc: here(2),
    vector: AT.refill,
    badVAddr: 0xc0000000,
  });
  t.end();
});

t.test('ERL: KUSEG is physical, ERET goes to ErrorEPC', (t) => {
  const bench = prepare([...load(DATA_PA, 16), ...li(T0, PROGRAM + 0x100), mtc0(T0, 30), asm('eret')], {
    status: STATUS.ERL,
  });
  bench.put(DATA_PA, [0x1234]);
  bench.put(PROGRAM_PA + 0x100, [...load(DATA_PA, 17)]);
  bench.run();
  t.equal(bench.gpr(16), 0x1234);
  raised(t, 'afterwards it is mapped again', bench, {
    code: EXCEPTION.TLBL,
    epc: PROGRAM + 0x108,
    vector: AT.refill,
    badVAddr: DATA_PA,
  });
  t.end();
});

const interrupts = (lines: number): number => STATUS.IE | (lines << 8);

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
    clock.ms = timer.due;
    if (!timer.pending || timer.count !== compare)
      t.fail(`at ${clock.ms} ms: Count ${timer.count}, Compare ${compare}`);
    timer.compare = compare;
    if (timer.pending || timer.due < clock.ms + 1000) t.fail(`again at ${timer.due} ms`);
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

t.test('LL and SC', (t) => {
  const link = [...li(T0, KSEG0 + DATA_PA), asm('ll', { base: T0, rt: T1 })];
  const conditional = [asm('ori', { rs: 0, rt: 16, imm: 77 }), asm('sc', { base: T0, rt: 16 }), ...exit(0)];
  const done = run([...link, ...conditional]);
  t.strictSame([done.gpr(16), done.word(DATA_PA)], [1, 77]);
  const broken = run([...link, asm('syscall'), ...conditional], { vectors: { [AT.general]: skip } });
  t.strictSame([broken.gpr(16), broken.word(DATA_PA)], [0, 0], 'ERET breaks the link');
  const written = run([...link, asm('sw', { base: T0, rt: T0 }), ...conditional]);
  t.strictSame([written.gpr(16), written.word(DATA_PA)], [0, KSEG0 + DATA_PA], 'so does a store');
  t.equal(
    run([...link, ...conditional.slice(0, 2), asm('sc', { base: T0, rt: 17 }), ...exit(0)]).gpr(17),
    0,
    'once only',
  );
  const device = [
    ...li(T0, 0xbbdc0000),
    asm('ll', { base: T0, rt: T1, offset: 0x280 }),
    ...li(16, 0x80000028),
    asm('sc', { base: T0, rt: 16, offset: 0x280 }),
  ];
  const refused = run([...device, asm('lw', { base: T0, rt: 17, offset: 0x484 }), ...exit(0)]);
  t.strictSame([refused.gpr(16), refused.gpr(17)], [0, 0], 'SC never writes a device');
  t.end();
});

t.test('EBase', (t) => {
  const write = (value: number): number[] => [...li(T0, value), mtc0(T0, 15, 1)];
  const value = (words: readonly number[]): number => run([...words, mfc0(16, 15, 1), ...exit(0)]).gpr(16);
  t.equal(value(write(0x10000000)), 0x90000001, 'without the gate, KSEG0 it stays');
  t.equal(value(write(0x10000000 | EBASE_WG)), 0x10000801, 'with it, anywhere');
  t.end();
});

t.test('UHI', (t) => {
  const write = (address: number, length: number): number[] => [
    ...li(4, 1),
    ...li(5, address),
    ...li(6, length),
    ...li(25, 5),
    asm('sdbbp', { code20: 1 }),
  ];
  const bench = prepare([...write(KSEG0 + DATA_PA + 0xffe, 5), ...exit(-1)]);
  bench.ram.set(Buffer.from('hello'), DATA_PA + 0xffe);
  bench.run();
  t.strictSame([bench.output, bench.exits[0]], ['hello', -1], 'a write over the end of a page');
  const fault = run([...write(0, 5), ...exit(0)]);
  t.strictSame([fault.output, fault.gpr(2), fault.gpr(3)], ['', 0xffffffff, 14], 'EFAULT');
  let accept = false;
  const slow = prepare([asm('beq', { offset: 11 }), ...write(KSEG0 + DATA_PA, 1), ...exit(0)], {
    accept: () => accept,
  });
  slow.put(PROGRAM_PA, [...write(KSEG0 + DATA_PA, 1), ...exit(0)]);
  slow.core.slice();
  t.strictSame([slow.core.stalled, slow.core.stopped], [true, false], 'a slow reader: it waits');
  accept = true;
  slow.run();
  t.strictSame([slow.output.length, slow.exits], [1, [0]], 'and writes once');

  const loop = prepare([
    ...li(4, KSEG0),
    ...li(25, 2),
    asm('sdbbp', { code20: 1 }),
    asm('j', { target: PROGRAM >>> 2 }),
    nop,
  ]);
  const before = loop.core.retired;
  loop.core.slice();
  t.ok(loop.core.retired - before < 100n, 'a slice has one service of the host');
  t.end();
});

for (const endian of ['le', 'be'] as const)
  t.test(`GIC registers, ${endian}`, (t) => {
    const base = 0xbbdc0000;
    const access = (name: string, offset: number, rt: number): number => asm(name, { base: T0, rt, offset });
    const program = [
      ...li(T0, base),
      ...li(T1, 0x12345678),
      access('sw', 0x104, T1), // POL
      access('lw', 0x104, 16),
      access('lbu', 0x104, 17),
      access('lhu', 0x106, 18),
      ...li(T1, 0xab),
      access('sb', 0x105, T1),
      access('lw', 0x104, 19),
      access('swl', 0x104, T1),
      access('lw', 0x104, 20),
      ...li(T1, 0xff),
      access('sw', 0x384, T1), // SMASK
      ...li(T1, 2),
      access('sb', endian === 'le' ? 0x304 : 0x307, T1), // RMASK, the low byte
      access('lw', 0x404, 21),
      access('lw', 0, 22),
      ...exit(0),
    ];
    const bench = run(program, { endian });
    const little = endian === 'le';
    t.equal(bench.gpr(16), 0x12345678);
    t.equal(bench.gpr(17), little ? 0x78 : 0x12, 'byte 0');
    t.equal(bench.gpr(18), little ? 0x1234 : 0x5678, 'half word 2');
    t.equal(bench.gpr(19), little ? 0x1234ab78 : 0x12ab5678, 'a byte is stored in its lane');
    t.equal(bench.gpr(20), little ? 0x1234ab00 : 0x000000ab, 'SWL');
    t.equal(bench.gpr(21), 0xfd, 'RMASK by byte clears what it names');
    t.equal(bench.gpr(22), 0x081f0002, 'CONFIG: 64-bit counter, 256 interrupts, 3 processors');
    t.end();
  });

t.test('the last words of the address space', (t) => {
  const bench = run([...li(T0, 0xfffffffc), asm('jr', { rs: T0 }), nop]);
  raised(t, 'KSEG3 is mapped', bench, {
    code: EXCEPTION.TLBL,
    epc: 0xfffffffc,
    badVAddr: 0xfffffffc,
    vector: AT.refill,
  });
  const mapped = prepare([
    ...tlbWrite(3, 0xffffe000, 0, lo(DATA_PA, V | D)),
    ...li(T0, 0xfffffffc),
    asm('jr', { rs: T0 }),
    nop,
  ]);
  mapped.put(DATA_PA + 0xffc, [nop]);
  raised(t, 'after the last one comes the first', mapped.run(), {
    code: EXCEPTION.TLBL,
    epc: 0,
    badVAddr: 0,
    vector: AT.refill,
  });
  t.end();
});
