/** The instruction in a crash's lines: as the assembler writes it, or as a number where the table cannot be loaded. */
import t from 'tap';
import { rawText, type DumpLine } from '../../src/emu/cpu/dump-line.js';
import { dumpText } from '../../src/emu/dump-text.js';
import { MIPS32R2 } from '../../src/emu/isa/index.js';

const LINES: readonly DumpLine[] = [
  'ra    : 10000020',
  { text: 'pc    : 10000010', bits: 0x8c820004, pc: 0x10000010, bytes: 4 },
  { text: 'pc    : 10000011', bits: 0x20, pc: 0x10000011, bytes: 2 },
];

t.test('with the table, and without', (t) => {
  t.same(dumpText(LINES.slice(0, 2), MIPS32R2), ['ra    : 10000020', 'pc    : 10000010 lw v0,4(a0)']);
  t.same(rawText(LINES), ['ra    : 10000020', 'pc    : 10000010 0x8c820004', 'pc    : 10000011 0x0020']);
  t.end();
});
