import fc from 'fast-check';
import t from 'tap';
import {
  attribute,
  binary,
  directory,
  parseMountinfo,
  reachable,
  relativeTarget,
  symlink,
} from '../../src/fs/index.js';

t.test('links go up to the deepest shared directory, and spell the last name out', (t) => {
  // real ones: the transcript of a kernel's tree
  const device = '/devices/platform/dummy_rproc.0/remoteproc/remoteproc0';
  t.equal(relativeTarget('/class/remoteproc/remoteproc0', device), `../..${device}`);
  t.equal(relativeTarget(`${device}/device`, '/devices/platform/dummy_rproc.0'), '../../../dummy_rproc.0');
  t.equal(relativeTarget(`${device}/subsystem`, '/class/remoteproc'), '../../../../../class/remoteproc');
  t.equal(
    relativeTarget('/devices/platform/dummy_rproc.0/driver', '/bus/platform/drivers/dummy_rproc'),
    '../../../bus/platform/drivers/dummy_rproc',
  );
  t.end();
});

t.test('a link leads where it should', (t) => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 })
    .map((names) => `/${names.join('/')}`);
  fc.assert(
    fc.property(path, path, (link, target) => {
      const base = new URL(`file://${link}`);
      return new URL(relativeTarget(link, target), base).pathname === target;
    }),
  );
  t.end();
});

t.test('a binary file gives a page a read, and all that is asked for to whoever reads pages', async (t) => {
  const content = Buffer.alloc(10_000, 'x');
  const node = binary({
    mode: 0o600,
    shownSize: 9_000,
    read: (offset, size) => content.subarray(offset, offset + size),
    write: () => undefined,
  });
  directory(0o755, { node });
  const file = node.open({ read: true, write: true, nonblock: false });
  const request = { caller: { uid: 0, gid: 0, pid: 1 }, signal: new AbortController().signal, nonblock: false };
  t.equal(node.size, 9_000);
  t.equal((await file.read(0, 8192, request)).length, 4096);
  t.equal((await file.read(0, 8192, { ...request, paged: true })).length, 8192);
  t.equal((await file.read(8192, 4096, request)).length, 1808, 'the shown size is no end');
  t.equal(await file.write(9_000, content, request), 4096);
});

t.test('the mount table', (t) => {
  const table = [
    '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue',
    '37 35 0:40 / /tmp/a\\040b rw - fuse mips-rprocfs@7 rw',
    '',
  ];
  t.strictSame(parseMountinfo(table.join('\n')), [
    { id: 36, parent: 35, mountpoint: '/mnt2', type: 'ext3', source: '/dev/root' },
    { id: 37, parent: 35, mountpoint: '/tmp/a b', type: 'fuse', source: 'mips-rprocfs@7' },
  ]);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(parseMountinfo(text))));
  t.end();
});

t.test('mounts that others hide', (t) => {
  const line = (id: number, parent: number, path: string): string => `${id} ${parent} 0:1 / ${path} rw - tmpfs none rw`;
  const paths = (...lines: string[]): string[] =>
    reachable(parseMountinfo(lines.join('\n'))).map(({ mountpoint }) => mountpoint);
  t.strictSame(
    paths(line(1, 1, '/'), line(2, 1, '/dev'), line(3, 2, '/dev/sys'), line(4, 3, '/dev/sys/x'), line(5, 2, '/dev')),
    ['/', '/dev', '/dev'],
    'below what was moved over the place that they are in',
  );
  const beside = [line(2, 1, '/'), line(3, 2, '/a'), line(4, 3, '/a/b'), line(5, 2, '/ab')];
  t.strictSame(paths(...beside), ['/', '/a', '/a/b', '/ab']);
  t.end();
});

t.test('directories', (t) => {
  const root = directory(0o755, { sub: directory(0o755, { file: attribute({ mode: 0o444 }) }, 'debugfs') });
  const sub = root.get('sub');
  if (sub?.kind !== 'directory') throw new Error('no directory');
  const file = sub.get('file');
  t.equal(root.links, 3);
  t.equal(file?.flavour.name, 'debugfs', 'a flavour holds for all that is below');
  t.throws(() => root.add('sub', symlink('x')), { code: 'EEXIST' });
  for (const name of ['', '.', '..', 'a/b', 'x'.repeat(256)])
    t.throws(() => root.add(name, symlink('x')), /not a file name/);
  t.throws(() => root.add('twice', sub), /cannot be added twice/);
  t.equal(file?.removed, false);
  t.ok(root.remove('sub'));
  t.notOk(root.remove('sub'));
  t.equal(file?.removed, true, 'removing a directory removes what is below');
  t.equal(file?.flavour.name, 'debugfs', 'which keeps its flavour');
  t.equal(root.links, 2);
  t.end();
});
