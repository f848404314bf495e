/** The rows of microMIPS and MIPS16e against themselves and against GNU objdump. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { FieldName } from '../../src/emu/isa/encoding.js';
import { fieldValue } from '../../src/emu/isa/field.js';
import { disassemble, instructions, MIPS32R2, type Instruction, type Isa } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import { OBJDUMP, objdump } from '../support/objdump.js';
import { Random } from './random-program.js';
import { asWord, wordOf } from './table-words.js';

const WORDS_A_ROW = 40;

interface Core {
  readonly name: string;
  readonly isa: Isa;
  /** objdump's name of it; undefined: it does not know it. */
  readonly machine?: string;
  readonly modes?: readonly string[];
}

const micromips = (bits: 32 | 64, release: Isa['release']): Core => ({
  name: `microMIPS${bits} Release ${release}`,
  isa: {
    ...MIPS32R2,
    bits,
    release,
    compressed: 'micromips',
    fpu: true,
    nan2008: release === 6,
    pairedSingle: release < 6,
    eva: release === 3,
    mcu: release === 3,
    virtualProcessors: release === 6,
  },
  ...(release < 6 ? { machine: 'mips:micromips' } : {}),
  modes: ['xpa'],
});
const mips16 = (bits: 32 | 64): Core => ({
  name: `MIPS16e, ${bits} bits`,
  isa: { ...MIPS32R2, bits, compressed: 'mips16' },
  machine: 'mips:16',
});

const CORES: readonly Core[] = [
  ...([2, 3, 5, 6] as const).map((release) => micromips(32, release)),
  ...([1, 2] as const).map((dsp): Core => {
    const core = micromips(32, 3);
    return { ...core, name: `${core.name} with DSP ASE ${dsp}`, isa: { ...core.isa, dsp } };
  }),
  micromips(64, 2),
  micromips(64, 3),
  mips16(32),
  mips16(64),
];

const shares = (a: Instruction, b: Instruction): boolean =>
  a.bytes === b.bytes && ((a.match ^ b.match) & a.mask & b.mask) === 0;
/** LUI of Release 6 is AUI with register 0. */
const SPECIAL_CASES: ReadonlySet<string> = new Set(['lui aui']);

for (const { name, isa } of CORES)
  t.test(`${name}: no word has two meanings`, (t) => {
    const table = instructions(isa, 'compressed');
    for (const [i, a] of table.entries()) {
      if ((a.match & ~a.mask) !== 0) t.fail(`${a.name}: a fixed bit is not in the mask`);
      for (const b of table.slice(i + 1))
        if (shares(a, b) && a.where.length + b.where.length === 0 && !SPECIAL_CASES.has(`${a.name} ${b.name}`))
          t.fail(`${a.name} and ${b.name} share words`);
    }
    t.ok(table.length > 90, `${table.length} rows`);
    t.end();
  });

t.test('every row has a meaning, for both byte orders', (t) => {
  for (const { name, isa } of CORES)
    for (const endian of ['le', 'be'] as const)
      t.doesNotThrow(() => {
        for (const row of instructions({ ...isa, endian }, 'compressed')) row.meaning({ ...isa, endian });
      }, `${name} ${endian}`);
  t.end();
});

const halvesOf = (word: number, bytes: 2 | 4): number[] => (bytes === 2 ? [word] : [word >>> 16, word & 0xffff]);

/** Lists of registers and arguments are those that the manual knows. */
function knownWord(random: Random, row: Instruction): number {
  for (;;) {
    const word = wordOf(random, row);
    const knowsList = !row.fieldNames.has('list') || LISTS.includes(fieldValue(word, row.fields.list));
    const knowsArguments = !row.fieldNames.has('args') || fieldValue(word, row.fields.args) !== 15;
    if (knowsList && knowsArguments) return word;
  }
}
const LISTS = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((count) => [count, count + 16]);

/** What objdump writes differently: numbers in another base, aliases in spite of `no-aliases`, a register once for twice. */
const normal = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/ #.*| <.*>/g, '')
    .replace(/^(dvp|evp) zero$/, '$1')
    .replace(/^(m[ft]h?c0 .*),0$/, '$1')
    .replace(/^(break|sdbbp) 0$/, '$1')
    .replace(/^((rd|wr)dsp \w+),0x3f$/, '$1')
    .replace(/^(d?)ror(32|v|) /, '$1rotr$2 ')
    .replace(/^(dext|dins)[mu] /, '$1 ')
    .replace(/^(neg|not) (\w+)$/, '$1 $2,$2')
    .replace(/^(d?)neg(u?) (\w+),/, '$1sub$2 $3,zero,')
    .replace(/^not (\w+),(\w+)$/, 'nor $1,$2,zero')
    .replace(/^dli (\w+),/, 'ori $1,zero,')
    .replace(/^jr(s?)(\.hb)? /, 'jalr$1$2 zero,')
    .replace(/^([a-z]+) (\w+),\2,(?=\w+$)/, '$1 $2,')
    .replace(/^([a-z]+) (\w+),\2$/, '$1 $2')
    .replace(/-?\b(0x[0-9a-f]+|\d+)\b/g, asWord)
    .trim();

/** How LLVM calls instructions that GNU objdump calls otherwise, with the operands that it leaves out. */
const LLVM_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(\w+?)(16|32) /, '$1 '],
  [/^addius5 (\S+),/, 'addiu $1,$1,'],
  [/^addiur2 /, 'addiu '],
  [/^addiur1sp (\S+),/, 'addiu $1,sp,'],
  [/^addiusp /, 'addiu sp,sp,'],
  [/^lapc /, 'addiupc '],
  [/^jalr /, 'jalrc '],
  [/^(and|or|xor) (\w+),(\w+)$/, '$1 $2,$2,$3'],
];
const NAMES = 'zero at v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp s8 ra'.split(
  ' ',
);
const CONTROL_REGISTERS = /^(m[ft]h?c0|c[ft]c1) /;

/** What LLVM writes, as objdump would. */
function fromLlvm(text: string): string {
  const named = text
    .replace(/,\s+/g, ',')
    .replace(/\s+/g, ' ')
    .replace(/\$fp/g, 's8')
    .replace(/\$(zero|sp|gp|ra)/g, '$1');
  const register = CONTROL_REGISTERS.test(named) ? / \$(\d+)/ : /\$(\d+)/g;
  const withNames = named.replace(register, (all: string, number: string) =>
    all.replace(`$${number}`, NAMES[Number(number)] ?? number),
  );
  return LLVM_NAMES.reduce((result, [from, to]) => result.replace(from, to), withNames).replace(
    /^([ls]wm) ((?:\w+,)+)/,
    (_, name: string, list: string) => `${name} ${ranges(list.slice(0, -1).split(','))},`,
  );
}

/** s0, s1, s2 as s0-s2. */
function ranges(list: readonly string[]): string {
  const saved = list.filter((each) => /^s[0-7]$/.test(each));
  const [first = '', last = first] = [saved[0], saved.at(-1)];
  const rest = list.filter((each) => !saved.includes(each));
  return [...(saved.length === 0 ? [] : [first === last ? first : `${first}-${last}`]), ...rest].join();
}

/** Where LLVM 14 is wrong or knows less than QEMU: JIC and JIALC change places, the order of operands of LSA, ALIGN, BOVC and BNVC, conditions of CMP. */
const LLVM_DEVIATES = /^(bovc|bnvc|jic|jialc|lsa|align|cmp\.s?(or|une|ne)\..|rdhwr|sigrie|(floor|ceil)\.w\.d)$/;

/** LLVM writes some signed numbers as unsigned ones. */
function llvmKnows(row: Instruction, word: number): boolean {
  const get = (name: FieldName): number => fieldValue(word, row.fields[name]);
  const isShortLoad = row.name === 'lw' && row.bytes === 2;
  if (row.name === 'ins') return get('msb') >= get('lsb');
  if (/^(cache|pref)$/.test(row.name)) return get('offset') < 256;
  if (isShortLoad && row.fields.offset.width === 9) return false; // the register of LWGP
  if (/^al?uipc$/.test(row.name)) return get('imm') < 0x8000;
  return !row.fieldNames.has('list') || row.bytes === 2 || get('list') % 16 < 9;
}

/** Two short NOPs after every word, which what LLVM does not decode at once may swallow. */
const PADDING = [0x0c00, 0x0c00];

function llvmListing(words: readonly { readonly row: Instruction; readonly word: number }[]): Map<number, string> {
  const directory = mkdtempSync(join(tmpdir(), 'llvm-'));
  try {
    const [source, object] = [join(directory, 'words.s'), join(directory, 'words.o')];
    const halves = words.map(({ row: { bytes }, word }) => [...halvesOf(word, bytes), ...PADDING]);
    writeFileSync(source, `.text\n${halves.map((each) => `.short ${each.join()}\n`).join('')}`);
    const core = ['-mcpu=mips32r6', '-mattr=+micromips'];
    execFileSync('llvm-mc', ['-triple=mipsel', ...core, '-filetype=obj', source, '-o', object]);
    const options = ['-d', '--no-show-raw-insn', ...core.map((each) => `-${each}`)];
    const listing = execFileSync('llvm-objdump', [...options, object], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const texts = new Map<number, string>();
    for (const line of listing.split('\n')) {
      const [, address, text] = /^\s*([0-9a-f]+):\s+(.*)$/.exec(line) ?? [];
      if (address !== undefined && text !== undefined) texts.set(parseInt(address, 16), text);
    }
    return texts;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const hasLlvm = installed('llvm-mc') && installed('llvm-objdump');
t.test(
  'microMIPS32 Release 6: the disassembler writes what LLVM writes',
  { skip: hasLlvm ? false : 'no LLVM' },
  (t) => {
    const { isa } = micromips(32, 6);
    const random = new Random(7);
    const words = instructions(isa, 'compressed')
      .filter(({ name }) => !LLVM_DEVIATES.test(name))
      .flatMap((row) => Array.from({ length: WORDS_A_ROW }, () => ({ row, word: knownWord(random, row) })))
      .filter(({ row, word }) => llvmKnows(row, word));
    const theirs = llvmListing(words);
    let at = 0;
    const differences = words.flatMap(({ row, word }) => {
      // it thinks that most branches of Release 6 count words: their targets are left out
      const target = /near$|pc\+offset/.test(row.operands) ? /[ ,]-?\d+$/ : /$/;
      const ours = normal(disassemble(word, at | 1, isa, row.bytes)).replace(target, '');
      const other = normal(fromLlvm(theirs.get(at) ?? 'nothing')).replace(target, '');
      at += row.bytes + 2 * PADDING.length;
      return ours === other ? [] : [`${word.toString(16)}: ours ${ours}, LLVM ${other}`];
    });
    t.strictSame(differences, []);
    t.end();
  },
);

const skip = installed(OBJDUMP) ? false : `no ${OBJDUMP}`;
for (const { name, isa, machine, modes } of CORES.filter(({ machine }) => machine !== undefined))
  t.test(`${name}: the disassembler writes what objdump writes`, { skip }, (t) => {
    const random = new Random(7);
    const words = instructions(isa, 'compressed').flatMap((row) =>
      Array.from({ length: WORDS_A_ROW }, () => ({ row, word: knownWord(random, row) })),
    );
    const halves = words.flatMap(({ row: { bytes }, word }) => halvesOf(word, bytes));
    const theirs = objdump(new Uint8Array(Uint16Array.from(halves).buffer), machine ?? '', modes);
    let at = 0;
    const differences = words.flatMap(({ row: { bytes }, word }) => {
      const [ours, other] = [normal(disassemble(word, at | 1, isa, bytes)), normal(theirs.get(at) ?? 'nothing')];
      at += bytes;
      return ours === other ? [] : [`${word.toString(16)}: ours ${ours}, objdump ${other}`];
    });
    t.strictSame(differences, []);
    t.end();
  });
