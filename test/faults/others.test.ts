/** Another user of the host: nothing of a machine is his to see or to change, unless whoever mounts it says so. */
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { run } from '../fs/mounted.js';
import { Board, mipsRprocfs, PROGRAM, scratch, type BoardOptions } from '../support/board.js';
import { installed } from '../support/fixtures.js';
import { AS_OTHER, asOther, noOtherUser } from '../support/other-user.js';
import { USERS } from '../support/run.js';

/** One that runs, and has files of every kind; in a directory that everybody may enter. */
async function busyBoard(t: Test, ...args: string[]): Promise<Board> {
  const path = await scratch(t);
  // a user who lets others write to his files has not said that they may write to these
  const under = ['sh', '-c', 'umask 0; exec "$@"', 'sh'];
  const board = await Board.mount(t, { root: join(path, 'root'), args, under });
  await board.start(0, 'rpmsg-tty');
  await board.start(1, 'case-invert');
  await board.until('[ -e $ROOT/dev/ttyRPMSG0 ] && [ -e $ROOT/dev/vport1p0 ]');
  await run('chmod', '755', path);
  return board;
}

/** All that can be tried with what there is, and with what there is not. */
const INTRUSIONS = [
  'ls -d "$1"/sys',
  'ls "$1"/dev',
  'find "$1"/sys "$1"/dev -name "*r*"',
  'stat -c %a "$1"/sys',
  'stat -c %s "$1"/sys/class/remoteproc/remoteproc0/state',
  'readlink -v "$1"/sys/class/remoteproc/remoteproc0',
  'cat "$1"/sys/class/remoteproc/remoteproc0/state',
  'cat "$1"/sys/class/remoteproc/remoteproc9/state',
  'cat "$1"/dev/kmsg',
  'cat < "$1"/dev/ttyRPMSG0',
  'echo start > "$1"/sys/class/remoteproc/remoteproc2/state',
  'echo 0 > "$1"/sys/devices/system/cpu/cpu1/online',
  'mkdir "$1"/dev/more',
  'chmod 777 "$1"/sys',
  'env -C "$1"/sys true',
  'ls /proc/"$2"/root"$1"/sys',
  'echo x > "$1"/lib/firmware/hello.elf',
];

for (const fuse of ['direct', 'native']) {
  t.test(`others get nothing, ${fuse}`, { skip: noOtherUser }, async (t) => {
    const board = await busyBoard(t, '--fuse', fuse);
    const { root } = board;
    for (const script of INTRUSIONS) {
      const { out, err } = await asOther(script, root, String(board.pid));
      t.equal(out, '', script);
      t.match(err, /^(.*: Permission denied\n)+$/, script);
    }
    const within = 'cd "$1/sys/class/remoteproc"; shift; exec "$@" sh -c "ls; ls remoteproc0; cat remoteproc0/state"';
    for (const [who, identity] of [
      ['a process of theirs that was brought in', AS_OTHER],
      ['its own user with the group of others', ['setpriv', '--regid=65534', '--clear-groups']],
    ] as const) {
      const { out, err } = await run('sh', '-c', within, 'sh', root, ...identity);
      t.equal(out, '', who);
      t.match(err, /^(.*: Permission denied\n){3}$/, who);
    }
    for (const verb of ['status', 'dmesg'])
      t.match(
        await asOther('"$@"', process.execPath, PROGRAM, verb, root),
        { status: 1, out: '', err: /^mips-rprocfs: .*(is kept from you|is it yours).*\n$/ },
        `${verb} says so`,
      );
    t.equal(await board.out('cat $C/remoteproc2/state'), 'offline\n', 'its own user sees all');
  });

  t.test(`with --allow-other modes decide, ${fuse}`, { skip: noOtherUser }, async (t) => {
    const board = await busyBoard(t, '--fuse', fuse, '--allow-other');
    const { root } = board;
    t.equal((await asOther('cat "$1"/sys/class/remoteproc/remoteproc0/state', root)).out, 'running\n', 'they read');
    t.equal((await asOther('find "$1" -writable ! -type l; echo done', root)).out, 'done\n', 'nothing can be written');
    t.equal(
      (await asOther('find "$1"/dev -type f -readable', root)).out,
      `${root}/dev/kmsg\n`,
      'no device but the log',
    );
    t.equal((await asOther('ls "$1"/sys/kernel/debug', root)).status, 2, 'no debugfs');
    for (const script of [
      'echo start > "$1"/sys/class/remoteproc/remoteproc2/state',
      'echo x > "$1"/lib/firmware/hello.elf',
      'cat "$1"/sys/kernel/debug/remoteproc/remoteproc0/name',
      'cat "$1"/dev/vport1p0',
      'cat < "$1"/dev/ttyRPMSG0',
    ])
      t.match(await asOther(script, root), { out: '', err: /Permission denied/ }, script);
    for (const script of [
      'chmod 666 "$1"/sys/class/remoteproc/remoteproc2/state',
      'chown 65534 "$1"/dev/remoteproc2',
      'kill -TERM "$2"',
    ])
      t.match(await asOther(script, root, String(board.pid)), { err: /not permitted/ }, script);
    t.equal(await board.out('cat $C/remoteproc2/state'), 'offline\n');

    await run('chmod', '700', root);
    t.match(
      (await asOther('ls "$1"/sys "$1"/dev "$1"/lib 2>&1 | grep -c "Permission denied"', root)).out,
      '3\n',
      'a ROOT that is closed keeps all of it from them',
    );
  });
}

t.test('a machine in the background', { skip: noOtherUser }, async (t) => {
  const root = await scratch(t);
  await run('chmod', '755', root);
  const readByOther = async (...args: string[]) => {
    t.match(await mipsRprocfs('mount', root, '--daemon', '--cpus', '2', ...args), { status: 0, err: '' });
    const { out } = await asOther('cat "$1"/sys/class/remoteproc/remoteproc0/state; ls "$1"/dev', root);
    t.match(await mipsRprocfs('umount', root), { status: 0, err: '' });
    return out;
  };
  t.equal(await readByOther(), '');
  t.match(await readByOther('--allow-other'), /^offline\n(.*\n)*kmsg\n/);
});

const CONFIGURATION = '/etc/fuse.conf';
const noConfiguration =
  noOtherUser ||
  (!installed('fusermount') && 'without fusermount ordinary users cannot mount') ||
  ((await run('test', '-e', CONFIGURATION)).status !== 0 && `there is no ${CONFIGURATION} that could be replaced`);

t.test('an ordinary user, for whom fusermount mounts', { skip: noConfiguration }, async (t) => {
  const path = await scratch(t);
  await run('chmod', '755', path);
  const root = join(path, 'root');
  await mkdir(root);
  await chown(root, 65534, 65534);
  const configuration = join(path, 'fuse.conf');
  const replaced = `mount --bind ${configuration} ${CONFIGURATION}; exec "$@"`;
  const ordinary = ['unshare', '-m', 'sh', '-ec', replaced, 'sh', ...(USERS['an ordinary user'] ?? [])];
  const mounted = (...args: string[]): Promise<Board> => {
    const options: BoardOptions = { root, under: ordinary, apart: true, args: ['--cpus', '2', ...args] };
    return Board.mount(t, options);
  };
  const end = async (board: Board) => {
    board.server.kill('SIGTERM');
    await board.exited;
  };
  const readByRoot = 'cat $C/remoteproc0/state; ls $ROOT/dev';

  await writeFile(configuration, '# user_allow_other\n');
  for (const how of ['--quiet', '--daemon']) {
    const [command, ...rest] = [...ordinary, process.execPath, PROGRAM, 'mount', root, '--allow-other', how];
    t.match(
      await run(command, ...rest),
      {
        status: 1,
        out: '',
        err: /^mips-rprocfs: \S+\/root\/sys: [^\n]*have root put the line `user_allow_other` into \/etc\/fuse\.conf[^\n]*\n$/,
      },
      `it is refused in one line, ${how}`,
    );
  }
  const own = await mounted();
  t.match(await own.sh(readByRoot), { out: '', err: /^(.*: Permission denied\n){2}$/ }, 'not even root may enter');
  await end(own);

  await writeFile(configuration, 'user_allow_other\n');
  const shared = await mounted('--allow-other');
  t.match(await shared.sh(readByRoot), { out: /^offline\n(.*\n)*kmsg\n/, err: '' }, 'where it is allowed');
  await end(shared);
});

t.test('a ROOT in which others have put a link', { skip: noOtherUser }, async (t) => {
  const root = await scratch(t);
  await run('chmod', '777', root);
  t.equal((await asOther('ln -s /mnt "$1"/dev', root)).status, 0);
  t.match(await mipsRprocfs('mount', root, '--daemon'), {
    status: 1,
    err: /^mips-rprocfs: \S+ is a symbolic link: name the directory itself\n$/,
  });
});
