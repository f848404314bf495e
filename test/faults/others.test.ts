/** Another user of the host: nothing of a machine is his to change, and what its files keep from others is kept from him. */
import { join } from 'node:path';
import t from 'tap';
import { run } from '../fs/mounted.js';
import { Board, mipsRprocfs, scratch } from '../support/board.js';

const notRoot = process.getuid?.() === 0 ? false : 'needs root, to be another user as well';

const asNobody = (script: string, ...args: string[]) =>
  run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c', script, 'sh', ...args);

for (const fuse of ['direct', 'native'])
  t.test(`what others can do, ${fuse}`, { skip: notRoot }, async (t) => {
    const path = await scratch(t);
    const root = join(path, 'root');
    // a user who lets others write to his files has not said that they may write to these
    const board = await Board.mount(t, {
      root,
      args: ['--fuse', fuse],
      under: ['sh', '-c', 'umask 0; exec "$@"', 'sh'],
    });
    await board.start(0, 'rpmsg-tty');
    await board.start(1, 'case-invert');
    await board.until('[ -e $ROOT/dev/ttyRPMSG0 ] && [ -e $ROOT/dev/vport1p0 ]');
    await run('chmod', '755', path);

    t.equal((await asNobody('find "$1" -writable ! -type l; echo done', root)).out, 'done\n', 'nothing can be written');
    t.equal(
      (await asNobody('find "$1"/dev -type f -readable', root)).out,
      `${root}/dev/kmsg\n`,
      'no device but the log',
    );
    t.equal((await asNobody('ls "$1"/sys/kernel/debug', root)).status, 2, 'no debugfs');
    for (const script of [
      'echo start > "$1"/sys/class/remoteproc/remoteproc2/state',
      'echo x > "$1"/lib/firmware/hello.elf',
      'cat "$1"/sys/kernel/debug/remoteproc/remoteproc0/name',
      'cat "$1"/dev/vport1p0',
      'cat < "$1"/dev/ttyRPMSG0',
    ])
      t.match(await asNobody(script, root), { out: '', err: /Permission denied/ }, script);
    for (const script of [
      'chmod 666 "$1"/sys/class/remoteproc/remoteproc2/state',
      'chown 65534 "$1"/dev/remoteproc2',
      'kill -TERM "$2"',
    ])
      t.match(await asNobody(script, root, String(board.pid)), { err: /not permitted/ }, script);
    t.equal(await board.out('cat $C/remoteproc2/state'), 'offline\n');

    await run('chmod', '700', root);
    t.match(
      (await asNobody('ls "$1"/sys "$1"/dev "$1"/lib 2>&1 | grep -c "Permission denied"', root)).out,
      '3\n',
      'a ROOT that is closed keeps all of it from them',
    );
  });

t.test('a ROOT in which others have put a link', { skip: notRoot }, async (t) => {
  const root = await scratch(t);
  await run('chmod', '777', root);
  t.equal((await asNobody('ln -s /mnt "$1"/dev', root)).status, 0);
  t.match(await mipsRprocfs('mount', root, '--daemon'), {
    status: 1,
    err: /^mips-rprocfs: \S+ is a symbolic link: name the directory itself\n$/,
  });
});
