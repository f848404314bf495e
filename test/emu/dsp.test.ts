/** What the DSP ASE raises, and on which cores; random-dsp.test.ts compares the rest. */
import t from 'tap';
import { dspDisabled } from '../../src/emu/isa/accumulators.js';
import { EXCEPTION, instructions, MIPS32R2 } from '../../src/emu/isa/index.js';
import { assembler } from './core-bench.js';
import { at, raised, run } from './privileged-bench.js';

const MX = 1 << 24;
const DSP1 = { ...MIPS32R2, dsp: 1 } as const;
const DSP2 = { ...MIPS32R2, dsp: 2 } as const;
const asm = assembler(DSP2);

t.test('instructions of the ASE are disabled while Status.MX is clear', (t) => {
  for (const word of [
    asm('addu.qb'),
    asm('dpa.w.ph'),
    asm('rddsp'),
    asm('lwx'),
    asm('bposge32', { offset: 4 }),
    asm('mult', { ac: 1 }),
    asm('madd', { ac: 3 }),
    asm('mfhi', { ac: 2 }),
    asm('mtlo', { ac: 1 }),
  ])
    raised(t, word.toString(16), run([word, 0], { isa: DSP2 }), { code: EXCEPTION.DSPDis, epc: at(0) });
  for (const word of [asm('mult'), asm('madd'), asm('mfhi'), asm('mtlo')])
    raised(t, `${word.toString(16)} has accumulator 0`, run([word, asm('break')], { isa: DSP2 }), {
      code: EXCEPTION.Bp,
      epc: at(1),
    });
  raised(t, 'enabled', run([asm('addu.qb'), asm('mfhi', { ac: 2 }), asm('break')], { isa: DSP2, status: MX }), {
    code: EXCEPTION.Bp,
    epc: at(2),
  });
  t.end();
});

t.test('what a core does not have is reserved', (t) => {
  const reserved = { code: EXCEPTION.RI, epc: at(0) };
  raised(t, 'Revision 2 on a core of Revision 1', run([asm('addu.ph')], { isa: DSP1, status: MX }), reserved);
  raised(t, 'accumulators without the ASE', run([asm('mfhi', { ac: 1 })], { status: MX }), reserved);
  raised(t, 'the ASE itself', run([asm('addu.qb')], { status: MX }), reserved);
  raised(t, 'double words', run([0x7c000014], { isa: DSP2, status: MX }), reserved);
  t.end();
});

t.test('every row of the ASE asks Status.MX first', (t) => {
  const classic = new Set(instructions(MIPS32R2).map(({ name }) => name));
  for (const row of instructions(DSP2).filter(({ name }) => !classic.has(name))) {
    const { statements } = row.meaning(DSP2);
    const [first] = statements;
    t.match(first, { kind: 'if', condition: dspDisabled(row.meaning(DSP2)) }, row.name);
  }
  t.end();
});
