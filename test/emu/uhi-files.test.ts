/** UHI calls on files, which are confined to one directory: docs/reference/mips-uhi.md 2.3. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Worker } from 'node:worker_threads';
import { Caller, CALL, FLAG, MEMORY, NOWHERE, READ_ONLY, scratchDirectory } from './uhi-bench.js';

t.test('read, write, seek', (t) => {
  const root = scratchDirectory(t);
  const caller = new Caller(t, { root });
  const call = caller.result.bind(caller);
  caller.put(MEMORY, 'hello, world');
  t.equal(call(CALL.open, 'new', FLAG.readWrite), -2);
  t.equal(call(CALL.open, 'new', FLAG.readWrite | FLAG.create, 0o600), 3);
  t.equal(statSync(join(root, 'new')).mode & 0o777, 0o600);
  t.strictSame(caller.call(CALL.write, 3, MEMORY, 12), { value: 12n, errno: 0 });
  t.equal(call(CALL.lseek, 3, 0, 1), 12, 'behind it');
  t.equal(call(CALL.lseek, 3, -5, 2), 7);
  t.equal(call(CALL.read, 3, MEMORY + 100, 100), 5, 'up to the end');
  t.equal(caller.text(MEMORY + 100, 6), 'world\0');
  t.equal(call(CALL.read, 3, MEMORY + 100, 100), 0);
  t.equal(call(CALL.lseek, 3, 2, 0), 2);
  t.equal(call(CALL.pread, 3, MEMORY + 200, 4, 1), 4);
  t.equal(caller.text(MEMORY + 200, 4), 'ello');
  t.equal(call(CALL.pwrite, 3, MEMORY, 5, 20), 5);
  t.equal(call(CALL.lseek, 3, 0, 1), 2, 'neither moves the position');
  t.equal(readFileSync(join(root, 'new'), 'latin1'), 'hello, world\0\0\0\0\0\0\0\0hello');
  for (const [offset, whence, error] of [
    [-1, 0, -22],
    [-3, 1, -22],
    [0, 3, -22],
    [0, -1, -22],
    [0x7fffffff, 2, -139],
  ] as const)
    t.equal(call(CALL.lseek, 3, offset, whence), error, `lseek ${offset} ${whence}`);
  t.equal(call(CALL.pread, 3, MEMORY, 1, -1), -22);

  t.equal(call(CALL.open, 'new', FLAG.write | FLAG.append), 4);
  t.equal(call(CALL.write, 4, MEMORY, 2), 2);
  t.equal(call(CALL.lseek, 4, 0, 1), 27, 'appended');
  t.equal(call(CALL.read, 4, MEMORY, 1), -9, 'not opened for reading');
  t.equal(call(CALL.close, 3), 0);
  t.equal(call(CALL.read, 3, MEMORY, 1), -9);
  t.equal(call(CALL.open, 'new', FLAG.write | FLAG.truncate), 3, 'the lowest number');
  t.equal(statSync(join(root, 'new')).size, 0);
  t.equal(call(CALL.open, 'new', FLAG.write | FLAG.create | FLAG.exclusive), -17);
  t.equal(call(CALL.open, 'new', 3), -22);

  t.equal(call(CALL.link, 'new', 'other'), 0);
  t.equal(call(CALL.link, 'new', 'other'), -17);
  t.equal(call(CALL.link, 'missing', 'another'), -2);
  t.equal(statSync(join(root, 'other')).nlink, 2);
  t.equal(call(CALL.unlink, 'new'), 0);
  t.equal(call(CALL.unlink, 'new'), -2);
  t.strictSame(readdirSync(root), ['other']);
  t.end();
});

t.test('transfers over pages, and into what is not there', (t) => {
  const root = scratchDirectory(t);
  const caller = new Caller(t, { root });
  const call = caller.result.bind(caller);
  const content = Buffer.from(Array.from({ length: 3 << 20 }, (_, index) => index % 251));
  writeFileSync(join(root, 'large'), content);
  t.equal(call(CALL.open, '/large'), 3);
  t.equal(call(CALL.read, 3, MEMORY + 100, 8000), 8000);
  t.strictSame(Buffer.from(caller.bytes.slice(100, 8100)), content.subarray(0, 8000));
  t.equal(call(CALL.read, 3, READ_ONLY - 10, 100), 10, 'as much as there is room for');
  t.equal(call(CALL.lseek, 3, 0, 1), 8010, 'counts');
  t.equal(call(CALL.read, 3, READ_ONLY, 100), -14);
  t.equal(call(CALL.read, 3, NOWHERE, 0), 0);
  t.equal(call(CALL.lseek, 3, 0, 1), 8010);
  t.equal(call(CALL.open, 'copy', FLAG.write | FLAG.create, 0o600), 4);
  t.equal(call(CALL.write, 4, MEMORY + 100, 8000), 8000);
  t.strictSame(readFileSync(join(root, 'copy')), content.subarray(0, 8000));
  t.equal(call(CALL.write, 4, NOWHERE, 8000), -14);

  const wide = new Caller(t, { root, bits: 64 });
  // a core of 64 bits may have as much memory as it likes at one address
  const page = new Uint8Array(4096);
  wide.writable = (_va, length) => page.subarray(0, Math.min(length, page.length));
  t.equal(wide.result(CALL.open, 'large'), 3);
  t.equal(wide.result(CALL.read, 3, MEMORY, -1), 1 << 20, 'at most a MiB a call');
  t.equal(wide.result(CALL.lseek, 3, 1n << 40n, 0), 2 ** 40, 'positions of 64 bits');
  t.equal(wide.result(CALL.lseek, 3, 1n << 60n, 0), -139);
  t.end();
});

t.test('fstat', (t) => {
  const root = scratchDirectory(t);
  writeFileSync(join(root, 'file'), 'x'.repeat(5000), { mode: 0o604 });
  const status = statSync(join(root, 'file'));
  for (const littleEndian of [true, false]) {
    const caller = new Caller(t, { root, littleEndian });
    t.equal(caller.result(CALL.open, 'file'), 3);
    t.equal(caller.result(CALL.fstat, 3, MEMORY), 0);
    const view = new DataView(caller.bytes.buffer);
    const long = (offset: number): number => Number(view.getBigUint64(offset, littleEndian));
    t.equal(view.getUint16(2, littleEndian), status.ino & 0xffff);
    t.equal(view.getUint32(4, littleEndian), 0o100604);
    t.equal(view.getUint16(8, littleEndian), 1);
    t.equal(view.getUint16(10, littleEndian), status.uid & 0xffff);
    t.equal(long(16), 5000);
    t.equal(long(40), Math.floor(status.mtimeMs / 1000));
    t.equal(long(72), status.blksize);
    t.equal(long(80), status.blocks);
  }
  t.end();
});

t.test('nothing leads out of the directory', (t) => {
  const top = scratchDirectory(t);
  const root = join(top, 'root');
  mkdirSync(join(root, 'a/b'), { recursive: true });
  for (const [name, content] of [
    ['secret', 'secret'],
    ['root/file', 'inside'],
    ['root/a/b/deep', 'deep'],
  ] as const)
    writeFileSync(join(top, name), content);
  for (const [target, name] of [
    ['../secret', 'out'],
    [join(top, 'secret'), 'absolute'],
    ['..', 'up'],
    ['/', 'slash'],
    ['a/b', 'within'],
    ['/a/../file', 'chroot'],
    ['loop', 'loop'],
    ['a/b/new', 'dangling'],
    ['../../../../../../../../etc', 'a/etc'],
  ] as const)
    symlinkSync(target, join(root, name));
  const caller = new Caller(t, { root });
  const open = (path: string, flags = 0): number => {
    const fd = caller.result(CALL.open, path, flags, 0o600);
    if (fd >= 0) caller.call(CALL.close, fd);
    return fd;
  };
  const content = (path: string): string => {
    const fd = caller.result(CALL.open, path);
    if (fd < 0) return `errno ${-fd}`;
    const count = caller.result(CALL.read, fd, MEMORY, 100);
    caller.call(CALL.close, fd);
    return caller.text(MEMORY, count);
  };

  for (const path of ['file', '/file', './file', '//file', '../file', '/../../file', 'a/../file', 'a/b/../../../file'])
    t.equal(content(path), 'inside', path);
  for (const path of ['up/file', 'slash/file', 'slash/up/../file', 'chroot', 'a/b/../../up/chroot'])
    t.equal(content(path), 'inside', `${path}: links stay inside`);
  t.equal(content('within/deep'), 'deep');
  t.equal(content('within/../b/deep'), 'deep', '.. behind a link is that of its target');
  for (const path of ['out', 'absolute', '../secret', 'up/secret', 'a/etc/passwd', join(top, 'secret')])
    t.equal(content(path), 'errno 2', path);
  t.equal(open('loop'), -92);
  t.equal(open('loop/file'), -92);
  t.equal(open('file/file'), -20);
  t.equal(open('missing/file', FLAG.write | FLAG.create), -2);
  t.equal(open(''), -2);
  for (const path of ['/', '.', 'a', 'a/..', 'up', 'slash']) t.equal(open(path), -21, `${path}: a directory`);
  t.equal(open(`${'a/../'.repeat(150)}file`), 3, 'long');
  t.equal(open('x'.repeat(300)), -91);

  t.equal(open('out', FLAG.write | FLAG.create), 3, 'a link that leads nowhere inside');
  t.equal(readFileSync(join(top, 'secret'), 'latin1'), 'secret');
  t.ok(lstatSync(join(root, 'secret')).isFile(), 'is filled inside');
  t.equal(open('dangling', FLAG.write | FLAG.create | FLAG.exclusive), -17, 'but not by what must be new');
  t.equal(open('dangling', FLAG.write | FLAG.create), 3);
  t.ok(existsSync(join(root, 'a/b/new')));

  t.equal(caller.result(CALL.unlink, '../secret'), 0, 'the one inside');
  t.equal(caller.result(CALL.unlink, 'out'), 0);
  t.ok(existsSync(join(top, 'secret')));
  t.notOk(existsSync(join(root, 'out')), 'a link itself goes, not its target');
  t.equal(caller.result(CALL.unlink, 'a'), -21);
  t.equal(caller.result(CALL.unlink, '..'), -21);
  t.equal(caller.result(CALL.link, 'file', '../linked'), 0);
  t.ok(existsSync(join(root, 'linked')));
  t.equal(caller.result(CALL.link, '..', 'x'), -21);

  mkdirSync(join(root, 'd/'.repeat(70)), { recursive: true });
  t.equal(open(`${'d/'.repeat(70)}file`, FLAG.write | FLAG.create), -91, 'too many directories');
  t.end();
});

t.test('files that are none', (t) => {
  const root = scratchDirectory(t);
  execFileSync('mkfifo', [join(root, 'fifo')]);
  const caller = new Caller(t, { root });
  t.equal(caller.result(CALL.open, 'fifo'), -13, 'nobody waits for a writer');
  t.equal(caller.result(CALL.open, 'fifo', FLAG.write | FLAG.create), -13);
  const all = new Caller(t, { root: '/' });
  t.equal(all.result(CALL.open, '/proc/self/status'), -18, 'nor is another mount entered');
  t.equal(all.result(CALL.open, '/proc'), -21);
  t.equal(all.result(CALL.open, '/sys/kernel/uevent_seqnum'), -18);
  t.end();
});

t.test('descriptors', (t) => {
  const root = scratchDirectory(t);
  writeFileSync(join(root, 'file'), '');
  const before = readdirSync('/proc/self/fd').length;
  const caller = new Caller(t, { root });
  const opened: number[] = [];
  for (let fd = 0; fd >= 0;) opened.push((fd = caller.result(CALL.open, 'file')));
  t.strictSame([opened.length, opened[0], opened.at(-2), opened.at(-1)], [30, 3, 31, -24], 'EMFILE');
  t.equal(caller.result(CALL.open, '/dev/stdout'), 1, 'streams have numbers of their own');
  t.equal(caller.result(CALL.close, 17), 0);
  t.equal(caller.result(CALL.open, 'file'), 17);
  t.equal(caller.result(CALL.close, 99), -9);
  // the directory itself, and one for each file
  t.equal(readdirSync('/proc/self/fd').length, before + 1 + 29);
  caller.session.close();
  t.equal(readdirSync('/proc/self/fd').length, before + 1, 'closed with the session');
  t.equal(caller.result(CALL.read, 3, MEMORY, 1), -9);
  t.end();
});

/** Replaces `name` by a directory and by a link to `outside`, in turn, until it is told to stop. */
const SWAPPER = `
const { renameSync, symlinkSync, mkdirSync, unlinkSync } = require('node:fs');
const { workerData: { flag, name, directory, outside } } = require('node:worker_threads');
const stop = new Int32Array(flag);
for (let turn = 0; Atomics.load(stop, 0) === 0; turn++) {
  renameSync(name, directory);
  symlinkSync(outside, name);
  unlinkSync(name);
  renameSync(directory, name);
  Atomics.add(stop, 1, 1);
}`;

t.test('a directory that becomes a link while it is used', async (t) => {
  const top = scratchDirectory(t);
  const root = join(top, 'root');
  mkdirSync(join(root, 'd'), { recursive: true });
  mkdirSync(join(top, 'outside'));
  writeFileSync(join(root, 'd/file'), 'inside');
  writeFileSync(join(top, 'outside/file'), 'secret');
  writeFileSync(join(top, 'outside/only'), 'secret');
  const stop = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(SWAPPER, {
    eval: true,
    workerData: { flag: stop.buffer, name: join(root, 'd'), directory: join(root, 'aside'), outside: '../outside' },
  });
  const caller = new Caller(t, { root });
  const seen = { inside: 0, refused: 0 };
  while (seen.inside + seen.refused < 2000 || Atomics.load(stop, 1) < 200) {
    const fd = caller.result(CALL.open, 'd/file', FLAG.readWrite);
    if (fd < 0) seen.refused++;
    else {
      const count = caller.result(CALL.read, fd, MEMORY, 100);
      if (caller.text(MEMORY, count) !== 'inside') t.fail(`read ${caller.text(MEMORY, count)}`);
      caller.call(CALL.close, fd);
      seen.inside++;
    }
    if (caller.result(CALL.open, 'd/only') >= 0) t.fail('what is outside was opened');
    caller.call(CALL.open, 'd/created', FLAG.write | FLAG.create, 0o600);
    caller.call(CALL.close, 3);
    caller.call(CALL.unlink, 'd/only');
    if (seen.inside + seen.refused > 200_000) break;
  }
  Atomics.store(stop, 0, 1);
  await new Promise((resolve) => worker.once('exit', resolve));
  t.ok(seen.inside > 0, `opened ${seen.inside} times, refused ${seen.refused} times, ${Atomics.load(stop, 1)} swaps`);
  t.strictSame(readdirSync(join(top, 'outside')).sort(), ['file', 'only'], 'nothing is created or removed outside');
});

t.test('hard links are files like any other', (t) => {
  const top = scratchDirectory(t);
  mkdirSync(join(top, 'root'));
  writeFileSync(join(top, 'shared'), 'shared');
  linkSync(join(top, 'shared'), join(top, 'root/shared'));
  const caller = new Caller(t, { root: join(top, 'root') });
  t.equal(caller.result(CALL.open, 'shared'), 3, 'whoever made it wanted it there');
  t.end();
});
