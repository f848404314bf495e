import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { repository } from '../support/repository.js';
import { conformance } from './conformance.js';
import { lifeCycle } from './life-cycle.js';
import { emptyDirectory, run, serve, SERVER, sh } from './mounted.js';
import { otherUsers } from './other-users.js';

t.test('sysfs and debugfs rules', async (t) => {
  const { path } = await serve(t, 'direct');
  await conformance(t, path);
});

t.test('life of a mount', async (t) => lifeCycle(t, 'direct'));

t.test('other users of the host', async (t) => otherUsers(t, 'direct'));

t.test('the caller is known', async (t) => {
  const { path } = await serve(t, 'direct');
  t.match((await run('cat', `${path}/caller`)).out, /^0 0 [1-9]\d*\n$/);
});

t.test('whoever waits can be interrupted', async (t) => {
  const { path } = await serve(t, 'direct');
  for (const [command, signal] of [
    ['cat "$1/blocked"', 'SIGKILL'],
    ['cat "$1/blocked"', 'SIGTERM'],
    ['echo x > "$1/blocked"', 'SIGKILL'],
  ] as const) {
    const before = Number((await run('cat', `${path}/interruptions`)).out);
    const client = spawn('sh', ['-c', `echo started; exec 2>/dev/null; ${command}`, 'sh', path], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const exited = once(client, 'exit');
    await once(client.stdout, 'data');
    const { pid } = client;
    if (pid === undefined) throw new Error('no client');
    // the whole group: cat is a child of sh
    await waiting(path);
    process.kill(-pid, signal);
    t.strictSame(await exited, [null, signal], `${command}, ${signal}`);
    t.equal((await sh('until test $(cat "$1/interruptions") -gt $2; do :; done', path, String(before))).status, 0);
  }
});

/** Until some process is inside a request on a blocked file of the mount. */
async function waiting(path: string): Promise<void> {
  const { status } = await sh('until test $(cat "$1/waiting") -gt 0; do :; done', path);
  if (status !== 0) throw new Error('nobody waits');
}

t.test('two writers of one file do not wait for each other', async (t) => {
  const { path } = await serve(t, 'direct');
  const script =
    'echo x > "$1/blocked" & until test $(cat "$1/waiting") = 1; do :; done; echo x > "$1/blocked" & until test $(cat "$1/waiting") = 2; do :; done; kill -9 $(jobs -p)';
  t.not((await run('bash', '-c', script, 'sh', path)).status, 124, 'both writes arrive at the server');
});

/** Opens a file so often that the kernel believes its name for a moment (src/fs/direct/names.ts). */
const OFTEN = 'often() { for i in 1 2 3 4 5 6 7 8 9 10 11 12; do : < "$1"; done; };';

t.test('two writers of a file whose name the kernel believes do not wait for each other, nor does chmod', async (t) => {
  const { path } = await serve(t, 'direct');
  const script = `${OFTEN} cd "$1"; often blocked; echo x > blocked & until read w < waiting; test $w = 1; do :; done; echo x > blocked & until read w < waiting; test $w = 2; do :; done; chmod 600 blocked; stat -c %a blocked; kill -9 $(jobs -p)`;
  t.equal((await run('bash', '-c', script, 'sh', path)).out, '600\n', 'both writes arrive at the server');
});

t.test('sendfile reads all of a file whose name the kernel believes', async (t) => {
  const { path } = await serve(t, 'direct');
  const cat = (await sh('busybox true')).status === 0 ? 'busybox cat' : 'cat';
  const says = async (script: string) => (await sh(`${OFTEN} cd "$1"; ${script}`, path)).out;
  t.equal(await says(`often value; : > value; ${cat} value`), 'initial\n', 'after O_TRUNC');
  t.equal(
    await says(`for i in 1 2 3 4 5 6 7 8; do read x < count; done; often count; ${cat} count; ${cat} count`),
    '9 shown so far\n10 shown so far\n',
    'after it was shorter',
  );
  t.equal(await says(`often value; echo longer than that > value; ${cat} value`), 'longer than that\n');
});

t.test('what is gone is gone at once, also when the kernel believes its name', async (t) => {
  const { path } = await serve(t, 'direct');
  const script = `${OFTEN} exec 2>&1; cd "$1"; often device/gone; echo device/gone > remove; cat device/gone; test -e device/gone && echo there; echo a > plug; often class/things/a/name; echo a > unplug; cat class/things/a/name; test -L class/things/a && echo there; echo a > plug; often class/things/a/name; before=$(stat -c %i plugged/a/name); echo a > unplug; echo a > plug; test $before != $(stat -c %i class/things/a/name) && echo other; cat class/things/a/name`;
  t.equal(
    (await sh(script, path)).out,
    'cat: device/gone: No such file or directory\ncat: class/things/a/name: No such file or directory\nother\na\n',
  );
});

t.test('what is gone is gone for who works there, also when the kernel believes its name', async (t) => {
  const { path } = await serve(t, 'direct');
  const script = `${OFTEN} exec 2>&1; cd "$1"; echo a > plug; cd plugged/a; often name; often power/control; echo a > ../../unplug; cat name; cat power/control; test -e name && echo there; echo a > ../../plug; cat ../a/name; cat name`;
  t.equal(
    (await sh(script, path)).out,
    'cat: name: No such file or directory\ncat: power/control: No such file or directory\na\ncat: name: No such file or directory\n',
  );
});

t.test('a link that is gone is read for a moment at most', async (t) => {
  const { path } = await serve(t, 'direct');
  const script =
    'exec 2>&1; cd "$1"; echo a > plug; readlink class/things/a; echo a > unplug; readlink class/things/a; echo a > plug; for i in $(seq 20); do test -e class/things/a/name; done; echo a > unplug; sleep 0.3; readlink class/things/a; ls class/things';
  t.equal((await sh(script, path)).out, '../../plugged/a\ndevice\n');
});

t.test('whoever is in a directory that goes finds it empty', async (t) => {
  const { path } = await serve(t, 'direct');
  const script =
    'cd "$1"; echo a > plug; cd plugged/a/power; cat control; cd ..; exec 3< name; cat name; (cd power; echo a > ../../../unplug; exec 2>&1; ls; stat -c %F .; pwd -P | grep -o plugged.*; cat control); exec 2>&1; ls; cat name; test -e name && echo there; cat power/control; test -e power && echo there; stat -L -c %a /dev/fd/3; cat <&3';
  t.equal(
    (await sh(script, path)).out,
    [
      'auto',
      'a',
      'directory',
      'plugged/a/power',
      'cat: control: No such file or directory',
      'cat: name: No such file or directory',
      'cat: power/control: No such file or directory',
      '644',
      'cat: -: No such device',
      '',
    ].join('\n'),
  );
});

t.test('whoever is in a directory that goes does not keep its names for others', async (t) => {
  const { path } = await serve(t, 'direct');
  const script =
    'exec 2>&1; cd "$1"; echo a > plug; cat plugged/a/name; cd plugged/a; echo a > "$1/unplug"; stat -c %F .; echo a > "$1/plug"; cat "$1/plugged/a/name"; cat name';
  t.equal((await sh(script, path)).out, 'a\ndirectory\na\ncat: name: No such file or directory\n');
});

const compiler = (await sh('command -v cc')).status === 0;

t.test('poll, ioctl, seek, mmap', { skip: compiler ? false : 'no C compiler' }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'mips-rprocfs-probe-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const binary = join(directory, 'probe');
  const source = join(repository, 'test/fs/probe.c');
  t.equal((await run('cc', '-o', binary, source)).err, '');
  const { path } = await serve(t, 'direct');
  const says = async (what: string, file: string) => (await run(binary, what, join(path, file))).out;

  t.equal(await says('poll', 'value'), 'unread = 1 IN OUT PRI ERR\nread = 8\nread = 1 IN OUT\n');
  t.equal(await says('poll', 'kernel/debug/name'), 'unread = 1 IN OUT\nread = 5\nread = 1 IN OUT\n');
  t.equal(await says('ioctl', 'value'), 'ioctl = Inappropriate ioctl for device\n');
  t.equal(await says('seek', 'value'), 'end = 4096\nread = 0\nset = 3\nread = 5\n');
  t.equal(await says('mmap', 'value'), 'shared = No such device\n');
  t.equal(await says('fill', 'command'), 'write = 4096\n');
  t.equal(
    await says('wait', 'dev/echo'),
    [
      'empty = 0',
      'write = 4',
      'woken = 1',
      'read = 4',
      'seek = Illegal seek',
      'ioctl = 7',
      'value = 4 3 2 1',
      'unknown = Invalid argument',
      '',
    ].join('\n'),
    'a stream wakes its poller',
  );
});

t.test('a stream is read without waiting, and by a reader that waits', async (t) => {
  const { path } = await serve(t, 'direct');
  const script =
    'exec 3<> "$1/dev/echo"; dd iflag=nonblock status=none <&3; echo ping >&3; dd bs=64 count=1 status=none <&3';
  const { out, err } = await sh(script, path);
  t.match(err, 'Resource temporarily unavailable');
  t.equal(out, 'ping\n');
});

t.test('without mount(8)', async (t) => {
  const path = await emptyDirectory(t);
  const { out, status } = await run('env', 'PATH=/nowhere', process.execPath, SERVER, path, 'direct');
  t.equal(status, 1);
  t.match(out, /^refused: mount\(8\) cannot be run .*\n$/);
});
