/** Whatever code is found, the translator makes a valid module of it, or none: random code of every model, and code that is all branches. */
import t, { type Test } from 'tap';
import { coreModel, modelNames } from '../../src/emu/cpu/models/index.js';
import { STATUS } from '../../src/emu/cpu/registers.js';
import { withField } from '../../src/emu/isa/field.js';
import { instructions, type Isa } from '../../src/emu/isa/index.js';
import { layoutOf } from '../../src/emu/layout.js';
import { Translator, type Job } from '../../src/emu/translator/translator.js';
import { asm } from './core-bench.js';
import { Random } from './random-program.js';

const KSEG0 = -0x80000000;
const RAM = 2 << 20;
const WORDS = 1024;
const NEAR = 64;
const PAGES = Number(process.env['MIPS_TRANSLATED_PAGES'] ?? 6);
const FIRST_SEED = Number(process.env['MIPS_RANDOM_SEED'] ?? 1);

class Bench {
  readonly memory;
  readonly view: DataView;
  readonly translator: Translator;

  constructor(private readonly isa: Isa) {
    const { pages, codeMap } = layoutOf({ memory: RAM });
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('shared memory is needed');
    this.memory = buffer;
    this.view = new DataView(buffer);
    this.translator = new Translator({ isa, codeMap, findsHotPlaces: true }, buffer);
  }

  put(words: readonly number[]): void {
    words.forEach((word, i) => {
      this.view.setUint32(i * 4, word, this.isa.endian === 'le');
    });
  }

  putHalves(halves: readonly number[]): void {
    halves.forEach((half, i) => {
      this.view.setUint16(i * 2, half, this.isa.endian === 'le');
    });
  }

  /** @param entries distances from KSEG0 */
  job(entries: readonly number[], status: number): Job {
    const range = { start: KSEG0, bytes: RAM, pa: 0, isExecutable: true, isWritable: true };
    return {
      ranges: [range],
      status,
      isKernel: true,
      entries: entries.map((at) => KSEG0 + at),
      functions: [],
      returns: new Map(),
      insisted: new Set(),
      elsewhere: [],
      known: [],
    };
  }
}

type Row = ReturnType<typeof instructions>[number];

/** A word of that row with anything in its fields; branches go at most so many of their units far. */
function randomWord(random: Random, row: Row, near: number): number {
  const word = (row.match | (random.word() & ~row.mask)) >>> 0;
  const isBranch = row.fieldNames.has('offset') && /^b/.test(row.name);
  return isBranch ? withField(word, row.fields.offset, random.below(2 * near) - near) : word;
}

/** Translates what `fill` makes, from some of the places where it says that an instruction begins. */
function translateRandom(t: Test, isa: Isa, fill: (bench: Bench, random: Random) => readonly number[]): void {
  const bench = new Bench(isa);
  let regions = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + PAGES; seed++) {
    const random = new Random(seed);
    const starts = fill(bench, random);
    const entries = [...new Set(Array.from({ length: 40 }, () => random.pick(starts)))];
    const status = random.word() & (STATUS.CU1 | STATUS.FR | STATUS.MX);
    const { bytes, entries: translated } = bench.translator.translate(bench.job(entries, status));
    regions += translated.length;
    if (bytes.length > 0 && !WebAssembly.validate(bytes)) t.fail(`seed ${seed}: an invalid module`);
  }
  t.ok(regions > 0, `${regions} regions`);
  t.end();
}

const PLACES = Array.from({ length: WORDS }, (_, index) => 4 * index);

for (const name of modelNames)
  for (const endian of ['le', 'be'] as const)
    t.test(`${name}, ${endian}`, (t) => {
      const isa: Isa = { ...coreModel(name).isa, endian };
      const rows = instructions(isa);
      translateRandom(t, isa, (bench, random) => {
        bench.put(PLACES.map(() => randomWord(random, random.pick(rows), NEAR)));
        return PLACES;
      });
    });

const NEAR_HALVES = 256;
for (const name of modelNames.filter((each) => coreModel(each).isa.compressed !== 'none'))
  for (const endian of ['le', 'be'] as const)
    t.test(`${name}, ${endian}, compressed code`, (t) => {
      const isa: Isa = { ...coreModel(name).isa, endian };
      const rows = instructions(isa, 'compressed');
      translateRandom(t, isa, (bench, random) => {
        const halves: number[] = [];
        const starts: number[] = [];
        while (halves.length < 2 * WORDS) {
          const row = random.pick(rows);
          const word = randomWord(random, row, NEAR_HALVES);
          starts.push(2 * halves.length + 1);
          halves.push(...(row.bytes === 2 ? [word & 0xffff] : [word >>> 16, word & 0xffff]));
        }
        bench.putHalves(halves);
        return starts;
      });
    });

t.test('thousands of branches, nested as deep as a region can be', (t) => {
  const bench = new Bench({ ...coreModel('interAptiv').isa, endian: 'le' });
  const COUNT = 1000;
  const branches = Array.from({ length: COUNT }, (_, i) => [
    asm('beq', { rs: 4, rt: 5, offset: (2 * (COUNT - i) - 1) & 0xffff }),
    asm('addiu', { rs: 4, rt: 4, imm: 1 }),
  ]);
  bench.put([...branches.flat(), asm('jr', { rs: 31 }), 0]);
  const { bytes, entries } = bench.translator.translate(bench.job([0], 0));
  t.equal(entries.length, 1);
  t.ok(WebAssembly.validate(bytes));
  t.end();
});
