/** Virtio devices from the start of their processor to its stop, and what the trees and uevents tell of them. */
import t from 'tap';
import { NO_TTYS, type ClassDevice, type TtyHost } from '../../src/virtio/index.js';
import { vdevEntry } from '../rproc/elf-builder.js';
import { testDriver, TEST_ID } from './drivers.js';
import { image, Lab, vdevImage } from './lab.js';

const RPROC = '/devices/platform/generic-rproc.0/remoteproc/remoteproc0';
const VDEV = `${RPROC}/rproc-virtio.0.auto`;
const DEVICE = `${VDEV}/virtio0`;
const BUS = '/bus/virtio';
const DRIVER = `${BUS}/drivers/virtio_test`;

t.test('a device without driver', async (t) => {
  const lab = await Lab.boot(t);
  t.equal(await lab.start(vdevImage(0x1a2b)), 'ok');
  t.ok(lab.lines().includes('<6>rproc-virtio rproc-virtio.0.auto: registered virtio0 (type 6699)'));
  t.strictSame(lab.list(DEVICE), [
    'device',
    'features',
    'modalias',
    'power',
    'status',
    'subsystem',
    'uevent',
    'vendor',
  ]);
  t.equal(lab.link(`${BUS}/devices/virtio0`), `../../..${DEVICE}`);
  t.equal(lab.link(`${DEVICE}/subsystem`), '../../../../../../../bus/virtio');
  t.equal(await lab.read(`${DEVICE}/device`), '0x1a2b\n');
  t.equal(await lab.read(`${DEVICE}/vendor`), '0x0000\n');
  t.equal(await lab.read(`${DEVICE}/status`), '0x00000001\n');
  t.equal(await lab.read(`${DEVICE}/features`), `${'0'.repeat(64)}\n`);
  t.equal(await lab.read(`${DEVICE}/modalias`), 'virtio:d00001A2Bv00000000\n');
  t.equal(await lab.read(`${DEVICE}/uevent`), 'MODALIAS=virtio:d00001A2Bv00000000\n');
  t.strictSame(lab.uevents(), [`add ${VDEV}`, `bind ${VDEV}`, `add ${DEVICE}`]);
  t.equal(await lab.write(`${DEVICE}/uevent`, 'bogus'), 'EINVAL');
  t.ok(lab.lines().includes('<3>virtio virtio0: uevent: failed to send synthetic uevent: -22'));
  t.equal(await lab.state('stop'), 'ok');
  t.strictSame(lab.list(`${BUS}/devices`), []);
  t.equal(lab.node(VDEV), undefined);
  t.strictSame(lab.uevents(), [`remove ${DEVICE}`, `unbind ${VDEV}`, `remove ${VDEV}`]);
});

t.test('a device and its driver', async (t) => {
  const lab = await Lab.boot(t);
  const driver = testDriver({
    probe: (device) => {
      t.equal(device.status, 3, 'ACKNOWLEDGE and DRIVER');
      device.log.info('here');
    },
  });
  lab.virtio.bus.addDriver(driver);
  t.strictSame(lab.uevents(), [`add ${DRIVER}`]);
  t.strictSame(lab.list(DRIVER), ['bind', 'uevent', 'unbind']);
  t.equal(await lab.start(vdevImage(TEST_ID)), 'ok');
  t.strictSame(lab.lines().slice(2, 4), [
    '<6>virtio_test virtio0: here',
    '<6>rproc-virtio rproc-virtio.0.auto: registered virtio0 (type 99)',
  ]);
  t.strictSame(lab.uevents(), [`add ${VDEV}`, `bind ${VDEV}`, `add ${DEVICE}`, `bind ${DEVICE}`]);
  t.equal(lab.link(`${DEVICE}/driver`), '../../../../../../../bus/virtio/drivers/virtio_test');
  t.equal(lab.link(`${DRIVER}/virtio0`), `../../../..${DEVICE}`);
  t.equal(await lab.read(`${DEVICE}/status`), '0x00000007\n');
  t.equal(await lab.read(`${DEVICE}/features`), `1${'0'.repeat(63)}\n`);
  t.equal(await lab.read(`${DEVICE}/uevent`), 'DRIVER=virtio_test\nMODALIAS=virtio:d00000063v00000000\n');
  const table = '/kernel/debug/remoteproc/remoteproc0/resource_table';
  t.match(await lab.read(table), /Guest features 0x1\n.*\n {2}Status 0x7\n/);

  t.equal(await lab.write(`${DRIVER}/unbind`, 'virtio1\n'), 'ENODEV');
  t.equal(await lab.write(`${DRIVER}/bind`, 'virtio0'), 'EBUSY');
  t.equal(await lab.write(`${DRIVER}/unbind`, 'virtio0\n'), 'ok');
  t.equal(await lab.write(`${DRIVER}/unbind`, 'virtio0\n'), 'ENODEV');
  t.equal(await lab.read(`${DEVICE}/status`), '0x00000001\n');
  t.match(await lab.read(table), /Guest features 0x1\n.*\n {2}Status 0x1\n/);
  t.equal(lab.node(`${DEVICE}/driver`), undefined);
  t.strictSame(lab.list(DRIVER), ['bind', 'uevent', 'unbind']);
  t.strictSame(
    lab.events.splice(0).map(({ action, keys }) => [action, keys]),
    [['unbind', { ACTION: 'unbind', DEVPATH: DEVICE, SUBSYSTEM: 'virtio' }]],
  );
  t.equal(await lab.write(`${DRIVER}/bind`, 'virtio0\n'), 'ok');
  t.strictSame(
    lab.events.splice(0).map(({ keys }) => keys),
    [
      {
        ...{ ACTION: 'bind', DEVPATH: DEVICE, SUBSYSTEM: 'virtio' },
        ...{ DRIVER: 'virtio_test', MODALIAS: 'virtio:d00000063v00000000' },
      },
    ],
  );
  lab.virtio.bus.removeDriver(driver);
  t.equal(lab.node(DRIVER), undefined);
  t.strictSame(lab.uevents(), [`unbind ${DEVICE}`, `remove ${DRIVER}`]);
  t.strictSame(driver.calls, [
    'probe virtio0',
    'remove virtio0, status 7',
    'probe virtio0',
    'remove virtio0, status 7',
  ]);
});

t.test('drivers_autoprobe and drivers_probe', async (t) => {
  const lab = await Lab.boot(t);
  const driver = testDriver();
  lab.virtio.bus.addDriver(driver);
  t.equal(await lab.read(`${BUS}/drivers_autoprobe`), '1\n');
  t.equal(await lab.write(`${BUS}/drivers_autoprobe`, '0\n'), 'ok');
  t.equal(await lab.read(`${BUS}/drivers_autoprobe`), '0\n');
  await lab.start(vdevImage(TEST_ID));
  t.equal(await lab.read(`${DEVICE}/status`), '0x00000001\n');
  t.equal(await lab.write(`${BUS}/drivers_probe`, 'virtio7\n'), 'ENODEV');
  t.equal(await lab.write(`${BUS}/drivers_probe`, 'virtio0\n'), 'ok');
  t.equal(await lab.write(`${BUS}/drivers_probe`, 'virtio0\n'), 'ok', 'nothing is left to do');
  t.equal(await lab.read(`${DEVICE}/status`), '0x00000007\n');
  t.strictSame(driver.calls, ['probe virtio0']);
  for (const other of ['', 'x', '1\n']) {
    await lab.write(`${BUS}/drivers_autoprobe`, other);
    t.equal(await lab.read(`${BUS}/drivers_autoprobe`), '1\n');
  }
});

t.test('a driver that refuses', async (t) => {
  const lab = await Lab.boot(t);
  const refusing = testDriver({ error: 'ENOMEM' });
  lab.virtio.bus.addDriver(refusing);
  t.equal(await lab.start(vdevImage(TEST_ID)), 'ok', 'the processor does not care');
  t.equal(await lab.read(`${DEVICE}/status`), '0x00000083\n');
  t.ok(lab.lines().includes('<4>virtio_test: probe of virtio0 failed with error -12'));
  t.equal(lab.node(`${DEVICE}/driver`), undefined);
  t.equal(await lab.write(`${DRIVER}/bind`, 'virtio0\n'), 'ENOMEM');
  t.equal(await lab.write(`${DRIVER}/unbind`, 'virtio0\n'), 'ENODEV');
  t.equal(await lab.state('stop'), 'ok');
  t.strictSame(refusing.calls, ['probe virtio0', 'probe virtio0'], 'what was never bound is not let go');
});

t.test('queues', async (t) => {
  const lab = await Lab.boot(t);
  const asked: string[] = [];
  const ask = (index: number, find: (index: number) => unknown): void => {
    try {
      find(index);
      asked.push('ok');
    } catch (error) {
      asked.push(error instanceof Error ? error.message : '');
    }
  };
  lab.virtio.bus.addDriver(
    testDriver({
      probe: (device) => [0, 1, 2].forEach((index) => ask(index, () => device.findQueue(index, { name: `q${index}` }))),
    }),
  );
  await lab.start(vdevImage(TEST_ID));
  t.strictSame(asked.splice(0), ['ok', 'ok', 'EINVAL']);
  await lab.state('stop');
  await lab.start(image(vdevEntry({ id: TEST_ID, rings: [{}] })));
  t.strictSame(asked.splice(0), ['ok', 'ENOMEM', 'EINVAL']);
});

const CHAR = { major: 240, minor: 3, attributes: {}, node: undefined };

t.test('devices of classes', async (t) => {
  const lab = await Lab.boot(t);
  const { classDevices } = lab.virtio;
  const port: ClassDevice = {
    ...CHAR,
    ...{ name: 'vport0p0', className: 'virtio-ports', path: `${DEVICE}/virtio-ports/vport0p0`, parentPath: DEVICE },
    attributes: { name: () => 'console\n' },
    debug: () => 'console_vtermno: 0\n',
    node: {
      kind: 'file',
      mode: 0o600,
      open: () => ({ ioctl: (command, input) => Uint8Array.of(command, ...input) }),
    },
  };
  const child: ClassDevice = {
    ...CHAR,
    ...{ name: 'rpmsg0', className: 'rpmsg', path: `${port.path}/rpmsg0`, parentPath: port.path, minor: 4 },
  };
  const tty: ClassDevice = {
    ...CHAR,
    ...{ name: 'hvc0', className: 'tty', path: '/devices/virtual/tty/hvc0', parentPath: undefined, minor: 5 },
  };
  for (const device of [port, child, tty]) classDevices.notify({ type: 'added', device });
  t.strictSame(lab.uevents(), [`add ${port.path}`, `add ${child.path}`, `add ${tty.path}`]);
  t.strictSame(lab.list(`${DEVICE}/virtio-ports`), ['vport0p0']);
  t.strictSame(lab.list(port.path), ['dev', 'device', 'name', 'power', 'rpmsg0', 'subsystem', 'uevent']);
  t.equal(await lab.read(`${port.path}/name`), 'console\n');
  t.equal(await lab.read(`${port.path}/dev`), '240:3\n');
  t.equal(await lab.read(`${port.path}/uevent`), 'MAJOR=240\nMINOR=3\nDEVNAME=vport0p0\n');
  t.equal(lab.link(`${port.path}/device`), '../../../virtio0');
  t.equal(lab.link(`${port.path}/subsystem`), '../../../../../../../../../class/virtio-ports');
  t.equal(lab.link('/class/virtio-ports/vport0p0'), `../..${port.path}`);
  t.equal(lab.link('/dev/char/240:3'), `../..${port.path}`);
  t.equal(await lab.read('/kernel/debug/virtio-ports/vport0p0'), 'console_vtermno: 0\n');
  t.equal(lab.link(`${child.path}/device`), '../../vport0p0');
  t.strictSame(lab.list('/devices/virtual/tty'), ['hvc0']);
  t.strictSame(lab.list(tty.path), ['dev', 'power', 'subsystem', 'uevent']);
  t.match(lab.node('/vport0p0', lab.dev), { kind: 'stream', mode: 0o600 });
  t.equal(lab.node('/hvc0', lab.dev), undefined, 'not ready');
  classDevices.notify({ type: 'node-ready', device: { ...tty, node: { kind: 'tty', path: '/dev/pts/7' } } });
  t.equal(lab.link('hvc0', lab.dev), '/dev/pts/7');
  t.strictSame(lab.uevents(), []);
  for (const device of [tty, child, port]) classDevices.notify({ type: 'removed', device });
  t.strictSame(lab.uevents(), [`remove ${tty.path}`, `remove ${child.path}`, `remove ${port.path}`]);
  t.strictSame(lab.list('/', lab.dev), ['kmsg', 'remoteproc0']);
  t.equal(lab.node(`${DEVICE}/virtio-ports`), undefined, 'the directory of the class went with its last member');
  t.equal(lab.node('/devices/virtual/tty'), undefined);
  for (const empty of ['/class/virtio-ports', '/class/rpmsg', '/class/tty', '/kernel/debug/virtio-ports'])
    t.strictSame(lab.list(empty), [], empty);
  t.strictSame(lab.list('/dev/char'), ['245:0']);
});

t.test('a console without a node takes no terminal of the host', async (t) => {
  const opened: string[] = [];
  const open: TtyHost['open'] = (name, options) => {
    opened.push(name);
    return NO_TTYS.open(name, options);
  };
  const lab = await Lab.boot(t, { ttys: { open } });
  t.equal(await lab.start(image(...Array.from({ length: 20 }, () => vdevEntry({ id: 3 })))), 'ok');
  t.equal(lab.list('/class/virtio-ports').length, 20);
  t.strictSame(opened, ['hvc0', 'hvc1', 'hvc2', 'hvc3', 'hvc4', 'hvc5', 'hvc6', 'hvc7']);
});
