/** What a core remembers of places that were a loss. */
import t from 'tap';
import { Places } from '../../src/emu/translator/places.js';

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
