/** The MIPS driver on fake hardware: docs/reference/mips-uhi.md 1, kernel-abi.md 10 and 13. */
import t from 'tap';
import type { Entry } from '../../src/emu/hardware.js';
import { maskText } from '../../src/rproc/cpu.js';
import { FATAL_ERROR } from '../../src/rproc/crash.js';
import { linuxRegion } from '../../src/rproc/drivers/mips_memory.js';
import { ascii, outcome } from './bench.js';
import { buildElf, buildTable, carveoutEntry, traceEntry, vdevEntry } from './elf-builder.js';
import { FakeHardware } from './fake-hardware.js';
import { DA, firmware, Machine } from './mips-bench.js';

/** A KSEG0 address, sign-extended. */
const kseg0 = (pa: number): bigint => 0xffff_ffff_8000_0000n - 2n ** 64n + BigInt(pa);

t.test('at boot each CPU but the first is a remote processor that does not run', async (t) => {
  const machine = await Machine.boot(t);
  t.strictSame(machine.names(), ['remoteproc0 mips-cpu1', 'remoteproc1 mips-cpu2', 'remoteproc2 mips-cpu3']);
  t.strictSame(machine.lines(), [
    '<6>remoteproc remoteproc0: mips-cpu1 is available',
    '<6>remoteproc remoteproc1: mips-cpu2 is available',
    '<6>remoteproc remoteproc2: mips-cpu3 is available',
  ]);
  const { cpus, mips } = machine.linux;
  t.strictSame([cpus.possible, cpus.present, cpus.online, cpus.offline].map(maskText), [
    '0-3\n',
    '0-3\n',
    '0\n',
    '1-3\n',
  ]);
  t.equal(mips.showCpus(), '1-3\n');
  t.equal(machine.rproc(0).firmware, 'rproc-mips-cpu1-fw');
  t.strictSame(machine.hardware.calls, []);
});

t.test('what firmware is entered with', async (t) => {
  const machine = await Machine.boot(t);
  const { hardware, linux } = machine;
  t.equal(await machine.start(2, firmware(DA, traceEntry(), vdevEntry())), 'ok');
  // the pool is the last 8 of 256; Linux had 251 and 255 itself
  t.strictSame(hardware.calls, ['route 251 to 0', 'route 255 to 3', 'start 3']);
  const region = linuxRegion(hardware.options);
  const [carveout, ring0, ring1] = machine.rproc(2).resources.carveouts;
  t.strictSame(hardware.entries.get(3), {
    pc: BigInt(DA + 0x400),
    args: [-3, 255 + 7, 251 + 7, 0],
    sp: kseg0(region.start + 8192 * 4 - 32),
    gp: kseg0(region.start + 8192 * 3),
    ra: kseg0(region.vectors),
    wide: false,
    memory: { start: BigInt(DA), end: BigInt(DA + 0x10000) },
    mappings: [
      { va: DA, pa: carveout?.dma, length: 0x10000, cca: 5 },
      { va: ring0?.dma, pa: ring0?.dma, length: 0x2000, cca: 5 },
      { va: ring1?.dma, pa: ring1?.dma, length: 0x2000, cca: 5 },
    ],
  });
  t.strictSame([...hardware.ram.subarray(carveout?.dma, (carveout?.dma ?? 0) + 2)], [0x13, 0x37]);
  t.equal((carveout?.dma ?? 1) % 0x10000, 0, 'one large page');
  t.equal(maskText(linux.cpus.present), '0-2\n', 'stolen');
  t.match(machine.lines().at(-2), 'mips-cpu3 booting firmware rproc-mips-cpu3-fw');
  t.equal(await outcome(machine.rproc(2).shutdown()), 'ok');
  t.equal(hardware.calls.at(-1), 'halt 3');
  t.equal(maskText(linux.cpus.present), '0-3\n', 'given back');
});

t.test('several at once have memory and interrupts of their own', async (t) => {
  const machine = await Machine.boot(t);
  for (const index of [0, 1, 2]) t.equal(await machine.start(index, firmware(DA, vdevEntry())), 'ok');
  const irqs = machine.hardware.calls.filter((call) => call.startsWith('route')).map((call) => call.split(' ')[1]);
  t.equal(new Set(irqs).size, 6);
  const blocks = machine.linux.rprocs
    .flatMap(({ resources }) => resources.carveouts)
    .map(({ dma, length }) => ({ start: dma, end: dma + length }))
    .sort((a, b) => a.start - b.start);
  for (const [index, { start }] of blocks.entries()) t.ok(start >= (blocks[index - 1]?.end ?? 0));
  t.ok((blocks.at(-1)?.end ?? Infinity) <= linuxRegion(machine.hardware.options).start, 'Linux keeps its own');
});

t.test('KSEG0 and KSEG1 are where they are, and not mapped', async (t) => {
  for (const base of [0x80000000, 0xa0000000]) {
    const machine = await Machine.boot(t);
    t.equal(await machine.start(0, firmware(base + 0x200000)), 'ok');
    t.equal(machine.rproc(0).findCarveout('firmware')?.dma, 0x200000);
    t.strictSame(machine.hardware.entries.get(1)?.mappings, []);
    t.strictSame([...machine.hardware.ram.subarray(0x200000, 0x200002)], [0x13, 0x37]);
    t.equal(await machine.start(1, firmware(base + 0x208000)), 'ENOMEM', 'taken');
  }
  const machine = await Machine.boot(t);
  t.equal(await machine.start(0, firmware(0x80700000)), 'ENOMEM', "Linux's own");
});

t.test('firmware finds in its table where its vrings are, from its first instruction on', async (t) => {
  const found: number[][] = [];
  class Observed extends FakeHardware {
    override start(cpu: number, entry: Entry): Promise<void> {
      const base = (entry.mappings[0]?.pa ?? 0) + 0x2000;
      const table = new DataView(this.ram.buffer, base, 0x100);
      const vdev = table.getUint32(16 + 4, true) + 4;
      found.push([0, 1].map((ring) => table.getUint32(vdev + 24 + 20 * ring, true)));
      return super.start(cpu, entry);
    }
  }
  const machine = await Machine.boot(t, [1], new Observed());
  const rproc = machine.rproc(0);
  const dma = (): (number | undefined)[] => rproc.resources.vrings.map(({ carveout }) => carveout.dma);
  for (const da of [0, 0xffff_ffff]) {
    machine.lines();
    t.equal(await machine.start(0, firmware(DA, vdevEntry({ rings: [{ da }, { da }] }))), 'ok');
    t.strictSame(found.splice(0), [dma()], `${da}`);
    const misfits = machine.lines().filter((line) => line.includes("doesn't fit device address request"));
    t.equal(misfits.length, 1, 'the carveout of the program, and no vring');
    rproc.crash.report(FATAL_ERROR);
    await rproc.crash.settled();
    t.equal(rproc.state, 'running');
    t.strictSame(found.splice(0), [dma()], 'and after a recovery, whose image brings its own table again');
    await outcome(rproc.shutdown());
  }
  t.equal(await machine.start(0, firmware(DA, vdevEntry({ rings: [{ da: 0x5000 }, {}] }))), 'ok');
  t.strictSame(found, [[0x5000, dma()[1]]], 'who names an address keeps it');
});

t.test('a vring keeps out of the addresses of a carveout', async (t) => {
  const machine = await Machine.boot(t);
  const { memory } = machine.hardware.options;
  const da = memory - 0x20_0000;
  t.equal(await machine.start(0, firmware(da, vdevEntry())), 'ok');
  for (const { carveout } of machine.rproc(0).resources.vrings)
    t.ok(carveout.dma + carveout.length <= da || carveout.dma >= da + 0x10000);
});

t.test('a carveout that pages cannot map', async (t) => {
  const machine = await Machine.boot(t);
  machine.lines();
  t.equal(await machine.start(0, firmware(DA + 0x10)), 'EINVAL');
  t.strictSame(machine.lines().slice(-4), [
    "<3>remoteproc remoteproc0: carveout firmware can't be mapped at 0x10000010: not a page below 0x80000000",
    '<3>remoteproc remoteproc0: Failed to steal CPU1 for remote',
    "<3>remoteproc remoteproc0: can't start rproc mips-cpu1: -22",
    '<3>remoteproc remoteproc0: Boot failed: -22',
  ]);
});

t.test('a start that the machine refuses is undone', async (t) => {
  const machine = await Machine.boot(t);
  const { hardware, linux } = machine;
  const refusals: [() => void, string][] = [
    [() => (hardware.routeError = new RangeError('no such interrupt')), 'Failed to register incoming kick: -22'],
    [() => (hardware.startError = new RangeError('more mappings than TLB entries')), 'Failed to steal CPU1 for remote'],
    [() => linux.cpus.steal(1), 'Failed to steal CPU1 for remote'],
  ];
  for (const [spoil, line] of refusals) {
    hardware.routeError = hardware.startError = undefined;
    spoil();
    t.equal(await machine.start(0, firmware(DA)), 'EINVAL');
    t.ok(machine.lines().includes(`<3>remoteproc remoteproc0: ${line}`), line);
  }
  linux.cpus.giveBack(1);
  hardware.calls.length = 0;
  t.equal(await machine.start(0, firmware(DA)), 'ok');
  t.strictSame(hardware.calls, ['route 249 to 0', 'route 253 to 1', 'start 1'], 'nothing was left reserved');
});

t.test('kicks and interrupts', async (t) => {
  const machine = await Machine.boot(t);
  const { hardware } = machine;
  await machine.start(0, firmware(DA, vdevEntry()));
  const rproc = machine.rproc(0);
  const rung: number[] = [];
  for (const vring of rproc.resources.vrings) vring.interrupt = () => rung.push(vring.notifyid) > 0;
  hardware.events.interrupt(249);
  t.strictSame(rung, [0, 1], 'every vring is tried');
  hardware.events.interrupt(250);
  t.equal(rung.length, 2, "another's");
  rproc.ops.kick?.(rproc, 1);
  t.equal(hardware.calls.at(-1), 'raise 253');
  rproc.state = 'crashed';
  hardware.calls.length = 0;
  rproc.ops.kick?.(rproc, 1);
  t.strictSame(hardware.calls, []);
});

t.test('what firmware says, and how it ends', async (t) => {
  const machine = await Machine.boot(t);
  const { hardware, linux } = machine;
  await machine.start(0, firmware(DA));
  machine.lines();
  const say = (text: string) => hardware.events.output(1, text);
  say('half');
  t.strictSame(machine.lines(), []);
  say(' a line\nand more\nrest');
  hardware.events.exit(1, 3);
  t.strictSame(machine.lines(), [
    '<6>remoteproc remoteproc0: half a line',
    '<6>remoteproc remoteproc0: and more',
    '<6>remoteproc remoteproc0: rest',
    '<6>remoteproc remoteproc0: firmware exited with code 3',
  ]);
  say('x'.repeat(2000));
  const longest = `<6>remoteproc remoteproc0: ${'x'.repeat(900)}`;
  t.strictSame(machine.lines(), [longest, longest], 'a line without end does not grow without end');
  machine.rproc(0).recoveryEnabled = false;
  hardware.events.fault({ cpu: 1, reason: 'no handler', registers: ['$ 0: 00000000', 'epc: 00000000'] });
  await machine.rproc(0).crash.settled();
  t.strictSame(machine.lines().slice(1), [
    '<3>remoteproc remoteproc0: no handler',
    '<3>remoteproc remoteproc0: $ 0: 00000000',
    '<3>remoteproc remoteproc0: epc: 00000000',
    '<3>remoteproc remoteproc0: crash detected in mips-cpu1: type fatal error',
    '<3>remoteproc remoteproc0: handling crash #1 in mips-cpu1',
  ]);
  hardware.events.output(0, 'nobody\n');
  await linux.close();
});

t.test('hotplug', async (t) => {
  const machine = await Machine.boot(t);
  const { hardware, linux } = machine;
  const events: string[] = [];
  linux.uevents.subscribe(({ action, path }) => events.push(`${action} ${path}`));
  await machine.start(1, firmware(DA));
  await outcome(machine.rproc(1).boot());
  machine.lines();
  t.equal(await machine.online(2, '1\n'), 'ok');
  t.equal(hardware.calls.at(-1), 'halt 2', 'however often it was started');
  t.strictSame(machine.lines(), [
    '<6>remoteproc remoteproc1: stopped remote processor mips-cpu2',
    '<6>remoteproc remoteproc1: releasing mips-cpu2',
  ]);
  t.strictSame(machine.names(), ['remoteproc0 mips-cpu1', 'remoteproc2 mips-cpu3']);
  t.strictSame([maskText(linux.cpus.online), maskText(linux.cpus.offline)], ['0,2\n', '1,3\n']);
  t.equal(await machine.online(2, 'y'), 'ok', 'again: nothing happens');
  t.equal(await machine.online(2, '0'), 'ok');
  t.strictSame(machine.names().at(-1), 'remoteproc1 mips-cpu2', 'the lowest free number');
  t.strictSame(events, [
    'remove /devices/mips-rproc/remoteproc/remoteproc1',
    'online /devices/system/cpu/cpu2',
    'add /devices/mips-rproc/remoteproc/remoteproc1',
    'offline /devices/system/cpu/cpu2',
  ]);
});

t.test('the mask', async (t) => {
  const machine = await Machine.boot(t, []);
  const { linux } = machine;
  const store = (text: string) => outcome(linux.mips.storeCpus(ascii(text)));
  t.strictSame([machine.names(), linux.mips.showCpus()], [[], '\n']);
  t.strictSame([await store('3\n'), machine.names()], ['ok', ['remoteproc0 mips-cpu3']]);
  await machine.online(1, '1');
  t.strictSame([await store('1-3'), machine.names()], ['ok', ['remoteproc0 mips-cpu3', 'remoteproc1 mips-cpu2']]);
  await machine.online(1, '0');
  t.equal(machine.names().at(-1), 'remoteproc2 mips-cpu1');
  t.equal(await machine.start(0, firmware(DA)), 'ok');
  t.strictSame([await store('\n'), machine.names(), machine.hardware.calls.at(-1)], ['ok', [], 'halt 3']);
  t.strictSame([await store('x'), await store('3-1'), await store('64')], ['EINVAL', 'EINVAL', 'ERANGE']);
  t.equal(await store('0,9'), 'ok', 'neither CPU 0 nor one that is not there is ever offline');
  t.strictSame([machine.names(), linux.mips.showCpus()], [[], '0,9\n']);
});

t.test('closing stops everything', async (t) => {
  const machine = await Machine.boot(t);
  for (const index of [0, 2]) await machine.start(index, firmware(DA));
  await machine.linux.close();
  t.strictSame(machine.hardware.calls.slice(-2), ['halt 3', 'halt 1']);
  t.strictSame(machine.names(), []);
});

t.test('128 CPUs', async (t) => {
  const machine = await Machine.boot(t, undefined, new FakeHardware({ cpus: 128, endian: 'be' }));
  t.equal(machine.names().length, 127);
  const image = buildElf({
    endian: 'be',
    segments: [{ paddr: DA, data: Uint8Array.of(1) }],
    table: buildTable([carveoutEntry({ da: DA }, 'be')], { endian: 'be' }),
  });
  for (let index = 0; index < 127; index++) t.equal(await machine.start(index, image), 'ok');
  const irqs = machine.hardware.calls
    .filter((call) => call.startsWith('route'))
    .map((call) => Number(call.split(' ')[1]));
  t.strictSame([new Set(irqs).size, Math.min(...irqs), Math.max(...irqs)], [254, 1, 255]);
  const { start, end } = linuxRegion(machine.hardware.options);
  for (const { sp, gp } of machine.hardware.entries.values()) t.ok(gp >= kseg0(start + 4096) && sp < kseg0(end));
});
