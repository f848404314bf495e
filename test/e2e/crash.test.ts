/** Firmware that goes wrong, crashes that are asked for, and recovery: docs/reference/kernel-abi.md 3.5, 3.6. */
import t from 'tap';
import { Board } from '../support/board.js';
import { expected } from '../support/fixtures.js';

/** How each of the crash-*.elf goes wrong, as the first line of its report says it. */
const FAULTS: Readonly<Record<string, RegExp>> = {
  null: /^TLB miss on a load at 0x1000[0-9a-f]{4}, address 0x00000000: no handler/,
  jump: /^TLB miss on a fetch at 0x00000000, address 0x00000000: no handler/,
  unaligned: /^address error on a load at 0x1000[0-9a-f]{4}, address 0x1000[0-9a-f]{4}: no handler/,
  ri: /^reserved instruction at 0x1000[0-9a-f]{4}: no handler/,
  break: /^breakpoint at 0x1000[0-9a-f]{4}: no handler/,
  overflow: /^integer overflow at 0x1000[0-9a-f]{4}: no handler/,
  loop: /^TLB miss on a load at 0x10000180, address 0x00000000: exceptions without end in its own handler$/,
  runoff: /^TLB miss on a fetch at 0x10006000, address 0x10006000: no handler/,
  nowhere: /^bus error on a fetch at 0xbd000000: no handler/,
};

/** The register dump, line by line. */
const REGISTERS = [
  ...[0, 4, 8, 12, 16, 20, 24, 28].map((n) => new RegExp(`^\\$ ?${n} *: ([0-9a-f]{8} ){3}[0-9a-f]{8}$`)),
  ...['Hi', 'Lo', 'epc', 'pc', 'ra', 'Status', 'Cause', 'BadVA', 'EBase', 'PrId'].map(
    (name) => new RegExp(`^${name} *: [0-9a-f]{8}`),
  ),
];

for (const endian of ['le', 'be'] as const)
  t.test(`faults without recovery, ${endian}`, async (t) => {
    const board = await Board.mount(t, { endian });
    await board.out('echo disabled > $C/remoteproc0/recovery');
    let crashes = 0;
    for (const [how, report] of Object.entries(FAULTS)) {
      const handled = new RegExp(`handling crash #${++crashes} in mips-cpu1$`);
      const log = await board.log.during(() => board.start(0, `crash-${how}`), handled);
      const said = log.map((line) => line.replace(/^remoteproc remoteproc0: /, ''));
      const first = said.findIndex((line) => report.test(line));
      t.ok(first > 0, `crash-${how}: the reason`, { said });
      t.match(said.slice(first + 1, first + 1 + REGISTERS.length), REGISTERS, 'the registers');
      t.equal(said.filter((line) => line === 'crash detected in mips-cpu1: type fatal error').length, 1);
      t.equal(said.at(-1), `handling crash #${crashes} in mips-cpu1`, 'and no recovery');
      t.equal(await board.out('cat $C/remoteproc0/state'), 'crashed\n');
      const trace = await board.out('cat $D/remoteproc0/trace0');
      t.match(trace, new RegExp(`^crash-${how}: .*\n$`), 'the trace is still there');
      if (how !== 'loop' && how !== 'nowhere') t.ok(expected(endian, `crash-${how}`).startsWith(trace));
      t.match(await board.out('cat $D/remoteproc0/resource_table'), /^Entry 0 is of type carveout\n/);
      t.equal((await board.sh('/bin/echo x > $C/remoteproc0/firmware')).status, 1, 'no firmware while crashed');
      t.match(await board.sh('/bin/echo inline > $C/remoteproc0/coredump'), { err: /Device or resource busy/ });
      t.equal(await board.out('echo stop > $C/remoteproc0/state; cat $C/remoteproc0/state'), 'offline\n');
      t.equal((await board.sh('cat $D/remoteproc0/trace0')).status, 1, 'the trace goes with it');
    }
    await board.start(0, 'hello');
    await board.until('grep -q linked $D/remoteproc0/trace0');
    t.pass('the processor is as good as new');
  });

t.test('a crash while a neighbour works', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'tick');
  await board.out('echo disabled > $C/remoteproc1/recovery');
  await board.start(1, 'crash-null');
  await board.until('grep -q crashed $C/remoteproc1/state');
  const ticks = (await board.out('cat $D/remoteproc0/trace0')).split('\n').length;
  await board.until(`[ $(wc -l < $D/remoteproc0/trace0) -gt ${ticks} ]`);
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n');
});

t.test('recovery happens again and again', async (t) => {
  const board = await Board.mount(t);
  await board.install('crash-break');
  const rounds = 4;
  await board.out('echo crash-break.elf > $C/remoteproc0/firmware; echo start > $C/remoteproc0/state');
  const log = await board.log.until(new RegExp(`handling crash #${rounds} in`));
  for (let n = 1; n <= rounds; n++) t.ok(log.includes(`remoteproc remoteproc0: handling crash #${n} in mips-cpu1`));
  t.ok(log.filter((line) => line === 'remoteproc remoteproc0: recovering mips-cpu1').length >= rounds - 1);
  t.ok(
    log.filter((line) => line === 'remoteproc remoteproc0: stopped remote processor mips-cpu1').length >= rounds - 1,
  );
  // the next crash finds recovery disabled, and it stays
  await board.out('echo disabled > $C/remoteproc0/recovery');
  await board.until('grep -q crashed $C/remoteproc0/state');
  t.equal(await board.out('cat $C/remoteproc0/recovery'), 'disabled\n');
  t.equal(await board.out('echo stop > $C/remoteproc0/state; cat $C/remoteproc0/state'), 'offline\n');
});

/** What one recovery says, after the crash. */
const RECOVERY = [
  'recovering mips-cpu1',
  'stopped remote processor mips-cpu1',
  'mips-cpu1 booting firmware tick.elf',
  'remote processor mips-cpu1 is now up',
].map((line) => `remoteproc remoteproc0: ${line}`);

t.test('debugfs crash', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'tick');
  const types = [
    ['0', 'mmufault'],
    ['1', 'watchdog'],
    ['0x2', 'fatal error'],
    ['03', 'unknown'],
    ['4294967295', 'unknown'],
  ];
  let crashes = 0;
  for (const [number, type] of types) {
    await board.until('grep -q "^tick 2$" $D/remoteproc0/trace0');
    const log = await board.log.during(() => board.out(`echo ${number} > $D/remoteproc0/crash`), /is now up$/);
    t.strictSame(log, [
      `remoteproc remoteproc0: crash detected in mips-cpu1: type ${type}`,
      `remoteproc remoteproc0: handling crash #${++crashes} in mips-cpu1`,
      ...RECOVERY,
    ]);
    t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n');
  }
  await board.until('grep -q "^tick 2$" $D/remoteproc0/trace0');
  for (const [text, message] of [
    ['x', 'Invalid argument'],
    ['-1', 'Invalid argument'],
    [' 1', 'Invalid argument'],
    ['4294967296', 'Numerical result out of range'],
  ])
    t.match(await board.sh(`/bin/echo '${text}' > $D/remoteproc0/crash`), {
      err: `/bin/echo: write error: ${message}\n`,
    });

  t.test('without recovery, and recovery on demand', async (t) => {
    await board.out('echo disabled > $D/remoteproc0/recovery; echo 0x1 > $D/remoteproc0/crash');
    await board.until('grep -q crashed $C/remoteproc0/state');
    t.match(await board.out('cat $D/remoteproc0/trace0'), /^tick: /);
    t.strictSame(await board.log.during(() => board.out('echo 1 > $D/remoteproc0/crash')), [
      'remoteproc remoteproc0: crash detected in mips-cpu1: type watchdog',
    ]);
    t.equal(await board.out('echo start > $C/remoteproc0/state; cat $C/remoteproc0/state'), 'crashed\n');
    t.strictSame(await board.log.during(() => board.out('echo recover > $C/remoteproc0/recovery')), RECOVERY);
    t.equal(await board.out('cat $C/remoteproc0/state $C/remoteproc0/recovery'), 'running\ndisabled\n');
    t.equal(await board.out('echo stop > $C/remoteproc0/state; cat $C/remoteproc0/state'), 'running\n', 'two starts');
    await board.out('echo 1 > $D/remoteproc0/crash');
    await board.until('grep -q crashed $C/remoteproc0/state');
    t.strictSame(await board.log.during(() => board.out('echo enabled > $C/remoteproc0/recovery')), RECOVERY);
    t.equal(await board.out('echo stop > $C/remoteproc0/state; cat $C/remoteproc0/state'), 'offline\n');
    t.strictSame(await board.log.during(() => board.out('echo 1 > $D/remoteproc0/crash')), [
      'remoteproc remoteproc0: crash detected in mips-cpu1: type watchdog',
    ]);
    t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n', 'what is offline stays so');
  });
});

t.test('a recovery that finds no firmware', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'tick');
  await board.out('rm $FW/tick.elf');
  const log = await board.log.during(() => board.out('echo 1 > $D/remoteproc0/crash'), /request_firmware failed/);
  t.strictSame(log.slice(2), [
    ...RECOVERY.slice(0, 2),
    'remoteproc remoteproc0: Direct firmware load for tick.elf failed with error -2',
    'remoteproc remoteproc0: request_firmware failed: -2',
  ]);
  t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n');
  t.match(await board.sh('/bin/echo stop > $C/remoteproc0/state'), { err: /Invalid argument/ });
  await board.out('echo start > $C/remoteproc0/state');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n', 'stuck, as on a board');
  await board.out('echo 1 > $CPU/cpu1/online; echo 0 > $CPU/cpu1/online');
  await board.start(0, 'hello');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n', 'until its CPU has been Linux for a moment');
});
