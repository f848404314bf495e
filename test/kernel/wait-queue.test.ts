/** Who waits is woken, and nobody twice. */
import t from 'tap';
import { Errno, WaitQueue } from '../../src/kernel/index.js';
import { outcome } from '../rproc/bench.js';

const NOBODY = new AbortController().signal;

t.test('what is there already is not waited for', async (t) => {
  const queue = new WaitQueue();
  t.equal(await queue.until(() => 1, AbortSignal.abort()), 1);
  t.equal(await outcome(queue.until(() => undefined, AbortSignal.abort())), 'EINTR');
});

t.test('everybody looks at each change, one gets it', async (t) => {
  const queue = new WaitQueue();
  const goods: string[] = [];
  const first = queue.until(() => goods.shift(), NOBODY);
  const second = queue.until(() => goods.shift(), NOBODY);
  queue.wake();
  goods.push('a');
  queue.wake();
  t.equal(await first, 'a');
  goods.push('b', 'c');
  queue.wake();
  t.equal(await second, 'b');
  queue.wake();
  t.same(goods, ['c'], 'who has it looks no more');
});

t.test('a wait that fails is over', async (t) => {
  const queue = new WaitQueue();
  let [gone, looks] = [false, 0];
  const waiting = queue.until(() => {
    looks++;
    if (gone) throw new Errno('EPIPE');
    return undefined;
  }, NOBODY);
  gone = true;
  queue.wake();
  queue.wake();
  t.equal(await outcome(waiting), 'EPIPE');
  t.equal(looks, 2);
});

t.test('a signal takes nothing away', async (t) => {
  const queue = new WaitQueue();
  const goods: string[] = [];
  const signal = new AbortController();
  const waiting = queue.until(() => goods.shift(), signal.signal);
  signal.abort();
  goods.push('a');
  queue.wake();
  t.equal(await outcome(waiting), 'EINTR');
  t.same(goods, ['a']);
});

t.test('a subscription lasts until it is ended', (t) => {
  const queue = new WaitQueue();
  let woken = 0;
  const leave = queue.add(() => woken++);
  queue.wake();
  queue.wake();
  leave();
  queue.wake();
  t.equal(woken, 2);
  t.end();
});
