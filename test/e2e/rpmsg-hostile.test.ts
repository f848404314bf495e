/** Remote sides that do not keep to the rules (fixtures/src/hostile.c): Linux says so, as its kernel does, and nobody else is harmed. */
import { join } from 'node:path';
import t from 'tap';
import { Board } from '../support/board.js';
import { footprint } from '../support/footprint.js';
import { repository } from '../support/repository.js';
import { noClient, rpmsgClient } from '../support/rpmsg-client.js';

const LINUX = 'virtio_rpmsg_bus virtio0: ';
const CHANNELS = '$ROOT/sys/bus/rpmsg/devices';
const MOST_CHANNELS = 1100;
/** KiB that a server may grow by, whatever its firmware does. */
const GROWTH = 200_000;

interface Variant {
  /** Lines that it brings, in their order, among others. */
  readonly says?: readonly string[];
  /** Messages to it still come back. */
  readonly answers?: true;
}

const VARIANTS: Readonly<Record<string, Variant>> = {
  'used-range': { says: ['input:id 256 out of range'] },
  'used-free': {},
  'used-runaway': { says: ['channel before:ffffffff:401 already exist', 'rpmsg_create_channel failed'] },
  descriptors: { answers: true },
  scribble: {},
  lengths: { says: ['inbound msg too big: (16, 65535)'] },
  names: {
    says: [
      'malformed ns msg (0)',
      'malformed ns msg (39)',
      'malformed ns msg (496)',
      `creating channel ${'n'.repeat(31)} addr 0x402`,
      'channel before:ffffffff:401 already exist',
      'rpmsg_create_channel failed',
      'destroying channel never-there addr 0x406',
      'rpmsg_destroy_channel failed: -22',
      'creating channel after addr 0x408',
    ],
    answers: true,
  },
  table: { answers: true },
  kicks: {},
  channels: { says: ['creating channel channel-00001000 addr 0x13e8'] },
};

const exactly = (line: string): RegExp => new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

t.test('hostile firmware', { skip: noClient }, async (t) => {
  const client = await rpmsgClient(t);
  const board = await Board.mount(t, { args: ['--engine', 'interpreter'] });
  const echo = (device: string, count: number) =>
    board.sh(`exec 2>&1; ${client} $ROOT/dev/${device} echo ${count} 100 16`);
  for (const n of [0, 1]) await board.start(n, 'rpmsg-echo');
  await board.until('[ -e $ROOT/dev/rpmsg1 ]');
  await board.out('echo stop > $C/remoteproc0/state');
  const before = await footprint(board.pid);
  for (const [name, { says = [], answers }] of Object.entries(VARIANTS))
    await t.test(name, async (t) => {
      await board.log.during(() => Promise.resolve());
      await board.start(0, `hostile-${name}`);
      try {
        for (const line of ['creating channel before addr 0x401', ...says])
          await board.log.until(exactly(LINUX + line));
      } catch (error) {
        // what the firmware itself says about it
        t.comment(await board.out('cat $D/remoteproc0/trace0; cat $D/remoteproc0/resource_table'));
        throw error;
      }
      if (answers) {
        const bind = `sh ${join(repository, 'test/e2e/scripts/bind-channel.sh')}`;
        const device = (await board.out(`${bind} $ROOT/sys before`)).trim();
        t.match(await echo(device, 600), { status: 0 }, 'it still answers');
      }
      t.match(await echo('rpmsg1', 200), { status: 0 }, 'its neighbour does');
      t.ok(Number(await board.out(`ls ${CHANNELS} | wc -l`)) < MOST_CHANNELS, 'there are not too many channels');
      await board.out('cat $D/remoteproc0/resource_table $D/remoteproc0/carveout_memories > /dev/null');
      await board.out('echo stop > $C/remoteproc0/state');
      t.equal(await board.out(`ls ${CHANNELS} | grep -v virtio1 || :`), '', 'nothing of it is left');
    });
  await board.start(0, 'rpmsg-echo');
  await board.until('[ -e $ROOT/dev/rpmsg0 ]');
  t.match(await echo('rpmsg0', 200), { status: 0 }, 'its processor is as good as ever');
  await board.out('echo stop > $C/remoteproc0/state');
  const { threads, descriptors, resident } = await footprint(board.pid);
  t.same({ threads, descriptors }, { threads: before.threads, descriptors: before.descriptors });
  t.ok(resident < before.resident + GROWTH, `${resident} KiB, ${before.resident} before`);
});
