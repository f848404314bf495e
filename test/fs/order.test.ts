import t from 'tap';
import { attribute, directory } from '../../src/fs/index.js';
import { kernfsHash } from '../../src/fs/order.js';

const file = () => attribute({ mode: 0o444, show: () => '' });

t.test('sysfs lists by hash', (t) => {
  // as `ls -U /sys/kernel` of a 64-bit Linux lists them
  const kernel =
    'notes mm uevent_seqnum profiling vmcoreinfo reboot tracing security fscaps debug rcu_expedited cgroup address_bits'.split(
      ' ',
    );
  const made = directory(0o755, Object.fromEntries([...kernel].sort().map((name) => [name, file()])));
  t.same(
    made.listed().map(([name]) => name),
    kernel,
  );
  t.ok(kernfsHash('') >= 2, 'the kernel keeps 0 and 1');
  t.end();
});

t.test('debugfs lists the newest first', (t) => {
  const made = directory(0o755, { name: file(), recovery: file() }, 'debugfs');
  made.add('trace0', file());
  t.same(
    made.listed().map(([name]) => name),
    ['trace0', 'recovery', 'name'],
  );
  t.end();
});

t.test('a directory that was removed', (t) => {
  for (const [flavour, wanted] of [
    ['sysfs', 'empty'],
    ['debugfs', 'ENOENT'],
  ] as const) {
    const gone = directory(0o755, { name: file(), power: directory(0o755) });
    const root = directory(0o755, { gone }, flavour);
    t.equal(gone.links, 3);
    root.remove('gone');
    t.equal(gone.get('name'), undefined);
    t.equal(gone.links, 2);
    t.same(gone.listed(), []);
    const check = () => gone.checkListing();
    if (wanted === 'empty') t.doesNotThrow(check);
    else t.throws(check, { code: wanted });
  }
  t.end();
});
