/** What the host's doubles say of a result, against the exact arithmetic. */
import fc from 'fast-check';
import t from 'tap';
import { byHost, hostOperations } from '../../src/emu/softfloat/host-doubles.js';
import { FLAG, ROUND, type Environment } from '../../src/emu/softfloat/number.js';
import { operate } from '../../src/emu/softfloat/operations.js';

const view = new DataView(new ArrayBuffer(8));
function bitsOf(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}
const NEAREST: Environment = { rounding: ROUND.nearest, flushToZero: false, underflowEnabled: false };

/** Few bits, for which results are often exact, or many; of any size that there may be. */
const comfortable = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2 ** 31 }), fc.maxSafeInteger()),
    fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -300, max: 240 })),
    fc.boolean(),
  )
  .map(([digits, exponent, isNegative]) => (digits === 0 ? 1 : digits) * 2 ** exponent * (isNegative ? -1 : 1));

for (const name of hostOperations)
  t.test(name, (t) => {
    const seen = { exact: 0, inexact: 0, undecided: 0 };
    fc.assert(
      fc.property(comfortable, comfortable, (a, b) => {
        const quick = byHost(name, a, b);
        if (quick === undefined) {
          seen.undecided++;
          return true;
        }
        seen[quick.isExact ? 'exact' : 'inexact']++;
        const { bits, flags } = operate(name, NEAREST, [bitsOf(a), bitsOf(b)]);
        return bits === bitsOf(quick.value) && flags === (quick.isExact ? 0 : FLAG.inexact);
      }),
      { numRuns: 5000 },
    );
    t.ok(seen.exact > 100 && seen.inexact > 300 && seen.undecided < 1500, JSON.stringify(seen));
    t.end();
  });

t.test('opposites', (t) => {
  t.same(byHost('sub.d', 3, 3), { value: 0, isExact: true });
  t.ok(Object.is(byHost('add.d', -3, 3)?.value, 0), 'a zero that is positive');
  t.end();
});

t.test('what it leaves to others', (t) => {
  for (const special of [0, -0, NaN, Infinity, -Infinity, 2 ** -301, 2 ** 301, Number.MIN_VALUE, Number.MAX_VALUE])
    for (const name of hostOperations) {
      t.equal(byHost(name, special, 1.5), undefined);
      t.equal(byHost(name, 1.5, special), undefined);
    }
  t.equal(byHost('sqrt.d', 4, 4), undefined);
  t.end();
});
