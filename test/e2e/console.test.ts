/** Ports and terminals of firmware on a real mount, as programs and the verb `console` use them. */
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Board, mipsRprocfs, PROGRAM, scratch } from '../support/board.js';
import { installed } from '../support/fixtures.js';

const MEGABYTE = 1 << 20;
const CONSOLE = `${process.execPath} ${PROGRAM} console --root $ROOT`;

const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A megabyte in a file, and the checksum of what comes back of it. */
async function megabyte(t: Test, swapCase: boolean): Promise<{ file: string; answer: string }> {
  const file = join(await scratch(t), 'megabyte');
  const text = Buffer.from(randomBytes(MEGABYTE).toString('base64').slice(0, MEGABYTE));
  await writeFile(file, text);
  const swap = (byte: number) => (/[A-Za-z]/.test(String.fromCharCode(byte)) ? byte ^ 0x20 : byte);
  return { file, answer: sum(swapCase ? text.map(swap) : text) };
}

/** Descriptors of ptys that the server has. */
const terminals = async (board: Board): Promise<number> =>
  Number(await board.out(`ls -l /proc/${board.pid}/fd | grep -c -E '/dev/(ptmx|pts/)' || :`));

for (const endian of ['le', 'be'] as const)
  t.test(`a serial port, ${endian}`, async (t) => {
    const board = await Board.mount(t, { endian });
    await board.start(0, 'case-invert');
    const { file, answer } = await megabyte(t, true);
    t.equal(await board.out('ls $ROOT/sys/class/virtio-ports; ls $ROOT/dev | grep -c hvc || :'), 'vport0p0\n0\n');
    t.match(
      await board.out('cat $ROOT/sys/kernel/debug/virtio-ports/vport0p0'),
      /guest_connected: 0\nhost_connected: 1\n/,
    );
    t.equal(
      await board.out(
        `exec 3<> $ROOT/dev/vport0p0; cat ${file} >&3 & head -c ${MEGABYTE} <&3 2> /dev/null | sha256sum`,
      ),
      `${answer}  -\n`,
      'a megabyte there and back',
    );
    t.equal(await board.out(`${CONSOLE} vport0p0 < ${file} | sha256sum`), `${answer}  -\n`, 'and through the verb');
    const counts = await board.out('grep bytes_ $ROOT/sys/kernel/debug/virtio-ports/vport0p0');
    t.match(counts, `bytes_sent: ${2 * MEGABYTE}\nbytes_received: ${2 * MEGABYTE}\nbytes_discarded: 0\n`);

    t.match((await board.sh('exec 3<> $ROOT/dev/vport0p0; cat $ROOT/dev/vport0p0')).err, 'busy');
    t.match((await board.sh('dd if=$ROOT/dev/vport0p0 iflag=nonblock count=1')).err, 'temporarily unavailable');
    t.equal(
      (await board.sh('timeout --foreground -s KILL 0.3 cat $ROOT/dev/vport0p0')).status,
      137,
      'a reader can be killed',
    );
    t.equal(
      (await board.sh('timeout --foreground -s KILL 0.3 sh -c "exec yes > $ROOT/dev/vport0p0"')).status,
      137,
      'so can a writer',
    );
    // what it was answered comes first
    t.equal(await board.out(`printf again | ${CONSOLE} vport0p0 | tail -c 5`), 'AGAIN', 'and the port goes on');

    const reader = board.sh('cat $ROOT/dev/vport0p0');
    await board.until('grep -q "guest_connected: 1" $ROOT/sys/kernel/debug/virtio-ports/vport0p0');
    await board.out('echo stop > $C/remoteproc0/state');
    t.match((await reader).err, 'No such device', 'who reads when it is stopped');
    t.equal(
      await board.out('ls $ROOT/sys/class/virtio-ports $ROOT/sys/kernel/debug/virtio-ports | grep vport || :'),
      '',
    );
    await board.out('echo start > $C/remoteproc0/state');
    t.equal(await board.out(`printf again | ${CONSOLE} vport0p0`), 'AGAIN');
  });

t.test('a console', async (t) => {
  const board = await Board.mount(t);
  t.equal(await terminals(board), 0);
  await board.start(0, 'console');
  t.match(await board.out('readlink $ROOT/dev/hvc0'), /^\/dev\/pts\/\d+\n$/);
  t.match((await board.sh('cat $ROOT/dev/hvc1')).err, 'No such device');
  t.match((await board.sh('cat $ROOT/dev/vport0p0')).err, 'No such device or address');
  t.equal(await board.out('cat $ROOT/sys/class/tty/hvc0/dev'), '229:0\n');
  const all = Array.from({ length: 8 }, (_, n) => `hvc${n}\n`).join('');
  t.equal(await board.out('ls $ROOT/sys/class/tty | grep hvc'), all);

  // what came before the terminal was made raw has been through its line discipline
  t.match(
    await board.out(`printf 'hello\\n' | ${CONSOLE} hvc0`),
    /^# console of a remote processor[\r\n]+> # you said: hello\r\n> $/,
  );
  t.match(await board.out('stty -a < $ROOT/dev/hvc0'), /\sisig icanon iexten echo\s/, 'it is as it was');
  if (installed('script')) {
    // types when the terminal has said that it is there, and leaves when it has been answered
    const shows = (text: string): string => `until grep -q '${text}' $ROOT/shown 2> /dev/null; do sleep 0.1; done`;
    const typing = (...keys: readonly string[]): string => `( ${keys.join('; ')} ) | script -qefc`;
    const keys = [
      shows('leaves it'),
      "printf 'two words\\r'",
      shows('you said: two words'),
      "printf '\\035'",
      'sleep 1',
    ];
    const typed = await board.out(`${typing(...keys)} "${CONSOLE} hvc0" $ROOT/shown`);
    t.match(typed, /^mips-rprocfs: this is hvc0; Ctrl-\] leaves it\r\n.*two words/s);
    const other = await board.out(
      `rm $ROOT/shown; ${typing(shows('leaves it'), 'printf q', 'sleep 1')} "${CONSOLE} --escape q hvc0" $ROOT/shown`,
    );
    t.match(other, 'this is hvc0; q leaves it');
  }

  const [cat, verb] = [board.sh('cat $ROOT/dev/hvc0'), board.sh(`sleep 5 | ${CONSOLE} hvc0`)];
  await board.until(`[ "$(ls -l /proc/[0-9]*/fd 2> /dev/null | grep -c "$(readlink $ROOT/dev/hvc0)$")" -gt 2 ]`);
  await board.out('sleep 1; echo stop > $C/remoteproc0/state');
  t.match((await cat).err, 'Input/output error');
  t.match((await verb).err, 'mips-rprocfs: hvc0 is gone: its firmware has been stopped, or has crashed');
  t.match((await board.sh('cat $ROOT/dev/hvc0')).err, 'No such device', 'the nodes stay');
  t.equal(await board.out('ls $ROOT/sys/class/tty | grep hvc'), all);
  await board.until(`[ ${await terminals(board)} = 0 ]`);
  for (let n = 0; n < 5; n++) await board.out('echo start > $C/remoteproc0/state; echo stop > $C/remoteproc0/state');
  t.equal(await terminals(board), 0, 'no pty is left');
  t.equal(
    await board.out('echo start > $C/remoteproc0/state; cat $ROOT/sys/kernel/debug/virtio-ports/vport0p0 | tail -n 2'),
    'is_console: yes\nconsole_vtermno: 1\n',
  );
});

t.test('terminals over rpmsg', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'rpmsg-tty');
  await board.until('[ -h $ROOT/dev/ttyRPMSG1 ]');
  t.match(await board.out('stty -a < $ROOT/dev/ttyRPMSG0'), /\sisig -icanon iexten -echo\s/);
  t.equal(await board.out(`printf 'Hello' | ${CONSOLE} ttyRPMSG1`), 'hELLO');
  const { file, answer } = await megabyte(t, false);
  t.equal(
    await board.out(
      `exec 3<> $ROOT/dev/ttyRPMSG0; stty raw -echo <&3; cat ${file} >&3 & head -c ${MEGABYTE} $ROOT/dev/ttyRPMSG0 | sha256sum`,
    ),
    `${answer}  -\n`,
    'a megabyte there and back',
  );
  await board.out('echo stop > $C/remoteproc0/state');
  t.equal(await board.out('ls $ROOT/dev | grep tty || :'), '');
  t.equal(await terminals(board), 0);
});

t.test('what can be wrong with a port', async (t) => {
  const board = await Board.mount(t);
  const said = async (...args: string[]) => (await mipsRprocfs('console', '--root', board.root, ...args)).err;
  t.match(await said('hvc0'), /hvc0 cannot be opened \(ENOENT\): there is no such port/);
  t.match(await said('hvc0', '--escape', '^^^'), 'give a key as ^X for Ctrl-X, or one character, or none');
  t.match(await said('hvc0', '--linger', 'x'), 'not a number of seconds');
  t.match(await said('/dev/null/x'), /cannot be opened \(ENOTDIR\)/);
});
