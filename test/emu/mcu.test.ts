/** The MCU ASE of M14Kc: ASET, ACLR, IRET, View_IPL, View_RIPL. QEMU has none of it. */
import t from 'tap';
import { CONFIG3, STATUS } from '../../src/emu/cpu/registers.js';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import { GIC_BASE } from '../../src/emu/devices/bus.js';
import { EXCEPTION, type Isa } from '../../src/emu/isa/index.js';
import { CompressedAssembler, place } from './compressed-assembler.js';
import { assembler, KSEG0, KSEG1, li, PROGRAM, PROGRAM_PA } from './core-bench.js';
import {
  AT,
  at,
  DATA_PA,
  exit,
  G,
  K0,
  lo,
  mfc0,
  mtc0,
  prepare,
  raised,
  run,
  T0,
  T1,
  tlbWrite,
  V,
} from './privileged-bench.js';

const MODEL = 'M14Kc';
const isa: Isa = { ...coreModel(MODEL).isa, endian: 'le' };
const asm = assembler(isa);
const DATA = KSEG0 + DATA_PA;
const TRIG = KSEG1 + GIC_BASE + 0x180;

t.test('ASET and ACLR change one bit of a byte', (t) => {
  for (const endian of ['le', 'be'] as const)
    for (let bit = 0; bit < 8; bit++) {
      const words = [
        ...[...li(T0, DATA + 4), asm('aset', { base: T0, op: bit, offset: -3 })],
        ...[asm('aclr', { base: T0, op: bit, offset: -2 }), ...exit(1)],
      ];
      const bench = prepare(words, { model: MODEL, endian });
      bench.ram.set([0x00, 0x21, 0xde, 0xff], DATA_PA);
      bench.run();
      const bytes = [...bench.ram.subarray(DATA_PA, DATA_PA + 4)];
      t.strictSame(bytes, [0x00, 0x21 | (1 << bit), 0xde & ~(1 << bit), 0xff], `${endian}, bit ${bit}`);
    }
  t.end();
});

t.test('of the registers of a device, too', (t) => {
  for (const endian of ['le', 'be'] as const) {
    const byte = (number: number): number => (endian === 'le' ? number : 3 - number);
    const words = [
      ...[...li(T0, TRIG), ...li(T1, 0x00ff00f0), asm('sw', { base: T0, rt: T1 })],
      asm('aset', { base: T0, op: 3, offset: byte(1) }),
      asm('aclr', { base: T0, op: 4, offset: byte(0) }),
      ...[asm('lw', { base: T0, rt: 16 }), ...exit(1)],
    ];
    t.equal(run(words, { model: MODEL, endian }).gpr(16), 0x00ff08e0, endian);
  }
  t.end();
});

t.test('their addresses are those of stores', (t) => {
  const clean = tlbWrite(0, 0x10000000, lo(DATA_PA, G | V), lo(DATA_PA, G));
  const begin = clean.length + 2;
  for (const name of ['aset', 'aclr'])
    for (const [address, code, vector] of [
      [0x10000100, EXCEPTION.Mod, AT.general],
      [0x10001100, EXCEPTION.TLBS, AT.general],
      [0x20000000, EXCEPTION.TLBS, AT.refill],
    ] as const) {
      const bench = run([...clean, ...li(T0, address), asm(name, { base: T0, op: 7 })], { model: MODEL });
      raised(t, `${name} ${address.toString(16)}`, bench, { code, epc: at(begin), badVAddr: address, vector });
    }
  t.end();
});

t.test('IRET returns as ERET does', (t) => {
  const handler = [mfc0(K0, 14), asm('addiu', { rs: K0, rt: K0, imm: 4 }), mtc0(K0, 14), asm('iret')];
  const fromException = run([asm('syscall'), ...exit(3)], { model: MODEL, vectors: { [AT.general]: handler } });
  t.strictSame(fromException.exits, [3]);
  t.equal(fromException.core.cp0.status & STATUS.EXL, 0);
  const back = [...li(T0, at(20)), mtc0(T0, 30), ...li(T0, STATUS.ERL | STATUS.EXL), mtc0(T0, 12), asm('iret')];
  const fromError = prepare(back, { model: MODEL });
  fromError.put(PROGRAM_PA + 80, exit(4));
  fromError.run();
  t.strictSame(fromError.exits, [4]);
  t.equal(fromError.core.cp0.status & (STATUS.ERL | STATUS.EXL), STATUS.EXL);
  t.end();
});

t.test('microMIPS has them, too', (t) => {
  const bench = prepare([], { model: MODEL, entry: { pc: PROGRAM | 1 } });
  const micro = new CompressedAssembler(bench.isa);
  const items = [
    ...micro.loadImmediate(T0, DATA),
    micro.encode('aset', 4, { base: T0, op: 6, offset: 1 }),
    micro.encode('aclr', 4, { base: T0, op: 5, offset: 2 }),
    ...[...micro.loadImmediate(T0, PROGRAM + 80), micro.encode('mtc0', 4, { rt: T0, rd: 14 })],
    micro.encode('iret', 4, {}),
  ];
  place(bench.view, PROGRAM_PA, items, true);
  bench.put(PROGRAM_PA + 80, exit(5));
  bench.ram.set([0xff, 0x00, 0xff, 0x00], DATA_PA);
  bench.run();
  t.strictSame([...bench.ram.subarray(DATA_PA, DATA_PA + 4)], [0xff, 0x40, 0xdf, 0x00]);
  t.strictSame(bench.exits, [5]);
  t.end();
});

t.test('View_IPL and View_RIPL are parts of Status and Cause', (t) => {
  const words = [
    ...[...li(T0, -1), mtc0(T0, 12, 4), mfc0(16, 12), mfc0(17, 12, 4)],
    ...[...li(T0, 0x155), mtc0(T0, 12, 4), mfc0(18, 12), mfc0(19, 12, 4)],
    ...[...li(T0, -1), mtc0(T0, 13, 4), mfc0(20, 13), mfc0(21, 13, 4), mtc0(0, 13, 4), mfc0(22, 13, 4)],
    ...exit(0),
  ];
  const bench = run(words, { model: MODEL });
  const [allMasks, allView, someMasks, someView, cause, raisedView, none] = [16, 17, 18, 19, 20, 21, 22].map((r) =>
    bench.gpr(r),
  );
  t.equal(allMasks, STATUS.IM9 | STATUS.IM8 | STATUS.IM);
  t.equal(allView, 0x3ff);
  t.equal(someMasks, STATUS.IM8 | 0x5500);
  t.equal(someView, 0x155);
  t.equal(cause, 0x300, 'only the two that software raises');
  t.equal(raisedView, 3);
  t.equal(none, 0);
  const without = run([...li(T0, -1), mtc0(T0, 12, 4), mfc0(16, 12, 4), ...exit(0)], { model: '24Kf' });
  t.equal(without.gpr(16), 0, 'on other cores there is nothing');
  t.equal(without.core.cp0.status, 0);
  t.end();
});

t.test('cores without the ASE', (t) => {
  t.equal((coreModel('24Kf').config[3]?.reset ?? 0) & CONFIG3.MCU, 0);
  for (const name of ['aset', 'aclr', 'iret']) {
    const bench = run([asm(name)], { model: '24Kf' });
    raised(t, name, bench, { code: EXCEPTION.RI, epc: at(0) });
  }
  t.end();
});
