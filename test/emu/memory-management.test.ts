/** TLB, segments, modes, EBase, LL and SC (docs/reference/mips-uhi.md 1.7, 4). */
import t from 'tap';
import { STATUS } from '../../src/emu/cpu/cp0.js';
import { GCR_BASE, GIC_BASE } from '../../src/emu/devices/bus.js';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import { EXCEPTION } from '../../src/emu/isa/index.js';
import { asm, assembler, CoreBench, KSEG0, KSEG1, li, nop, PROGRAM, PROGRAM_PA } from './core-bench.js';
import {
  EBASE_WG,
  USER,
  DATA_PA,
  T0,
  T1,
  T2,
  exit,
  mtc0,
  mfc0,
  skip,
  AT,
  prepare,
  run,
  raised,
  at,
  tlbWrite,
  lo,
  G,
  V,
  D,
  load,
  store,
  asid,
  type Setting,
} from './privileged-bench.js';

const asmFor = (model: string) => assembler({ ...coreModel(model).isa, endian: 'le' });

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

t.test('a device that was accessed last', (t) => {
  const [GCR, GIC] = [KSEG1 + GCR_BASE, KSEG1 + GIC_BASE];
  const toDevice = (pa: number): number[] => tlbWrite(5, 0x4000 | 7, lo(pa, V | D), lo(pa, V | D));
  const remapped = [
    ...[...toDevice(GCR_BASE), ...load(0x4000, 16), ...toDevice(GIC_BASE), ...load(0x4000, 17)],
    ...[...load(GCR, 18), ...load(GIC, 19)],
  ];
  const bench = run([...remapped, ...exit(1)]);
  t.not(bench.gpr(18), bench.gpr(19));
  t.same([bench.gpr(16), bench.gpr(17)], [bench.gpr(18), bench.gpr(19)], 'another one is mapped there');
  const entry = { pc: 0x10000000, mappings: [{ va: 0x10000000, pa: PROGRAM_PA, length: 0x2000, cca: 5 } as const] };
  const warmed = [...load(GCR, 16), ...li(T0, USER), mtc0(T0, 12), ...load(GCR, 17)];
  raised(t, 'in user mode', run(warmed, { entry }), {
    code: EXCEPTION.AdEL,
    epc: 0x10000000 + 4 * (warmed.length - 1),
    badVAddr: GCR,
  });
  const asUser = [...load(GCR, 16), ...li(T0, GCR), asmFor('P5600')('lwe', { rt: 17, base: T0 })];
  raised(t, 'as a user would', run(asUser, { model: 'P5600' }), {
    code: EXCEPTION.AdEL,
    epc: at(asUser.length - 1),
    badVAddr: GCR,
  });
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

t.test('two entries that match one address', (t) => {
  const page = tlbWrite(5, 0x4000 | 7, lo(DATA_PA, V | D), lo(DATA_PA, V | D));
  const check = (name: string, words: readonly number[], rival: boolean): void => {
    const bench = run([...words, ...exit(99)]);
    if (!rival) {
      t.strictSame(bench.exits, [99], name);
      return;
    }
    raised(t, name, bench, { code: EXCEPTION.MCheck, epc: at(words.length - 1) });
    t.equal(bench.core.cp0.status & STATUS.TS, STATUS.TS, 'Status.TS');
    t.equal(bench.core.tlb.read(6), undefined, 'it is not written');
  };
  check('the same page', [...page, ...tlbWrite(6, 0x4000 | 7, 0, 0)], true);
  check('the entry itself', [...page, ...tlbWrite(5, 0x4000 | 7, 0, 0)], false);
  check('another address space', [...page, ...tlbWrite(6, 0x4000 | 8, 0, 0)], false);
  check('a global page of another space', [...page, ...tlbWrite(6, 0x4000 | 8, G, G)], true);
  check('a larger page around it', [...page, ...tlbWrite(6, 7, 0, 0, 0x1e000)], true);
  check('its neighbour', [...page, ...tlbWrite(6, 0x6000 | 7, 0, 0)], false);
  t.end();
});

t.test('physical addresses of more than 32 bits', (t) => {
  const model = 'P5600';
  const ELPA = 1 << 29;
  const grain = [...li(T0, ELPA), mtc0(T0, 5, 1)];
  const upper = (value: number): number[] => [...li(T0, value), asmFor(model)('mthc0', { rt: T0, rd: 2 })];
  const entry = (above: readonly number[]): number[] => [
    ...[
      ...grain,
      ...li(T0, 5),
      mtc0(T0, 0),
      ...li(T0, 0x4000),
      mtc0(T0, 10),
      ...li(T0, lo(DATA_PA, V | G)),
      mtc0(T0, 2),
    ],
    ...[...above, ...li(T0, lo(DATA_PA, V | G)), mtc0(T0, 3), asm('tlbwi')],
  ];
  t.equal(run([...entry([]), ...load(0x4000, 16), ...exit(1)], { model }).exits[0], 1);
  const far = entry(upper(1));
  raised(t, 'nothing is there', run([...far, ...load(0x4000, 16)], { model }), {
    code: EXCEPTION.DBE,
    epc: at(far.length + 2),
  });
  const back = run([...far, mtc0(0, 2), asm('tlbr'), asmFor(model)('mfhc0', { rt: 16, rd: 2 }), ...exit(2)], { model });
  t.strictSame([back.exits[0], back.gpr(16)], [2, 1], 'MTC0 clears the upper half, TLBR brings it back');
  t.end();
});

t.test('pages that may not be read or executed, without codes of their own', (t) => {
  const model = 'P5600';
  const words = [
    ...[...li(T0, 0xc0000000), mtc0(T0, 5, 1)],
    ...tlbWrite(5, 0x4000, (lo(DATA_PA, V | G) | 0x80000000) >>> 0, (lo(DATA_PA, V | G) | 0x40000000) >>> 0),
  ];
  raised(t, 'a load', run([...words, ...load(0x4000)], { model }), {
    code: EXCEPTION.TLBL,
    epc: at(words.length + 2),
    badVAddr: 0x4000,
  });
  raised(t, 'a fetch', run([...words, ...li(T0, 0x5000), asm('jr', { rs: T0 }), nop], { model }), {
    code: EXCEPTION.TLBL,
    epc: 0x5000,
    badVAddr: 0x5000,
  });
  t.end();
});
