/** Cores that run the same firmware, wherever it lies, get the same translations; nobody gets what does not fit. */
import t from 'tap';
import { asm } from './core-bench.js';
import { addresses, CODE, entryOf, TranslationBench } from './translation-bench.js';

const [HERE, THERE] = [0x100000, 0x200000];

function bench(): TranslationBench {
  const made = new TranslationBench();
  for (const pa of [HERE, THERE]) for (let number = 0; number < 6; number++) made.put(pa, number);
  return made;
}

t.test('the same firmware at two places: one module, found at both', async (t) => {
  const all = bench();
  const first = await all.ask(HERE, [0, 1, 2]);
  const second = await all.ask(THERE, [0, 1, 2]);
  t.ok(first.module instanceof WebAssembly.Module);
  t.equal(second.module, first.module);
  t.equal(all.translated, 1);
  t.same(
    addresses(second).map((pa) => pa - THERE),
    addresses(first).map((pa) => pa - HERE),
  );
  t.ok(addresses(first).includes(HERE + entryOf(1) - CODE));
});

t.test('whoever wants a part gets all of it', async (t) => {
  const all = bench();
  await all.ask(HERE, [0, 1, 2, 3]);
  const { entries } = await all.ask(THERE, [2]);
  t.same(entries, [0, 1, 2, 3].map(entryOf));
  t.equal(all.translated, 1);
});

t.test('what is not known is translated when it is asked for again', async (t) => {
  const all = bench();
  await all.ask(HERE, [0, 1]);
  t.same((await all.ask(THERE, [1, 4])).entries, [0, 1].map(entryOf), 'first what there is');
  t.same((await all.ask(THERE, [0, 1, 4], [0, 1])).entries, [0, 1, 4].map(entryOf), 'then the rest');
  t.equal(all.translated, 2);
  t.same((await all.ask(HERE, [0], [])).entries, [0, 1, 4].map(entryOf), 'which others get as well');
});

t.test('a core that asks what there is gets everything, a module at a time', async (t) => {
  const all = bench();
  t.equal((await all.ask(HERE, [])).module, undefined, 'nothing yet');
  await all.ask(HERE, [0, 1, 2]);
  await all.ask(HERE, [4, 5]);
  t.same((await all.ask(THERE, [])).entries, [0, 1, 2].map(entryOf));
  t.same((await all.ask(THERE, [], [0, 1, 2])).entries, [4, 5].map(entryOf));
  t.equal((await all.ask(THERE, [], [0, 1, 2, 4, 5])).module, undefined);
});

t.test('what was made without knowing that an access goes elsewhere is made anew', async (t) => {
  const all = new TranslationBench();
  const site = entryOf(1);
  for (const pa of [HERE, THERE]) for (const number of [0, 1]) all.putWord(pa, number, asm('lw', { rt: 2, base: 4 }));
  await all.ask(HERE, [0, 1]);
  await all.ask(THERE, [0, 1], [], [entryOf(7)]);
  t.equal(all.translated, 1, 'another place is no matter');
  await all.ask(THERE, [0, 1], [], [site]);
  t.equal(all.translated, 2);
  await all.ask(HERE, [0, 1], [], [site]);
  t.equal(all.translated, 2, 'and what was is known');
});

t.test('other words at one address: nothing of it is shared', async (t) => {
  const all = bench();
  all.put(THERE, 2, 77);
  const first = await all.ask(HERE, [0, 1, 2]);
  const second = await all.ask(THERE, [0, 1, 2]);
  t.not(second.module, first.module);
  t.equal(all.translated, 2);
  all.put(THERE, 2);
  t.same((await all.ask(THERE, [0, 1, 2])).module, first.module, 'until they are the same');
});

t.test('code that is refused is refused again, without a translation', async (t) => {
  const all = bench();
  const BREAK = 0xd;
  for (const pa of [HERE, THERE]) all.view.setInt32(pa + entryOf(3) - CODE, BREAK, true);
  t.same((await all.ask(HERE, [0, 3])).refused, [entryOf(3)]);
  t.same((await all.ask(THERE, [0, 3])).refused, [entryOf(3)]);
  t.same((await all.ask(THERE, [0])).refused, [], 'and nobody hears of it who did not ask');
  t.equal(all.translated, 1);
  all.put(THERE, 3);
  t.ok((await all.ask(THERE, [0, 3])).entries.includes(entryOf(3)));
});

t.test('kernel mode and user mode share nothing', async (t) => {
  const all = bench();
  await all.ask(HERE, [0]);
  await all.ask(HERE, [0], [], [], { isKernel: false });
  t.equal(all.translated, 2);
  await all.ask(HERE, [0], [], [], { isKernel: true });
  t.equal(all.translated, 2);
});

t.test('no more is remembered than there is room for', async (t) => {
  const all = new TranslationBench();
  const ROUNDS = 200;
  for (let round = 0; round < ROUNDS; round++) {
    all.put(HERE, 0, round);
    await all.ask(HERE, [0]);
  }
  t.equal(all.translated, ROUNDS);
  all.put(HERE, 0, ROUNDS - 1);
  await all.ask(HERE, [0]);
  t.equal(all.translated, ROUNDS, 'the last is known');
  all.put(HERE, 0, 0);
  await all.ask(HERE, [0]);
  t.equal(all.translated, ROUNDS + 1, 'the first has been forgotten');
});
