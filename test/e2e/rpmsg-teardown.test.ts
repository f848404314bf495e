/** Processors that stop, crash or vanish while programs talk to them; and programs that die while they talk. */
import t from 'tap';
import type { Ran } from '../fs/mounted.js';
import { Board, mipsRprocfs, mountsBelow, within } from '../support/board.js';
import { footprint } from '../support/footprint.js';
import { noClient, rpmsgClient } from '../support/rpmsg-client.js';

const RPMSG = '$ROOT/dev/rpmsg0';

async function started(t: Parameters<typeof rpmsgClient>[0]) {
  const client = await rpmsgClient(t);
  const board = await Board.mount(t, { args: ['--engine', 'interpreter'] });
  await board.start(0, 'rpmsg-echo');
  await board.until(`[ -e ${RPMSG} ]`);
  const echo = (count: number, how = ''): Promise<Ran> =>
    board.sh(`exec 2>&1; ${how} ${client} ${RPMSG} echo ${count} 100 16 & echo $! > $ROOT/pid; wait $!`);
  /** A client whose messages never end by themselves, once it has the device open; `ended` is what it says at last. */
  const talking = async (): Promise<{ ended: Promise<Ran> }> => {
    await board.out('rm -f $ROOT/pid');
    const ended = echo(100_000_000);
    await board.until('[ -e /proc/$(cat $ROOT/pid)/fd/3 ]');
    return { ended };
  };
  return { board, echo, talking };
}

const ENDS: Readonly<Record<string, { readonly end: string; readonly again: string }>> = {
  stop: { end: 'echo stop > $C/remoteproc0/state', again: 'echo start > $C/remoteproc0/state' },
  'a crash': { end: 'echo 1 > $D/remoteproc0/crash', again: ':' },
  'the CPU comes online': {
    end: 'echo 1 > $CPU/cpu1/online',
    again:
      'echo 0 > $CPU/cpu1/online; echo rpmsg-echo.elf > $C/remoteproc0/firmware; echo start > $C/remoteproc0/state',
  },
  'the driver lets go': {
    end: 'echo virtio0 > $ROOT/sys/bus/virtio/drivers/virtio_rpmsg_bus/unbind',
    again: 'echo virtio0 > $ROOT/sys/bus/virtio/drivers/virtio_rpmsg_bus/bind',
  },
};

t.test('what programs talk to ends', { skip: noClient }, async (t) => {
  const { board, echo, talking } = await started(t);
  for (const [how, { end, again }] of Object.entries(ENDS))
    await t.test(how, async (t) => {
      const { ended } = await talking();
      await board.out(end);
      const { out, status } = await ended;
      t.equal(status, 1);
      t.match(out, /: Broken pipe\n$/, 'the program is told');
      if (how !== 'a crash') t.equal((await board.sh(`ls $ROOT/dev | grep rpmsg; ls $ROOT/sys/class/rpmsg`)).out, '');
      await board.out(again);
      await board.until(`[ -e ${RPMSG} ]`);
      t.match(await echo(100), { status: 0, out: /^{"messages":100,/ }, 'and the next one talks');
    });
});

t.test('programs are killed', { skip: noClient }, async (t) => {
  const { board, echo } = await started(t);
  await echo(1000);
  const before = await footprint(board.pid);
  // in the foreground: else timeout(1) kills itself, too, and does not see that the program has closed the device
  for (let n = 1; n <= 10; n++) {
    t.match(await echo(100_000_000, `timeout --foreground -s KILL 0.${n % 4}1`), { status: 137, out: /^$/ });
    // in a read, too
    t.match(await board.sh(`timeout --foreground -s KILL 0.0${n % 10}1 cat ${RPMSG} > /dev/null`), { status: 137 });
  }
  // answers to those that were killed
  await board.sh(`timeout 1 cat ${RPMSG} > /dev/null`);
  t.match(await echo(1000), { status: 0 });
  const { threads, descriptors } = await footprint(board.pid);
  t.same({ threads, descriptors }, { threads: before.threads, descriptors: before.descriptors });
});

t.test('unmounted while a program talks', { skip: noClient }, async (t) => {
  const { board, talking } = await started(t);
  const { ended } = await talking();
  t.match(await mipsRprocfs('umount', board.root), { status: 0, err: '' });
  t.equal((await ended).status, 1, 'it ends');
  t.strictSame(await within(board.exited, () => 'the server to end'), [0, null]);
  t.strictSame(await mountsBelow(board.root), []);
});
