/** Shadow sets of general registers (SRSCtl, SRSMap), and the thread context of the MT ASE. */
import t from 'tap';
import { CP0, STATUS } from '../../src/emu/cpu/registers.js';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import { EXCEPTION } from '../../src/emu/isa/index.js';
import { assembler, li, nop } from './core-bench.js';
import { AT, exit, interrupts, mfc0, mtc0, prepare, raised, run, T0, T1, T2 } from './privileged-bench.js';

const MODEL = '34Kf';
const asm = assembler({ ...coreModel(MODEL).isa, endian: 'le' });
const ESS = 12;
const PSS = 6;
const setSrs = (value: number): number[] => [...li(T0, value), mtc0(T0, 12, 2)];

t.test('an exception changes the set, ERET changes it back', (t) => {
  const handler = [
    // in set 3: a register of its own, then one of the set before
    ...[asm('or', { rs: 16, rd: 17 }), asm('ori', { rt: 16, imm: 0x33 }), mfc0(18, 12, 2)],
    ...[asm('rdpgpr', { rt: 16, rd: 19 }), asm('ori', { rt: 20, imm: 0x77 }), asm('wrpgpr', { rt: 20, rd: 21 })],
    ...[asm('wrpgpr', { rt: 17, rd: 22 }), asm('wrpgpr', { rt: 18, rd: 23 }), asm('wrpgpr', { rt: 19, rd: 24 })],
    ...[mfc0(26, 14), asm('addiu', { rs: 26, rt: 26, imm: 4 }), mtc0(26, 14), asm('eret')],
  ];
  const words = [
    ...setSrs(3 << ESS),
    ...[asm('ori', { rt: 16, imm: 0x11 }), asm('syscall'), mfc0(14, 12, 2), asm('syscall'), mfc0(15, 12, 2)],
    ...exit(1),
  ];
  const bench = run(words, { model: MODEL, vectors: { [AT.general]: handler } });
  t.strictSame(bench.exits, [1]);
  t.equal(bench.gpr(16), 0x11, 'the register of the program');
  t.equal(bench.gpr(21), 0x77, 'WRPGPR');
  t.equal(bench.gpr(24), 0x11, 'RDPGPR');
  t.equal(bench.gpr(22), 0x33, 'the second time the handler finds its register as it left it');
  t.equal(bench.gpr(23), 0x3c000000 | (3 << ESS) | (0 << PSS) | 3, 'SRSCtl in the handler');
  t.equal(bench.gpr(14), 0x3c000000 | (3 << ESS), 'and after it');
  t.end();
});

t.test('vectored interrupts have the set that SRSMap gives them', (t) => {
  const handler = [mfc0(16, 12, 2), asm('wrpgpr', { rt: 16, rd: 17 }), mfc0(18, 13), asm('wrpgpr', { rt: 18, rd: 19 })];
  const words = [
    ...[...setSrs(1 << ESS), ...li(T0, 0x50), mtc0(T0, 12, 3), ...li(T0, 1 << 5), mtc0(T0, 12, 1)],
    ...[...li(T0, (1 << 23) | (2 << 8)), mtc0(T0, 13), nop],
  ];
  const bench = run(words, {
    model: MODEL,
    status: interrupts(3),
    vectors: { 0x220: [...handler, ...exit(0x220)] },
  });
  t.strictSame(bench.exits, [0x220]);
  t.equal(bench.gpr(16) & 0xf, 5, 'set 5 for vector 1');
  t.end();
});

t.test('with BEV or EXL the set stays; a core with one set has no other', (t) => {
  const nested = run([...setSrs(3 << ESS), asm('syscall')], {
    model: MODEL,
    vectors: { [AT.general]: [asm('ori', { rt: 16, imm: 9 }), asm('break')] },
  });
  t.match(nested.faults, [/exceptions without end/]);
  t.equal(nested.cp0(12, 2) & 0x3cf, 3, 'an exception in the handler changes nothing more');
  const single = run([...setSrs(-1), mfc0(16, 12, 2), ...exit(0)], { model: '24Kf' });
  t.equal(single.gpr(16), 0);
  const same = run([asm('ori', { rt: 16, imm: 5 }), asm('rdpgpr', { rt: 16, rd: 17 }), ...exit(0)], { model: '24Kf' });
  t.equal(same.gpr(17), 5, 'RDPGPR reads the only one');
  t.end();
});

t.test('threads', (t) => {
  const { vpeControl, mvpControl } = CP0;
  const words = [
    ...[asm('dvpe', { rt: 16 }), mfc0(17, 0, 1), asm('evpe', { rt: 18 }), mfc0(19, 0, 1)],
    ...[asm('emt', { rt: 20 }), mfc0(21, 1, 1), asm('dmt', { rt: 22 }), mfc0(23, 1, 1)],
    ...exit(1),
  ];
  const bench = run(words, { model: MODEL });
  t.strictSame(
    [16, 17, 18, 19].map((r) => bench.gpr(r)),
    [1, 0, 0, 1],
    'DVPE and EVPE give MVPControl as it was',
  );
  t.strictSame(
    [20, 21, 22, 23].map((r) => bench.gpr(r)),
    [0, 0x8000, 0x8000, 0],
    'EMT and DMT VPEControl',
  );
  t.ok(mvpControl !== vpeControl);

  const moves = [
    ...[...li(T0, 0x1234), asm('mttgpr', { rt: T0, rd: 16 }), asm('mftgpr', { rs: 16, rd: 17 })],
    ...[asm('mttlo', { rt: T0, ac: 2 }), asm('mftlo', { rt: 18, ac: 2 }), asm('mttdsp', { rt: T0 })],
    ...[asm('mftdsp', { rt: 19 }), asm('mttc0', { rt: T0, rd: 14 }), asm('mftc0', { rt: 20, rd: 14 })],
    ...exit(2),
  ];
  const moved = run(moves, { model: MODEL });
  t.strictSame(
    [16, 17, 18, 19, 20].map((r) => moved.gpr(r)),
    [0x1234, 0x1234, 0x1234, 0x1234, 0x1234],
    'its own registers',
  );

  for (const [name, word, excpt] of [
    ['FORK', asm('fork', { rd: T0 }), 1],
    ['YIELD 0', asm('yield', { rs: 0, rd: T1 }), 0],
    ['YIELD for a qualifier', asm('yield', { rs: T2, rd: T1 }), 2],
  ] as const) {
    const yielded = run([...li(T2, 4), word, ...exit(3)], { model: MODEL });
    raised(t, name, yielded, { code: EXCEPTION.Thread, epc: 0x80100008 });
    t.equal((yielded.cp0(1, 1) >>> 16) & 7, excpt, 'VPEControl.EXCPT');
  }
  t.strictSame(run([...li(T2, -1), asm('yield', { rs: T2, rd: T1 }), ...exit(3)], { model: MODEL }).exits, [3]);

  const halts = prepare([...li(T0, 1), mtc0(T0, 2, 4), ...exit(4)], { model: MODEL });
  halts.run();
  t.ok(halts.core.waiting, 'TCHalt: it executes nothing more');
  halts.core.slice();
  t.strictSame(halts.exits, []);

  const masked = run(
    [
      ...li(T0, (1 << 13) | (1 << 10)),
      mtc0(T0, 2, 1),
      ...li(T0, 1 << 8),
      mtc0(T0, 13),
      ...li(T0, 0x101),
      mtc0(T0, 12),
      ...exit(5),
    ],
    { model: MODEL },
  );
  t.strictSame(masked.exits, [5], 'TCStatus.IXMT keeps interrupts away');
  t.equal(masked.core.cp0.status & STATUS.EXL, 0);
  t.end();
});
