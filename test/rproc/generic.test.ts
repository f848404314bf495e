import t from 'tap';
import { Errno, type After } from '../../src/kernel/index.js';
import { layOut } from '../../src/rproc/drivers/generic_processor.js';
import { DEFAULT_TEMPLATE, genericDevices, showParameters } from '../../src/rproc/drivers/generic_parameters.js';
import { Faults } from '../../src/rproc/faults.js';
import type { RemoteProc } from '../../src/rproc/remoteproc.js';
import { ascii, Bench, outcome, RAM_DA } from './bench.js';
import { buildElf, buildTable } from './elf-builder.js';

const refusal = (action: () => unknown): string => {
  try {
    action();
    return 'ok';
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
};

const set = (rproc: RemoteProc, name: string, value: string): void => rproc.faults.knobs[name]?.store(ascii(value));
const show = (rproc: RemoteProc, name: string): string | undefined => rproc.faults.knobs[name]?.show();

t.test('parameters make devices', (t) => {
  const [one] = genericDevices('', DEFAULT_TEMPLATE);
  t.match(one, { device: 'generic-rproc.0', processor: 'mips', memoryUse: 'parse-firmware', needsTable: true });
  const [first, second] = genericDevices(
    'n=2 name=a,b fw=x.elf strict=0 profile=2 prereg nokick=Y segs=3',
    DEFAULT_TEMPLATE,
  );
  t.match(first, { processor: 'a', firmware: 'x.elf', memoryUse: 'prepare', needsTable: false });
  t.match(second, { device: 'generic-rproc.1', processor: 'b', lacks: { kick: true, stop: false } });
  t.equal(second?.firmware, undefined);
  t.equal(second?.regions[0]?.dma, DEFAULT_TEMPLATE.dma + DEFAULT_TEMPLATE.size, 'its memory follows');
  t.same(
    second?.regions.map(({ name }) => name),
    ['ram', 'vdev0vring0', 'vdev0vring1'],
  );
  t.equal(second?.dumpSegments.length, 3);
  t.end();
});

t.test('parameters that are none', (t) => {
  for (const text of ['n=0', 'n=5', 'n=', 'profile=3', 'vendor=4', 'elfinfo=3', 'segs=4', 'strict=maybe', 'mem_da=x'])
    t.equal(
      refusal(() => genericDevices(text, DEFAULT_TEMPLATE)),
      'EINVAL',
      text,
    );
  for (const text of ['loop=1', '=1', 'toString=1'])
    t.equal(
      refusal(() => genericDevices(text, DEFAULT_TEMPLATE)),
      'EOPNOTSUPP',
      text,
    );
  t.match(showParameters(DEFAULT_TEMPLATE), /^n=1\nname=mips\nfw=\n/);
  t.end();
});

t.test('a region inside another is the same memory', (t) => {
  const [ram, ring, other] = layOut([
    { name: 'ram', da: 0x1000, dma: 0x8000, size: 0x1000 },
    { name: 'ring', da: 0x1100, dma: 0x8100, size: 0x100 },
    { name: 'other', da: 0x3000, dma: 0x8f80, size: 0x100 },
  ]);
  ram?.bytes.fill(7);
  t.equal(ring?.bytes[0], 7);
  t.equal(other?.bytes[0], 0, 'one that only overlaps is not');
  t.end();
});

t.test('operations fail as they are told', async (t) => {
  const bench = new Bench();
  const image = buildElf({ segments: [{ paddr: RAM_DA, data: ascii('text') }], table: buildTable([]) });
  set(bench.rproc, 'start_err', '517\n');
  t.equal(show(bench.rproc, 'start_err'), '517\n');
  t.equal(await bench.start(image), 'errno517');
  t.equal(await bench.start(image), 'errno517', 'always');
  t.ok(bench.lines().includes("<3>can't start rproc mips: -517"));
  set(bench.rproc, 'start_err', '5 once');
  t.equal(show(bench.rproc, 'start_err'), '5 once\n');
  t.equal(await bench.start(image), 'EIO');
  t.equal(show(bench.rproc, 'start_err'), '0\n');
  t.equal(await bench.start(image), 'ok', 'once');
  set(bench.rproc, 'stop_err', '0x10');
  t.equal(await outcome(bench.rproc.shutdown()), 'EBUSY');
  set(bench.rproc, 'stop_err', '0');
  t.equal(await outcome(bench.rproc.shutdown()), 'ok');
  set(bench.rproc, 'prepare_err', '19 once');
  t.equal(await bench.start(image), 'ENODEV');
});

t.test('what is no value', (t) => {
  const { rproc } = new Bench();
  for (const text of ['', 'x', '5 twice', '5 once more', ' 5', '-1', '5  once'])
    t.equal(
      refusal(() => set(rproc, 'start_err', text)),
      'EINVAL',
      text,
    );
  t.equal(
    refusal(() => set(rproc, 'start_err', '4096')),
    'ERANGE',
  );
  t.equal(
    refusal(() => set(rproc, 'start_err', '4095')),
    'ok',
  );
  t.end();
});

t.test('an operation that the driver lacks stays missing', (t) => {
  const wrapped = new Faults().operations({ start: () => undefined });
  t.same(Object.keys(wrapped).sort(), ['prepare', 'start', 'unprepare'], 'those that may always be called are there');
  t.end();
});

t.test('kicks are lost, or fail', (t) => {
  const kicked: number[] = [];
  const { rproc, ...bench } = new Bench({}, { kick: (_, id) => void kicked.push(id) });
  set(rproc, 'lose_kicks', '2');
  for (const id of [1, 2, 3]) rproc.ops.kick?.(rproc, id);
  set(rproc, 'kick_err', '5 once');
  for (const id of [4, 5]) rproc.ops.kick?.(rproc, id);
  t.same(kicked, [3, 5]);
  t.equal(show(rproc, 'kicks'), '5\n');
  t.equal(bench.log.entries().at(-1)?.text, 'remoteproc remoteproc0: kick of vring 4 failed: -5');
  t.end();
});

t.test('a pool that is full', (t) => {
  const { rproc } = new Bench();
  set(rproc, 'alloc_err', '12 once');
  t.equal(
    refusal(() => rproc.platform.memory.allocate(4096)),
    'ENOMEM',
  );
  t.equal(
    refusal(() => rproc.platform.memory.allocate(4096)),
    'ok',
  );
  t.end();
});

t.test('delays are waited for, and end with the program', async (t) => {
  const timers: { milliseconds: number; action: () => void }[] = [];
  const after: After = (milliseconds, action) => {
    timers.push({ milliseconds, action });
    return () => undefined;
  };
  const { rproc } = new Bench();
  const faults = new Faults(after);
  let started = 0;
  const ops = faults.operations({
    start: () => {
      started++;
    },
  });
  faults.knobs['start_delay_ms']?.store(ascii('2000'));
  const first = ops.start?.(rproc);
  t.same([timers[0]?.milliseconds, started], [2000, 0]);
  timers[0]?.action();
  await first;
  t.equal(started, 1);
  const second = ops.start?.(rproc);
  faults.endDelays();
  await second;
  await ops.start?.(rproc);
  t.same([timers.length, started], [2, 3], 'nothing is waited for afterwards');
});
