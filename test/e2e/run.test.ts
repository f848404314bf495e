/** `run`: programs that know the real paths, and what is left of them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { mounts } from '../../src/fs/index.js';
import { run, sh } from '../fs/mounted.js';
import { mipsRprocfs, PROGRAM, scratch } from '../support/board.js';
import { fixture, installed } from '../support/fixtures.js';
import { repository } from '../support/repository.js';
import { AS_OTHER, noOtherUser } from '../support/other-user.js';
import { lacking, runAs, runSh, USERS, WITH_CAPABILITY } from '../support/run.js';

const client = (name: string): string => join(repository, 'test/e2e/clients', name);
const hello = fixture('le', 'hello');

// no times: whoever writes to a terminal changes those of /dev/ptmx
const outside = async () => ({
  mounts: (await mounts()).filter(({ mountpoint }) => /^\/($|sys|dev|lib|usr)/.test(mountpoint)),
  files: (
    await sh(`find /lib/firmware/ /dev /sys/class -maxdepth 1 -printf '%p %M %u %l\\n' 2>&1 | LC_ALL=C sort
      cat /sys/module/firmware_class/parameters/path 2>&1`)
  ).out,
});

for (const user of Object.keys(USERS)) {
  const skip = (await lacking(user)) ?? false;
  if (skip !== false) t.comment(skip);

  t.test(`clients with hard-coded paths, ${user}`, { skip }, async (t) => {
    const before = await outside();
    const directory = await scratch(t);
    await sh('cp "$1" "$2/hello.elf"; chmod 755 "$2"', hello, directory);
    t.match(await runAs(user, '--firmware-dir', directory, '--', client('start-stop.sh'), 'mips-cpu2', 'hello.elf'), {
      status: 0,
      err: '',
      out: /^hello from mips-cpu2/,
    });
    t.strictSame(await runAs(user, '--', client('own-path.sh'), hello), { status: 0, err: '', out: 'running\n' });
    t.match(await runAs(user, '--', client('devices.sh'), hello), {
      status: 0,
      err: /No such file or directory/,
      out: 'gone\n',
    });
    t.strictSame(await outside(), before, 'outside nothing has changed');
  });

  t.test(`the host's files beside ours, ${user}`, { skip }, async (t) => {
    const list = `for d in /sys/class /sys/bus /sys/devices /sys/devices/virtual /sys/devices/platform /dev; do
      find $d -mindepth 1 -maxdepth 1 -printf '%p %y %l\\n'
    done | LC_ALL=C sort`;
    const lines = ({ out }: { out: string }) => out.trimEnd().split('\n');
    const host = lines(await sh(list));
    const inside = lines(await runSh(user, list));
    const ours = /\/(remoteproc|rpmsg|rpmsg_ctrl|ttyRPMSG|hvc|vport|kmsg|mips-rproc|devcoredump|virtio)/;
    t.strictSame(
      inside.filter((line) => !ours.test(line)),
      host.filter((line) => !ours.test(line)),
    );
    for (const name of ['/sys/class/remoteproc', '/sys/bus/rpmsg', '/sys/devices/mips-rproc', '/dev/remoteproc0'])
      t.ok(
        inside.some((line) => line.startsWith(`${name} `)),
        name,
      );
    const uses = `set -e
      echo to null > /dev/null; head -c 1 /dev/zero | od -An -tx1; [ -c /dev/null ]
      readlink -f /sys/class/net/lo; cat /sys/class/net/lo/mtu; cd /sys/class/net/lo; pwd -P
      cmp /sys/devices/system/node/possible "$1" || :
      : > /dev/shm/$$; rm /dev/shm/$$`;
    t.strictSame(await runSh(user, uses, '/sys/devices/system/node/possible'), {
      status: 0,
      err: '',
      out: ` 00\n/sys/devices/virtual/net/lo\n${await readFile('/sys/class/net/lo/mtu', 'utf8')}/sys/devices/virtual/net/lo\n`,
    });
  });

  t.test(`what walks through /sys and /dev, ${user}`, { skip }, async (t) => {
    // without complaints: df looks at all mounts of the host, and those of others may just have died
    const walk = `ls -lR /sys/class /sys/bus /dev > /dev/null
      df /sys/class /sys/bus/rpmsg /sys/kernel/debug/remoteproc /sys/devices/system/cpu /dev 2> /dev/null || :`;
    const ours = /^Filesystem.*\n(mips-rprocfs@\d+ .*\n){5}$/;
    t.match(await runSh(user, walk), { err: '', status: 0, out: ours });
    const { out } = await runSh(user, 'find /sys -maxdepth 4 2> /dev/null');
    for (const path of ['/sys/class/remoteproc/remoteproc2', '/sys/devices/mips-rproc/remoteproc/remoteproc1'])
      t.match(out, `${path}\n`);
    t.match(await runSh(user, 'dmesg; dmesg | wc -l'), { status: 0, err: '', out: /mips-cpu3 is available\n3\n$/ });
    t.match(await runSh(user, 'echo /sys/class/remoteproc/*'), { out: /^(\S+remoteproc\d ?){3}\n$/ });
    t.equal((await runSh(user, 'echo from a test > /dev/kmsg; dmesg | tail -n 1')).out.slice(15), 'from a test\n');
    t.match(await runSh(user, 'stat -c %u:%g /sys/class/remoteproc /dev/remoteproc0; id -u'), { out: '0:0\n0:0\n0\n' });
  });

  t.test(`exit status and arguments, ${user}`, { skip }, async (t) => {
    t.match(await runSh(user, 'exit 3'), { status: 3 });
    t.match(await runSh(user, 'kill -TERM $$'), { status: 143 });
    t.match(await runSh(user, 'kill -KILL $$'), { status: 137 });
    t.match(await runAs(user, '--', 'no-such-command'), { status: 127, err: /no-such-command: not found/ });
    t.match(await runAs(user, '--', '/etc/passwd'), { status: 126, err: /Permission denied/ });
    t.strictSame(await runAs(user, '--cpus', '2', '--', 'printf', '<%s>', 'a b', '', '--cpus', '*'), {
      status: 0,
      err: '',
      out: '<a b><><--cpus><*>',
    });
    t.strictSame(await runAs(user, '--', 'pwd'), {
      status: 0,
      err: '',
      out: `${user === 'root' ? process.cwd() : '/'}\n`,
    });
    const inherited = 'env | grep MIPS_RPROCFS; ls /proc/self/fd';
    t.equal((await runSh(user, inherited)).out, (await sh(inherited)).out, 'nothing is inherited');
  });

  t.test(`the machine of run, to the program's own commands, ${user}`, { skip }, async (t) => {
    const { out, err } = await runSh(user, '"$@"', process.execPath, PROGRAM, 'status', '--json');
    t.equal(err, '');
    const found: unknown = JSON.parse(out);
    const shown = Array.isArray(found) ? found.filter(({ root }: { root: string }) => /^\/(?:$|dev)/.test(root)) : [];
    t.match(shown, [{ root: '/', problem: null, processors: [{ name: 'mips-cpu1' }, {}, {}] }], 'as the one at /');
    t.equal(shown.length, 1);
  });

  t.test(`one run within another, ${user}`, { skip }, async (t) => {
    const inner = [process.execPath, join(repository, 'bin/mips-rprocfs'), 'run', '--cpus', '2', '--'];
    const { out, err, status } = await runAs(
      user,
      '--',
      'sh',
      '-c',
      '"$@"; ls /sys/class/remoteproc',
      'sh',
      ...inner,
      'sh',
      '-c',
      'ls /sys/class/remoteproc /dev/remoteproc*; id -u',
    );
    t.strictSame([status, err], [0, '']);
    t.equal(out, '/dev/remoteproc0\n\n/sys/class/remoteproc:\nremoteproc0\n0\nremoteproc0\nremoteproc1\nremoteproc2\n');
  });
}

t.test('wrong usage', async (t) => {
  const usage = { status: 2, out: '' };
  t.match(await mipsRprocfs('run'), { ...usage, err: /missing required argument/ });
  for (const timeout of ['0', '-1', 'x', '', '1e9'])
    t.match(await mipsRprocfs('run', '--timeout', timeout, '--', 'true'), { ...usage, err: /number of seconds/ });
  t.match(await mipsRprocfs('run', '--firmware-dir', '/missing', '--', 'true'), { status: 1, err: /\/missing/ });
  t.match(await mipsRprocfs('run', '--machine', '/missing', '--', 'true'), { status: 1, err: /\/missing/ });
});

t.test('firmware that is compiled anew while a shell is open', async (t) => {
  const directory = await scratch(t);
  const script = `set -e; D=$1
    cp "$2" $D/fw.new; mv $D/fw.new $D/fw.elf; cmp $D/fw.elf /lib/firmware/fw.elf
    cd /sys/class/remoteproc/remoteproc0; echo fw.elf > firmware
    start() { echo start > state; sleep 0.3; sed -n 2p /sys/kernel/debug/remoteproc/remoteproc0/trace0; echo stop > state; }
    start
    cp "$3" $D/fw.new; mv $D/fw.new $D/fw.elf; start
    cp "$2" /lib/firmware/fw.elf; start; ls $D`;
  const { out, err } = await runAs(
    'root',
    ...['--firmware-dir', directory, '--'],
    ...['bash', '-c', script, 'bash', directory, hello, fixture('le', 'kseg0')],
  );
  t.equal(err, '');
  const traces = out.split('\n');
  t.match(traces[0], /linked at 10000000/);
  t.match(traces[1], /linked at 8/, 'the new one');
  t.match(traces[2], /linked at 10000000/, 'its own before that of --firmware-dir');
  t.equal(traces[3], 'fw.elf', 'which it does not change');
  t.notOk((await readFile(join(directory, 'fw.elf'))).equals(await readFile(hello)));
});

t.test('several directories of firmware, with unusual names', async (t) => {
  const path = await scratch(t);
  const directories = ['a b', 'c,d:e', '#\\x'].map((name) => join(path, name));
  for (const directory of directories) {
    await mkdir(directory);
    await writeFile(join(directory, 'who'), directory);
  }
  await writeFile(join(directories[1] ?? '', 'only'), '');
  const options = directories.flatMap((directory) => ['--firmware-dir', directory]);
  t.strictSame(await runAs('root', ...options, '--', 'sh', '-c', 'cat /lib/firmware/who; ls /lib/firmware/only'), {
    status: 0,
    err: '',
    out: `${directories[0]}/lib/firmware/only\n`,
  });
});

t.test('a command that goes on as another user', { skip: noOtherUser }, async (t) => {
  const script = `cat /sys/class/remoteproc/remoteproc0/state; stat -c %a /dev/remoteproc0
    exec 2>&1; ls /sys/kernel/debug; echo start > /sys/class/remoteproc/remoteproc0/state`;
  const { out } = await runAs('root', '--', ...AS_OTHER, 'sh', '-c', script);
  t.match(out, /^offline\n600\n.*Permission denied\n.*Permission denied\n$/, 'modes decide, as on a board');
});

const none = noOtherUser === false ? ((await lacking('an ordinary user')) ?? false) : noOtherUser;
t.test('a user who is not root, with the capability to mount', { skip: none }, async (t) => {
  const [first, ...rest] = [...WITH_CAPABILITY, process.execPath, PROGRAM, 'run', '--'];
  t.match(await run(first, ...rest, 'cat', '/sys/class/remoteproc/remoteproc0/state'), {
    status: 0,
    err: '',
    out: 'offline\n',
  });
});

/** Runs it in a mount namespace where `change` has been done. */
const where = (change: string, ...args: string[]) =>
  run(
    'unshare',
    '-m',
    'sh',
    '-c',
    `set -e; ${change}; exec "$@"`,
    'sh',
    process.execPath,
    join(repository, 'bin/mips-rprocfs'),
    'run',
    ...args,
  );

t.test('a host without /lib/firmware', async (t) => {
  const change = `mount -t tmpfs u /mnt; mkdir /mnt/u /mnt/w; lib=$(readlink -f /lib)
    mount -t overlay -o lowerdir=$lib,upperdir=/mnt/u,workdir=/mnt/w o $lib; rm -r $lib/firmware`;
  t.match(
    await where(
      `${change}; ! ls /lib/firmware 2> /dev/null`,
      '--',
      'sh',
      '-c',
      ': > /lib/firmware/x; ls /lib/firmware',
    ),
    {
      status: 0,
      err: '',
      out: 'x\n',
    },
  );
});

t.test('a host whose debugfs can be read', async (t) => {
  const debugfs = 'mount -t debugfs debugfs /sys/kernel/debug';
  const skip = (await run('unshare', '-m', 'sh', '-c', debugfs)).status === 0 ? false : 'this kernel has no debugfs';
  t.test('its directories stand beside ours', { skip }, async (t) => {
    const { out, err } = await where(debugfs, '--', 'ls', '/sys/kernel/debug');
    t.equal(err, '');
    const names = out.split('\n');
    t.ok(names.includes('remoteproc') && names.includes('mips-rproc') && names.length > 5, out);
  });
});

t.test('hosts on which it cannot work: one line', async (t) => {
  const line = /^mips-rprocfs: [^\n]+\n$/;
  const noFuse =
    'mount --bind /dev /mnt; mount -t tmpfs d /dev; for n in null urandom; do : > /dev/$n; mount --bind /mnt/$n /dev/$n; done';
  t.match(await where(noFuse, '--', 'true'), {
    status: 1,
    out: '',
    err: /^mips-rprocfs: \/dev\/fuse is missing: [^\n]+\n$/,
  });
  // in a user namespace that allows no further one, without any capability
  const limited = await run(
    ...(['unshare', '-Ur', 'sh', '-c'] as const),
    'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "$@"',
    'sh',
    ...[process.execPath, join(repository, 'bin/mips-rprocfs'), 'run', '--', 'true'],
  );
  t.match(limited, { status: 1, out: '', err: line });
  t.match(limited.err, /root has no CAP_SYS_ADMIN here, and may make no user namespace/);
  const overlays = `mount -t tmpfs t /mnt; mkdir /mnt/a /mnt/u /mnt/w /mnt/v /mnt/x
    mount -t overlay -o lowerdir=/mnt/a,upperdir=/mnt/u,workdir=/mnt/w o /mnt/a
    mount -t overlay -o lowerdir=/mnt/a,upperdir=/mnt/v,workdir=/mnt/x o /lib/firmware`;
  t.match(await where(overlays, '--', 'true'), { status: 1, out: '', err: /^mips-rprocfs: [^\n]+--tmpfs [^\n]+\n$/ });
  const noUnshare = await run(
    'env',
    'PATH=/nowhere',
    process.execPath,
    join(repository, 'bin/mips-rprocfs'),
    'run',
    '--',
    'true',
  );
  t.match(noUnshare, { status: 1, out: '', err: line });
  t.match(noUnshare.err, /util-linux/);
});

const noUdev = !installed('udevadm') && 'udevadm is not installed: it was not tried';
t.test('udevadm', { skip: noUdev }, async (t) => {
  t.match(await runSh('root', 'udevadm info /sys/class/net/lo'), {
    status: 0,
    out: /^P: \/devices\/virtual\/net\/lo\n/,
  });
});
