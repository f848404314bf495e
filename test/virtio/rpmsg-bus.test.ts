/** The remote side and its channels: docs/reference/kernel-abi.md 7.1 to 7.5. */
import t from 'tap';
import { announcement, NAME_SERVICE, ManualTimer, RpmsgRemote } from './rpmsg-remote.js';
import { text } from '../rproc/bench.js';

const BUS = '/bus/rpmsg/devices';
const V = 'virtio_rpmsg_bus virtio0';

t.test('a start', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab, input, output } = remote;
  t.equal(lab.rproc().state, 'running');
  const lines = lab.lines();
  t.strictSame(lines.slice(2), [
    `<6>${V}: rpmsg host is online`,
    '<6>rproc-virtio rproc-virtio.0.auto: registered virtio0 (type 7)',
    '<6>remoteproc remoteproc0: remote processor mips is now up',
  ]);
  t.strictSame(remote.channels(), ['virtio0.rpmsg_ctrl.0.0', 'virtio0.rpmsg_ns.53.53']);
  t.equal(input.availableIndex, 16, 'every buffer is offered');
  const offers = Array.from({ length: 16 }, () => input.take()?.buffers[0]);
  t.ok(offers.every((buffer) => buffer?.length === 512 && buffer.writable));
  const addresses = offers.map((buffer) => Number(buffer?.address ?? 0n));
  t.strictSame(
    addresses.map((address) => address - (addresses[0] ?? 0)),
    Array.from({ length: 16 }, (_, index) => 512 * index),
  );
  t.equal(output.availableIndex, 0);
  t.ok(output.interruptsSuppressed);
  t.notOk(input.interruptsSuppressed);
});

t.test('a small ring, a large one, two of different sizes', async (t) => {
  for (const [rx, tx, buffers] of [
    [2, 2, 2],
    [512, 512, 256],
    [8, 2, 8],
  ] as const) {
    const remote = await RpmsgRemote.boot(t, { rings: [{ num: rx }, { num: tx }] });
    t.equal(remote.input.availableIndex, buffers, `${rx} and ${tx}`);
    await remote.lab.state('stop');
  }
});

t.test('services come and go', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  lab.lines();
  lab.uevents();
  remote.announce({ name: 'rpmsg-client-sample', address: 0x400 });
  t.strictSame(lab.lines(), [`<6>${V}: creating channel rpmsg-client-sample addr 0x400`]);
  const at = `${BUS}/virtio0.rpmsg-client-sample.-1.1024`;
  t.equal(await lab.read(`${at}/src`), '0xffffffff\n');
  t.equal(await lab.read(`${at}/dst`), '0x400\n');
  t.equal(await lab.read(`${at}/name`), 'rpmsg-client-sample\n');
  t.equal(await lab.read(`${at}/announce`), 'false\n');
  t.equal(await lab.read(`${at}/modalias`), 'rpmsg:rpmsg-client-sample\n');
  t.equal(await lab.read(`${at}/driver_override`), '(null)\n');
  const path = `${lab.rproc().path}/rproc-virtio.0.auto/virtio0/virtio0.rpmsg-client-sample.-1.1024`;
  t.strictSame(lab.uevents(), [`add ${path}`]);

  remote.announce({ name: 'rpmsg-client-sample', address: 0x400 });
  t.strictSame(lab.lines(), [
    `<6>${V}: creating channel rpmsg-client-sample addr 0x400`,
    `<3>${V}: channel rpmsg-client-sample:ffffffff:400 already exist`,
    `<3>${V}: rpmsg_create_channel failed`,
  ]);
  remote.announce({ name: 'rpmsg-client-sample', address: 0x401, flags: 1 });
  t.strictSame(lab.lines(), [
    `<6>${V}: destroying channel rpmsg-client-sample addr 0x401`,
    `<3>${V}: rpmsg_destroy_channel failed: -22`,
  ]);
  remote.announce({ name: 'rpmsg-client-sample', address: 0x400, flags: 1 });
  t.strictSame(lab.lines(), [`<6>${V}: destroying channel rpmsg-client-sample addr 0x400`]);
  t.strictSame(lab.uevents(), [`remove ${path}`]);
  t.strictSame(remote.channels(), ['virtio0.rpmsg_ctrl.0.0', 'virtio0.rpmsg_ns.53.53']);
});

t.test('uevents of a run (oracle, 27-uevent)', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  const at = `${lab.rproc().path}/rproc-virtio.0.auto`;
  const events = (): string[] =>
    lab
      .uevents()
      .filter((event) => event.includes(at))
      .map((event) => event.replace(at, ''));
  const [control, names] = ['/virtio0/virtio0.rpmsg_ctrl.0.0', '/virtio0/virtio0.rpmsg_ns.53.53'];
  t.strictSame(events(), [
    ...['add ', 'bind ', 'add /virtio0', `add ${control}`, `add ${control}/rpmsg/rpmsg_ctrl0`, `bind ${control}`],
    ...[`add ${names}`, `bind ${names}`, 'bind /virtio0'],
  ]);
  const channel = '/virtio0/virtio0.rpmsg-raw.-1.1024';
  remote.announce({ name: 'rpmsg-raw', address: 0x400 });
  t.strictSame(events(), [`add ${channel}`, `add ${channel}/rpmsg/rpmsg0`, `bind ${channel}`]);
  await lab.state('stop');
  t.strictSame(events(), [
    ...[`remove ${control}/rpmsg/rpmsg_ctrl0`, `unbind ${control}`, `remove ${control}`],
    ...[`unbind ${names}`, `remove ${names}`],
    ...[`remove ${channel}/rpmsg/rpmsg0`, `unbind ${channel}`, `remove ${channel}`],
    ...['unbind /virtio0', 'remove /virtio0', 'unbind ', 'remove '],
  ]);
});

t.test('malformed announcements', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  remote.lab.lines();
  const good = announcement({ name: 'rpmsg-raw', address: 1 });
  for (const length of [0, 39, 41, 496]) {
    remote.tell(NAME_SERVICE, Buffer.concat([good, new Uint8Array(456)]).subarray(0, length));
    t.strictSame(remote.lab.lines(), [`<3>${V}: malformed ns msg (${length})`]);
  }
  remote.tell(NAME_SERVICE, new Uint8Array(40).fill(0x41));
  t.strictSame(remote.lab.lines(), [
    `<6>${V}: destroying channel ${'A'.repeat(31)} addr 0x41414141`,
    `<3>${V}: rpmsg_destroy_channel failed: -22`,
  ]);
});

t.test('odd names', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  remote.lab.lines();
  remote.announce({ name: 'a/b', address: 5 });
  remote.announce({ name: 'a!b', address: 5 });
  t.strictSame(remote.lab.lines().slice(1), [
    `<6>${V}: creating channel a!b addr 0x5`,
    '<3>rpmsg virtio0.a!b.-1.5: device_add failed: -17',
    `<3>${V}: rpmsg_create_channel failed`,
  ]);
  remote.announce({ name: '', address: 0xffff_ffff });
  remote.announce({ name: '\x01\xff', address: 6 });
  t.strictSame(remote.channels().slice(2), ['virtio0.a!b.-1.5', 'virtio0..-1.-1', 'virtio0.\x01\xff.-1.6']);
  // a channel that is found by any address
  remote.announce({ name: 'a/b', address: 0xffff_ffff, flags: 1 });
  t.strictSame(remote.channels().slice(2), ['virtio0..-1.-1', 'virtio0.\x01\xff.-1.6']);
});

t.test('without a name service', async (t) => {
  const remote = await RpmsgRemote.boot(t, { features: 0 });
  const { lab } = remote;
  t.strictSame(remote.channels(), ['virtio0.rpmsg_ctrl.0.0']);
  lab.lines();
  remote.announce({ name: 'x', address: 1 });
  t.strictSame(lab.lines(), [`<4>${V}: msg received with no recipient`]);
});

t.test('nobody is there', async (t) => {
  const time = new ManualTimer();
  const remote = await RpmsgRemote.boot(t, { timer: time.after });
  const { lab } = remote;
  lab.lines();
  for (let n = 0; n < 40; n++) remote.tell(0x700, 'x');
  t.same(lab.lines(), Array(10).fill(`<4>${V}: msg received with no recipient`), 'ten in five seconds');
  time.pass(5000);
  remote.tell(0x700, 'x');
  t.strictSame(lab.lines(), [
    '<4>rpmsg_recv_single: 30 callbacks suppressed',
    `<4>${V}: msg received with no recipient`,
  ]);
});

t.test('messages that are none', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab, input } = remote;
  lab.lines();
  const header = (length: number): Uint8Array => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint16(12, length, true);
    return bytes;
  };
  const wrong = [
    [header(0), 513, '(513, 0)'],
    [header(497), 512, '(512, 497)'],
    [header(1), 16, '(16, 1)'],
    [header(65535), 0, '(0, 65535)'],
    [header(4), 0xffff_ffff, '(-1, 4)'],
  ] as const;
  for (const [bytes, written, numbers] of wrong) {
    remote.put(bytes, written);
    remote.put(header(0));
    remote.ring(0);
    t.strictSame(lab.lines(), [`<4>${V}: inbound msg too big: ${numbers}`], 'the loop ends there');
    remote.ring(0);
    t.strictSame(lab.lines(), [`<4>${V}: msg received with no recipient`], 'and goes on with the next interrupt');
  }
  t.equal(input.availableIndex, 16 + wrong.length, 'those buffers are not offered again');
});

t.test('a ring that makes no sense', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab, input } = remote;
  lab.lines();
  input.use(99, 16);
  remote.ring(0);
  t.strictSame(lab.lines(), [
    `<3>${V}: input:id 99 out of range`,
    `<3>${V}: uhm, incoming signal, but no used buffer ?`,
  ]);
  remote.ring(0);
  t.strictSame(lab.lines(), []);
  t.equal(await lab.state('stop'), 'ok');
});

t.test('a driver comes and goes', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  const S = 'virtio0.service.-1.1024';
  const at = `${BUS}/${S}`;
  remote.announce({ name: 'service', address: 0x400 });
  lab.lines();
  t.equal(await lab.write('/bus/rpmsg/drivers/rpmsg_chrdev/bind', S), 'ENODEV', 'it is not its own');
  t.equal(await lab.write('/bus/rpmsg/drivers/rpmsg_ns/bind', 'bogus'), 'ENODEV');
  t.equal(await lab.write(`${at}/driver_override`, 'rpmsg_chrdev\n'), 'ok');
  t.equal(await lab.read(`${at}/driver_override`), 'rpmsg_chrdev\n');
  t.equal(await lab.write('/bus/rpmsg/drivers/rpmsg_chrdev/bind', `${S}\n`), 'ok');
  t.equal(await lab.write('/bus/rpmsg/drivers/rpmsg_chrdev/bind', S), 'EBUSY');
  t.equal(await lab.read(`${at}/src`), '0x400\n');
  t.equal(await lab.read(`${at}/uevent`), 'DRIVER=rpmsg_chrdev\nMODALIAS=rpmsg:service\n');
  t.equal(await lab.write('/bus/rpmsg/drivers/rpmsg_tty/unbind', S), 'ENODEV');
  t.equal(await lab.write('/bus/rpmsg/drivers/rpmsg_chrdev/unbind', S), 'ok');
  t.equal(await lab.read(`${at}/src`), '0x400\n', 'the address is kept');
  // which somebody else takes
  t.equal(await lab.write(`${at}/driver_override`, '\n'), 'ok');
  remote.announce({ name: 'rpmsg-raw', address: 0x401 });
  t.equal(await lab.read(`${BUS}/virtio0.rpmsg-raw.-1.1025/src`), '0x400\n');
  t.equal(await lab.write(`${at}/driver_override`, 'rpmsg_chrdev'), 'ok');
  lab.lines();
  t.equal(await lab.write('/bus/rpmsg/drivers/rpmsg_chrdev/bind', S), 'ENOMEM');
  t.strictSame(lab.lines(), [
    `<3>rpmsg_chrdev ${S}: idr_alloc failed: -28`,
    `<3>rpmsg_chrdev ${S}: failed to create endpoint`,
    `<4>rpmsg_chrdev: probe of ${S} failed with error -12`,
  ]);
  t.equal(await lab.write('/bus/virtio/drivers/virtio_rpmsg_bus/unbind', 'virtio0'), 'ok');
  t.strictSame(lab.list('/class/rpmsg'), []);
  t.strictSame(remote.channels(), []);
  t.equal(await lab.read('/bus/virtio/devices/virtio0/status'), '0x00000001\n');
  t.equal(await lab.write('/bus/virtio/drivers/virtio_rpmsg_bus/bind', 'virtio0'), 'ok');
  t.strictSame(remote.channels(), ['virtio0.rpmsg_ctrl.0.0', 'virtio0.rpmsg_ns.53.53']);
});

t.test('a service of our own is announced', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  const control = remote.open('rpmsg_ctrl0');
  const info = announcement({ name: 'rpmsg-raw', address: 0x30, flags: 0x31 });
  control.ioctl?.(0x4028b503, info);
  t.strictSame(remote.channels().at(-1), 'virtio0.rpmsg-raw.48.49');
  t.equal(await lab.read(`${BUS}/virtio0.rpmsg-raw.48.49/announce`), 'true\n');
  t.match(remote.heard(), [{ source: 0x30, destination: 53, service: { name: 'rpmsg-raw', address: 0x30, flags: 0 } }]);
  control.ioctl?.(0x4028b504, info);
  t.match(remote.heard(), [{ source: 0x30, destination: 53, service: { name: 'rpmsg-raw', address: 0x30, flags: 1 } }]);
  t.strictSame(remote.heard(), []);

  // without a buffer for it there is no such driver
  const raw = remote.open('rpmsg_ctrl0');
  remote.announce({ name: 'rpmsg-raw', address: 0x400 });
  const file = remote.open('rpmsg0');
  for (let n = 0; n < 16; n++)
    await file.write?.(Buffer.from('x'), { nonblock: true, signal: new AbortController().signal });
  lab.lines();
  raw.ioctl?.(0x4028b503, info);
  const name = 'virtio0.rpmsg-raw.48.49';
  t.strictSame(lab.lines(), [
    `<3>rpmsg_chrdev ${name}: failed to announce service -12`,
    `<3>rpmsg_chrdev ${name}: failed to announce creation`,
    `<4>rpmsg_chrdev: probe of ${name} failed with error -12`,
  ]);
  t.notOk(remote.files.has('rpmsg1'));
  t.equal(
    remote
      .heard()
      .map(({ payload }) => text(payload))
      .join(''),
    'x'.repeat(16),
  );
});

t.test('everything begins anew', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  for (let time = 0; time < 3; time++) {
    remote.announce({ name: 'rpmsg-raw', address: 0x400 });
    remote.announce({ name: 'rpmsg-raw', address: 0x401 });
    t.equal(await lab.read(`${BUS}/virtio0.rpmsg-raw.-1.1025/src`), '0x401\n');
    t.strictSame(lab.list('/class/rpmsg'), ['rpmsg0', 'rpmsg1', 'rpmsg_ctrl0']);
    lab.lines();
    t.equal(await lab.state('stop'), 'ok');
    t.strictSame(lab.lines(), ['<6>remoteproc remoteproc0: stopped remote processor mips']);
    t.strictSame(lab.list(BUS), []);
    t.strictSame(lab.list('/class/rpmsg'), []);
    t.strictSame(lab.list('/', lab.dev), ['kmsg', 'remoteproc0']);
    t.equal(await remote.start(), 'ok');
  }
});
