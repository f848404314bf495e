/** CPUs that go to Linux and come back: docs/reference/kernel-abi.md 10 and 13. */
import t from 'tap';
import { Board } from '../support/board.js';

const LISTS = 'cd $CPU && cat online offline present possible';

t.test('a CPU that is onlined is no remote processor any more', async (t) => {
  const board = await Board.mount(t);
  t.equal(await board.out(LISTS), '0\n1-3\n0-3\n0-3\n');
  t.equal(
    await board.out('cat $CPU/kernel_max $CPU/cpu[123]/online; ls $CPU/cpu0'),
    '63\n0\n0\n0\nhotplug\npower\nsubsystem\nuevent\n',
  );
  t.equal(await board.out('cat $ROOT/sys/devices/mips-rproc/cpus'), '1-3\n');

  t.strictSame(await board.log.during(() => board.out('echo 1 > $CPU/cpu2/online')), [
    'remoteproc remoteproc1: releasing mips-cpu2',
  ]);
  t.equal(await board.out(LISTS), '0,2\n1,3\n0-3\n0-3\n');
  t.equal(await board.out('ls $C; ls $D'), 'remoteproc0\nremoteproc2\n'.repeat(2), 'gone from both trees');
  t.strictSame(await board.log.during(() => board.out('echo 1 > $CPU/cpu2/online')), [], 'again: nothing happens');

  t.strictSame(await board.log.during(() => board.out('echo 0 > $CPU/cpu2/online')), [
    'remoteproc remoteproc1: mips-cpu2 is available',
  ]);
  t.equal(await board.out(LISTS), '0\n1-3\n0-3\n0-3\n');
  t.equal(await board.out('cat $C/remoteproc1/name $C/remoteproc1/firmware'), 'mips-cpu2\nrproc-mips-cpu2-fw\n');
  for (const wrong of ['2', 'x', '-1', ''])
    t.match(await board.sh(`/bin/echo '${wrong}' > $CPU/cpu1/online`), { err: /Invalid argument/ }, `'${wrong}'`);
  t.match(await board.sh(': > $CPU/cpu0/online'), { status: 2 }, 'CPU 0 has no such file');
});

t.test('running firmware is stopped first', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'tick');
  await board.start(1, 'tick');
  await board.out('echo start > $C/remoteproc1/state');
  t.equal(await board.out(LISTS), '0\n1-3\n0,3\n0-3\n', 'a stolen CPU is not present');
  // an open file outlives its processor, and says so
  const log = await board.log.during(async () => {
    const { out, err } = await board.sh(
      'exec 3< $C/remoteproc1/state 4< $D/remoteproc1/trace0; cat <&3; echo 1 > $CPU/cpu2/online; cat $CPU/cpu2/online; cat <&4; exec 5< $C/remoteproc1/state',
    );
    t.equal(out, 'running\n1\n');
    t.match(err, /Input\/output error\n.*No such file/);
  });
  t.strictSame(log, [
    'remoteproc remoteproc1: stopped remote processor mips-cpu2',
    'remoteproc remoteproc1: releasing mips-cpu2',
  ]);
  t.equal(await board.out(LISTS), '0,2\n1,3\n0,2-3\n0-3\n');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n', 'the neighbour runs on');
  await board.out('echo 0 > $CPU/cpu2/online');
  t.equal(await board.out('cat $C/remoteproc1/state'), 'offline\n');
  await board.start(1, 'hello');
  await board.until('grep -q linked $D/remoteproc1/trace0');
  t.match(await board.out('cat $D/remoteproc1/trace0'), /^hello from mips-cpu2/);
});

t.test('a crashed one goes too', async (t) => {
  const board = await Board.mount(t);
  await board.out('echo disabled > $C/remoteproc0/recovery');
  await board.start(0, 'crash-null');
  await board.until('grep -q crashed $C/remoteproc0/state');
  await board.out('echo 1 > $CPU/cpu1/online; echo 0 > $CPU/cpu1/online');
  t.equal(await board.out('cat $C/remoteproc0/state $C/remoteproc0/recovery'), 'offline\nenabled\n');
});

t.test('the mask of the driver', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '6'] });
  const mask = '$ROOT/sys/devices/mips-rproc/cpus';
  await board.start(3, 'spin');
  t.strictSame(await board.log.during(() => board.out(`echo 1-2,5 > ${mask}`)), [
    'remoteproc remoteproc2: releasing mips-cpu3',
    'remoteproc remoteproc3: stopped remote processor mips-cpu4',
    'remoteproc remoteproc3: releasing mips-cpu4',
  ]);
  t.equal(await board.out(`cat ${mask}; ls $C`), '1-2,5\nremoteproc0\nremoteproc1\nremoteproc4\n');
  t.equal(await board.out('cat $CPU/offline'), '1-5\n', 'offline they stay');
  t.strictSame(await board.log.during(() => board.out('echo 1 > $CPU/cpu4/online; echo 0 > $CPU/cpu4/online')), []);
  await board.out(`echo 1-5 > ${mask}`);
  t.equal(
    await board.out('cat $C/remoteproc[0-4]/name'),
    'mips-cpu1\nmips-cpu2\nmips-cpu3\nmips-cpu4\nmips-cpu5\n',
    'the lowest numbers first',
  );
  for (const wrong of ['x', '1-', '2-1', '1,,x'])
    t.match(await board.sh(`/bin/echo '${wrong}' > ${mask}`), { err: /Invalid argument/ }, wrong);
  t.match(await board.sh(`/bin/echo 64 > ${mask}`), { err: /Numerical result out of range/ });
  t.equal(await board.out(`cat ${mask}`), '1-5\n', 'a refusal changes nothing');
});

t.test('hotplug while others start and stop', async (t) => {
  const board = await Board.mount(t);
  await board.install('hello');
  await board.out('for n in 0 1 2; do echo hello.elf > $C/remoteproc$n/firmware; done');
  const loops = [
    'while [ $i -lt 40 ]; do echo start > $C/remoteproc0/state; echo stop > $C/remoteproc0/state; i=$((i+1)); done',
    'while [ $i -lt 40 ]; do echo 1 > $CPU/cpu2/online; echo 0 > $CPU/cpu2/online; i=$((i+1)); done',
    'while [ $i -lt 40 ]; do echo start > $C/remoteproc2/state; cat $CPU/present $C/*/state > /dev/null 2>&1; echo stop > $C/remoteproc2/state; i=$((i+1)); done',
  ];
  for (const { status, err } of await Promise.all(loops.map((loop) => board.sh(`i=0; ${loop}`))))
    t.strictSame([status, err], [0, '']);
  t.equal(await board.out(`${LISTS}; cat $C/remoteproc[012]/state`), `0\n1-3\n0-3\n0-3\n${'offline\n'.repeat(3)}`);
});
