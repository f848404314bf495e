/** A disk that is full: whoever writes is told so, by an errno or one line, and what was there before works on. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { run, sh } from '../fs/mounted.js';
import { Board, mipsRprocfs, mountsBelow, PROGRAM, scratch } from '../support/board.js';
import { fixture } from '../support/fixtures.js';

const mountsTmpfs = await sh('unshare -m mount -t tmpfs none /mnt');
const skip = mountsTmpfs.status === 0 ? false : `no tmpfs can be mounted here: ${mountsTmpfs.err.trim()}`;

/** A disk on which nothing but `room` files can be made any more, empty ones; what it holds is there before. */
async function fullDisk(t: Test, room: number, holds: Readonly<Record<string, string>> = {}): Promise<string> {
  const disk = join(await scratch(t), 'disk');
  await mkdir(disk);
  // one inode is the directory's own, one that of the file which takes the room
  const inodes = 2 + room + Object.keys(holds).length;
  const { status, err } = await run('mount', '-t', 'tmpfs', '-o', `size=512k,nr_inodes=${inodes}`, 'disk', disk);
  if (status !== 0) throw new Error(err);
  for (const [name, text] of Object.entries(holds)) await writeFile(join(disk, name), text);
  await sh('cat /dev/zero > "$1/ballast"', disk);
  return disk;
}

t.test('files of firmware, below --uhi-root', { skip }, async (t) => {
  const disk = await fullDisk(t, 1, { input: 'from the host\n' });
  const board = await Board.mount(t, { args: ['--uhi-root', disk] });
  await board.start(0, 'uhi-files');
  await board.until('grep -q "^done$" $D/remoteproc0/trace0');
  const trace = (await board.out('cat $D/remoteproc0/trace0')).split('\n');
  for (const line of ['it holds from the host', 'output: 3', 'write: errno 28', 'pwrite: errno 28', 'link: errno 28'])
    t.ok(trace.includes(line), line);
  await board.out('echo stop > $C/remoteproc0/state');
  await run('rm', join(disk, 'ballast'), join(disk, 'output'));
  await writeFile(join(disk, 'input'), 'from the host\n');
  await board.out('echo start > $C/remoteproc0/state');
  await board.until('grep -q "^write: 18$" $D/remoteproc0/trace0');
  t.equal(await readFile(join(disk, 'output'), 'utf8'), 'From the firmware\n', 'written when there is room');
});

t.test('firmware that is copied in part', { skip }, async (t) => {
  // ROOT, sys, dev, lib, lib/firmware and a file in it
  const disk = await fullDisk(t, 8);
  const board = await Board.mount(t, { root: join(disk, 'board') });
  const inPart = `cp ${fixture('le', 'hello')} $FW/new.elf; truncate -s -4k ${join(disk, 'ballast')}; cp ${fixture('le', 'hello')} $FW/new.elf
    echo new.elf > $C/remoteproc0/firmware; /bin/echo start > $C/remoteproc0/state`;
  t.match(await board.sh(inPart), {
    status: 1,
    err: /^(cp: .*No space left on device\n){2}\/bin\/echo: write error: Invalid argument\n$/,
  });
  t.match(
    (await board.log.until(/Boot failed/)).join('\n'),
    /Image is (corrupted|too small)|header segment|truncated/i,
  );
  t.match(await mipsRprocfs('why', board.root, '0'), { status: 0, err: '', out: /new\.elf/ });
  await board.out(
    `rm ${join(disk, 'ballast')}; cp ${fixture('le', 'hello')} $FW/new.elf; echo start > $C/remoteproc0/state`,
  );
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n', 'starts when it is there as a whole');
});

t.test('no room for ROOT', { skip }, async (t) => {
  const disk = await fullDisk(t, 2);
  const root = join(disk, 'board');
  for (const args of [[root], [root, '--daemon']]) {
    const { status, err, out } = await mipsRprocfs('mount', ...args);
    t.strictSame([status, out], [1, '']);
    t.match(
      err,
      /^mips-rprocfs: .* cannot be prepared \(ENOSPC: no space left on device.*\): make room on its disk.*\n$/,
    );
  }
  t.strictSame(
    (await mountsBelow(disk)).map(({ mountpoint }) => mountpoint),
    [disk],
    'nothing is mounted',
  );
});

t.test('run writes nothing to the disk', { skip }, async (t) => {
  const disk = await fullDisk(t, 0, { 'hello.elf': '' });
  const { status, err, out } = await run(
    ...(['env', `TMPDIR=${disk}`, `HOME=${disk}`, `XDG_CACHE_HOME=${disk}`, `XDG_RUNTIME_DIR=${disk}`] as const),
    ...[process.execPath, PROGRAM, 'run', '--firmware-dir', disk, '--'],
    ...[
      'sh',
      '-c',
      'cp "$1" /lib/firmware/hello.elf && cd /sys/class/remoteproc/remoteproc0 && echo hello.elf > firmware',
      'sh',
    ],
    fixture('le', 'hello'),
  );
  t.strictSame({ status, err, out }, { status: 0, err: '', out: '' });
  t.equal(await readFile(join(disk, 'hello.elf'), 'utf8'), '', 'what CMD changes in /lib/firmware is its own');
});

t.test('a report for which there is no room', { skip }, async (t) => {
  const disk = await fullDisk(t, 1, { 'pass.sh': 'true\n', 'fail.sh': 'exit 1\n' });
  for (const script of ['pass.sh', 'fail.sh']) {
    const { status, out, err } = await mipsRprocfs('test', '--junit', join(disk, 'results.xml'), join(disk, script));
    t.equal(status, 1);
    t.match(out, script === 'pass.sh' ? /^ok 1/m : /^not ok 1/m, 'verdicts are printed all the same');
    t.match(err, /^mips-rprocfs: .*No space left on device|^mips-rprocfs: .*ENOSPC/m);
  }
});
