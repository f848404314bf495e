/** The ways in which a mount begins, is refused, and ends. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { run, type Ran } from '../fs/mounted.js';
import { Board, mipsRprocfs, mountsBelow, PROGRAM, scratch, servingProcess, within } from '../support/board.js';
import { AS_OTHER } from '../support/other-user.js';

const ENDS: Readonly<Record<string, (board: Board) => Promise<Ran>>> = {
  'the umount verb': async ({ root }) => mipsRprocfs('umount', root),
  SIGTERM: async ({ pid }) => run('kill', '-TERM', String(pid)),
  SIGINT: async ({ pid }) => run('kill', '-INT', String(pid)),
  SIGHUP: async ({ pid }) => run('kill', '-HUP', String(pid)),
  'a foreign umount': async (board) => board.sh('umount $ROOT/sys'),
  'a foreign umount -l': async (board) => board.sh('umount -l $ROOT/sys'),
};

for (const fuse of ['direct', 'native'])
  for (const [how, end] of Object.entries(ENDS))
    t.test(`unmounted while firmware runs: ${how}, ${fuse}`, async (t) => {
      const apart = how.startsWith('a foreign') ? { apart: true as const } : {};
      const board = await Board.mount(t, { args: ['--fuse', fuse], ...apart });
      for (const [n, name] of ['spin', 'tick', 'wait'].entries()) await board.start(n, name);
      t.match(await end(board), { status: 0, err: '' });
      const log = await board.log.until(/releasing mips-cpu1$/);
      t.strictSame(
        log.slice(-6),
        [3, 2, 1].flatMap((cpu) => [
          `remoteproc remoteproc${cpu - 1}: stopped remote processor mips-cpu${cpu}`,
          `remoteproc remoteproc${cpu - 1}: releasing mips-cpu${cpu}`,
        ]),
        'every processor is stopped',
      );
      t.strictSame(await within(board.exited, () => 'the server to end'), [0, null]);
      t.strictSame(await mountsBelow(board.root), []);
    });

t.test('unmounted while files are open and a start waits', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'spin');
  await board.out('mkfifo $FW/slow; echo slow > $C/remoteproc1/firmware');
  const starting = board.sh('/bin/echo start > $C/remoteproc1/state');
  await board.log.until(/powering up mips-cpu2$/);
  const holding = board.sh(
    'exec 3< $C/remoteproc0/state; : > $ROOT/open; until [ -e $ROOT/over ]; do sleep 0.05; done; cat <&3',
  );
  await board.until('[ -e $ROOT/open ]');
  t.strictSame(await mipsRprocfs('umount', board.root), { out: '', err: '', status: 0 });
  t.strictSame(await within(board.exited, () => 'the server to end'), [0, null]);
  await writeFile(join(board.root, 'over'), '');
  t.notSame((await starting).status, 0);
  t.match(await holding, { status: 1 });
});

t.test('a server that is killed, and ROOT mounted again', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'spin');
  board.server.kill('SIGKILL');
  await within(board.exited, () => 'the server to die');
  t.strictSame(await mipsRprocfs('umount', board.root), { out: '', err: '', status: 0 });
  t.strictSame(await mountsBelow(board.root), []);
  const again = await Board.mount(t, { root: board.root });
  await again.start(0, 'hello');
  await again.until('grep -q linked $D/remoteproc0/trace0');
});

t.test('a second mount on a live ROOT', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'tick');
  for (const more of [[], ['--daemon'], ['--fuse', 'native']])
    t.match(await mipsRprocfs('mount', board.root, ...more), {
      status: 1,
      out: '',
      err: /^mips-rprocfs: .*\/sys is already mounted \(mips-rprocfs@\d+, .*\n$/,
    });
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n', 'does no harm to the first');
});

t.test('in the background', async (t) => {
  const root = await scratch(t);
  t.strictSame(await mipsRprocfs('mount', root, '--daemon', '--cpus', '3', '--endian', 'be'), {
    out: '',
    err: '',
    status: 0,
  });
  t.equal((await run('cat', `${root}/sys/devices/system/cpu/present`)).out, '0-2\n', 'with the options it was given');
  const [mount] = await mountsBelow(root);
  t.ok(mount && servingProcess(mount));
  t.strictSame(await mipsRprocfs('umount', root), { out: '', err: '', status: 0 });
  t.strictSame(await mountsBelow(root), []);
  t.match(await mipsRprocfs('umount', root), {
    status: 1,
    err: /^mips-rprocfs: .* is not mounted by mips-rprocfs.*\n$/,
  });
});

t.test('whoever reads the log', async (t) => {
  const root = await scratch(t);
  const start = (reader: string) =>
    run(
      'sh',
      '-c',
      `"$1" "$2" mount "$3" --cpus 2 2>&1 > /dev/null | { ${reader}; } & until mountpoint -q "$3/sys"; do sleep 0.05; done`,
      'sh',
      process.execPath,
      PROGRAM,
      root,
    );
  const many = `i=0; while [ $i -lt 4000 ]; do echo nonsense; i=$((i+1)); done > ${root}/sys/class/remoteproc/remoteproc0/state 2> /dev/null; cat ${root}/sys/class/remoteproc/remoteproc0/state`;
  for (const [who, reader] of [
    ['goes away', 'read -r line; exec 0<&-'],
    ['does not read', `until [ -e ${root}/over ]; do tail -f /dev/null --pid $$ & wait $!; done`],
  ] as const) {
    await start(reader);
    t.equal((await run('sh', '-c', many)).out, 'offline\n', `${who}: the mount works on`);
    t.strictSame(await mipsRprocfs('umount', root), { out: '', err: '', status: 0 }, `${who}: the server ends`);
    await writeFile(join(root, 'over'), '');
  }
});

t.test('umount of what is not ours', async (t) => {
  const root = await scratch(t);
  const refusal = { status: 1, out: '', err: /^mips-rprocfs: .*\n$/ };
  t.match(await mipsRprocfs('umount', root), refusal);
  t.match(await mipsRprocfs('umount', join(root, 'missing')), refusal);
  t.match(await mipsRprocfs('umount', '/proc'), refusal);
  await mkdir(join(root, 'sys'));
  t.equal((await run('mount', '-t', 'tmpfs', 'somebody', join(root, 'sys'))).status, 0);
  t.match(await mipsRprocfs('umount', root), refusal);
  t.match(await mipsRprocfs('mount', root), { ...refusal, err: /is already mounted \(somebody, tmpfs\)/ });
  t.equal((await run('umount', join(root, 'sys'))).status, 0, 'it is still there');
});

/** Not root: nothing here belongs to it. */
const asNobody = (...args: string[]) => run(...AS_OTHER, process.execPath, PROGRAM, ...args);

t.test('a ROOT that cannot be', async (t) => {
  const path = await scratch(t);
  const refusal = { status: 1, out: '', err: /^mips-rprocfs: .* cannot be prepared \(.*\): name a directory.*\n$/ };
  await writeFile(join(path, 'file'), '');
  for (const root of ['file', 'file/root']) {
    t.match(await mipsRprocfs('mount', join(path, root)), refusal, root);
    t.match(await mipsRprocfs('mount', '--daemon', join(path, root)), refusal, `${root}, in the background`);
  }
  await mkdir(join(path, 'full/sys/x'), { recursive: true });
  t.match(await mipsRprocfs('mount', join(path, 'full')), {
    status: 1,
    err: /^mips-rprocfs: .*\/sys is not empty: .*\n$/,
  });
  t.match(await asNobody('mount', join(path, 'root')), refusal, 'a directory that one may not write');
  t.strictSame(await mountsBelow(path), []);
});

/** Runs the program where `hide` has been done to a /dev of its own. */
async function withDevices(t: Test, hide: string, ...args: string[]) {
  const script = `set -e; exec 2>&1; ${hide}; exec "$@"`;
  const ran = await run('unshare', '-m', 'sh', '-c', script, 'sh', process.execPath, PROGRAM, ...args);
  t.notMatch(ran.out, /^\s+at /m, 'no stack trace');
  return ran;
}
const last = (text: string) => text.trimEnd().split('\n').at(-1);

t.test('no /dev/fuse', async (t) => {
  const root = await scratch(t);
  // /dev of its own, with the few devices that any program needs
  const hide =
    'mount --bind /dev /mnt; mount -t tmpfs dev /dev; for n in null urandom; do : > /dev/$n; mount --bind /mnt/$n /dev/$n; done';
  for (const fuse of ['auto', 'direct', 'native']) {
    const { out, status } = await withDevices(t, hide, 'mount', root, '--quiet', '--fuse', fuse);
    t.equal(status, 1, fuse);
    t.match(out, /^mips-rprocfs: \/dev\/fuse is missing: run `modprobe fuse` as root; .*\n$/);
  }
  t.match(last((await withDevices(t, hide, 'mount', root, '--daemon')).out), /^mips-rprocfs: \/dev\/fuse is missing/);
  await chmod(root, 0o777);
  const { err, status } = await asNobody('mount', root, '--quiet');
  t.equal(status, 1);
  t.match(err, /^mips-rprocfs: .*\n$/, 'nor one that may be opened');
  t.strictSame(await mountsBelow(root), []);
});
