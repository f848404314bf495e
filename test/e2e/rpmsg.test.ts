/** Firmware that talks, and programs that talk to it, on a real mount. */
import { join } from 'node:path';
import t from 'tap';
import { Board } from '../support/board.js';
import { repository } from '../support/repository.js';

const script = (name: string): string => `sh ${join(repository, 'test/e2e/scripts', name)}.sh`;
const SYS = '$ROOT/sys';
const DEV = '$ROOT/dev';

/** The devices in /dev and in the classes that a link brings. */
const TRACES = `ls ${DEV} | grep -E 'rpmsg|tty|vport|hvc'; ls ${SYS}/bus/rpmsg/devices ${SYS}/bus/virtio/devices ${SYS}/class/rpmsg`;
export const nothingLeft = (board: Board): Promise<string> => board.out(`{ ${TRACES}; } | grep -v '^/\\|^$' || :`);

for (const endian of ['le', 'be'] as const)
  t.test(`OpenAMP's echo test, ${endian}`, async (t) => {
    const board = await Board.mount(t, { endian });
    await board.start(0, 'rpmsg-echo');
    await board.until(`[ -e ${DEV}/rpmsg0 ]`);
    const channel = 'rpmsg-openamp-demo-channel';
    await board.until(`[ -e ${SYS}/bus/rpmsg/devices/virtio0.${channel}.* ]`);
    t.equal(await board.out(`${script('bind-channel')} ${SYS} ${channel}`), 'rpmsg1\n');
    t.equal(await board.out(`${script('echo-test')} ${DEV}/rpmsg1`), 'every length came back as it was\n');
    const shutdown = endian === 'le' ? '\\132\\245\\126\\357' : '\\357\\126\\245\\132';
    await board.out(`printf '${shutdown}' > ${DEV}/rpmsg1`);
    await board.until(`[ ! -e ${DEV}/rpmsg1 ]`);
    t.equal(await board.out(`ls ${SYS}/bus/rpmsg/devices | grep -c demo-channel || :`), '0\n', 'the service has ended');
    await board.out('echo stop > $C/remoteproc0/state');
    t.equal(await nothingLeft(board), '');
  });

t.test('two terminals', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'rpmsg-tty');
  await board.until(`[ -e ${DEV}/ttyRPMSG0 ] && [ -e ${DEV}/ttyRPMSG1 ]`);
  t.equal(await board.out(`${script('say')} ${DEV}/ttyRPMSG0 Hello, first`), 'Hello, first\n');
  t.equal(await board.out(`${script('say')} ${DEV}/ttyRPMSG1 Hello, second`), 'hELLO, SECOND\n');
  const both = await board.out(
    `for n in 0 1; do (head -n 1 ${DEV}/ttyRPMSG$n > $ROOT/tty$n) & done
    sleep 0.3; echo One > ${DEV}/ttyRPMSG0; echo Two > ${DEV}/ttyRPMSG1; wait; cat $ROOT/tty0 $ROOT/tty1`,
  );
  t.equal(both, 'One\ntWO\n', 'cat in the background, echo in front');
  // as much as it takes several messages to carry
  const long = 'x'.repeat(3000);
  t.equal(await board.out(`${script('say')} ${DEV}/ttyRPMSG0 ${long}`), `${long}\n`);
  await board.out('echo stop > $C/remoteproc0/state');
  t.equal(await nothingLeft(board), '');
});

t.test('a service that comes and goes', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'rpmsg-comes-and-goes');
  for (let n = 0; n < 20; n++) {
    await board.until(`[ -e ${DEV}/rpmsg0 ]`);
    // whatever the reader gets, it ends
    await board.sh(`exec 3<> ${DEV}/rpmsg0 && echo hello >&3 && head -c 1 <&3`);
  }
  await board.out('echo stop > $C/remoteproc0/state');
  t.equal(await nothingLeft(board), '');
});
