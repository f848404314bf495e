/** Memory, CPU lists and hotplug stores, uevents: the small parts. */
import fc from 'fast-check';
import t from 'tap';
import { Errno, KernelLog } from '../../src/kernel/index.js';
import { Cpus } from '../../src/rproc/cpu.js';
import { formatCpuList, parseCpuList } from '../../src/rproc/cpulist.js';
import { overlaps, PagePool, type Block } from '../../src/rproc/memory.js';
import { DriverOverride } from '../../src/rproc/platform_bus.js';
import { RuntimePm } from '../../src/rproc/runtime_pm.js';
import { Uevents } from '../../src/rproc/uevent.js';
import { ascii, outcome, text } from './bench.js';

const PAGE = 4096;
const pool = (pages: number) => new PagePool(new Uint8Array(pages * PAGE), { start: 0, end: pages * PAGE });

t.test('memory: from the top, aligned to its size, zeroed', (t) => {
  const memory = pool(64);
  t.equal(memory.allocate(1).address, 63 * PAGE);
  t.equal(memory.allocate(3 * PAGE).address, 60 * PAGE);
  const block = memory.allocate(PAGE);
  t.equal(block.address, 59 * PAGE);
  block.bytes.fill(7);
  memory.free(block);
  t.ok(memory.allocate(PAGE).bytes.every((byte) => byte === 0));
  t.equal(memory.allocate(16 * PAGE, { congruentTo: 0x10003000 }).address % (16 * PAGE), 3 * PAGE);
  t.equal(memory.allocate(PAGE, { at: 5 * PAGE }).address, 5 * PAGE);
  for (const placement of [{ at: 5 * PAGE }, { at: 64 * PAGE }, { at: 10 }, { avoid: [{ start: 0, end: 64 * PAGE }] }])
    t.throws(() => memory.allocate(PAGE, placement), new Errno('ENOMEM'));
  for (const length of [0, 65 * PAGE, 2 ** 40]) t.throws(() => memory.allocate(length), new Errno('ENOMEM'));
  t.throws(() => memory.free({ address: 0, length: PAGE, bytes: new Uint8Array() }), /free already/);
  t.end();
});

t.test('memory: blocks never overlap, and nothing gets lost', (t) => {
  const step = fc.record({ pages: fc.integer({ min: 1, max: 12 }), da: fc.nat(1 << 20), free: fc.nat(8) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = pool(64);
      const held: Block[] = [];
      for (const { pages, da, free } of steps) {
        const [dropped] = held.splice(free, 1);
        if (dropped !== undefined) memory.free(dropped);
        try {
          held.push(memory.allocate(pages * PAGE, { congruentTo: da }));
        } catch (error) {
          if (!(error instanceof Errno)) throw error;
        }
      }
      const ranges = held.map(({ address, length }) => ({ start: address, end: address + length }));
      const used = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
      return (
        used + memory.available === 64 * PAGE &&
        ranges.every((a, index) => ranges.slice(index + 1).every((b) => !overlaps(a, b)))
      );
    }),
  );
  t.end();
});

t.test('CPU lists', (t) => {
  const parse = (list: string) => formatCpuList(parseCpuList(list, 64));
  const good: [string, string][] = [
    ['', ''],
    ['\n', ''],
    ['3', '3'],
    ['0-3\n', '0-3'],
    ['3,1,2', '1-3'],
    ['0 2', '0,2'],
    ['0-7:1/2', '0,2,4,6'],
    ['0-7:2/4', '0-1,4-5'],
    ['all', '0-63'],
    ['all:1/32', '0,32'],
    ['62-N', '62-63'],
    ['N', '63'],
    ['1,,2', '1-2'],
  ];
  for (const [list, canonical] of good) t.equal(parse(list), canonical, list);
  const bad: [string, 'EINVAL' | 'ERANGE' | 'EOVERFLOW'][] = [
    ['x', 'EINVAL'],
    ['1-', 'EINVAL'],
    ['-1', 'EINVAL'],
    ['3-1', 'EINVAL'],
    ['0-3:0/0', 'EINVAL'],
    ['0-3:3/2', 'EINVAL'],
    ['64', 'ERANGE'],
    ['0-64', 'ERANGE'],
    ['99999999999', 'EOVERFLOW'],
  ];
  for (const [list, code] of bad) t.throws(() => parse(list), new Errno(code), list);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(63)),
      (cpus) => formatCpuList(parseCpuList(formatCpuList(cpus), 64)) === formatCpuList(cpus),
    ),
  );
  t.end();
});

t.test('cpuN/online', async (t) => {
  const cpus = new Cpus(2, { online: [0, 1] });
  const store = (input: string) => outcome(cpus.storeOnline(1, ascii(input)));
  for (const input of ['0', 'n', 'N', 'off', 'OFF', 'of', 'f', 'False', '0x1', '00', '0\0x'])
    t.strictSame([await store(input), cpus.isOnline(1)], ['ok', false], JSON.stringify(input));
  for (const input of ['1', 'y', 'on', 'On', 'oN', 'true', '10', '1 ', '1\n\n'])
    t.strictSame([await store(input), cpus.isOnline(1)], ['ok', true], JSON.stringify(input));
  for (const input of ['', '\n', ' 1', '2', '-1', 'o', 'oof', 'enable', '\0']) t.equal(await store(input), 'EINVAL');
  t.equal(await outcome(cpus.storeTarget(1, ascii('0\n'))), 'ok');
  t.strictSame(
    [cpus.isOnline(1), cpus.isDeviceOnline(1), cpus.hotplugState(1)],
    [false, true, 0],
    'the file does not know',
  );
  t.strictSame([await store('1'), cpus.isOnline(1)], ['ok', false]);
  t.equal(await outcome(cpus.storeTarget(1, ascii('100'))), 'EINVAL');
  t.strictSame([await outcome(cpus.storeTarget(1, ascii('236'))), cpus.isOnline(1)], ['ok', true]);
  t.equal(await outcome(cpus.storeTarget(0, ascii('0'))), 'EBUSY', 'CPU 0 stays');
  t.throws(() => cpus.storeFail(ascii('3')), new Errno('EINVAL'));
  const single = new Cpus(1);
  t.equal(await outcome(single.storeOnline(0, ascii('0'))), 'EBUSY', 'the last one');
  await store('0');
  cpus.steal(1);
  t.throws(() => cpus.steal(1), new Errno('EINVAL'));
  t.equal(await store('1'), 'EINVAL', 'not present');
});

t.test('synthetic uevents', (t) => {
  const log = new KernelLog();
  const uevents = new Uevents(log);
  const seen: unknown[] = [];
  uevents.subscribe(({ action, keys }) => seen.push([action, keys]));
  const device = { path: '/devices/d', subsystem: 's', logPrefix: 'drv d', keys: () => ({ DEVTYPE: 'x' }) };
  const base = { DEVPATH: '/devices/d', SUBSYSTEM: 's', DEVTYPE: 'x' };
  uevents.store(device, ascii('change\n'));
  const uuid = '12345678-1234-1234-1234-123456789abc';
  uevents.store(device, ascii(`add ${uuid} A=1 B=two\n`));
  t.strictSame(seen, [
    ['change', { ACTION: 'change', ...base, SYNTH_UUID: '0' }],
    ['add', { ACTION: 'add', ...base, SYNTH_UUID: uuid, SYNTH_ARG_A: '1', SYNTH_ARG_B: 'two' }],
  ]);
  t.throws(() => uevents.store(device, ascii('foo\n')), new Errno('EINVAL'));
  t.throws(() => uevents.store(device, ascii('add nonsense\n')), new Errno('EINVAL'));
  t.strictSame(
    log.entries().map(({ level, text }) => `<${level}>${text}`),
    [
      '<4>synth uevent: /devices/d: unknown uevent action string',
      '<3>drv d: uevent: failed to send synthetic uevent: -22',
      '<4>synth uevent: /devices/d: incorrect uevent action arguments',
      '<3>drv d: uevent: failed to send synthetic uevent: -22',
    ],
  );
  t.end();
});

t.test('driver_override and power/control', (t) => {
  const override = new DriverOverride();
  t.equal(text(override.show()), '(null)\n');
  override.store(ascii('name\nmore'));
  t.equal(text(override.show()), 'name\n');
  t.throws(() => override.store(new Uint8Array(4095)), new Errno('EINVAL'));
  override.store(ascii('\n'));
  t.equal(text(override.show()), '(null)\n');
  const pm = new RuntimePm();
  pm.storeControl(ascii('on\n'));
  t.equal(pm.showControl(), 'on\n');
  t.throws(() => pm.storeControl(ascii('foo')), new Errno('EINVAL'));
  t.end();
});
