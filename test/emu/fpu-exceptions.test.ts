/** Coprocessor 1 and exceptions: what an instruction set lacks, enabled conditions, and FCSR after them. */
import t from 'tap';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import { CONFIG5, CP0, STATUS } from '../../src/emu/cpu/registers.js';
import { EXCEPTION, MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { assembler, li, nop } from './core-bench.js';
import { at, exit, prepare, raised, run, T0, T1, type Setting } from './privileged-bench.js';

const CU1 = 1 << 29;
const USABLE = { status: CU1 | STATUS.FR } as const;
const asm = assembler(MIPS32R2);
const release6: Partial<Isa> = { release: 6, nan2008: true };
const release5: Partial<Isa> = { release: 5, nan2008: true };
const asm6 = assembler({ ...MIPS32R2, ...release6 });

/** SDBBP has another encoding in Release 6. */
const exitOf = (isa: Partial<Isa>, code: number): number[] => [
  ...li(4, code),
  ...li(25, 1),
  assembler({ ...MIPS32R2, ...isa })('sdbbp', { code20: 1 }),
];

const FCSR = 31;
const CAUSE_SHIFT = 12;
const ENABLE_SHIFT = 7;
const FLAG_SHIFT = 2;
const [INEXACT, UNDERFLOW, DIVISION, INVALID] = [1, 2, 8, 16];
const UNIMPLEMENTED = 32;

const control = (value: number): number[] => [...li(T0, value), asm('ctc1', { rt: T0, fs: FCSR })];
/** FCSR, $f0 = 1, $f2 = 0, $f4 = the pattern 0x12345678, $f6 = 3, as singles: seven, or eight words. */
const operands = (fcsr: number): number[] => [
  ...[...li(T0, 0x3f800000), asm('mtc1', { rt: T0, fs: 0 }), asm('mtc1', { rt: 0, fs: 2 })],
  ...[...li(T0, 0x12345678), asm('mtc1', { rt: T0, fs: 4 }), ...li(T0, 0x40400000), asm('mtc1', { rt: T0, fs: 6 })],
  ...control(fcsr),
];
const START = operands(0).length;
/** The vector's handler leaves FCSR in T0 and $f4 in T1. */
const look = [asm('cfc1', { rt: T0, fs: FCSR }), asm('mfc1', { rt: T1, fs: 4 }), ...exit(0x180)];
const setting: Setting = { ...USABLE, vectors: { 0x180: look } };

t.test('an enabled condition traps: Cause says it, Flags and the register do not change', (t) => {
  const enables = (DIVISION | INVALID) << ENABLE_SHIFT;
  const divide = asm('div.s', { fd: 4, fs: 0, ft: 2 });
  const bench = run([...operands(enables), divide, ...exit(1)], setting);
  raised(t, 'division by zero', bench, { code: EXCEPTION.FPE, epc: at(START) });
  t.equal(bench.gpr(T0), enables | (DIVISION << CAUSE_SHIFT));
  t.equal(bench.gpr(T1), 0x12345678);

  const slot = run([...operands(enables), asm('beq', { offset: 4 }), divide], setting);
  raised(t, 'in a delay slot', slot, { code: EXCEPTION.FPE, epc: at(START), bd: true });

  const compare = asm('c.lt.s', { fs: 4, ft: 8 });
  const nan = [...operands(enables), ...li(T0, 0x7fbfffff), asm('mtc1', { rt: T0, fs: 8 }), compare];
  const compared = run(nan, setting);
  raised(t, 'a comparison', compared, { code: EXCEPTION.FPE, epc: at(START + 3) });
  t.equal(compared.gpr(T0), enables | (INVALID << CAUSE_SHIFT), 'the condition flag does not change');
  t.end();
});

t.test('conditions that are not enabled do not trap with one that is', (t) => {
  const enables = INEXACT << ENABLE_SHIFT;
  const program = [
    ...operands(enables),
    asm('div.s', { fd: 4, fs: 0, ft: 2 }), // division by zero: goes on
    asm('div.s', { fd: 4, fs: 0, ft: 6 }), // inexact
  ];
  const bench = run(program, setting);
  raised(t, 'inexact', bench, { code: EXCEPTION.FPE, epc: at(START + 1) });
  t.equal(bench.gpr(T0), enables | (INEXACT << CAUSE_SHIFT) | (DIVISION << FLAG_SHIFT));
  t.equal(bench.gpr(T1), 0x7f800000, 'the first result stands');
  t.end();
});

t.test('an exact denormal result underflows only when that is enabled', (t) => {
  const halve = (fcsr: number) => [
    ...operands(fcsr),
    ...[...li(T0, 0x00800000), asm('mtc1', { rt: T0, fs: 8 }), ...li(T0, 0x3f000000), asm('mtc1', { rt: T0, fs: 10 })],
    asm('mul.s', { fd: 4, fs: 8, ft: 10 }),
    ...look,
  ];
  const quiet = run(halve(0), setting);
  t.strictSame([quiet.gpr(T0), quiet.gpr(T1)], [0, 0x00400000]);
  const enables = UNDERFLOW << ENABLE_SHIFT;
  const bench = run(halve(enables), setting);
  raised(t, 'underflow', bench, { code: EXCEPTION.FPE, epc: at(START + 6) });
  t.equal(bench.gpr(T0), enables | (UNDERFLOW << CAUSE_SHIFT));
  t.end();
});

t.test('CTC1 traps for a Cause that it enables itself, and for Unimplemented', (t) => {
  for (const value of [(INVALID << CAUSE_SHIFT) | (INVALID << ENABLE_SHIFT), UNIMPLEMENTED << CAUSE_SHIFT]) {
    const bench = run([...control(value), ...exit(1)], setting);
    raised(t, value.toString(16), bench, { code: EXCEPTION.FPE, epc: at(2) });
    t.equal(bench.gpr(T0), value);
  }
  t.end();
});

t.test('what an instruction set lacks', (t) => {
  const lacks = (name: string, word: number, isa: Partial<Isa>, status: number, expected: number, unit = 0): void =>
    raised(t, name, run([word, nop], { status, isa, vectors: { 0x180: exitOf(isa, 0x180) } }), {
      code: expected,
      epc: at(0),
      unit,
    });
  const { RI, CpU } = EXCEPTION;
  for (const [name, word] of [
    ['c.eq.s', asm('c.eq.s')],
    ['bc1t', asm('bc1t')],
    ['recip.d', asm('recip.d')],
    ['movn.s', asm('movn.s')],
  ] as const) {
    lacks(`${name} in Release 6`, word, release6, CU1 | STATUS.FR, RI);
    lacks(`${name} in Release 6, unusable`, word, release6, STATUS.FR, CpU, 1);
  }
  // that opcode belongs to no coprocessor any more
  for (const name of ['madd.s', 'lwxc1']) lacks(`${name} in Release 6`, asm(name), release6, STATUS.FR, RI);
  for (const name of ['cmp.eq.s', 'bc1eqz', 'maddf.d', 'sel.s', 'class.d']) {
    lacks(`${name} in Release 2`, asm6(name), {}, CU1 | STATUS.FR, RI);
    lacks(`${name} in Release 2, unusable`, asm6(name), {}, 0, CpU, 1);
  }
  const paired = assembler({ ...MIPS32R2, pairedSingle: true });
  lacks('add.ps', paired('add.ps'), {}, CU1 | STATUS.FR, RI);
  lacks('add.ps, FR = 0', paired('add.ps'), { pairedSingle: true }, CU1, RI);
  lacks('cvt.l.s, FR = 0', asm('cvt.l.s'), {}, CU1, RI);
  lacks('dmfc1 on 32 bits', assembler({ ...MIPS32R2, bits: 64 })('dmfc1'), {}, CU1 | STATUS.FR, RI);
  lacks('mfhc1 in Release 1', asm('mfhc1'), { release: 1 }, CU1, RI);
  lacks('madd.s in Release 1', asm('madd.s'), { release: 1 }, CU1, CpU, 3);
  for (const name of ['add.s', 'lwc1', 'sdc1', 'movt', 'madd.s'])
    lacks(`${name} without an FPU`, asm(name), { fpu: false }, 0, CpU, 1);
  t.end();
});

t.test("FIR and FCSR are the model's", (t) => {
  const value = (model: string, words: readonly number[], register: number): number => {
    const { isa } = coreModel(model);
    const program = [...words, asm('cfc1', { rt: T0, fs: register }), ...exitOf(isa, 0)];
    return run(program, { ...USABLE, model }).gpr(T0);
  };
  const all = control(0xffffffff & ~(0x3f << CAUSE_SHIFT));
  for (const [model, fir, fcsr, written] of [
    ['24Kf', 0x00739300, 0, 0xff800fff],
    ['P5600', 0x30f30300, 0x000c0000, 0xff8c0fff],
    ['MIPS64R2-generic', 0x00770000, 0, 0xff800fff],
    ['I6400', 0x20f30300, 0x000c0000, 0x010c0fff], // no condition flags
  ] as const) {
    t.equal(value(model, [], 0), fir, `${model}: FIR`);
    t.equal(value(model, [], FCSR), fcsr, `${model}: FCSR`);
    t.equal(value(model, all, FCSR), written, `${model}: FCSR, written`);
  }
  t.end();
});

const { UFR, FRE, UFE } = CONFIG5;

t.test('the aliases of Status.FR and of Config5.FRE', (t) => {
  const to = (register: number) => asm('ctc1', { rt: 0, fs: register });
  const from = (register: number) => asm('cfc1', { rt: T0, fs: register });
  const core = (words: readonly number[], config5: number, status = CU1) => {
    const bench = prepare([...words, ...exit(1)], { isa: release5, status });
    bench.core.cp0.put(CP0.config5, config5);
    return bench.run();
  };
  t.equal(core([to(4), from(1)], UFR).gpr(T0), 1, 'UNFR sets FR');
  t.equal(core([to(4)], UFR).core.cp0.status & STATUS.FR, STATUS.FR);
  t.equal(core([to(1), from(1)], UFR, CU1 | STATUS.FR).gpr(T0), 0, 'UFR clears it');
  raised(t, 'UFR without Config5.UFR', core([from(1)], 0), { code: EXCEPTION.RI, epc: at(0) });
  raised(t, 'UNFR without Config5.UFR', core([to(4)], 0), { code: EXCEPTION.RI, epc: at(0) });
  t.equal(core([...li(T1, 5), asm('ctc1', { rt: T1, fs: 4 })], UFR).core.cp0.status & STATUS.FR, 0, 'only from $0');

  t.equal(core([to(6), from(5)], UFE).gpr(T0), 1, 'NFRE sets FRE');
  t.equal(core([to(6)], UFE).core.cp0.get(CP0.config5), UFE | FRE);
  raised(t, 'FRE without Config5.UFE', core([to(6)], 0), { code: EXCEPTION.RI, epc: at(0) });
  const wide = CU1 | STATUS.FR;
  for (const name of ['add.s', 'mtc1', 'swc1', 'c.eq.s', 'cvt.d.s', 'trunc.w.d', 'cvt.d.w', 'movn.s'])
    raised(t, `${name} with FRE`, core([to(6), asm(name)], UFE, wide), { code: EXCEPTION.RI, epc: at(1) });
  for (const name of ['add.d', 'mfhc1', 'cvt.d.l', 'mov.d'])
    t.strictSame(core([to(6), asm(name)], UFE, wide).exits, [1], `${name} with FRE`);
  t.strictSame(core([to(6), asm('add.s')], UFE).exits, [1], 'FRE is nothing without FR');
  t.strictSame(core([to(6), to(5), asm('add.s')], UFE, wide).exits, [1], 'FRE is cleared');
  t.end();
});
