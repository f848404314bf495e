/** The firmware loader: docs/reference/kernel-abi.md 9. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { DeviceLog, ERRNO, Errno, isErrnoName, KernelLog } from '../../src/kernel/index.js';
import { FirmwareLoader } from '../../src/rproc/firmware.js';
import { ascii, outcome, text } from './bench.js';

class Shelf {
  readonly log = new KernelLog();
  readonly loader: FirmwareLoader;
  #seen = 0;

  private constructor(readonly directories: readonly [string, string]) {
    this.loader = new FirmwareLoader({ directories, release: '6.1.0', limit: 1000 }, this.log);
  }

  static async make(t: { teardown(action: () => Promise<void>): void }): Promise<Shelf> {
    const root = await mkdtemp(join(tmpdir(), 'mips-rprocfs-'));
    t.teardown(() => rm(root, { recursive: true }));
    const directories: [string, string] = [join(root, 'first'), join(root, 'second')];
    for (const directory of directories) await mkdir(directory);
    return new Shelf(directories);
  }

  async put(path: string, content: string): Promise<void> {
    const file = join(this.directories[0], path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content);
  }

  /** The file's text, or the errno. */
  async get(name: string, signal?: AbortSignal): Promise<string> {
    let found = '';
    const request = this.loader.request(name, new DeviceLog(this.log, 'dev'), signal);
    const result = await outcome(request.then((bytes) => (found = text(bytes))));
    return result === 'ok' ? found : result;
  }

  lines(): string[] {
    const fresh = this.log.entries().slice(this.#seen);
    this.#seen += fresh.length;
    const [first, second] = this.directories;
    return fresh.map((entry) => `<${entry.level}>${entry.text.replace(first, 'FIRST').replace(second, 'SECOND')}`);
  }
}

t.test('the order of the directories', async (t) => {
  const shelf = await Shelf.make(t);
  await writeFile(join(shelf.directories[1], 'f'), 'second');
  t.equal(await shelf.get('f'), 'second');
  for (const path of ['f', '6.1.0/f', 'updates/f', 'updates/6.1.0/f']) {
    await shelf.put(path, path);
    t.equal(await shelf.get('f'), path);
  }
  await shelf.put('else/where/f', 'by the parameter');
  shelf.loader.storePath(ascii(`${shelf.directories[0]}/else/where\n`));
  t.equal(await shelf.get('f'), 'by the parameter', 'a newline at its end does no harm');
  t.equal(text(shelf.loader.showPath()), `${shelf.directories[0]}/else/where\n\n`);
  t.strictSame(shelf.lines(), []);
});

t.test('the parameter', async (t) => {
  const shelf = await Shelf.make(t);
  t.equal(text(shelf.loader.showPath()), '\n');
  shelf.loader.storePath(ascii('x'.repeat(255)));
  t.throws(() => shelf.loader.storePath(ascii('x'.repeat(256))), new Errno('ENOSPC'));
  t.strictSame(shelf.lines(), ["<3>firmware_class.path: string doesn't fit in 255 chars."]);
});

t.test('names', async (t) => {
  const shelf = await Shelf.make(t);
  await shelf.put('a..b', 'dots');
  await shelf.put('..x', 'leading dots');
  await shelf.put('d/e', 'deep');
  t.strictSame(await Promise.all(['a..b', '..x', './d//e', '/d/e'].map((name) => shelf.get(name))), [
    'dots',
    'leading dots',
    'deep',
    'deep',
  ]);
  for (const name of ['..', '../f', 'd/../f', 'd/..']) {
    t.equal(await shelf.get(name), 'EINVAL');
    t.strictSame(shelf.lines(), [`<4>dev: Firmware load for '${name}' refused, path contains '..' component`]);
  }
  t.strictSame([await shelf.get(''), shelf.lines()], ['EINVAL', []]);
});

t.test('what can not be loaded', async (t) => {
  const shelf = await Shelf.make(t);
  const [, last] = shelf.directories;
  await mkdir(join(last, 'directory'));
  await writeFile(join(last, 'empty'), '');
  await writeFile(join(last, 'file'), 'x');
  await writeFile(join(last, 'large'), 'x'.repeat(1001));
  await symlink('loop', join(last, 'loop'));
  await symlink('nowhere', join(last, 'dangling'));
  const cases: [string, string, string[]][] = [
    ['missing', 'ENOENT', []],
    ['dangling', 'ENOENT', []],
    ['directory', 'EINVAL', ['<4>dev: loading SECOND/directory failed with error -22']],
    ['empty', 'EINVAL', ['<4>dev: loading SECOND/empty failed with error -22']],
    ['file/x', 'ENOTDIR', ['<4>dev: loading SECOND/file/x failed with error -20']],
    ['file/', 'ENOTDIR', ['<4>dev: loading SECOND/file/ failed with error -20']],
    ['loop', 'ELOOP', ['<4>dev: loading SECOND/loop failed with error -40']],
    [
      'large',
      'EFBIG',
      [
        '<3>dev: SECOND/large has 1001 bytes, more than the 1000 that firmware may have',
        '<4>dev: loading SECOND/large failed with error -27',
      ],
    ],
  ];
  for (const [name, code, lines] of cases) {
    t.equal(await shelf.get(name), code);
    const number = isErrnoName(code) ? ERRNO[code] : 0;
    t.strictSame(shelf.lines(), [...lines, `<4>dev: Direct firmware load for ${name} failed with error -${number}`]);
  }
});

t.test('the error of the last directory counts', async (t) => {
  const shelf = await Shelf.make(t);
  await shelf.put('empty', '');
  t.equal(await shelf.get('empty'), 'ENOENT');
  t.strictSame(shelf.lines(), [
    '<4>dev: loading FIRST/empty failed with error -22',
    '<4>dev: Direct firmware load for empty failed with error -2',
  ]);
});

t.test('a path that is too long ends the search at once', async (t) => {
  const shelf = await Shelf.make(t);
  t.equal(await shelf.get('x'.repeat(4090)), 'ENAMETOOLONG');
  t.equal(shelf.lines().length, 1);
});

t.test('links lead anywhere, names are bytes, and root reads what nobody may', async (t) => {
  const shelf = await Shelf.make(t);
  const [first, second] = shelf.directories;
  await writeFile(join(second, 'elsewhere'), 'linked');
  await symlink(join(second, 'elsewhere'), join(first, 'link'));
  t.equal(await shelf.get('link'), 'linked');
  await writeFile(Buffer.concat([Buffer.from(`${first}/`), Buffer.of(0xff, 0xe9)]), 'bytes');
  t.equal(await shelf.get('\xff\xe9'), 'bytes');
  if (process.getuid?.() !== 0) return;
  await shelf.put('secret', 'read');
  await chmod(join(first, 'secret'), 0);
  t.equal(await shelf.get('secret'), 'read');
});

t.test('a FIFO keeps its caller until a signal, and nobody else', async (t) => {
  const shelf = await Shelf.make(t);
  await promisify(execFile)('mkfifo', [join(shelf.directories[0], 'fifo')]);
  const caller = new AbortController();
  const waiting = shelf.get('fifo', caller.signal);
  caller.abort();
  t.equal(await waiting, 'ENOENT', 'the second directory has none');
  t.strictSame(shelf.lines()[0], '<4>dev: loading FIRST/fifo failed with error -512');
  const closing = shelf.get('fifo', new AbortController().signal);
  shelf.loader.close();
  t.equal(await closing, 'ENOENT');
  t.equal(await shelf.get('fifo'), 'ENOENT', 'without a caller it is not waited for');
});
