/** What a core remembers of places that were a loss. */
import t from 'tap';
import type { Context } from '../../src/emu/translator/context.js';
import type { Engine } from '../../src/emu/translator/engine.js';
import { LocalTranslation } from '../../src/emu/translator/local.js';
import { Places } from '../../src/emu/translator/places.js';
import type { Job } from '../../src/emu/translator/translator.js';
import { addiu, branch, END } from './both-engines.js';
import { asm, CoreBench, li, nop, PROGRAM, PROGRAM_PA } from './core-bench.js';

const MILLION = 1e6;

t.test('a place that was a loss is tried again, after four times as long each time', (t) => {
  const places = new Places();
  const [here, there] = [0x80100000 | 0, 0x80100004 | 0];
  places.suspend(here, 0);
  t.ok(places.refused.has(here));
  t.same(places.dueAt(4 * MILLION), []);
  places.suspend(there, 4 * MILLION);
  t.same(places.dueAt(5 * MILLION), [here]);
  t.same([...places.refused], [there]);
  t.same(places.dueAt(5 * MILLION), [], 'once');
  places.suspend(here, 6 * MILLION);
  t.same(places.dueAt(25 * MILLION), [there]);
  t.same(places.dueAt(26 * MILLION), [here]);
  t.equal(places.refused.size, 0);
  t.end();
});

t.test('a place whose code changes too often is refused for good', (t) => {
  const places = new Places();
  places.suspend(1, 0);
  for (let change = 0; change < 3; change++) places.changed(1);
  t.same(places.dueAt(Infinity), []);
  t.ok(places.refused.has(1));
  t.end();
});

t.test('a loop that is left at every round is asked for again after a while', (t) => {
  const A0 = 4;
  // exact, and Inexact is not set: each is the interpreter's
  const loop = [asm('add.d', { fs: 2, ft: 4, fd: 6 }), addiu(A0, A0, -1), branch('bne', { rs: A0 }, -3), nop];
  const head = (PROGRAM + 8) | 0;
  const asked: number[] = [];
  const bench = new CoreBench({
    translation: (target, memory) =>
      new (class extends LocalTranslation {
        override request(engine: Engine, job: Job, context: Context): void {
          asked.push(...job.entries);
          super.request(engine, job, context);
        }
      })(target, memory, false),
  });
  bench.put(PROGRAM_PA, [...li(A0, 4_000_000), ...loop, END]);
  bench.core.cp0.status = 1 << 29;
  bench.run(100_000);
  t.ok(asked.filter((entry) => entry === head).length >= 2, `asked for: ${asked.map((entry) => entry - head).join()}`);
  t.end();
});
