/** /dev of a mounted machine: docs/reference/kernel-abi.md 1.7, the kernel log, and the verb dmesg. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { Board, mipsRprocfs, PROGRAM, scratch, within } from '../support/board.js';
import { installed } from '../support/fixtures.js';
import { repository } from '../support/repository.js';
import { lines } from '../fs/mounted.js';

for (const fuse of ['direct', 'native'])
  t.test(`remoteproc<N>, ${fuse}`, async (t) => {
    const board = await Board.mount(t, { args: ['--fuse', fuse] });
    await board.install('wait');
    const N = '$ROOT/dev/remoteproc0';
    t.equal(
      await board.out("ls -l $ROOT/dev | awk 'NR > 1 { print $1, $5, $9 }'"),
      '-rw-r--r-- 0 kmsg\n-rw------- 0 remoteproc0\n-rw------- 0 remoteproc1\n-rw------- 0 remoteproc2\n',
    );
    await board.out('echo wait.elf > $C/remoteproc0/firmware');
    t.equal(await board.out(`printf s > ${N}; cat $C/remoteproc0/state`), 'running\n');
    t.match(await board.sh(`/bin/echo stop > ${N}`), { status: 1, err: /Invalid argument/ });
    t.match(await board.sh(`cat ${N}`), { status: 1, err: /Invalid argument/ });
    t.match(await board.sh(`printf %s det | tee ${N}`), { status: 1, err: /Invalid argument/ });
    t.equal(await board.out(`printf stop >> ${N}; cat $C/remoteproc0/state`), 'offline\n');
    await board.out('echo missing > $C/remoteproc0/firmware');
    t.match(await board.sh(`printf start | tee ${N}`), { status: 1, err: /No such file or directory/ });
    t.equal(
      await board.out('echo 2-3 > $ROOT/sys/devices/mips-rproc/cpus; ls $ROOT/dev'),
      'kmsg\nremoteproc1\nremoteproc2\n',
    );
    t.equal(await board.out('ls $ROOT/sys/dev/char'), '245:1\n245:2\n');
    const { out } = await mipsRprocfs('dmesg', board.root);
    t.match(out, /Unrecognized option\n/);
    t.notMatch(out, 'Boot failed');
  });

const compiler = installed('cc');

t.test('system calls on remoteproc<N>', { skip: compiler ? false : 'no C compiler' }, async (t) => {
  const board = await Board.mount(t);
  await board.install('wait');
  await board.out('echo wait.elf > $C/remoteproc0/firmware');
  const probe = join(await scratch(t), 'probe');
  await board.out(`cc -o ${probe} ${join(repository, 'test/oracle/tools/probe.c')}`);
  /** Results alone, one a call; paths and arguments left out. */
  const calls = async (chain: string) =>
    (await board.out(`N=$ROOT/dev/remoteproc0; S=$C/remoteproc0/state; ${probe} ${chain}`))
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^.* = /, ''));
  t.strictSame(await calls('open $N O_RDWR : lseek 0 SET : lseek 0 END : read 1 : mmap r : truncate $N 0'), [
    'ok',
    ...['-1 ESPIPE', '-1 ESPIPE', '-1 EINVAL', '-1 ENODEV', '-1 EINVAL'],
  ]);
  t.strictSame(
    await calls('open $N O_RDWR : poll "POLLIN|POLLOUT|POLLPRI|POLLERR" 0 : ioctl 0x5401 0 : ioctl 0xB701 0'),
    ['ok', ...['1 POLLIN|POLLOUT', '-1 EINVAL', '-1 EINVAL']],
  );
  const set = 'ioctl 0x4004B701';
  const get = 'ioctl 0x8004B702 9';
  t.strictSame(await calls(`open $N O_RDWR : ${get} : ${set} -5 : ${get} : ${set} 0 : ${get} : ioctlbad 0x4004B701`), [
    'ok',
    '0 arg=0',
    '0 arg=-5',
    '0 arg=1',
    '0 arg=0',
    '0 arg=0',
    '-1 EFAULT',
  ]);
  t.strictSame(await calls(`open $N O_RDWR : ${set} 1 : write start : close`), ['ok', '0 arg=1', '5', 'ok']);
  await board.until('grep -q offline $C/remoteproc0/state');
  t.pass('closing stopped it');
  t.strictSame(await calls(`open $N : ${set} 0`), ['ok', '0 arg=0'], 'any descriptor will do');

  const cpus = '$ROOT/sys/devices/mips-rproc/cpus';
  const chain = `open $N O_RDWR : write start : sh "echo 2-3 > ${cpus}; echo 1-3 > ${cpus}; ls $C" : write start : write stop : ${get} : open /proc/self/fd/3 O_RDWR : fd 0 : close`;
  t.strictSame(await calls(chain), [
    'ok',
    '5',
    '',
    'remoteproc1',
    'remoteproc2',
    'remoteproc3',
    'sh rc=0',
    '-1 ENODEV',
    '-1 EINVAL',
    '0 arg=0',
    '-1 ENXIO',
    'ok',
    'ok',
  ]);
  // when the last descriptor is closed
  const gone = await board.log.until(/releasing mips-cpu1$/);
  t.ok(gone.includes("remoteproc remoteproc0: can't boot deleting rproc mips-cpu1"));
  t.equal(
    await board.out(
      'echo 2-3 > $ROOT/sys/devices/mips-rproc/cpus; echo 1-3 > $ROOT/sys/devices/mips-rproc/cpus; ls $ROOT/dev',
    ),
    'kmsg\nremoteproc0\nremoteproc1\nremoteproc2\n',
    'the number is free when nobody holds it',
  );
});

t.test('dmesg', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '2'] });
  await board.out('printf "<3>an \\033[1m\\\\ error\\n" > $ROOT/dev/kmsg; echo hello > $ROOT/dev/kmsg');
  const stamped = /^\[ +\d+\.\d{6}\] /gm;
  const { out, err, status } = await mipsRprocfs('dmesg', board.root);
  t.strictSame([status, err], [0, '']);
  t.equal(out.replace(stamped, ''), 'remoteproc remoteproc0: mips-cpu1 is available\nan \x1b[1m\\ error\nhello\n');
  t.equal(out.match(stamped)?.length, 3);
  const raw = await mipsRprocfs('dmesg', '-r', board.root);
  t.match(raw.out, /^<6>\[ +\d+\.\d{6}\] remoteproc.*\n<11>\[.*\n<12>\[.*\n$/);
  t.equal(
    (await board.sh(`${process.execPath} ${PROGRAM} dmesg $ROOT | head -n 1`)).err,
    '',
    'a reader that has had enough',
  );
  t.match(await mipsRprocfs('dmesg', `${board.root}/lib`), {
    status: 1,
    err: /^mips-rprocfs: .*lib\/dev\/kmsg cannot be read \(ENOENT\).*\n$/,
  });
});

async function readAll(line: () => Promise<string>): Promise<void> {
  while ((await line()) !== '');
}

t.test('dmesg --follow', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '2'] });
  const follow = () => {
    const child = spawn(process.execPath, [PROGRAM, 'dmesg', '--follow', board.root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => void child.kill('SIGKILL'));
    return { child, exited: once(child, 'exit'), line: lines(child.stdout) };
  };
  const [reading, sleeping, killed] = [follow(), follow(), follow()];
  t.match(await within(reading.line(), () => 'the first line'), /is available$/);
  t.match(await within(killed.line(), () => 'the first line'), /is available$/);
  await board.out('echo more > $ROOT/dev/kmsg');
  t.match(await within(reading.line(), () => 'what comes'), / more$/);
  // whoever does not read would never see the end
  const rest = readAll(reading.line);
  killed.child.kill('SIGINT');
  t.strictSame(await within(killed.exited, () => 'the end of one that waits'), [null, 'SIGINT']);
  sleeping.child.kill('SIGSTOP');
  await board.out('n=0; while [ $n -lt 2000 ]; do echo line $n; n=$((n + 1)); done > $ROOT/dev/kmsg');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n', 'one that does not read holds nobody');
  sleeping.child.kill('SIGCONT');
  board.server.kill('SIGTERM');
  await within(board.exited, () => 'the server to end');
  t.strictSame(await within(reading.exited, () => 'the end of dmesg'), [0, null], 'it ends with the machine');
  await rest;
});
