/** However a processor ends, its virtio devices go first, once, and leave nothing behind. */
import { setImmediate as turn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { FATAL_ERROR } from '../../src/rproc/crash.js';
import { ascii } from '../rproc/bench.js';
import { vdevEntry } from '../rproc/elf-builder.js';
import { FakeHardware } from '../rproc/fake-hardware.js';
import { DA, firmware } from '../rproc/mips-bench.js';
import { testDriver, TEST_ID, type TestDriver } from './drivers.js';
import { image, Lab, vdevImage } from './lab.js';

const [PROBE, REMOVE] = ['probe virtio0', 'remove virtio0, status 7'];

function watched(lab: Lab): TestDriver {
  const driver = testDriver({
    probe: (device) => [0, 1].forEach((index) => device.findQueue(index, { name: 'q', callback: () => undefined })),
  });
  lab.virtio.bus.addDriver(driver);
  return driver;
}

/** Nothing in the trees or in the processor reminds of a virtio device. */
function checkGone(t: Test, lab: Lab): void {
  t.equal(lab.virtio.bus.devices.length, 0);
  t.strictSame(lab.list('/bus/virtio/devices'), []);
  t.strictSame(lab.list('/bus/platform/drivers/rproc-virtio'), ['bind', 'uevent', 'unbind']);
  t.equal(lab.linux.vdevs.length, 0);
}

t.test('stop, and start again', async (t) => {
  const lab = await Lab.boot(t);
  const driver = watched(lab);
  for (let time = 0; time < 3; time++) {
    t.equal(await lab.start(vdevImage(TEST_ID)), 'ok');
    const [vring] = lab.rproc().resources.vrings;
    t.type(vring?.interrupt, 'function');
    t.equal(await lab.state('stop'), 'ok');
    t.equal(vring?.interrupt, undefined);
    t.strictSame(driver.calls.splice(0), [PROBE, REMOVE]);
    checkGone(t, lab);
  }
});

t.test('the lowest free number is the next one', async (t) => {
  const lab = await Lab.boot(t, { generic: 'n=2 name=a,b' });
  const names = () => lab.virtio.bus.devices.map(({ name, path }) => `${name} ${path.split('/').at(-2) ?? ''}`);
  await lab.start(image(vdevEntry(), vdevEntry()), 0);
  await lab.start(vdevImage(TEST_ID), 1);
  t.strictSame(names(), ['virtio0 rproc-virtio.0.auto', 'virtio1 rproc-virtio.1.auto', 'virtio2 rproc-virtio.2.auto']);
  await lab.state('stop', 0);
  await lab.start(vdevImage(TEST_ID), 0);
  t.strictSame(names(), ['virtio2 rproc-virtio.2.auto', 'virtio0 rproc-virtio.0.auto']);
});

t.test('a crash and its recovery', async (t) => {
  const lab = await Lab.boot(t);
  const driver = watched(lab);
  await lab.start(vdevImage(TEST_ID));
  lab.lines();
  lab.uevents();
  const rproc = lab.rproc();
  rproc.crash.report(FATAL_ERROR);
  await rproc.crash.settled();
  t.equal(rproc.state, 'running');
  t.strictSame(driver.calls, [PROBE, REMOVE, PROBE]);
  const actions = lab.uevents().map((line) => line.replace(/ .*\//, ' '));
  t.strictSame(
    actions,
    ['unbind virtio0', 'remove virtio0', 'add virtio0', 'bind virtio0'],
    'the platform device stays',
  );
  t.equal(await lab.read('/bus/virtio/devices/virtio0/status'), '0x00000007\n');
});

t.test('a crash without recovery leaves the device until the stop', async (t) => {
  const lab = await Lab.boot(t);
  const driver = watched(lab);
  await lab.start(vdevImage(TEST_ID));
  const rproc = lab.rproc();
  rproc.recoveryEnabled = false;
  rproc.crash.report(FATAL_ERROR);
  await rproc.crash.settled();
  t.equal(rproc.state, 'crashed');
  t.strictSame(lab.list('/bus/virtio/devices'), ['virtio0']);
  t.equal(await lab.state('stop'), 'ok');
  t.strictSame(driver.calls, [PROBE, REMOVE]);
  checkGone(t, lab);
});

t.test('a stop that the processor refuses, and that is tried again', async (t) => {
  const lab = await Lab.boot(t);
  const driver = watched(lab);
  await lab.start(vdevImage(TEST_ID));
  lab.rproc().faults.knobs.stop_err?.store(ascii('5 once'));
  t.equal(await lab.state('stop'), 'EIO');
  t.equal(lab.rproc().state, 'running');
  t.equal(lab.virtio.bus.devices.length, 0);
  t.strictSame(lab.list('/bus/platform/drivers/rproc-virtio'), ['bind', 'rproc-virtio.0.auto', 'uevent', 'unbind']);
  t.equal(await lab.state('stop'), 'ok');
  t.strictSame(driver.calls, [PROBE, REMOVE]);
  checkGone(t, lab);
  t.equal(await lab.start(vdevImage(TEST_ID)), 'ok');
  t.strictSame(lab.list('/bus/virtio/devices'), ['virtio0'], 'its number was given back');
});

t.test('while a stop takes its time, the device is gone, and nobody waits', async (t) => {
  const lab = await Lab.boot(t);
  watched(lab);
  await lab.start(vdevImage(TEST_ID));
  lab.rproc().faults.knobs.stop_delay_ms?.store(ascii('60000'));
  const stopping = lab.state('stop');
  await turn();
  t.equal(await lab.write('/bus/virtio/drivers/virtio_test/unbind', 'virtio0\n'), 'ENODEV');
  t.strictSame(lab.list('/bus/virtio/devices'), []);
  lab.rproc().faults.endDelays();
  t.equal(await stopping, 'ok');
});

t.test('unbound by hand before the stop', async (t) => {
  const lab = await Lab.boot(t);
  const driver = watched(lab);
  await lab.start(vdevImage(TEST_ID));
  t.equal(await lab.write('/bus/virtio/drivers/virtio_test/unbind', 'virtio0\n'), 'ok');
  lab.uevents();
  t.equal(await lab.state('stop'), 'ok');
  t.strictSame(driver.calls, [PROBE, REMOVE]);
  t.match(lab.uevents()[0], /^remove .*\/virtio0$/);
  checkGone(t, lab);
});

t.test('a start that fails', async (t) => {
  const lab = await Lab.boot(t);
  const driver = watched(lab);
  lab.rproc().faults.knobs.start_err?.store(ascii('5 once'));
  t.equal(await lab.start(vdevImage(TEST_ID)), 'EIO');
  t.strictSame(driver.calls, []);
  checkGone(t, lab);
  const deaf = await Lab.boot(t, { generic: 'nokick=1' });
  t.equal(await deaf.start(image(vdevEntry({ id: TEST_ID }), vdevEntry({ id: TEST_ID }))), 'EINVAL');
  t.strictSame(deaf.lines().slice(2), [
    '<3>rproc-virtio rproc-virtio.0.auto: .kick method not defined for mips',
    '<3>remoteproc remoteproc0: failed to probe subdevices for mips: -22',
    '<3>remoteproc remoteproc0: Boot failed: -22',
  ]);
  t.equal(deaf.rproc().state, 'offline');
  checkGone(t, deaf);
});

t.test('the processor is taken away', async (t) => {
  const lab = await Lab.boot(t);
  const driver = watched(lab);
  await lab.start(vdevImage(TEST_ID));
  t.equal(await lab.write('/bus/platform/drivers/rproc-virtio/unbind', 'rproc-virtio.0.auto\n'), 'EBUSY');
  await lab.linux.generic.removeAll();
  t.strictSame(driver.calls, [PROBE, REMOVE]);
  checkGone(t, lab);
  t.equal(lab.node('/devices/platform/generic-rproc.0'), undefined);
});

/** At which of the machine's calls the driver let go. */
class Listening extends FakeHardware {
  override halt(cpu: number): Promise<void> {
    this.calls.push('about to halt');
    return super.halt(cpu);
  }
}

for (const [how, action] of [
  ['a CPU comes to Linux', (lab: Lab) => lab.linux.storeCpuOnline(1, ascii('1'))],
  ['a CPU leaves the mask', (lab: Lab) => lab.linux.mips.setCpus([2])],
  ['the program ends', (lab: Lab) => lab.linux.close()],
] as const)
  t.test(how, async (t) => {
    const hardware = new Listening();
    const lab = await Lab.boot(t, { mask: [1], hardware });
    const driver = testDriver({ remove: () => hardware.calls.push('let go') });
    lab.virtio.bus.addDriver(driver);
    t.equal(await lab.start(firmware(DA, vdevEntry({ id: TEST_ID }))), 'ok');
    await action(lab);
    t.strictSame(hardware.calls.slice(-3), ['let go', 'about to halt', 'halt 1']);
    t.strictSame(driver.calls, [PROBE, REMOVE]);
    checkGone(t, lab);
  });
