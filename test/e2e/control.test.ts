/** `load`, `start` and `stop`: what the files do, and what they say when they refuse. */
import t from 'tap';
import { Board, mipsRprocfs } from '../support/board.js';

const DONE = { status: 0, out: '', err: '' };

t.test('load, start and stop', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '3'] });
  const { root } = board;
  await board.install('hello', 'wait');
  const files = () => board.out('cat $C/remoteproc0/state $C/remoteproc0/firmware');

  t.strictSame(await mipsRprocfs('load', root, '0', 'hello.elf'), DONE);
  t.equal(await files(), 'offline\nhello.elf\n');
  t.strictSame(await mipsRprocfs('start', root, 'remoteproc0'), DONE);
  t.equal(await files(), 'running\nhello.elf\n');
  t.match(await mipsRprocfs('load', root, '0', 'wait.elf'), {
    status: 1,
    out: '',
    err: /^\[.*\] mips-rproc mips-rproc: can't change firmware while running\nmips-rprocfs: remoteproc0 \(mips-cpu1\) did not take the firmware wait\.elf: Device or resource busy \(EBUSY\): it is running, stop it first\n$/,
  });
  t.strictSame(await mipsRprocfs('stop', root, 'mips-cpu1'), DONE);
  t.match(await mipsRprocfs('stop', root, 'mips-cpu1'), {
    status: 1,
    err: /^mips-rprocfs: remoteproc0 \(mips-cpu1\) did not stop: Invalid argument \(EINVAL\): it is offline\n$/,
  });
  t.strictSame(await mipsRprocfs('start', root, '0', 'wait.elf'), DONE);
  t.equal(await files(), 'running\nwait.elf\n');

  // what another processor says meanwhile is not shown
  const failed = await mipsRprocfs('start', root, '1', 'missing.elf');
  t.match(failed, { status: 1, out: '' });
  t.strictSame(failed.err.replace(/^\[ *\d+\.\d{6}\] /gm, '').split('\n'), [
    'remoteproc remoteproc1: powering up mips-cpu2',
    'remoteproc remoteproc1: Direct firmware load for missing.elf failed with error -2',
    'remoteproc remoteproc1: request_firmware failed: -2',
    'remoteproc remoteproc1: Boot failed: -2',
    `mips-rprocfs: remoteproc1 (mips-cpu2) did not start: No such file or directory (ENOENT): \`mips-rprocfs why ${root} 1\` tells more`,
    '',
  ]);
});

t.test('who is meant', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '2'] });
  t.match(await mipsRprocfs('start', board.root, '7'), {
    status: 1,
    err: `mips-rprocfs: ${board.root} has no remote processor 7: there are 0 (mips-cpu1)\n`,
  });
  t.match(await mipsRprocfs('start', board.root, 'mips-cpu9'), { status: 1, err: /no remote processor mips-cpu9/ });
  t.match(await mipsRprocfs('start', `${board.root}/nowhere`, '0'), { status: 1, err: /no machine is mounted at / });
  t.match(await mipsRprocfs('start'), { status: 2, err: /missing required argument 'n'/ });
  t.match(await mipsRprocfs('start', board.root), { status: 2, err: /missing required argument 'n'/ });
  t.match(await mipsRprocfs('load', board.root, '0'), { status: 2, err: /missing required argument 'firmware'/ });
  t.match(await mipsRprocfs('stop', board.root, '0', 'more'), { status: 2, err: /too many arguments/ });
  t.match(await mipsRprocfs('stop', '0', 'more'), { status: 2, err: /too many arguments: what is more\?/ });
});
