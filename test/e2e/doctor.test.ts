/** `doctor`: what it says of this host, and of hosts from which something has been taken away. */
import { chmod, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { run, runWithin, sh, type Ran } from '../fs/mounted.js';
import { mountsBelow, PROGRAM, scratch } from '../support/board.js';
import { AS_OTHER } from '../support/other-user.js';
import { lacking, USERS } from '../support/run.js';

// machines are made by the dozen
t.setTimeout(900_000);

interface Report {
  readonly mount: boolean;
  readonly run: boolean;
  readonly findings: readonly { name: string; result: string; found: string; remedy: string | null }[];
}

const isReport = (value: unknown): value is Report =>
  typeof value === 'object' && value !== null && 'findings' in value;

/** Seconds. */
const PATIENCE = 240;

/** A prefix is a command that starts another one. */
const doctor = (prefix: readonly string[], ...args: string[]): Promise<Ran> => {
  const [first = '', ...rest] = [...prefix, process.execPath, PROGRAM, 'doctor', ...args];
  return runWithin(PATIENCE, first, ...rest);
};

function reportOf({ out, err }: Ran): Report {
  const value: unknown = JSON.parse(out);
  if (!isReport(value)) throw new Error(`no report: ${out}${err}`);
  return value;
}

const finding = ({ findings }: Report, name: string) => findings.find((one) => one.name === name);

/** In a mount namespace where `change` has been done. */
const where = (change: string): string[] => ['unshare', '-m', 'sh', '-c', `set -e; ${change}; exec "$@"`, 'sh'];

for (const [user, prefix] of Object.entries(USERS)) {
  const skip = (await lacking(user)) ?? false;
  t.test(`a host where it works, ${user}`, { skip }, async (t) => {
    const root = await scratch(t);
    await chmod(root, 0o755);
    await run(process.execPath, PROGRAM, 'mount', root, '--daemon', '--cpus', '2');
    await sh(`kill -9 $(sed -n "s|.* $1/sys .* mips-rprocfs@\\([0-9]*\\) .*|\\1|p" /proc/self/mountinfo)`, root);
    const temporary = await scratch(t);
    await chmod(temporary, 0o777);
    const found = await doctor([...prefix, 'env', `TMPDIR=${temporary}`], '--json');
    const report = reportOf(found);
    t.equal(found.err, '');
    t.equal(found.status, report.mount && report.run ? 0 : 1);
    for (const name of ['node', '/dev/fuse', 'util-linux', 'mount namespaces', 'overlayfs', 'terminals', 'run'])
      t.equal(finding(report, name)?.result, 'ok', name);
    const leftOver = finding(report, 'mounts of ours')?.remedy?.includes(`mips-rprocfs umount ${root}`) ?? false;
    t.equal(leftOver, user === 'root', 'a mount that a killed server left, to whom it belongs');
    t.equal(report.run, true);
    const privileges = finding(report, 'mount privileges');
    t.equal(privileges?.result, user === 'root' ? 'ok' : 'limited');
    const fusermount = (await sh('command -v fusermount')).status === 0;
    t.equal(report.mount, user === 'root' || fusermount, 'an ordinary user mounts by fusermount');
    for (const { result, remedy } of report.findings)
      t.equal(remedy === null, result === 'ok', 'what is not ok can be mended');
    t.strictSame(await mountsBelow(temporary), []);
    t.strictSame(await readdir(temporary), [], 'nothing is left');
  });
}

t.test('a host without /dev/fuse', async (t) => {
  const hidden = `mount --bind /dev /mnt; mount -t tmpfs d /dev; mkdir /dev/pts /dev/shm; mount --bind /mnt/pts /dev/pts
    for n in null urandom ptmx; do : > /dev/$n; mount --bind /mnt/$n /dev/$n; done`;
  const found = await doctor(where(hidden));
  t.strictSame([found.status, found.err], [1, '']);
  t.match(
    found.out,
    /^not ok {3}\/dev\/fuse {11}\/dev\/fuse is missing\n {29}→ run `modprobe fuse` as root/m,
    'what, and what to do',
  );
  for (const verb of ['mount', 'run'])
    t.match(found.out, new RegExp(`^not ok {3}${verb} +it failed: /dev/fuse is missing`, 'm'));
});

t.test('a host whose /dev/fuse is for root alone', async (t) => {
  const forRoot =
    'mount -t tmpfs x /mnt; mknod -m 600 /mnt/fuse c 10 229; mount --bind /mnt/fuse /dev/fuse; umount -l /mnt';
  const asNobody = `${forRoot}; cd /; PATH=/usr/sbin:/usr/bin:/sbin:/bin`;
  const found = await doctor([...where(asNobody), ...AS_OTHER], '--json');
  t.equal(found.status, 1);
  const ofNobody = reportOf(found);
  t.match(finding(ofNobody, '/dev/fuse'), {
    result: 'not ok',
    found: /cannot be opened \(EACCES\)/,
    remedy: /chmod 666/,
  });
  t.equal(finding(ofNobody, 'run')?.result, 'not ok');
});

t.test('a PATH without unshare', async (t) => {
  const path = await scratch(t);
  for (const name of ['cat', 'sh', 'stat', 'stty', 'timeout', 'mount', 'umount', 'flock'])
    await symlink((await sh('command -v "$1"', name)).out.trim(), join(path, name));
  const found = await doctor(['env', `PATH=${path}`], '--json');
  t.equal(found.status, 1);
  const report = reportOf(found);
  t.match(finding(report, 'util-linux'), {
    result: 'not ok',
    found: /^unshare cannot be run/,
    remedy: 'install util-linux',
  });
  t.match(finding(report, 'run'), { result: 'not ok', found: /unshare\(1\) cannot be run/ });
  t.strictSame([report.mount, report.run], [true, false], '`mount` needs none');
});

t.test('a host that lets nobody unmount', async (t) => {
  const temporary = await scratch(t);
  const path = await scratch(t);
  await writeFile(join(path, 'umount'), '#!/bin/sh\necho "umount: forbidden" >&2; exit 1\n', { mode: 0o755 });
  const found = await doctor(['env', `TMPDIR=${temporary}`, `PATH=${path}:${process.env.PATH ?? ''}`], '--json');
  for (const { mountpoint } of await mountsBelow(temporary)) await run('umount', '-l', mountpoint);
  t.equal(found.status, 1);
  const report = reportOf(found);
  for (const name of ['mount privileges', 'libfuse'])
    t.match(finding(report, name)?.found, /could not be unmounted/, name);
});

t.test('a host where no directory can be made', async (t) => {
  const report = reportOf(await doctor(['env', 'TMPDIR=/proc'], '--json'));
  t.match(finding(report, 'mount'), { result: 'not ok', found: /^it could not be tried/, remedy: /TMPDIR/ });
  t.strictSame([report.mount, report.run], [false, true], '`run` needs none');
});

t.test('root without the capability to mount', async (t) => {
  const less = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
  const report = reportOf(await doctor(less, '--json'));
  t.match(finding(report, 'mount privileges'), { result: 'limited', remedy: /--cap-add SYS_ADMIN/ });
});

t.test('no user namespaces', async (t) => {
  const none = ['unshare', '-Urm', 'sh', '-c', 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"', 'sh'];
  const report = reportOf(await doctor(none, '--json'));
  t.match(finding(report, 'user namespaces'), {
    result: 'limited',
    found: /^none could be made \(.*user\.max_user_namespaces 0/,
    remedy: /sysctl -w user\.max_user_namespaces/,
  });
  t.equal(finding(report, 'overlayfs of users')?.result, 'limited');
});
