/** What ROOT lacks is made, also when several make it at once. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { prepareRoot } from '../../src/cli/prepare-root.js';

t.test('several that prepare the same ROOT', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'mips-rprocfs-root-'));
  t.teardown(() => rm(directory, { recursive: true }));
  for (let round = 0; round < 20; round++) {
    const root = join(directory, String(round), 'a', 'root');
    const paths = await Promise.all(Array.from({ length: 8 }, () => prepareRoot(root, ['sys', 'dev'])));
    t.same(new Set(paths), new Set([root]));
    for (const name of ['sys', 'dev', 'lib/firmware']) t.ok((await stat(join(root, name))).isDirectory());
  }
});

t.test('a file in the way', async (t) => {
  await t.rejects(prepareRoot('/proc/self/no/such', ['sys']), /cannot be prepared \(ENOENT: /);
  await t.rejects(prepareRoot('/etc/hostname/root', ['sys']), /cannot be prepared \(ENOTDIR: /);
});
