/** docs/reference/kernel-abi.md 1.4 and 3: states, power count, unwinding, crash and recovery, removal. */
import t from 'tap';
import { Errno } from '../../src/kernel/index.js';
import { showFirmware, storeFirmware, storeState } from '../../src/rproc/attributes.js';
import type { ProcessorOps, Subdevice } from '../../src/rproc/platform.js';
import { ascii, Bench, outcome, RAM_DA, text } from './bench.js';
import { buildElf, buildTable, carveoutEntry, traceEntry, vdevEntry } from './elf-builder.js';

const elf = (...entries: Uint8Array[]): Uint8Array =>
  buildElf({
    segments: [{ paddr: RAM_DA, data: Uint8Array.of(1) }],
    table: buildTable(entries),
    tableAddress: RAM_DA + 0x1000,
  });
const image = elf(traceEntry({ da: RAM_DA + 0x8000 }), carveoutEntry());

const UP = '<6>remote processor mips is now up';
const STOPPED = '<6>stopped remote processor mips';
const POWER_UP = ['<6>powering up mips', `<6>Booting fw image fw, size ${image.length}`];

/** A promise that somebody else fulfils. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

/** A bench whose operations note their names, and refuse when told to. */
function noting(options = {}, extra: ProcessorOps = {}) {
  const calls: string[] = [];
  const refusals = new Map<string, Errno>();
  const note = (name: string): void => {
    calls.push(name);
    const refusal = refusals.get(name);
    if (refusal !== undefined) throw refusal;
  };
  const subdevice = (name: string): Subdevice => ({
    prepare: () => note(`${name} prepare`),
    start: () => note(`${name} start`),
    stop: () => note(`${name} stop`),
    unprepare: () => note(`${name} unprepare`),
  });
  const bench = new Bench(
    { bindVdev: ({ index }) => subdevice(`vdev${index}`), ...options },
    {
      prepare: () => note('prepare'),
      unprepare: () => note('unprepare'),
      start: () => note('start'),
      stop: () => note('stop'),
      ...extra,
    },
  );
  return { bench, calls, refusals };
}

t.test('power: the verbs by state and count', async (t) => {
  const { bench } = noting();
  const { rproc } = bench;
  bench.files.set('fw', image);
  const verb = (word: string) => outcome(storeState(rproc, ascii(word)));
  const steps: [string, string, string, number][] = [
    ['stop', 'EINVAL', 'offline', 0],
    ['detach', 'EINVAL', 'offline', 0],
    ['start', 'ok', 'running', 1],
    ['start', 'ok', 'running', 2],
    ['detach', 'EINVAL', 'running', 2],
    ['stop', 'ok', 'running', 1],
    ['stop', 'ok', 'offline', 0],
    ['stop', 'EINVAL', 'offline', 0],
  ];
  for (const [word, result, state, power] of steps)
    t.strictSame([await verb(word), rproc.state, rproc.power], [result, state, power], word);
  t.strictSame(bench.lines(), [...POWER_UP, UP, STOPPED]);
});

t.test('power: a crashed processor', async (t) => {
  const { bench } = noting();
  const { rproc } = bench;
  rproc.recoveryEnabled = false;
  await bench.start(image);
  rproc.crash.report(1);
  await rproc.crash.settled();
  t.equal(rproc.state, 'crashed');
  t.strictSame([await outcome(rproc.boot()), rproc.state, rproc.power], ['ok', 'crashed', 2]);
  t.strictSame([await outcome(rproc.detach()), rproc.power], ['EINVAL', 2]);
  t.strictSame([await outcome(rproc.shutdown()), rproc.state], ['ok', 'crashed']);
  t.strictSame([await outcome(rproc.shutdown()), rproc.state], ['ok', 'offline']);
});

t.test('attached and detached', async (t) => {
  const { bench, refusals } = noting({ detached: true }, { attach: () => undefined, detach: () => undefined });
  const { rproc } = bench;
  t.equal(rproc.state, 'detached');
  t.equal(await outcome(rproc.shutdown()), 'EINVAL');
  t.strictSame([await outcome(rproc.boot()), rproc.state], ['ok', 'attached']);
  t.equal(text(showFirmware(rproc)), 'unknown\n');
  t.equal(await outcome(storeFirmware(rproc, ascii('x'))), 'EBUSY');
  await rproc.boot();
  t.strictSame([await outcome(rproc.detach()), rproc.state], ['ok', 'attached']);
  t.strictSame([await outcome(rproc.detach()), rproc.state], ['ok', 'detached']);
  t.strictSame(bench.lines(), [
    '<6>attaching to mips',
    '<6>remote processor mips is now attached',
    "<3>bench bench: can't change firmware while running",
    '<6>detached remote processor mips',
  ]);
  await rproc.boot();
  refusals.set('stop', new Errno('EIO'));
  t.strictSame([await outcome(rproc.shutdown()), rproc.state, rproc.power], ['EIO', 'attached', 1]);
  refusals.clear();
  t.strictSame([await outcome(rproc.shutdown()), rproc.state], ['ok', 'offline']);
});

t.test('the table of an attached processor is its own, and given back', async (t) => {
  const own = buildTable([traceEntry({ da: RAM_DA }), vdevEntry()]);
  const before = own.slice();
  const ops = { attach: () => undefined, detach: () => undefined, loadedResourceTable: () => own };
  const { bench } = noting({ detached: true }, ops);
  await bench.rproc.boot();
  t.equal(bench.rproc.resources.vrings.length, 2);
  t.notSame(own, before, 'notify ids were written to it');
  await bench.rproc.detach();
  t.strictSame(own, before);
});

const withVdevs = elf(traceEntry(), vdevEntry(), vdevEntry());
const unwinding: [string, string, string[], string[]][] = [
  ['prepare', "can't prepare rproc mips: -5", [], []],
  [
    'vdev1 prepare',
    'failed to prepare subdevices for mips: -5',
    ['prepare', 'vdev0 prepare'],
    ['vdev0 unprepare', 'unprepare'],
  ],
  [
    'start',
    "can't start rproc mips: -5",
    ['prepare', 'vdev0 prepare', 'vdev1 prepare'],
    ['vdev1 unprepare', 'vdev0 unprepare', 'unprepare'],
  ],
  [
    'vdev1 start',
    'failed to probe subdevices for mips: -5',
    ['prepare', 'vdev0 prepare', 'vdev1 prepare', 'start', 'vdev0 start'],
    ['vdev0 stop', 'stop', 'vdev1 unprepare', 'vdev0 unprepare', 'unprepare'],
  ],
];
for (const [step, line, before, after] of unwinding)
  t.test(`a boot that fails at ${step} is undone in reverse`, async (t) => {
    const { bench, calls, refusals } = noting();
    const free = bench.memory.available;
    refusals.set(step, new Errno('EIO'));
    t.equal(await bench.start(withVdevs), 'EIO');
    t.strictSame(calls, [...before, step, ...after]);
    t.equal(bench.lines().at(-1), `<3>${line}`);
    t.strictSame([bench.rproc.state, bench.rproc.power, bench.memory.available], ['offline', 0, free]);
    t.equal(text(bench.rproc.resources.tableText()), 'No resource table found\n');
    const count = (what: string) => bench.events.filter((event) => event.includes(what)).length;
    t.equal(count('added') - 1, count('removed'), 'nothing is left but the processor');
    refusals.clear();
    t.equal(await bench.start(withVdevs), 'ok', 'the next one is none the worse');
  });

t.test('a boot without its file', async (t) => {
  const { bench } = noting();
  t.equal(await outcome(storeState(bench.rproc, ascii('start'))), 'ENOENT');
  t.strictSame(bench.lines(), ['<6>powering up mips', '<3>request_firmware failed: -2', '<3>Boot failed: -2']);
});

t.test('stop, in the reverse order; a stop that fails may be tried again', async (t) => {
  const { bench, calls, refusals } = noting();
  await bench.start(withVdevs);
  calls.length = 0;
  refusals.set('stop', new Errno('EIO'));
  t.strictSame([await outcome(bench.rproc.shutdown()), bench.rproc.state], ['EIO', 'running']);
  t.equal(bench.lines().at(-1), "<3>can't stop rproc: -5");
  t.strictSame(calls, ['vdev1 stop', 'vdev0 stop', 'stop']);
  refusals.clear();
  calls.length = 0;
  t.equal(await outcome(bench.rproc.shutdown()), 'ok');
  t.strictSame(calls, ['vdev1 stop', 'vdev0 stop', 'stop', 'vdev1 unprepare', 'vdev0 unprepare', 'unprepare']);
});

t.test('no stop op', async (t) => {
  const bench = new Bench();
  delete bench.rproc.ops.stop;
  await bench.start(image);
  t.strictSame([await outcome(bench.rproc.shutdown()), bench.rproc.state, bench.rproc.power], ['EINVAL', 'running', 1]);
});

t.test('crash and recovery', async (t) => {
  const { bench } = noting();
  const { rproc } = bench;
  await bench.start(image);
  bench.lines();
  for (const [type, what] of [
    [0, 'mmufault'],
    [1, 'watchdog'],
    [2, 'fatal error'],
    [3, 'unknown'],
  ] as const) {
    rproc.crash.report(type);
    await rproc.crash.settled();
    t.strictSame(bench.lines(), [
      `<3>crash detected in mips: type ${what}`,
      `<3>handling crash #${type + 1} in mips`,
      '<3>recovering mips',
      STOPPED,
      UP,
    ]);
  }
  t.strictSame([rproc.state, rproc.power, rproc.resources.traces.length], ['running', 1, 1]);
});

t.test('two reports at once are one piece of work', async (t) => {
  const { bench } = noting();
  await bench.start(image);
  bench.rproc.crash.report(0);
  bench.rproc.crash.report(1);
  await bench.rproc.crash.settled();
  t.equal(bench.rproc.crash.count, 1);
});

t.test('a crash of one that does not run', async (t) => {
  const { bench } = noting();
  bench.rproc.crash.report(2);
  await bench.rproc.crash.settled();
  t.strictSame(bench.lines(), ['<3>crash detected in mips: type fatal error']);
});

t.test('a recovery that fails leaves it offline for good', async (t) => {
  const { bench } = noting();
  const { rproc } = bench;
  await bench.start(image);
  bench.lines();
  bench.files.clear();
  rproc.crash.report(1);
  await rproc.crash.settled();
  t.strictSame(bench.lines().slice(2), ['<3>recovering mips', STOPPED, '<3>request_firmware failed: -2']);
  t.strictSame([rproc.state, rproc.power], ['offline', 1]);
  bench.files.set('fw', image);
  t.strictSame(
    [await outcome(rproc.boot()), rproc.state, await outcome(rproc.shutdown())],
    ['ok', 'offline', 'EINVAL'],
  );
});

t.test('a second start waits for the first', async (t) => {
  const started = gate();
  const release = gate();
  const { bench } = noting(
    {},
    {
      start: async () => {
        started.open();
        await release.opened;
      },
    },
  );
  const { rproc } = bench;
  bench.files.set('fw', image);
  const first = outcome(rproc.boot());
  await started.opened;
  const second = outcome(rproc.boot());
  const interrupted = new AbortController();
  const third = outcome(storeState(rproc, ascii('start'), interrupted.signal));
  const renamed = outcome(storeFirmware(rproc, ascii('x'), interrupted.signal));
  interrupted.abort(new Errno('EINTR'));
  t.strictSame([await third, await renamed], ['EINTR', 'EINVAL']);
  t.equal(rproc.state, 'offline', 'the first is not done');
  release.open();
  t.strictSame([await first, await second, rproc.power], ['ok', 'ok', 2]);
  t.strictSame(
    bench
      .lines()
      .filter((line) => line.startsWith('<3>'))
      .sort(),
    ['<3>Boot failed: -4', "<3>bench bench: can't lock rproc mips: -4", "<3>can't lock rproc mips: -4"],
  );
});

t.test('removal waits for a start, then stops it', async (t) => {
  const started = gate();
  const { bench } = noting({}, { start: () => started.open() });
  bench.files.set('fw', image);
  const start = bench.rproc.boot();
  await started.opened;
  const removal = bench.rproc.remove();
  const late = outcome(bench.rproc.boot());
  await Promise.all([start, removal]);
  t.equal(await late, 'ENODEV');
  t.strictSame(bench.lines(), [...POWER_UP, UP, "<3>can't boot deleting rproc mips", STOPPED, '<6>releasing mips']);
});

t.test('a crash of one that is being removed is not heard', async (t) => {
  const { bench } = noting();
  await bench.start(image);
  bench.lines();
  const removal = bench.rproc.remove();
  bench.rproc.crash.report(0);
  await removal;
  t.strictSame(bench.lines(), [STOPPED, '<6>releasing mips']);
});

t.test('a removed processor is released when nothing holds it', async (t) => {
  const { bench } = noting();
  const release = bench.rproc.hold();
  await bench.rproc.remove();
  t.strictSame([bench.lines(), bench.host.indices.allocate()], [[], 1]);
  release();
  t.strictSame([bench.lines(), bench.host.indices.allocate()], [['<6>releasing mips'], 0]);
});

t.test('auto-boot', async (t) => {
  const missing = new Bench({ autoBoot: true });
  await missing.rproc.crash.settled();
  t.strictSame(missing.lines(), ['<6>powering up mips', '<3>request_firmware failed: -2']);
});
