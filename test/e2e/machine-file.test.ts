/** A board from a file, and things that go wrong on it, as a user makes them: commands, shells, real mounts. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Board, mipsRprocfs, scratch } from '../support/board.js';
import { buildElf, buildTable, traceEntry } from '../rproc/elf-builder.js';

const BOARD = `
cpus: { possible: 2, online: '0', remote: '1' }
devices:
  - name: dsp.0
    driver: acme-dsp
    label: dsp
    firmware-name: dsp.elf
    memory-region:
      - { name: dsp-ram, da: 0x00100000, dma: 0x10000000, size: 0x00100000 }
`;
const TRACE = { da: 0x00100800, len: 64 };

const image = buildElf({
  segments: [{ paddr: 0x00100000, data: Buffer.from('nothing executes this') }],
  table: buildTable([traceEntry(TRACE)]),
  tableAddress: 0x00100400,
});

t.test('a board of a file', async (t) => {
  const file = join(await scratch(t), 'board.yaml');
  await writeFile(file, BOARD);
  const board = await Board.mount(t, { args: ['--machine', file] });
  t.equal(await board.out('cat $C/remoteproc*/name'), 'mips-cpu1\ndsp\n');
  t.equal(await board.out('readlink $C/remoteproc1'), '../../devices/platform/dsp.0/remoteproc/remoteproc1\n');
  t.equal(
    await board.out('cd $C/remoteproc1/device/; cat modalias uevent; readlink driver'),
    'platform:dsp\nDRIVER=acme-dsp\nMODALIAS=platform:dsp\n../../../bus/platform/drivers/acme-dsp\n',
  );
  await board.installAs('dsp.elf', image);
  await board.out('echo start > $C/remoteproc1/state');
  await board.out(
    'printf said | dd of=$ROOT/sys/kernel/debug/mips-rproc/remoteproc1/mem bs=1 seek=2048 conv=notrunc 2>&1',
  );
  t.equal(await board.out('cat $D/remoteproc1/trace0'), 'said');

  t.equal(await board.out('cd $ROOT/sys/bus/platform/drivers/acme-dsp; echo dsp.0 > unbind; ls $C'), 'remoteproc0\n');
  t.equal((await board.sh('echo dsp.0 > $ROOT/sys/bus/platform/drivers/acme-dsp/unbind')).status, 1);
  t.equal(
    await board.out('echo dsp.0 > $ROOT/sys/bus/platform/drivers/acme-dsp/bind; cat $C/remoteproc1/state'),
    'offline\n',
  );

  const control = '$ROOT/sys/kernel/debug/mips-rproc';
  t.equal(await board.out(`echo n=2 name=a,b > ${control}/reset; cat $C/remoteproc[12]/name`), 'a\nb\n');
  t.match((await board.sh(`/bin/echo n=9 > ${control}/reset`)).err, /Invalid argument/);
  t.match((await board.sh(`/bin/echo what=1 > ${control}/reset`)).err, /not supported/);
  t.equal(
    await board.out(`echo > ${control}/remove; ls $C $ROOT/sys/bus/platform/drivers`),
    `${board.root}/sys/bus/platform/drivers:\nrproc-virtio\n\n${board.root}/sys/class/remoteproc:\nremoteproc0\n`,
  );
});

t.test('faults of a MIPS core', async (t) => {
  const board = await Board.mount(t);
  await board.install('tick', 'hello');
  const fault = (...args: string[]) => mipsRprocfs('fault', board.root, '0', ...args);
  t.same(await fault('start_err', '5 once'), { out: '', err: '', status: 0 });
  await board.out('echo hello.elf > $C/remoteproc0/firmware');
  t.match((await board.sh('/bin/echo start > $C/remoteproc0/state')).err, /Input\/output error/);
  await board.out('echo start > $C/remoteproc0/state');
  t.match(await board.log.during(() => fault('crash', '1'), /handling crash/), [
    'remoteproc remoteproc0: crash detected in mips-cpu1: type watchdog',
  ]);
  t.match(await fault('start_err', '5000'), {
    status: 1,
    err: /^mips-rprocfs: .*refuses "5000" \(ERANGE\): the number is too large\n$/,
  });
  t.match(await fault('nothing', '1'), { status: 1, err: /there is no such processor or fault/ });
});

t.test('a core that hangs', async (t) => {
  const board = await Board.mount(t);
  for (const core of [0, 1]) await board.start(core, 'tick');
  const trace = (core: number) => `$D/remoteproc${core}/trace0`;
  const grows = (core: number) => board.until(`[ "$(cat ${trace(core)})" != "$(cat ${trace(core)})" ]`);
  await grows(0);
  t.equal((await mipsRprocfs('fault', board.root, '0', 'freeze', '1')).status, 0);
  const before = await board.out(`cat ${trace(0)}`);
  // as long as it takes another core to say something, twice
  await grows(1);
  await grows(1);
  t.equal(await board.out(`cat ${trace(0)}`), before, 'it says no more');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n', 'nobody is told');
  await board.out('echo stop > $C/remoteproc0/state; echo start > $C/remoteproc0/state');
  await grows(0);
});

t.test('a file that is none', async (t) => {
  const root = await scratch(t);
  const file = join(root, 'board.yaml');
  await writeFile(file, 'devices: [{ name: dsp.0, auto-boot: perhaps }]\n');
  const { err, status } = await mipsRprocfs('mount', join(root, 'board'), '--machine', file);
  t.equal(status, 1);
  t.equal(err, `mips-rprocfs: ${file}: devices[0].auto-boot: it must be true or false\n`);
  t.match(await mipsRprocfs('mount', join(root, 'board'), '--machine', `${file}.not`), {
    status: 1,
    err: /cannot be read \(ENOENT/,
  });
});
