/**
 * Statements of docs/reference/kernel-abi.md 15, parts J and K, and of docs/reference/clients.md, as they are seen on a real
 * mount. The remote side is the generic driver's loopback, or nobody; its rings are read from the processor's memory.
 */
import { join } from 'node:path';
import t from 'tap';
import { buildElf, buildTable, vdevEntry } from '../rproc/elf-builder.js';
import { Board } from '../support/board.js';
import { repository } from '../support/repository.js';
import { compiled, noClient } from '../support/rpmsg-client.js';
import { announcement } from '../virtio/rpmsg-remote.js';

const RAM = 0x00100000;
const [RPMSG, SERIAL, CONSOLE] = [7, 11, 3];

/** Firmware that is a resource table with one vdev, and nothing else. */
const vdev = (id: number, num = 16, features = id === RPMSG ? 1 : 0): Uint8Array =>
  buildElf({
    entry: RAM,
    segments: [{ paddr: RAM, data: new Uint8Array(64) }],
    table: buildTable([vdevEntry({ id, features, rings: [{ num }, { num }] })]),
  });

/** Bytes as an argument of test/oracle/tools/probe.c. */
const escaped = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

const service = (flags: number, length = 40): string => {
  const message = announcement({ name: 'mine', address: 0x500, flags });
  return `'${escaped(Buffer.concat([message, new Uint8Array(1)]).subarray(0, length))}'`;
};

/**
 * What the scripts below have. `calls` prints the system calls of one process, but those that say no more than ok. `word`
 * prints a word of the processor's memory, and `lengths` those of a ring's buffers: the rings are there if preregistered.
 * `tell` makes the remote side send something to the name service: it goes out from address 53, with a kick that is lost,
 * and comes back with the next message.
 */
const TOOLS = `
S=$C/remoteproc0; V=$ROOT/sys/bus/virtio; B=$ROOT/sys/bus/rpmsg; K=$ROOT/sys/class; DEV=$ROOT/dev
FAULTS=$ROOT/sys/kernel/debug/mips-rproc; LOSE=$FAULTS/remoteproc0/lose_kicks; MEM=$FAULTS/remoteproc0/mem
CREATE_EPT=0x4028b501 DESTROY_EPT=0xb502 CREATE_DEV=0x4028b503 RELEASE_DEV=0x4028b504
RX=0xf0000 TX=0xf8000 AVAIL=256 USED=4096
calls() { timeout 10 $PROBE "$@" | sed "/ = \\(ok\\)*$/d; s:$DEV:DEV:"; }
word() { dd if=$MEM bs=4 skip=$((($1) / 4)) count=1 2> /dev/null | od -An -v -tx4; }
lengths() { dd if=$MEM bs=16 skip=$(($1 / 16)) count=$2 2> /dev/null | od -An -v -tx4 -w16 | cut -c 19-27 | uniq -c | tr -s ' '; }
echoed() { calls open $DEV/rpmsg0 O_RDWR : write x : poll POLLIN 5000 : read 1 > /dev/null; }
tell() {
  echo virtio0.rpmsg_ns.53.53 > $B/drivers/rpmsg_ns/unbind; echo 1 > $LOSE
  calls open $DEV/rpmsg_ctrl0 O_RDWR : ept $CREATE_EPT ns 53 0x401 : open $DEV/rpmsg1 O_RDWR : write "$1" : \\
    ioctl $DESTROY_EPT > /dev/null
  echo virtio0.rpmsg_ns.53.53 > $B/drivers/rpmsg_ns/bind; echoed
}
`;

interface Case {
  readonly statement: string;
  /** Parameters of the machine: docs/machine-file.md. */
  readonly machine?: string;
  readonly firmware?: Uint8Array;
  /** Runs as soon as the firmware has been started. */
  readonly script: string;
  readonly prints?: string;
  /** What the log gets from the start on, among other lines, in this order. */
  readonly logs?: readonly string[];
}

const BUS = 'virtio_rpmsg_bus virtio0: ';
const SAMPLE = 'virtio0.rpmsg-client-sample.-1.1026';
const OTHER = 'virtio0.some-other-service.-1.1027';
const LOOPBACK = 'loopback=1';

const CASES: readonly Case[] = [
  {
    statement: '165, 166, 167: the virtio device',
    script: `cd $S/rproc-virtio.0.auto/virtio0 && cat device vendor modalias status features
      cd /; echo stop > $S/state; ls $S | grep rproc-virtio; ls $V/devices`,
    prints: `0x0007\n0x0000\nvirtio:d00000007v00000000\n0x00000007\n1${'0'.repeat(63)}\n`,
    logs: [
      `${BUS}rpmsg host is online`,
      'rproc-virtio rproc-virtio.0.auto: registered virtio0 (type 7)',
      'remoteproc remoteproc0: remote processor mips is now up',
    ],
  },
  {
    statement: '167: a device without the feature of names',
    firmware: vdev(RPMSG, 16, 0),
    script: 'cat $V/devices/virtio0/features; ls $B/devices',
    prints: `${'0'.repeat(64)}\nvirtio0.rpmsg_ctrl.0.0\n`,
  },
  {
    statement: '168: unbound and bound again, it has new rings',
    machine: 'prereg=1',
    script: `status() { cat $V/devices/virtio0/status; grep Status $D/remoteproc0/resource_table; }
      printf XXXX | dd of=$MEM bs=4 seek=$(((RX + USED) / 4)) conv=notrunc 2> /dev/null
      echo virtio0 > $V/drivers/virtio_rpmsg_bus/unbind; status; word RX+USED
      echo virtio0 > $V/drivers/virtio_rpmsg_bus/bind; status; word RX+USED; word RX+AVAIL`,
    prints: `0x00000001\n  Status 0x1\n 58585858\n0x00000007\n  Status 0x7\n 00000000\n 00100000\n`,
  },
  {
    statement: '169: features that nobody knows are not accepted',
    firmware: vdev(RPMSG, 16, 0x8000_0001),
    script: 'grep features $D/remoteproc0/resource_table',
    prints: '  Device features 0x80000001\n  Guest features 0x1\n',
  },
  ...[4, 128].map((num) => ({
    statement: `171: ${num} buffers and one kick`,
    machine: 'prereg=1',
    firmware: vdev(RPMSG, num),
    script: `lengths RX ${num}; word RX+16*${num}; cat $FAULTS/remoteproc0/kicks`,
    prints: ` ${num} 00000200\n 00${num.toString(16).padStart(2, '0')}0000\n1\n`,
  })),
  {
    statement: '173: addresses are given lowest first, and kept',
    machine: LOOPBACK,
    script: `echo virtio0.rpmsg-tty.-1.1024 > $B/drivers/rpmsg_tty/unbind
      cat $B/devices/${SAMPLE}/src; echo rpmsg_client_sample > $FAULTS/insmod
      cat $B/devices/${SAMPLE}/src $B/devices/virtio0.rpmsg-tty.*/src
      calls open $B/drivers/rpmsg_tty/bind O_WRONLY : write virtio0.rpmsg-tty.-1.1024
      echo rpmsg_client_sample > $FAULTS/rmmod; cat $B/devices/${SAMPLE}/src`,
    prints: '0xffffffff\n0x400\n0x400\nwrite virtio0.rpmsg-tty.-1.1024 = -1 ENOMEM\n0x400\n',
    logs: ['rpmsg_tty virtio0.rpmsg-tty.-1.1024: idr_alloc failed: -28'],
  },
  {
    statement: '174, 175, 176: what the name service is told',
    machine: LOOPBACK,
    script: `tell ${service(0, 39)}; tell ${service(0, 41)}; tell ${service(0)}; tell ${service(0)}
      ls $B/devices | grep mine; tell ${service(1)}; ls $B/devices | grep mine; tell ${service(1)}`,
    prints: 'virtio0.mine.-1.1280\n',
    logs: [
      `${BUS}malformed ns msg (39)`,
      `${BUS}malformed ns msg (41)`,
      `${BUS}creating channel mine addr 0x500`,
      `${BUS}channel mine:ffffffff:500 already exist`,
      `${BUS}rpmsg_create_channel failed`,
      `${BUS}destroying channel mine addr 0x500`,
      `${BUS}rpmsg_destroy_channel failed: -22`,
    ],
  },
  {
    statement: '177: a message for nobody',
    machine: LOOPBACK,
    script: `echo 1 > $LOSE
      calls open $DEV/rpmsg_ctrl0 O_RDWR : ept $CREATE_EPT gone 0x1234 0x401 : open $DEV/rpmsg1 O_RDWR : write x : \\
        ioctl $DESTROY_EPT > /dev/null
      echoed`,
    prints: '',
    logs: [`${BUS}msg received with no recipient`],
  },
  {
    statement: '178: the sample client says its words 100 times',
    machine: 'loopback=1 prereg=1',
    script: `echo rpmsg_client_sample > $FAULTS/insmod
      until [ "$(word TX+AVAIL)" = ' 00640001' ]; do :; done
      lengths TX 16; echo rpmsg_client_sample > $FAULTS/rmmod`,
    prints: ' 16 0000001c\n',
    logs: [`rpmsg_client_sample ${SAMPLE}: incoming msg 100 (src: 0x402)`, `rpmsg_client_sample ${SAMPLE}: goodbye!`],
  },
  {
    statement: '179: drivers are bound to what is there, and fits',
    machine: LOOPBACK,
    script: `calls open $B/drivers/rpmsg_ns/bind O_WRONLY : write bogus : write ${OTHER} : write virtio0.rpmsg_ns.53.53
      calls open $B/drivers/rpmsg_ns/unbind O_WRONLY : write bogus : write ${OTHER}
      calls open $B/drivers_probe O_WRONLY : write bogus`,
    prints: [
      'write bogus = -1 ENODEV',
      `write ${OTHER} = -1 ENODEV`,
      'write virtio0.rpmsg_ns.53.53 = -1 EBUSY',
      'write bogus = -1 ENODEV',
      `write ${OTHER} = -1 ENODEV`,
      'write bogus = -1 ENODEV\n',
    ].join('\n'),
  },
  {
    statement: '180: attributes of an endpoint are what was asked for',
    script: `calls open $DEV/rpmsg_ctrl0 O_RDWR : ept $CREATE_EPT x 0xffffffff 0x401
      cat $K/rpmsg/rpmsg0/name $K/rpmsg/rpmsg0/src $K/rpmsg/rpmsg0/dst`,
    prints: 'ept 0x4028b501 x 0xffffffff 0x401 = 0\nx\n-1\n1025\n',
  },
  {
    statement: '184: no room for a message',
    script: `calls open $DEV/rpmsg_ctrl0 O_RDWR : ept $CREATE_EPT x 0x700 0x401 : open $DEV/rpmsg0 "O_RDWR|O_NONBLOCK" : \\
        read 1 $(for n in $(seq 16); do echo : write $n; done) : write 17 : poll POLLOUT 0 | sed '1d;s/.* = //' | uniq -c |
        tr -s ' '`,
    prints: ` 1 -1 EAGAIN\n 9 1\n 7 2\n 1 -1 EAGAIN\n 1 0\n`,
  },
  {
    statement: '186: the file of a device that is gone',
    machine: LOOPBACK,
    script: `calls open $DEV/rpmsg0 O_RDWR : sh "echo stop > $S/state" : open /proc/self/fd/3 O_RDWR : fd 0 : read 1 : \\
        open $DEV/rpmsg0 O_RDWR`,
    prints: [
      'sh rc=0',
      'open /proc/self/fd/3 O_RDWR = -1 ENETRESET',
      'read 1 = -1 EPIPE',
      'open DEV/rpmsg0 O_RDWR = -1 ENOENT\n',
    ].join('\n'),
  },
  {
    statement: '187: a command that nobody knows, from memory that is not there',
    script: 'calls open $DEV/rpmsg_ctrl0 O_RDWR : ioctlbad 0x4028b509 : ioctlbad $CREATE_EPT',
    prints: 'ioctlbad 0x4028b509 = -1 EFAULT\nioctlbad 0x4028b501 = -1 EFAULT\n',
  },
  {
    statement: '188: a terminal cuts what it sends into messages',
    machine: 'loopback=1 prereg=1',
    script: `stty -F $DEV/ttyRPMSG0 raw -echo; exec 3<> $DEV/ttyRPMSG0
      printf '%1000s' >&3; head -c 1000 <&3 | wc -c; lengths TX 3; word TX+AVAIL`,
    prints: '1000\n 2 00000200\n 1 00000018\n 00030001\n',
  },
  {
    statement: '189, 196: a serial port',
    firmware: vdev(SERIAL),
    script: `ls $DEV | grep -E 'hvc|vport'; ls $K/virtio-ports/vport0p0
      basename $(readlink $V/devices/virtio0/driver)
      grep -E 'host|console:' $ROOT/sys/kernel/debug/virtio-ports/vport0p0`,
    prints: 'vport0p0\ndev\ndevice\npower\nsubsystem\nuevent\nvirtio_rproc_serial\nhost_connected: 1\nis_console: no\n',
    logs: ['rproc-virtio rproc-virtio.0.auto: registered virtio0 (type 11)'],
  },
  {
    statement: '190, 191, 193: buffers of a serial port',
    machine: 'prereg=1',
    firmware: vdev(SERIAL, 4),
    script: `lengths RX 4; cat $FAULTS/remoteproc0/kicks
      calls open $DEV/vport0p0 "O_RDWR|O_NONBLOCK" : write "@x*40000" : write "@x*7232" : write 3 : write 4 : write 5 : \\
        poll POLLOUT 0 : read 1 : lseek 0 SET : sh "echo stop > $S/state" : read 1 : write x : poll "POLLIN|POLLOUT" 0`,
    prints: [
      ' 4 00001000',
      '4',
      'write @x*40000 = 32768',
      'write @x*7232 = 7232',
      'write 3 = 1',
      'write 4 = 1',
      'write 5 = -1 EAGAIN',
      'poll POLLOUT 0 = 0',
      'read 1 = -1 EAGAIN',
      'lseek 0 SET = -1 ESPIPE',
      'sh rc=0',
      'read 1 = -1 ENODEV',
      'write x = -1 ENODEV',
      'poll POLLIN|POLLOUT 0 = 1 POLLHUP\n',
    ].join('\n'),
  },
  {
    statement: '195: a console of several ports',
    firmware: vdev(CONSOLE, 16, 2),
    script: 'cat $S/state; ls $K/virtio-ports $ROOT/sys/kernel/debug/virtio-ports | grep vport',
    prints: 'running\n',
    logs: [
      'virtio_console virtio0: Error -22 initializing vqs',
      'virtio_console: probe of virtio0 failed with error -22',
      'remoteproc remoteproc0: remote processor mips is now up',
    ],
  },
  {
    statement: 'clients 9, 10: types of entries, links of classes',
    machine: LOOPBACK,
    script: `$PROBE readdir $DEV : readdir $S : readdir $K/rpmsg : readdir $B/devices : readdir $V/devices/virtio0 | grep '? '
      for each in $K/*/*[0-9]; do
        case "$(readlink $each) $(realpath $each)" in ../../devices/*\\ $ROOT/sys/devices/*) ;; *) echo $each ;; esac; done
      ls $S/device | grep -E '^(driver|modalias|uevent)$'`,
    prints: 'driver\nmodalias\nuevent\n',
  },
  {
    statement: 'clients 12: another driver',
    machine: LOOPBACK,
    script: `O=$B/devices/${OTHER}/driver_override; cat $O; printf 'rpmsg_chrdev\\000' > $O; cat $O
      printf '%s\\000' ${OTHER} > $B/drivers/rpmsg_chrdev/bind; cat $K/rpmsg/rpmsg1/name
      echo ${OTHER} > $B/drivers/rpmsg_chrdev/unbind; ls $K/rpmsg
      calls open $O O_WRONLY : write "@x*4095" ; echo > $O; cat $O`,
    prints: '(null)\nrpmsg_chrdev\nsome-other-service\nrpmsg0\nrpmsg_ctrl0\nwrite @x*4095 = -1 EINVAL\n(null)\n',
  },
  {
    statement: 'clients 13, 14: where the devices are, and what they say',
    machine: LOOPBACK,
    script: `ls -d $V/devices/virtio0/virtio0.rpmsg_ctrl.0.0/rpmsg/rpmsg_ctrl0 | sed 's:.*/::'
      cat $K/rpmsg/rpmsg0/name $K/rpmsg/rpmsg0/src $K/rpmsg/rpmsg0/dst; grep -c : $K/rpmsg/rpmsg0/dev`,
    prints: 'rpmsg_ctrl0\nrpmsg-raw\n1025\n1025\n1\n',
  },
  {
    statement: 'clients 16 and the typical script: a second terminal through the control device',
    machine: LOOPBACK,
    script: `calls open $DEV/rpmsg0 O_RDWR : write ping : poll POLLIN 5000 : read 9
      test -t 0 < $DEV/ttyRPMSG0 && stty -F $DEV/ttyRPMSG0 speed 115200
      calls open $DEV/rpmsg_ctrl0 O_RDWR : ept $CREATE_DEV rpmsg-tty 0x500 0x600 : \\
        sh "until [ -e $DEV/ttyRPMSG1 ]; do :; done" : open $DEV/ttyRPMSG1 O_RDWR : write two : poll POLLIN 5000 : read 9 : fd 0 : ept $RELEASE_DEV rpmsg-tty 0x500 0x600
      echo stop > $S/state; ls $DEV | grep -i rpmsg`,
    prints: [
      'write ping = 4',
      'poll POLLIN 5000 = 1 POLLIN',
      'read 9 = 4 "ping"',
      '38400',
      'ept 0x4028b503 rpmsg-tty 0x500 0x600 = 0',
      'sh rc=0',
      'write two = 3',
      'poll POLLIN 5000 = 1 POLLIN',
      'read 9 = 3 "two"',
      'ept 0x4028b504 rpmsg-tty 0x500 0x600 = 0\n',
    ].join('\n'),
  },
];

const lastOf = (lines: readonly string[]): RegExp | undefined => {
  const last = lines.at(-1);
  return last === undefined ? undefined : new RegExp(`^${last.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
};

/** Those of `wanted` that `lines` has in this order. */
function inOrder(lines: readonly string[], wanted: readonly string[]): string[] {
  const left = [...wanted];
  return lines.filter((line) => {
    const found = line === left[0];
    if (found) left.shift();
    return found;
  });
}

t.test('statements', { skip: noClient }, async (t) => {
  const probe = await compiled(t, 'test/oracle/tools/probe.c');
  const board = await Board.mount(t, { args: ['--machine', join(repository, 'test/oracle/machine.yaml')] });
  const plain = vdev(RPMSG);
  for (const { statement, machine = '', firmware = plain, script, prints, logs = [] } of CASES)
    await t.test(statement, async (t) => {
      const tools = `exec 2>&1; PROBE=${probe}; ${TOOLS}`;
      await board.installAs('checklist.elf', firmware);
      await board.out(`${tools} echo ${machine} > $FAULTS/reset; echo checklist.elf > $S/firmware`);
      let printed = '';
      const log = await board.log.during(async () => {
        await board.out('echo start > $C/remoteproc0/state');
        if (machine.includes(LOOPBACK) && firmware === plain)
          await board.until(`[ -e $ROOT/sys/bus/rpmsg/devices/${OTHER} ] && [ -e $ROOT/dev/ttyRPMSG0 ]`);
        printed = (await board.sh(`${tools} ${script}`)).out;
      }, lastOf(logs));
      t.equal(printed, prints);
      t.strictSame(inOrder(log, logs), logs);
      t.equal(
        await board.out(
          `${tools} [ "$(cat $S/state)" = offline ] || echo stop > $S/state; ls $B/devices $V/devices | grep "^[^/]*0" || :`,
        ),
        '',
      );
    });
});

t.test('192: a serial port keeps what comes while nobody has it open', { skip: noClient }, async (t) => {
  const probe = await compiled(t, 'test/oracle/tools/probe.c');
  const board = await Board.mount(t);
  await board.start(0, 'case-invert');
  // It sleeps when it has nothing more to look at, once its first kicks are over, and hears of one thing at a time. So the
  // answer to what is said last comes when the port is closed: only then the buffer that is half read goes back, with a kick
  const script = `OPEN="${probe} open $ROOT/dev/vport0p0 O_RDWR"; LOSE=$ROOT/sys/kernel/debug/mips-rproc/remoteproc0/lose_kicks
    timeout 5 $OPEN : write a : read 1 : sleep 500 : write ab : read 1 : sh "echo 1 > $LOSE" : write Late : close | tail -n 2
    timeout 5 $OPEN : poll POLLIN 4000 : read 9 | tail -n 1
    grep discarded $ROOT/sys/kernel/debug/virtio-ports/vport0p0`;
  t.equal(await board.out(script), 'write Late = 4\nclose = ok\nread 9 = 4 "lATE"\nbytes_discarded: 1\n');
});
