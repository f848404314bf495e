/** Files of the host that firmware uses by UHI calls, on a mount: docs/reference/mips-uhi.md 2.3. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { run } from '../fs/mounted.js';
import { Board, mipsRprocfs, scratch } from '../support/board.js';
import { fixture } from '../support/fixtures.js';

const STOPPED = 'echo stop > $C/remoteproc0/state';
const trace = async (board: Board): Promise<string[]> => {
  await board.until('grep -q "^done$" $D/remoteproc0/trace0');
  return (await board.out('cat $D/remoteproc0/trace0')).split('\n');
};
/** Descriptors of files that the firmware uses: the directory itself is held as long as the machine is there. */
const held = async (board: Board, directory: string): Promise<string[]> =>
  (await board.out(`readlink /proc/${board.pid}/fd/*`)).split('\n').filter((path) => path.startsWith(directory));

for (const endian of ['le', 'be'] as const)
  t.test(`files below --uhi-root, ${endian}`, async (t) => {
    const root = join(await scratch(t), 'files');
    await mkdir(root);
    await writeFile(join(root, 'input'), 'from the host\n');
    const board = await Board.mount(t, { endian, args: ['--uhi-root', root] });
    await board.start(0, 'uhi-files');
    t.strictSame(await trace(board), [
      'memory: the carveout',
      '../../../../etc/passwd: errno 2',
      '/dev/null: errno 2',
      'input: 3',
      'read: 14',
      'it holds from the host',
      'close: 0',
      'close again: errno 9',
      'output: 3',
      'write: 18',
      'pwrite: 1',
      'lseek: 9',
      'read: 9',
      'pread: 4',
      'fstat: 0',
      'mode 81a4, 18 bytes, 1 link',
      'link: 0',
      'unlink: 0',
      'done',
      '',
    ]);
    t.equal(await readFile(join(root, 'output'), 'utf8'), 'From the firmware\n');
    t.equal(await readFile(join(root, 'linked'), 'utf8'), 'From the firmware\n');
    t.strictSame((await readdir(root)).sort(), ['linked', 'output']);
    t.strictSame(await held(board, root), [root, join(root, 'output')], 'what it has not closed');
    await board.out(STOPPED);
    t.strictSame(await held(board, root), [root], 'is closed when it stops');

    await board.out('echo start > $C/remoteproc0/state');
    t.ok((await trace(board)).includes('output: errno 17'), 'another run finds the file');
  });

t.test('without --uhi-root there are no files', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'uhi-files');
  const lines = await trace(board);
  for (const path of ['input', 'output', '/dev/null']) t.ok(lines.includes(`${path}: errno 13`), path);
  t.ok(lines.includes('unlink: errno 13'));
});

t.test('the root of the mount as --uhi-root: its mounts are not entered', async (t) => {
  const root = join(await scratch(t), 'board');
  await mkdir(root);
  const board = await Board.mount(t, { root, args: ['--uhi-root', root] });
  const file = await readFile(new URL('../../../fixtures/out/le/uhi-files.elf', import.meta.url));
  const at = file.indexOf('/dev/null\0');
  // the same length
  file.write('/sys/bus/\0', at, 'latin1');
  await board.installAs('uhi-files.elf', file);
  await board.out('echo uhi-files.elf > $C/remoteproc0/firmware; echo start > $C/remoteproc0/state');
  t.ok((await trace(board)).includes('/sys/bus/: errno 18'), 'EXDEV');
  await board.out(STOPPED);
});

t.test('a directory of a machine file, relative to where the file is', async (t) => {
  const directory = await scratch(t);
  await mkdir(join(directory, 'files'));
  await writeFile(join(directory, 'board.yaml'), 'uhi-root: files\n');
  const board = await Board.mount(t, { args: ['--machine', join(directory, 'board.yaml')] });
  await board.start(0, 'uhi-files');
  t.ok((await trace(board)).includes('output: 3'));
  t.strictSame((await readdir(join(directory, 'files'))).sort(), ['linked', 'output']);
});

t.test('a server in the background has the options that it was given', async (t) => {
  const directory = await scratch(t);
  const [root, files] = [join(directory, 'board'), join(directory, 'files')];
  await mkdir(files);
  const options = ['--cpu', '24Kf', '--clock', 'virtual', '--uhi-root', files];
  t.match(await mipsRprocfs('mount', root, '--daemon', ...options), { status: 0, err: '' });
  const start = (n: number, name: string) =>
    run(
      'sh',
      '-c',
      `cp "$2" "$1/lib/firmware"; cd "$1/sys/class/remoteproc/remoteproc${n}"
       basename "$2" > firmware; echo start > state
       until grep -q "PRId\\|^done" "$1/sys/kernel/debug/remoteproc/remoteproc${n}/trace0"; do sleep 0.02; done
       cat "$1/sys/kernel/debug/remoteproc/remoteproc${n}/trace0"`,
      'sh',
      root,
      fixture('le', name),
    );
  t.match((await start(0, 'hello')).out, 'PRId 00019300');
  t.match((await start(1, 'uhi-files')).out, 'output: 3\n');
  t.strictSame((await readdir(files)).sort(), ['linked', 'output']);
  t.equal((await mipsRprocfs('umount', root)).status, 0);
});
