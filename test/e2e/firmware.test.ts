/** Firmware files that are missing, unreadable or change, and clients that are killed: docs/reference/kernel-abi.md 9. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { Board, scratch } from '../support/board.js';
import { fixture } from '../support/fixtures.js';

const onRproc = (line: string) => `remoteproc remoteproc0: ${line}`;
const START = 'exec 2>&1; /bin/echo start > $C/remoteproc0/state';

t.test('firmware that cannot be loaded', async (t) => {
  // root reads everything, unless it gives that up
  const caps = '-dac_override,-dac_read_search';
  const board = await Board.mount(t, { under: ['setpriv', `--inh-caps=${caps}`, `--bounding-set=${caps}`] });
  await board.install('hello');
  await board.out(
    'mkdir $FW/dir; : > $FW/empty; cp $FW/hello.elf $FW/secret; chmod 000 $FW/secret; ln -s nowhere $FW/dangling',
  );
  const fw = `${board.root}/lib/firmware`;
  const cases: [name: string, error: string, number: number, ...lines: string[]][] = [
    ['missing', 'No such file or directory', -2],
    ['dangling', 'No such file or directory', -2],
    ['no/such/place', 'No such file or directory', -2],
    ['dir', 'Invalid argument', -22, `loading ${fw}/dir failed with error -22`],
    ['empty', 'Invalid argument', -22, `loading ${fw}/empty failed with error -22`],
    ['secret', 'Permission denied', -13, `loading ${fw}/secret failed with error -13`],
  ];
  for (const [name, error, number, ...lines] of cases) {
    let shown = '';
    const log = await board.log.during(async () => {
      shown = (await board.sh(`echo ${name} > $C/remoteproc0/firmware; ${START}; cat $C/remoteproc0/state`)).out;
    });
    t.equal(shown, `/bin/echo: write error: ${error}\noffline\n`, name);
    t.strictSame(
      log.filter((line) => !/updates|\/\d+\.\d+/.test(line)),
      [
        'powering up mips-cpu1',
        ...lines,
        `Direct firmware load for ${name} failed with error ${number}`,
        `request_firmware failed: ${number}`,
        `Boot failed: ${number}`,
      ].map(onRproc),
      `the log of ${name}`,
    );
  }
  await board.sh('echo ../firmware/hello.elf > $C/remoteproc0/firmware');
  const log = await board.log.during(async () => t.match((await board.sh(START)).out, /Invalid argument/));
  t.strictSame(log.slice(1), [
    onRproc("Firmware load for '../firmware/hello.elf' refused, path contains '..' component"),
    onRproc('request_firmware failed: -22'),
    onRproc('Boot failed: -22'),
  ]);
  await board.start(0, 'hello');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n');
});

t.test('where firmware is looked for', async (t) => {
  const root = await scratch(t);
  const board = await Board.mount(t, {
    root: `${root}/board`,
    args: ['--firmware-dir', root, '--firmware-dir', fixture('le', '..').replace(/\/[^/]*$/, '')],
  });
  const started = (name: string) =>
    board.out(
      `echo ${name} > $C/remoteproc0/firmware; echo start > $C/remoteproc0/state; until grep -q . $D/remoteproc0/trace0; do sleep 0.02; done
      head -c 5 $D/remoteproc0/trace0; echo stop > $C/remoteproc0/state`,
    );
  t.equal(await started('wait.elf'), 'wait:', 'the second directory');
  await board.out(`cp ${fixture('le', 'hello')} ${root}/wait.elf`);
  t.equal(await started('wait.elf'), 'hello', 'the first one first');
  await board.out(`mkdir ${root}/updates; cp ${fixture('le', 'tick')} ${root}/updates/wait.elf`);
  t.equal(await started('wait.elf'), 'tick:', 'its updates before it');
  const path = '$ROOT/sys/module/firmware_class/parameters/path';
  t.equal(await board.out(`cat ${path}`), '\n');
  await board.out(
    `mkdir ${root}/mine; cp ${fixture('le', 'cop')} ${root}/mine/wait.elf; printf %s ${root}/mine > ${path}`,
  );
  t.equal(await board.out(`cat ${path}`), `${root}/mine\n`);
  t.notMatch(await started('wait.elf'), /^(tick:|hello|wait:)$/, 'the parameter before all of them');
  t.match(await board.sh(`cat $FW/wait.elf`), { status: 1 }, 'ROOT/lib/firmware is none of them');
});

t.test('the file changes while its firmware runs', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'tick');
  await board.out('rm $FW/tick.elf');
  await board.until('grep -q "^tick 2$" $D/remoteproc0/trace0');
  const other = await readFile(fixture('le', 'tick'));
  other.write('tock %u', other.indexOf('tick %u'));
  await board.installAs('tick.elf', other);
  const before = await board.out('cat $D/remoteproc0/trace0');
  await board.until(`[ "$(cat $D/remoteproc0/trace0)" != "${before.trimEnd()}" ]`);
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n', 'what runs, runs on');
  await board.out('echo 1 > $D/remoteproc0/crash');
  await board.until('grep -q "tock 1$" $D/remoteproc0/trace0');
  t.match(await board.out('cat $D/remoteproc0/trace0'), /^tick: .*\ntock 1\n/, 'a recovery takes the new one');
  await board.installAs('tick.elf', Buffer.from('not an ELF file, and longer than the fifty-two bytes of its header'));
  t.equal(await board.out('echo stop > $C/remoteproc0/state; cat $C/remoteproc0/state'), 'offline\n');
  t.match((await board.sh(START)).out, /Invalid argument/, 'and so does a start');
});

t.test('a client that is killed while it starts a processor', async (t) => {
  const board = await Board.mount(t);
  // nobody writes to this FIFO: a start waits for it until its caller dies
  await board.out('mkfifo $FW/slow; echo slow > $C/remoteproc0/firmware');
  const client = (file: string) =>
    board.sh(
      `/bin/echo start > $C/remoteproc0/state & echo $! > $ROOT/${file}.new; mv $ROOT/${file}.new $ROOT/${file}; wait $!; echo $?`,
    );
  const first = client('first');
  await board.log.until(/powering up mips-cpu1$/);
  t.equal(await board.out('cat $C/remoteproc[012]/state'), 'offline\n'.repeat(3), 'readers do not wait');
  t.match(await board.out('ls -l $C/remoteproc0/ && ls $D/remoteproc0'), /carveout_memories/);
  await board.start(1, 'hello');
  t.equal(await board.out('cat $C/remoteproc1/state'), 'running\n', 'nor do other processors');

  const second = client('second');
  await board.until('[ -e $ROOT/second ] && grep -q "State:.S\\|State:.D" /proc/$(cat $ROOT/second)/status');
  const waiting = await board.log.during(async () => {
    await board.out('kill -9 $(cat $ROOT/second)');
    t.equal((await second).out, '137\n', 'a second one waits for the lock, and dies');
  });
  // it dies before its request has come, or while it waits
  t.ok(
    ['', [onRproc("can't lock rproc mips-cpu1: -4"), onRproc('Boot failed: -4')].join('\n')].includes(
      waiting.join('\n'),
    ),
    'quietly',
    { waiting },
  );

  const log = await board.log.during(async () => {
    await board.out('kill -9 $(cat $ROOT/first)');
    t.equal((await first).out, '137\n', 'the first one dies');
  }, /Boot failed/);
  t.match(log.slice(-2), [/request_firmware failed: -\d+$/, /Boot failed: -\d+$/]);
  t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n');
  await board.start(0, 'hello');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n', 'and the processor can be started');
});

t.test('readers that are killed', async (t) => {
  const board = await Board.mount(t);
  for (const n of [0, 1]) await board.start(n, 'tick');
  for (let round = 0; round < 5; round++) {
    const { status } = await board.sh(
      'timeout -s KILL 0.2 sh -c "while :; do cat $C/*/state $D/*/trace0 $D/*/resource_table > /dev/null; done"',
    );
    t.equal(status, 137);
  }
  t.equal(await board.out('cat $C/remoteproc[01]/state'), 'running\nrunning\n');
  const descriptor = 'exec 3< $D/remoteproc0/trace0; kill -9 $$';
  t.equal((await board.sh(`sh -c '${descriptor}'`)).status !== 0, true);
  t.equal(await board.out('echo stop > $C/remoteproc0/state; cat $C/remoteproc0/state'), 'offline\n');
});
