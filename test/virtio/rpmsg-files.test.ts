/** /dev/rpmsg<N> and /dev/rpmsg_ctrl<N>: docs/reference/kernel-abi.md 7.6. */
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { Errno } from '../../src/kernel/index.js';
import type { Call, CharFile } from '../../src/virtio/index.js';
import { ascii, outcome, text } from '../rproc/bench.js';
import { announcement, BLOCKING, ManualTimer, NONBLOCKING, RpmsgRemote } from './rpmsg-remote.js';

const IOCTL = { createEndpoint: 0x4028b501, destroyEndpoint: 0xb502, createDevice: 0x4028b503, release: 0x4028b504 };
const ANY = 0xffff_ffff;
const info = (name: string, src: number, dst: number) => announcement({ name, address: src, flags: dst });

const read = async (file: CharFile, size: number, call: Call = NONBLOCKING): Promise<string> =>
  text((await file.read?.(size, call)) ?? new Uint8Array());
const readOutcome = (file: CharFile, size: number, call?: Call): Promise<string> => outcome(read(file, size, call));
const write = (file: CharFile, data: string, call: Call = NONBLOCKING): Promise<string> =>
  outcome((async () => file.write?.(ascii(data), call))());
const ioctl = (file: CharFile, command: number, input: Uint8Array = new Uint8Array()): Promise<string> =>
  outcome((async () => Promise.resolve(file.ioctl?.(command, input)))());
const open = (remote: RpmsgRemote, name: string): Promise<string> =>
  outcome((async () => Promise.resolve(remote.open(name)))());

async function withRaw(t: Parameters<typeof RpmsgRemote.boot>[0], wish: Parameters<typeof RpmsgRemote.boot>[1] = {}) {
  const remote = await RpmsgRemote.boot(t, wish);
  remote.announce({ name: 'rpmsg-raw', address: 0x401 });
  remote.lab.lines();
  return { remote, lab: remote.lab, file: remote.open('rpmsg0') };
}

t.test('messages', async (t) => {
  const { remote, lab, file } = await withRaw(t);
  t.equal(await readOutcome(file, 10), 'EAGAIN');
  t.equal(await write(file, 'hello'), 'ok');
  t.match(remote.heard(), [{ source: 0x400, destination: 0x401, payload: ascii('hello') }]);
  t.equal(await write(file, ''), 'ok');
  t.match(remote.heard(), [{ payload: new Uint8Array() }]);
  for (const payload of ['one', 'three', '', 'four']) remote.tell(0x400, payload);
  t.equal(await read(file, 2), 'on', 'the rest is lost');
  t.equal(await read(file, 100), 'three');
  t.equal(await read(file, 100), '', 'an empty one');
  t.equal(await read(file, 100), 'four');
  t.equal(await readOutcome(file, 100), 'EAGAIN');
  t.equal(await write(file, 'x'.repeat(496)), 'ok');
  t.equal(await write(file, 'x'.repeat(497)), 'EMSGSIZE');
  t.strictSame(lab.lines(), ['<3>rpmsg_chrdev virtio0.rpmsg-raw.-1.1025: message is too big (497)']);
  t.equal(remote.heard().length, 1);
  t.equal(await open(remote, 'rpmsg0'), 'EBUSY');
  remote.tell(0x400, 'for nobody');
  file.release?.();
  remote.tell(0x400, 'while it is closed');
  const again = remote.open('rpmsg0');
  t.equal(await read(again, 100), 'while it is closed', 'a default endpoint goes on receiving');
  t.equal(await ioctl(again, IOCTL.destroyEndpoint), 'EINVAL', 'and is no one to destroy');
  t.equal(await ioctl(again, 0x8004b505), 'EINVAL');
});

t.test('a blocking read', async (t) => {
  const { remote, file } = await withRaw(t);
  const first = read(file, 100, BLOCKING);
  const second = read(file, 100, BLOCKING);
  remote.tell(0x400, 'a');
  remote.tell(0x400, 'b');
  t.strictSame(await Promise.all([first, second]), ['a', 'b']);

  const signal = new AbortController();
  const interrupted = readOutcome(file, 100, { nonblock: false, signal: signal.signal });
  signal.abort();
  t.equal(await interrupted, 'EINTR');
  remote.tell(0x400, 'c');
  t.equal(await read(file, 100), 'c', 'the signal took no message');

  const stopped = readOutcome(file, 100, BLOCKING);
  t.equal(await remote.lab.state('stop'), 'ok');
  t.equal(await stopped, 'EPIPE');
});

t.test('poll', async (t) => {
  const { remote, file } = await withRaw(t);
  let woken = 0;
  const poll = () => file.readiness?.(() => woken++);
  for (let n = 0; n < 5; n++) t.strictSame(poll(), { readable: false, writable: false, error: false });
  remote.tell(0x400, 'a');
  t.equal(woken, 1, 'one change, however often it was asked');
  t.strictSame(poll(), { readable: true, writable: false, error: false });
  await read(file, 1);
  t.strictSame(poll(), { readable: false, writable: false, error: false });
  await remote.lab.state('stop');
  t.equal(woken, 2);
  t.strictSame(poll(), { readable: false, writable: false, error: true });
});

t.test("endpoints of one's own", async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  const control = remote.open('rpmsg_ctrl0');
  t.strictSame(Object.keys(control), ['ioctl', 'release']);
  lab.uevents();
  t.equal(await ioctl(control, IOCTL.createEndpoint, info('mine', ANY, 0x600)), 'ok');
  const at = '/class/rpmsg/rpmsg0';
  t.equal(await lab.read(`${at}/name`), 'mine\n');
  t.equal(await lab.read(`${at}/src`), '-1\n', 'as it was asked for');
  t.equal(await lab.read(`${at}/dst`), '1536\n');
  const path = `${lab.rproc().path}/rproc-virtio.0.auto/virtio0/virtio0.rpmsg_ctrl.0.0/rpmsg/rpmsg_ctrl0`;
  t.strictSame(lab.uevents(), [`add ${path}/rpmsg0`]);
  t.equal(lab.link(`${at.replace('/rpmsg0', '')}/rpmsg0`), `../..${path}/rpmsg0`);
  t.equal(lab.link(`${path}/rpmsg0/device`), '../../rpmsg_ctrl0');

  remote.lab.lines();
  remote.tell(0x400, 'too early');
  t.strictSame(lab.lines(), ['<4>virtio_rpmsg_bus virtio0: msg received with no recipient']);
  const file = remote.open('rpmsg0');
  remote.tell(0x400, 'hello');
  t.equal(await read(file, 100), 'hello');
  await write(file, 'ping');
  t.match(remote.heard(), [{ source: 0x400, destination: 0x600 }]);

  // at an address that is taken, to nowhere
  await ioctl(control, IOCTL.createEndpoint, info('taken', 0x400, ANY));
  t.equal(await open(remote, 'rpmsg1'), 'EINVAL');
  t.strictSame(lab.lines(), [
    '<3>rpmsg_ctrl virtio0.rpmsg_ctrl.0.0: idr_alloc failed: -28',
    '<3>rpmsg rpmsg1: failed to open taken',
  ]);
  await ioctl(control, IOCTL.createEndpoint, info('nowhere', 0x500, ANY));
  t.equal(await write(remote.open('rpmsg2'), 'x'), 'EINVAL');
  t.strictSame(lab.lines(), ['<3>rpmsg_ctrl virtio0.rpmsg_ctrl.0.0: invalid addr (src 0x500, dst 0xffffffff)']);

  const waiting = readOutcome(file, 1, BLOCKING);
  t.equal(await ioctl(file, IOCTL.destroyEndpoint), 'ok');
  t.equal(await waiting, 'EPIPE');
  t.equal(await write(file, 'x'), 'EPIPE');
  t.equal(await ioctl(file, IOCTL.destroyEndpoint), 'EINVAL');
  t.strictSame(lab.list('/class/rpmsg'), ['rpmsg1', 'rpmsg2', 'rpmsg_ctrl0']);
  // its address is free, its number is not while the file is open
  await ioctl(control, IOCTL.createEndpoint, info('next', ANY, 1));
  t.ok(remote.files.has('rpmsg3'));
  file.release?.();
  await ioctl(control, IOCTL.createEndpoint, info('next', ANY, 1));
  t.ok(remote.files.has('rpmsg0'));
  remote.open('rpmsg0');
  remote.tell(0x400, 'at the address that became free');
  lab.uevents();

  t.equal(await lab.state('stop'), 'ok');
  t.strictSame(lab.list('/class/rpmsg'), []);
  const gone = lab
    .uevents()
    .slice(0, 5)
    .map((event) => event.replace(path, ''));
  t.strictSame(gone, ['remove /rpmsg1', 'remove /rpmsg2', 'remove /rpmsg3', 'remove /rpmsg0', 'remove ']);
  t.equal(await ioctl(control, IOCTL.createEndpoint, info('late', 1, 1)), 'ENODEV');
});

t.test("channels of one's own", async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  const control = remote.open('rpmsg_ctrl0');
  lab.lines();
  t.equal(await ioctl(control, IOCTL.createDevice, info('own', 0x700, 0x800)), 'ok');
  t.equal(await ioctl(control, IOCTL.createDevice, info('own', 0x700, 0x800)), 'ENXIO');
  t.equal(await ioctl(control, IOCTL.release, info('own', 0x700, 0x801)), 'EINVAL');
  t.strictSame(lab.lines(), [
    '<3>virtio_rpmsg_bus virtio0: channel own:700:800 already exist',
    '<3>rpmsg rpmsg_ctrl0: failed to create own channel',
    '<3>rpmsg rpmsg_ctrl0: failed to release own channel (-22)',
  ]);
  t.equal(await ioctl(control, IOCTL.release, info('own', ANY, 0x800)), 'ok');
  t.equal(await ioctl(control, 0, info('own', 0, 0)), 'EINVAL');
  t.equal(await ioctl(control, IOCTL.createDevice, new Uint8Array(39)), 'EINVAL');
  // even its own
  t.equal(await ioctl(control, IOCTL.release, info('rpmsg_ctrl', 0, 0)), 'ok');
  t.strictSame(remote.channels(), ['virtio0.rpmsg_ns.53.53']);
  t.equal(await ioctl(control, IOCTL.release, info('rpmsg_ns', 53, 53)), 'ENODEV');
});

t.test('numbers of control devices are kept while they are open', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  const [one, two] = [remote.open('rpmsg_ctrl0'), remote.open('rpmsg_ctrl0')];
  await lab.state('stop');
  one.release?.();
  await remote.start();
  t.strictSame(lab.list('/class/rpmsg'), ['rpmsg_ctrl1']);
  await lab.state('stop');
  two.release?.();
  await remote.start();
  t.strictSame(lab.list('/class/rpmsg'), ['rpmsg_ctrl0']);
});

t.test('buffers come back', async (t) => {
  const { remote, file } = await withRaw(t, { rings: [{ num: 4 }, { num: 4 }] });
  for (let n = 0; n < 4; n++) t.equal(await write(file, `${n}`), 'ok');
  t.equal(await write(file, 'full'), 'EAGAIN');
  t.ok(remote.output.interruptsSuppressed, 'nobody waits');
  t.equal(remote.heard('hold').length, 4);
  t.equal(await write(file, 'full'), 'EAGAIN');
  remote.giveBack(2);
  t.equal(await write(file, 'five'), 'ok');
  t.equal(await write(file, 'six'), 'ok');
  t.equal(await write(file, 'full'), 'EAGAIN');
  t.strictSame(
    remote.heard('hold').map(({ payload }) => text(payload)),
    ['five', 'six'],
  );
});

t.test('who writes, waits for a buffer', async (t) => {
  const time = new ManualTimer();
  const { remote, lab, file } = await withRaw(t, { rings: [{ num: 2 }, { num: 2 }], timer: time.after });
  for (const n of [0, 1]) await write(file, `${n}`, BLOCKING);
  remote.heard('hold');
  const waiting = ['a', 'b', 'c'].map((data) => write(file, data, BLOCKING));
  await turn();
  t.notOk(remote.output.interruptsSuppressed, 'it wants to hear of buffers');
  remote.giveBack(1);
  t.equal(await waiting[0], 'ok');
  remote.giveBack(1);
  t.equal(await waiting[1], 'ok');
  t.strictSame(
    remote.heard('hold').map(({ payload }) => text(payload)),
    ['a', 'b'],
    'in order',
  );
  t.equal(time.pending, 1);
  time.pass(14_999);
  await turn();
  t.strictSame(lab.lines(), []);
  time.pass(1);
  t.equal(await waiting[2], 'ERESTARTSYS');
  t.strictSame(lab.lines(), ['<3>rpmsg_chrdev virtio0.rpmsg-raw.-1.1025: timeout waiting for a tx buffer']);
  t.ok(remote.output.interruptsSuppressed, 'nobody waits any more');

  const signal = new AbortController();
  const interrupted = write(file, 'd', { nonblock: false, signal: signal.signal });
  await turn();
  signal.abort();
  t.equal(await interrupted, 'EINTR');
  t.equal(await write(file, 'd', { nonblock: false, signal: signal.signal }), 'EINTR', 'the signal came before');

  const ended = write(file, 'e', BLOCKING);
  await turn();
  t.equal(await lab.state('stop'), 'ok');
  t.equal(await ended, 'EPIPE');
  t.equal(time.pending, 0);
});

t.test('an endpoint goes while somebody writes to it', async (t) => {
  const remote = await RpmsgRemote.boot(t, { rings: [{ num: 2 }, { num: 2 }] });
  const control = remote.open('rpmsg_ctrl0');
  for (const address of [0x500, 0x501]) await ioctl(control, IOCTL.createEndpoint, info('e', address, 1));
  const [one, two] = [remote.open('rpmsg0'), remote.open('rpmsg1')];
  for (const n of [0, 1]) await write(one, `${n}`);
  const [first, second] = [write(one, 'lost', BLOCKING), write(two, 'sent', BLOCKING)];
  await turn();
  await ioctl(one, IOCTL.destroyEndpoint);
  t.equal(await first, 'EPIPE');
  remote.heard('hold');
  remote.giveBack();
  t.equal(await second, 'ok');
  t.match(remote.heard(), [{ source: 0x501, payload: ascii('sent') }]);
});

t.test('a smaller ring to the remote side', async (t) => {
  const { lab, file } = await withRaw(t, { rings: [{ num: 8 }, { num: 2 }] });
  for (const n of [0, 1]) t.equal(await write(file, `${n}`), 'ok');
  lab.lines();
  t.equal(await write(file, 'x'), 'ENOSPC');
  t.strictSame(lab.lines(), ['<3>rpmsg_chrdev virtio0.rpmsg-raw.-1.1025: virtqueue_add_outbuf failed: -28']);
});

t.test('the file of a device that has gone', async (t) => {
  const { remote, lab } = await withRaw(t);
  const node = remote.files.get('rpmsg0')?.node;
  await lab.state('stop');
  t.throws(() => (node?.kind === 'file' ? node.open() : undefined), new Errno('ENETRESET'));
});
