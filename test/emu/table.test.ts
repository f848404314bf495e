/** The instruction tables of many cores against themselves and against GNU objdump. */
import t from 'tap';
import { isWordOf } from '../../src/emu/isa/encoding.js';
import { disassemble, instructions, MIPS32R2, type Instruction, type Isa } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import { OBJDUMP, objdump } from '../support/objdump.js';
import { Random } from './random-program.js';
import { asWord, wordOf } from './table-words.js';

const WORDS_A_ROW = 40;

interface Core {
  readonly name: string;
  readonly isa: Isa;
  /** objdump's name of it, and the ASEs that it does not decode by itself. */
  readonly machine: string;
  readonly modes?: readonly string[];
}

const RELEASES = [1, 2, 3, 5, 6] as const;
const core = (bits: 32 | 64, release: Isa['release']): Core => ({
  name: `MIPS${bits} Release ${release}`,
  isa: {
    ...MIPS32R2,
    bits,
    release,
    multiThreading: release < 6 && bits === 32 && release >= 2,
    virtualProcessors: release === 6,
    eva: release === 3 || release === 5,
    crc: release === 6,
    linkedPairs: release === 6,
    mcu: release === 2,
    fpu: bits === 32 && release === 2,
  },
  machine: `mips:isa${bits}${release === 1 ? '' : `r${release}`}`,
});
const withDsp = (bits: 32 | 64): Core => {
  const { name, isa, machine } = core(bits, 2);
  return { name: `${name} with DSP`, isa: { ...isa, multiThreading: false, dsp: 2 }, machine };
};
const withMsa = (bits: 32 | 64): Core => {
  const { name, isa, machine } = core(bits, 5);
  return { name: `${name} with MSA`, isa: { ...isa, multiThreading: false, msa: true }, machine, modes: ['msa'] };
};
const CORES = [
  ...RELEASES.flatMap((release) => [core(32, release), core(64, release)]),
  withDsp(32),
  withDsp(64),
  withMsa(32),
  withMsa(64),
];

/** Rows that objdump 2.40 does not know: NAL of Release 6, and what Revision 2 of the DSP ASE has for 64 bits alone. */
const UNKNOWN_TO_OBJDUMP =
  /^nal$|^(adduh|subuh|absq_s|precr|cmpgdu|shrav?)(_r)?(\.\w+)?\.ob|^(addu|subu)(_s)?\.qh|^shrlv?\.qh|^precr(_sra|_sra_r)?\.qh|^dp[as]\.w\.qh|^(dappend|prepend[dw]|dbalign)$/;

/** Pairs of rows of which one is a special case of the other. */
const SPECIAL_CASES: ReadonlySet<string> = new Set(['lui aui']);

for (const { name, isa } of CORES)
  t.test(`${name}: no word has two meanings`, (t) => {
    const table = instructions(isa);
    const names = new Set<string>();
    for (const row of table) {
      if (names.has(row.name)) t.fail(`${row.name} is there twice`);
      names.add(row.name);
      if ((row.match & ~row.mask) !== 0) t.fail(`${row.name}: a fixed bit is not in the mask`);
    }
    // of two rows that share words one is a special case of the other, or relations between fields tell them apart
    const shares = (a: Instruction, b: Instruction): boolean => ((a.match ^ b.match) & a.mask & b.mask) === 0;
    const isSpecial = (a: Instruction, b: Instruction): boolean => (a.mask & b.mask) >>> 0 === b.mask;
    for (const [i, a] of table.entries())
      for (const b of table.slice(i + 1)) {
        if (!shares(a, b) || a.where.length + b.where.length > 0) continue;
        if (!SPECIAL_CASES.has(`${a.name} ${b.name}`) || !(isSpecial(a, b) || isSpecial(b, a)))
          t.fail(`${a.name} and ${b.name} share words`);
      }
    t.ok(table.length > 100, `${table.length} rows`);
    t.end();
  });

t.test('relations between fields leave one row for each word', (t) => {
  const random = new Random(3);
  for (const { isa } of CORES) {
    const related = instructions(isa).filter((row) => row.where.length > 0);
    for (const row of related)
      for (let i = 0; i < WORDS_A_ROW; i++) {
        const word = wordOf(random, row);
        const others = related.filter((other) => isWordOf(other, word));
        if (others.length !== 1) t.fail(`${word.toString(16)}: ${others.map(({ name }) => name).join()}`);
      }
  }
  t.ok(CORES.some(({ isa }) => instructions(isa).some(({ where }) => where.length > 0)));
  t.end();
});

t.test('every row has a meaning, for both byte orders', (t) => {
  for (const { name, isa } of CORES)
    for (const endian of ['le', 'be'] as const)
      t.doesNotThrow(() => {
        for (const row of instructions({ ...isa, endian })) row.meaning({ ...isa, endian });
      }, `${name} ${endian}`);
  t.end();
});

t.test('every row can be written', (t) => {
  const random = new Random(5);
  for (const { isa } of CORES)
    for (const row of instructions(isa)) {
      const word = wordOf(random, row);
      if (word !== 0) t.match(disassemble(word, 0, isa), /^[a-z]/, row.name);
    }
  t.equal(disassemble(0x0000003d, 0, MIPS32R2), '.word 0x3d');
  t.end();
});

/**
 * Words of a row that objdump knows: jumps have no other hint than the barrier's, CLZ names its register twice, RDDSP and
 * WRDSP name no fields that there are not.
 */
function knownWord(random: Random, row: Instruction): number {
  for (;;) {
    const word = wordOf(random, row);
    if (/^j(al)?r$/.test(row.name)) return (word & ~0x3c0) >>> 0;
    if (row.name === 'rddsp') return (word & ~0x03c00000) >>> 0;
    if (row.name === 'wrdsp') return (word & ~0x001e0000) >>> 0;
    if (/^d?cl[zo]$/.test(row.name) && row.match >>> 26 === 0b011100)
      return ((word & ~0x1f0000) | ((word & 0xf800) << 5)) >>> 0;
    return word;
  }
}

/** What objdump writes differently: numbers in another base, aliases in spite of `no-aliases`, names of control registers. */
const normal = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/ #.*| <.*>/g, '')
    .replace(/^(d?)ror(32|v|) /, '$1rotr$2 ')
    .replace(/^(dext|dins)[mu] /, '$1 ')
    .replace(/^dnegu (\w+),/, 'dsubu $1,zero,')
    .replace(/^dneg (\w+),/, 'dsub $1,zero,')
    .replace(/^dli (\w+),/, 'ori $1,zero,')
    .replace(/^lapc /, 'addiupc ')
    .replace(/^precequ\.pw\.qh/, 'precequ.qh.ob')
    .replace(/^preceq\.s\.l/, 'preceq.l')
    .replace(/^neg(u?) (\w+),/, 'sub$1 $2,zero,')
    .replace(/c1_\w+/, (name) => `$${FLOAT_CONTROL.get(name) ?? name}`)
    .replace(/-?\b(0x[0-9a-f]+|\d+)\b/g, asWord)
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

const skip = installed(OBJDUMP) ? false : `no ${OBJDUMP}`;
for (const { name, isa, machine, modes } of CORES)
  t.test(`${name}: the disassembler writes what objdump writes`, { skip }, (t) => {
    const random = new Random(7);
    const known = instructions(isa).filter((row) => !UNKNOWN_TO_OBJDUMP.test(row.name));
    const words = known.flatMap((row) => Array.from({ length: WORDS_A_ROW }, () => knownWord(random, row)));
    const code = Buffer.alloc(words.length * 4);
    words.forEach((word, i) => code.writeUInt32LE(word, i * 4));
    const theirs = objdump(code, machine, modes);
    const differences = words.flatMap((word, i) => {
      const [ours, other] = [normal(disassemble(word, i * 4, isa)), normal(theirs.get(i * 4) ?? 'nothing')];
      return ours === other ? [] : [`${word.toString(16)}: ours ${ours}, objdump ${other}`];
    });
    t.equal(theirs.size, words.length);
    t.strictSame(differences, []);
    t.end();
  });
