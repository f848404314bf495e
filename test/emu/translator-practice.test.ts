/** What the translator does before there is anything to translate. */
import t from 'tap';
import { MIPS32R2 } from '../../src/emu/isa/index.js';
import type { Endian } from '../../src/emu/hardware.js';
import { practise } from '../../src/emu/translator/practice.js';
import { Translator, type Job, type Translation } from '../../src/emu/translator/translator.js';

/** Keeps what it and those for other memory have translated. */
class Kept extends Translator {
  readonly all: { readonly job: Job; readonly made: Translation }[] = [];

  override apart(memory: SharedArrayBuffer, codeMap: number): Translator {
    const other = super.apart(memory, codeMap);
    const translate = other.translate.bind(other);
    other.translate = (job) => {
      const made = translate(job);
      this.all.push({ job, made });
      return made;
    };
    return other;
  }
}

const kept = (endian: Endian): Kept =>
  new Kept({ isa: { ...MIPS32R2, endian }, codeMap: 1 << 16, findsHotPlaces: true }, new SharedArrayBuffer(2 << 16));

for (const endian of ['le', 'be'] as const)
  t.test(`it practises on all kinds of jobs, ${endian}`, async (t) => {
    const translator = kept(endian);
    await practise(translator, () => false);
    const kinds = new Map(translator.all.map(({ job, made }) => [job, made]));
    t.equal(kinds.size, 6);
    t.ok(translator.all.length > 2 * kinds.size, 'again and again');
    for (const [{ entries }, { bytes, refused }] of kinds) {
      t.ok(entries.length > 0);
      t.ok(bytes.length === 0 || WebAssembly.validate(bytes));
      t.same(refused, []);
    }
    const [whole] = kinds.values();
    t.ok((whole?.code ?? []).reduce((sum, { words }) => sum + words.length, 0) > 300, 'on a whole program');
    t.ok(
      [...kinds.values()].some(({ elsewhere }) => elsewhere.length > 0),
      'also on accesses that go elsewhere',
    );
    t.ok(
      [...kinds.values()].some(({ deferred }) => deferred.length > 0),
      'and on places inside of functions',
    );
  });

t.test('it ends when there is something to do', async (t) => {
  const translator = kept('le');
  await practise(translator, () => translator.all.length >= 3);
  t.equal(translator.all.length, 3);
});
