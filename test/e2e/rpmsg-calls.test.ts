/** The files of rpmsg as programs use them: system calls of a C program, and our own verbs, against a remote side that echoes. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Board, mipsRprocfs, within } from '../support/board.js';
import { repository } from '../support/repository.js';
import { compiled, noClient } from '../support/rpmsg-client.js';

const RESET = 'echo loopback=1 > $ROOT/sys/kernel/debug/mips-rproc/reset';
const START = 'echo rpmsg.elf > $S/firmware && echo start > $S/state';
const RAW = '[ -e $ROOT/dev/rpmsg0 ]';

async function loopback(t: Parameters<typeof Board.mount>[0]) {
  const machine = join(repository, 'test/oracle/machine.yaml');
  const board = await Board.mount(t, { args: ['--machine', machine] });
  const firmware = join(repository, 'test/oracle/firmware/out/rpmsg.elf');
  await copyFile(firmware, join(board.root, 'lib/firmware/rpmsg.elf'));
  await board.out(`S=$C/remoteproc0; ${RESET}; ${START}`);
  await board.until(RAW);
  return { board, rpmsg: (verb: string, ...args: string[]) => mipsRprocfs('rpmsg', verb, board.root, ...args) };
}

t.test('system calls', { skip: noClient }, async (t) => {
  const calls = await compiled(t, 'test/e2e/rpmsg-calls.c');
  const { board } = await loopback(t);
  const { out } = await board.sh(`${calls} $ROOT/dev $C/remoteproc0/state 2>&1`);
  t.match(out, /^(\d+) of \1 as on a real kernel\n$/);
  t.equal(await board.out('ls $ROOT/dev | grep -c rpmsg || :'), '0\n');
});

t.test('list', async (t) => {
  const { board, rpmsg } = await loopback(t);
  t.strictSame(await rpmsg('list'), {
    status: 0,
    err: '',
    out: [
      'CHANNEL                              NAME                 SRC    DST    DRIVER        FILES',
      'virtio0.rpmsg_ctrl.0.0               rpmsg_ctrl           0x0    0x0    rpmsg_ctrl    /dev/rpmsg_ctrl0',
      'virtio0.rpmsg_ns.53.53               rpmsg_ns             0x35   0x35   rpmsg_ns      -',
      'virtio0.rpmsg-client-sample.-1.1026  rpmsg-client-sample  -      0x402  -             -',
      'virtio0.rpmsg-raw.-1.1025            rpmsg-raw            0x401  0x401  rpmsg_chrdev  /dev/rpmsg0',
      'virtio0.rpmsg-tty.-1.1024            rpmsg-tty            0x400  0x400  rpmsg_tty     /dev/ttyRPMSG0',
      'virtio0.some-other-service.-1.1027   some-other-service   -      0x403  -             -',
      '',
    ].join('\n'),
  });
  const { out } = await rpmsg('list', '--json');
  const parsed: unknown = JSON.parse(out);
  t.match(parsed, [
    {},
    {},
    {},
    {
      channel: 'virtio0.rpmsg-raw.-1.1025',
      name: 'rpmsg-raw',
      src: 0x401,
      dst: 0x401,
      driver: 'rpmsg_chrdev',
      files: ['rpmsg0'],
    },
    {},
    { src: null, driver: null, files: [] },
  ]);
  await board.out('echo stop > $C/remoteproc0/state');
  t.strictSame(await rpmsg('list'), { status: 0, err: '', out: 'No remote processor with rpmsg runs.\n' });
  t.strictSame(await rpmsg('list', '--json'), { status: 0, err: '', out: '[]\n' });
});

const LOST = /^PING rpmsg-raw 0x401 -> 0x401 \(.*\/dev\/rpmsg0\): 56 bytes\nseq=1 no answer time=1\d\d\.\d+ ms\n/;

t.test('ping', async (t) => {
  const { board, rpmsg } = await loopback(t);
  const { out, err, status } = await rpmsg('ping', 'rpmsg-raw', '-c', '20', '-i', '0.01', '-s', '496');
  t.equal(err, '');
  t.equal(status, 0);
  const lines = out.split('\n');
  t.match(lines[0], /^PING rpmsg-raw 0x401 -> 0x401 \(.*\/dev\/rpmsg0\): 496 bytes$/);
  t.match(lines[20], /^seq=20 echoed time=\d+\.\d{3} ms$/);
  t.match(lines[22], /^20 sent, 20 echoed, 0% lost, time \d+ ms$/);
  const rtt = /^rtt min\/avg\/max\/p99 = ([\d.]+)\/([\d.]+)\/([\d.]+)\/([\d.]+) ms$/.exec(lines[23] ?? '');
  const [min = NaN, average = NaN, max = NaN, p99 = NaN] = rtt?.slice(1).map(Number) ?? [];
  t.ok(min <= average && average <= max && p99 <= max, lines[23] ?? '');
  t.equal((await rpmsg('ping', 'rpmsg0', '-c', '1', '-q')).out.split('\n').length, 5, 'quiet');

  // a channel without a file has one for that long
  const other = await rpmsg('ping', 'some-other-service', '-c', '2', '-i', '0');
  t.match(other.out, /^PING some-other-service 0x402 -> 0x403 .*\nseq=1 echoed/);
  const channel = '$ROOT/sys/bus/rpmsg/devices/virtio0.some-other-service.-1.1027';
  t.equal(await board.out(`cat ${channel}/driver_override; ls ${channel} | grep -c driver$ || :`), '(null)\n0\n');

  const holder = (await board.out('sleep 100 3<> $ROOT/dev/rpmsg0 > /dev/null 2>&1 & echo $!')).trim();
  await board.until(`[ -e /proc/${holder}/fd/3 ]`);
  const refusals = [
    ['rpmsg-tty', /virtio0\.rpmsg-tty\.-1\.1024 belongs to the driver rpmsg_tty\n$/],
    [
      'nothing',
      /has no rpmsg channel nothing: there are rpmsg-client-sample, rpmsg-raw, rpmsg-tty, some-other-service\n$/,
    ],
    ['rpmsg7', /rpmsg7 cannot be opened \(ENOENT\): `mips-rprocfs rpmsg list` shows what there is\n$/],
    ['rpmsg0', /rpmsg0 cannot be opened \(EBUSY\): another program has it open, and one at a time may\n$/],
  ] as const;
  for (const [which, said] of refusals) {
    const refused = await rpmsg('ping', which);
    t.equal(refused.status, 1);
    t.match(refused.err, said);
  }
  await board.out(`kill ${holder}`);
  await board.until('( : <> $ROOT/dev/rpmsg0 )');
  t.equal((await rpmsg('ping', 'rpmsg0', '-s', '497')).status, 2);
  t.equal((await mipsRprocfs('rpmsg', 'ping')).status, 2);
  t.equal((await mipsRprocfs('rpmsg')).status, 2);

  await board.out('echo 1 > $ROOT/sys/kernel/debug/mips-rproc/remoteproc0/freeze');
  const lost = await rpmsg('ping', 'rpmsg-raw', '-c', '2', '-i', '0', '-W', '0.1');
  t.equal(lost.status, 1);
  t.match(lost.out, LOST);
  t.match(lost.out, /\n2 sent, 0 echoed, 100% lost, time \d+ ms\n$/);
  const endless = rpmsg('ping', 'rpmsg-raw', '-W', '60');
  // looked at from outside: who opened the file to see whether it is open might be in the way of who wants it
  await board.until('ls -l /proc/[0-9]*/fd | grep -q "$ROOT/dev/rpmsg0\\$"');
  await board.out('echo stop > $C/remoteproc0/state');
  const stopped = await within(endless, () => 'the end of ping');
  t.equal(stopped.status, 1);
  t.match(stopped.err, /rpmsg0 has gone: its processor was stopped, or crashed\n$/);
});

t.test('echo-test', async (t) => {
  const { board, rpmsg } = await loopback(t);
  const { out, status } = await rpmsg('echo-test', 'rpmsg-raw');
  t.match(
    out,
    /^echo-test of rpmsg-raw \(.*\/dev\/rpmsg0\): 1 to 496 bytes\n496 of 496 sizes came back as they were\n$/,
  );
  t.equal(status, 0);
  await board.out('echo 1 > $ROOT/sys/kernel/debug/mips-rproc/remoteproc0/freeze');
  const silent = await rpmsg('echo-test', 'rpmsg-raw', '-W', '0.05');
  t.equal(silent.status, 1);
  t.match(silent.out, /\n3 bytes: no answer\nit does not answer: the other sizes were not tried\n0 of 496 sizes/);
});
