/** The instruction table against itself and against GNU objdump. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { disassemble, instructions, MIPS32R2, type Instruction } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import { Random } from './random-program.js';

const table = instructions(MIPS32R2);
const WORDS_A_ROW = 40;

t.test('no word has two meanings', (t) => {
  const names = new Set<string>();
  for (const row of table) {
    t.notOk(names.has(row.name), `${row.name} is there once`);
    names.add(row.name);
    t.equal((row.match & ~row.mask) >>> 0, 0, `${row.name}: fixed bits are in the mask`);
  }
  // a more specific row would have to come first in the interpreter; there is none
  const overlaps = (a: Instruction, b: Instruction): boolean => ((a.match ^ b.match) & a.mask & b.mask) === 0;
  for (const [i, a] of table.entries())
    for (const b of table.slice(i + 1)) if (overlaps(a, b)) t.fail(`${a.name} and ${b.name} share words`);
  t.end();
});

t.test('every row has a meaning, for both byte orders and widths', (t) => {
  for (const endian of ['le', 'be'] as const)
    for (const bits of [32, 64] as const) {
      const isa = { ...MIPS32R2, endian, bits };
      for (const row of instructions(isa))
        t.doesNotThrow(() => row.meaning(isa).statements, `${row.name} ${bits} ${endian}`);
    }
  t.end();
});

t.test('every row can be written', (t) => {
  for (const row of table) t.match(disassemble(row.match, 0, MIPS32R2), row.match === 0 ? 'nop' : row.name);
  t.equal(disassemble(0x0000003d, 0, MIPS32R2), '.word 0x3d');
  t.end();
});

/** Words of a row that objdump knows: jumps have no other hint than the barrier's, CLZ names its register twice. */
function randomWord(random: Random, row: Instruction): number {
  const word = ((random.word() & ~row.mask) | row.match) >>> 0;
  if (/^j(al)?r$/.test(row.name)) return (word & ~0x3c0) >>> 0;
  if (/^cl[zo]$/.test(row.name)) return ((word & ~0x1f0000) | ((word & 0xf800) << 5)) >>> 0;
  return word;
}

/** What objdump writes differently: numbers in another base, aliases in spite of `no-aliases`, names of control registers. */
const normal = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/ #.*| <.*>/g, '')
    .replace(/^ror(v?) /, 'rotr$1 ')
    .replace(/^neg(u?) (\w+),/, 'sub$1 $2,zero,')
    .replace(/c1_\w+/, (name) => `$${FLOAT_CONTROL.get(name) ?? name}`)
    .replace(/-?\b(0x[0-9a-f]+|\d+)\b/g, (number) => String(Number(number) | 0))
    .trim();

const FLOAT_CONTROL = new Map([
  ['c1_fir', 0],
  ['c1_ufr', 1],
  ['c1_unfr', 4],
  ['c1_fccr', 25],
  ['c1_fexr', 26],
  ['c1_fenr', 28],
  ['c1_fcsr', 31],
]);

const hasObjdump = installed('mipsel-linux-gnu-objdump');
t.test('the disassembler writes what objdump writes', { skip: hasObjdump ? false : 'no objdump' }, (t) => {
  const random = new Random(7);
  const words = table.flatMap((row) => Array.from({ length: WORDS_A_ROW }, () => randomWord(random, row)));
  const directory = mkdtempSync(join(tmpdir(), 'objdump-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'words');
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, i) => bytes.writeUInt32LE(word, i * 4));
  writeFileSync(path, bytes);
  const options = [
    '-D',
    '-b',
    'binary',
    '-m',
    'mips:isa32r2',
    '-EL',
    '-z',
    '-M',
    'no-aliases,gpr-names=o32,cp0-names=numeric,hwr-names=numeric',
  ];
  const listing = execFileSync('mipsel-linux-gnu-objdump', [...options, path], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const theirs = new Map<number, string>();
  for (const line of listing.split('\n')) {
    const found = /^\s*([0-9a-f]+):\s+[0-9a-f]{8}\s+(.*)$/.exec(line);
    if (found?.[1] !== undefined && found[2] !== undefined) theirs.set(parseInt(found[1], 16), normal(found[2]));
  }
  const differences = words.flatMap((word, i) => {
    const [ours, other] = [normal(disassemble(word, i * 4, MIPS32R2)), theirs.get(i * 4) ?? 'nothing'];
    return ours === other ? [] : [`${word.toString(16)}: ours ${ours}, objdump ${other}`];
  });
  t.equal(theirs.size, words.length);
  t.strictSame(differences, []);
  t.end();
});
