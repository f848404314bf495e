/** What becomes of a mount: docs/reference/fuse.md 2. For one adapter. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { health, mountOn } from '../../src/fs/index.js';
import { emptyDirectory, run, serve, SERVER, sh, startServer } from './mounted.js';

const mayUnshare = (await run('unshare', '-m', 'true')).status === 0;

export async function lifeCycle(t: Test, adapter: string): Promise<void> {
  await t.test('our own unmount', async (t) => {
    const server = await serve(t, adapter);
    t.match(await mountOn(server.path), { source: 'mips-rprocfs', type: /^fuse/ });
    server.process.stdin.end();
    t.equal(await server.line(), 'closed unmount');
    t.strictSame(await server.exited, [0, null]);
    t.equal(await mountOn(server.path), undefined);
  });

  await t.test('a foreign umount ends the service', async (t) => {
    const server = await serve(t, adapter);
    t.equal((await run('umount', server.path)).status, 0);
    t.equal(await server.line(), 'closed foreign');
    t.strictSame(await server.exited, [0, null]);
  });

  await t.test('a second mount on the same directory', async (t) => {
    const { path } = await serve(t, adapter);
    const second = startServer(t, path, adapter);
    t.match(await second.line(), `busy: ${path} is already mounted`);
    t.strictSame(await second.exited, [1, null]);
    t.equal((await run('cat', `${path}/value`)).out, 'initial\n', 'the first goes on');
  });

  await t.test('a server that was killed leaves a stale mount, which the next one reports', async (t) => {
    const server = await serve(t, adapter);
    server.process.kill('SIGKILL');
    await server.exited;
    t.equal(await health(server.path), 'stale');
    const next = startServer(t, server.path, adapter);
    const said = await next.line();
    t.match(said, 'stale: ');
    const remedy = /`(umount[^`]*)`/.exec(said)?.[1];
    t.equal((await sh(remedy ?? 'false')).status, 0, 'the command that it names works');
    const last = startServer(t, server.path, adapter);
    t.equal(await last.line(), 'ready');
  });

  await t.test('a server that hangs is told from one that died', async (t) => {
    const server = await serve(t, adapter);
    // the kernel has its attributes from then on
    t.equal((await sh('stat "$1" > /dev/null', server.path)).status, 0);
    server.process.kill('SIGSTOP');
    const next = startServer(t, server.path, adapter);
    t.match(await next.line(), 'hung: ');
    server.process.kill('SIGCONT');
  });

  await t.test('unsuitable mountpoints', async (t) => {
    const directory = await emptyDirectory(t);
    const file = join(directory, 'file');
    await writeFile(file, '');
    t.match(await startServer(t, join(directory, 'missing'), adapter).line(), 'bad-mountpoint: ');
    t.match(await startServer(t, file, adapter).line(), /^bad-mountpoint: .* is not a directory/);
    t.match(await startServer(t, directory, adapter).line(), /^bad-mountpoint: .* is not empty/);
    await run('rm', file);
  });

  await t.test('what the system lacks', { skip: mayUnshare ? false : 'needs CAP_SYS_ADMIN' }, async (t) => {
    const path = await emptyDirectory(t);
    const inNamespace = (script: string) =>
      run(
        'unshare',
        '-m',
        'sh',
        '-c',
        `${script} exec "$@" < /dev/zero`,
        'sh',
        process.execPath,
        SERVER,
        path,
        adapter,
      );
    const noDevice = await inNamespace('mount -t tmpfs none /dev && mknod /dev/zero c 1 5 &&');
    t.match(noDevice, { status: 1, out: /^no-device: .*modprobe fuse.*--device \/dev\/fuse`\n$/ });
    const drop = '--bounding-set=-sys_admin --inh-caps=-sys_admin';
    const noCapability = await inNamespace(`set -- setpriv ${drop} "$@";`);
    t.match(noCapability, { status: 1, out: /^no-permission: .*CAP_SYS_ADMIN.*\n$/ });
  });
}
