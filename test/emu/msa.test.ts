/** What MSA raises and when it may be used; random-msa.test.ts compares the rest. */
import t from 'tap';
import { EXCEPTION, instructions, MIPS32R2 } from '../../src/emu/isa/index.js';
import { STATE } from '../../src/emu/layout.js';
import { assembler, li } from './core-bench.js';
import { at, DATA_PA, mfc0, mtc0, raised, run, T0, T1 } from './privileged-bench.js';

const P5600 = { model: 'P5600' } as const;
const ISA = { ...MIPS32R2, release: 5, msa: true } as const;
const asm = assembler(ISA);
const CU1 = 1 << 29;
const FR = 1 << 26;
const MSA_EN = 1 << 27;
const CONFIG = 16;
const MSACSR = 1;
const DIVIDE_BY_ZERO = { enable: 1 << 10, cause: 1 << 15 } as const;

const enable = [mfc0(T0, CONFIG, 5), ...li(T1, MSA_EN), asm('or', { rd: T0, rs: T0, rt: T1 }), mtc0(T0, CONFIG, 5)];

t.test('disabled until Config5.MSAEn is set', (t) => {
  const rows = [
    asm('addv.b'),
    asm('ld.d'),
    asm('cfcmsa'),
    asm('bz.v', { offset: 4 }),
    asm('fadd.w'),
    asm('copy_s.b'),
    asm('move.v'),
  ];
  for (const word of rows) raised(t, word.toString(16), run([word, 0], P5600), { code: EXCEPTION.MSADis, epc: at(0) });
  raised(t, 'enabled', run([...enable, asm('addv.b'), asm('break')], P5600), { code: EXCEPTION.Bp, epc: at(6) });
  raised(
    t,
    'disabled again',
    run([...enable, asm('addv.b'), asm('xor', { rd: T0, rs: T0, rt: T1 }), mtc0(T0, CONFIG, 5), asm('addv.b')], P5600),
    { code: EXCEPTION.MSADis, epc: at(8) },
  );
  t.end();
});

t.test('reserved with floating-point registers of 32 bits, and on a core without it', (t) => {
  const program = [...enable, asm('addv.b'), asm('break')];
  raised(t, 'FR = 0', run(program, { ...P5600, status: CU1 }), { code: EXCEPTION.RI, epc: at(5) });
  raised(t, 'FR = 1', run(program, { ...P5600, status: CU1 | FR }), { code: EXCEPTION.Bp, epc: at(6) });
  raised(t, 'no MSA', run([asm('addv.b')]), { code: EXCEPTION.RI, epc: at(0) });
  raised(t, 'double words on a 32-bit core', run([...enable, 0x78b80019], P5600), {
    code: EXCEPTION.RI,
    epc: at(5),
  });
  t.end();
});

t.test('enabled floating-point exceptions', (t) => {
  const control = [...li(T0, DIVIDE_BY_ZERO.enable), asm('ctcmsa', { rs: T0, cd: MSACSR })];
  const operands = [asm('ldi.w', { wd: 1, imm: 1 }), asm('ffint_s.w', { wd: 1, ws: 1 }), asm('ldi.w', { wd: 2 })];
  const divide = [...enable, ...control, ...operands, asm('fdiv.w', { wd: 1, ws: 1, wt: 2 })];
  const bench = run(divide, P5600);
  raised(t, 'division by zero', bench, { code: EXCEPTION.MSAFPE, epc: at(11) });
  t.equal(bench.core.state.get(STATE.fpr + 16), 0x3f800000, 'the register keeps its value');
  t.equal(bench.core.state.get(STATE.msacsr), DIVIDE_BY_ZERO.enable | DIVIDE_BY_ZERO.cause);
  const both = [...li(T0, DIVIDE_BY_ZERO.enable | DIVIDE_BY_ZERO.cause), asm('ctcmsa', { rs: T0, cd: MSACSR })];
  raised(t, 'written to MSACSR', run([...enable, ...both], P5600), { code: EXCEPTION.MSAFPE, epc: at(7) });
  t.end();
});

t.test('floating-point registers are the low halves of vectors', (t) => {
  const words = [
    ...enable,
    ...li(T0, 0x80000000 | DATA_PA),
    asm('ldi.d', { wd: 3, imm: -2 }),
    asm('mtc1', { fs: 3, rt: T0 }),
    asm('st.w', { wd: 3, base: T0 }),
    asm('break'),
  ];
  const bench = run(words, { ...P5600, status: CU1 | FR });
  t.strictSame(
    [0, 4, 8, 12].map((offset) => bench.word(DATA_PA + offset)),
    [(0x80000000 | DATA_PA) >>> 0, 0xffffffff, 0xfffffffe, 0xffffffff],
  );
  t.end();
});

t.test('every row of MSA asks first whether it is enabled', (t) => {
  const others = new Set(instructions({ ...ISA, msa: false }).map(({ name }) => name));
  const rows = instructions(ISA).filter(({ name }) => !others.has(name) && name !== 'lsa');
  for (const row of rows) {
    const calls = row
      .meaning(ISA)
      .statements.slice(0, 2)
      .map((each) => (each.kind === 'if' ? each.then : []));
    t.match(calls, [
      [{ call: 'raise', args: [{ value: EXCEPTION.RI }] }],
      [{ call: 'raise', args: [{ value: EXCEPTION.MSADis }] }],
    ]);
  }
  t.equal(rows.length, 525);
  t.end();
});
