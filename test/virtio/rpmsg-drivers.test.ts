/** rpmsg_client_sample and rpmsg_tty: docs/reference/kernel-abi.md 7.7, 7.8. */
import t from 'tap';
import type { TtyHost, TtyOptions } from '../../src/virtio/index.js';
import { ascii, text } from '../rproc/bench.js';
import { ManualTimer, NONBLOCKING, RpmsgRemote } from './rpmsg-remote.js';

const SAMPLE = 'rpmsg_client_sample virtio0.rpmsg-client-sample.-1.1024';
const DEBUG = '/kernel/debug/mips-rproc';

t.test('the sample client', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  remote.announce({ name: 'rpmsg-client-sample', address: 0x400 });
  lab.lines();
  lab.uevents();
  t.equal(await lab.read(`${DEBUG}/insmod`), 'rpmsg_client_sample count=100\n');
  t.equal(await lab.write(`${DEBUG}/insmod`, 'rpmsg_client_sample\n'), 'ok');
  t.strictSame(lab.lines(), [`<6>${SAMPLE}: new channel: 0x400 -> 0x400!`]);
  t.equal(lab.uevents().at(-1), 'add /module/rpmsg_client_sample');
  t.match(remote.heard(), [{ source: 0x400, destination: 0x400, payload: ascii('hello world!') }]);
  for (let n = 1; n < 100; n++) {
    remote.tell(0x400, 'hello', 0x400);
    t.strictSame(lab.lines(), [`<6>${SAMPLE}: incoming msg ${n} (src: 0x400)`]);
    t.equal(remote.heard().length, 1);
  }
  remote.tell(0x400, '', 7);
  t.strictSame(lab.lines(), [`<6>${SAMPLE}: incoming msg 100 (src: 0x7)`, `<6>${SAMPLE}: goodbye!`]);
  t.equal(remote.heard().length, 0);

  const count = '/module/rpmsg_client_sample/parameters/count';
  t.equal(await lab.read(count), '100\n');
  t.equal(await lab.write(count, '102\n'), 'ok');
  t.equal(await lab.write(count, 'many'), 'EINVAL');
  t.equal(await lab.write(count, '2147483648'), 'ERANGE');
  t.equal(await lab.write(count, '-2147483649'), 'ERANGE');
  remote.tell(0x400, '');
  t.equal(remote.heard().length, 1, 'it goes on');

  t.equal(lab.link('/bus/rpmsg/drivers/rpmsg_client_sample/module'), '../../../../module/rpmsg_client_sample');
  t.equal(await lab.write(`${DEBUG}/insmod`, 'rpmsg_client_sample'), 'EEXIST');
  lab.lines();
  t.equal(await lab.write(`${DEBUG}/rmmod`, 'rpmsg_client_sample\n'), 'ok');
  t.strictSame(lab.lines(), [`<6>${SAMPLE}: rpmsg sample client driver is removed`]);
  t.equal(await lab.write(`${DEBUG}/rmmod`, 'rpmsg_client_sample'), 'ENOENT');
  t.equal(await lab.write(`${DEBUG}/insmod`, 'rpmsg_something'), 'ENOENT');
  t.notOk(lab.node('/module/rpmsg_client_sample'));
  t.notOk(lab.node('/bus/rpmsg/drivers/rpmsg_client_sample'));
});

t.test('parameters of a module', async (t) => {
  const { lab } = await RpmsgRemote.boot(t);
  lab.lines();
  t.equal(await lab.write(`${DEBUG}/insmod`, 'rpmsg_client_sample count=x'), 'EINVAL');
  t.strictSame(lab.lines(), ["<3>rpmsg_client_sample: `x' invalid for parameter `count'"]);
  t.equal(await lab.write(`${DEBUG}/insmod`, 'rpmsg_client_sample number=1 count=-0x10'), 'ok');
  t.strictSame(lab.lines(), ["<4>rpmsg_client_sample: unknown parameter 'number' ignored"]);
  t.equal(await lab.read('/module/rpmsg_client_sample/parameters/count'), '-16\n');
});

t.test('the sample client finds no buffer', async (t) => {
  const remote = await RpmsgRemote.boot(t, { rings: [{ num: 2 }, { num: 2 }] });
  const { lab } = remote;
  await lab.write(`${DEBUG}/insmod`, 'rpmsg_client_sample');
  remote.announce({ name: 'rpmsg-client-sample', address: 0x400 });
  remote.tell(0x400, '');
  lab.lines();
  remote.tell(0x400, '');
  t.strictSame(lab.lines(), [`<6>${SAMPLE}: incoming msg 2 (src: 0x400)`, `<3>${SAMPLE}: rpmsg_send failed: -12`]);
  remote.announce({ name: 'rpmsg-client-sample', address: 0x401 });
  t.strictSame(lab.lines().slice(1), [
    `<6>${SAMPLE.replace('1024', '1025')}: new channel: 0x401 -> 0x401!`,
    `<3>${SAMPLE.replace('1024', '1025')}: rpmsg_send failed: -12`,
    `<3>${SAMPLE.replace('1024', '1025')}: rpmsg_dev_probe: failed: -12`,
    '<4>rpmsg_client_sample: probe of virtio0.rpmsg-client-sample.-1.1025 failed with error -12',
  ]);
  t.equal(await lab.read('/bus/rpmsg/devices/virtio0.rpmsg-client-sample.-1.1025/src'), '0x401\n');
  await lab.state('stop');
});

/** Terminals that a test holds the other end of. */
class FakeTtys implements TtyHost {
  readonly opened = new Map<string, TtyOptions & { received: string; rooms: number; hung: boolean; space: number }>();

  open(name: string, options: TtyOptions) {
    const tty = { ...options, received: '', rooms: 0, hung: false, space: 100_000 };
    this.opened.set(name, tty);
    return {
      receive: (bytes: Uint8Array) => {
        const taken = bytes.subarray(0, tty.space);
        tty.space -= taken.length;
        tty.received += text(taken);
        return taken.length;
      },
      room: () => {
        tty.rooms++;
      },
      hangup: () => {
        tty.hung = true;
      },
    };
  }

  get(name: string) {
    const tty = this.opened.get(name);
    if (tty === undefined) throw new Error(`no ${name}`);
    return tty;
  }
}

const TTY = 'rpmsg_tty virtio0.rpmsg-tty.-1.1024';

t.test('a terminal', async (t) => {
  const [ttys, time] = [new FakeTtys(), new ManualTimer()];
  const remote = await RpmsgRemote.boot(t, { ttys, timer: time.after, rings: [{ num: 4 }, { num: 4 }] });
  const { lab } = remote;
  remote.announce({ name: 'rpmsg-tty', address: 0x400 });
  lab.lines();
  t.strictSame(lab.list('/class/tty'), ['ttyRPMSG0']);
  t.notOk(lab.node('ttyRPMSG0', lab.dev), 'not before it is ready');
  const tty = ttys.get('ttyRPMSG0');
  t.match(tty, { termios: 'raw', whileClosed: 'keep' });
  tty.ready('/dev/pts/7');
  t.equal(lab.link('ttyRPMSG0', lab.dev), '/dev/pts/7');

  t.equal(tty.write(ascii('x'.repeat(1000))), 1000);
  t.strictSame(
    remote.heard('hold').map(({ payload }) => payload.length),
    [496, 496, 8],
  );
  t.equal(tty.write(ascii('y'.repeat(1000))), 496, 'one buffer was left');
  t.equal(tty.write(ascii('y')), 0);
  t.equal(tty.rooms, 0);
  remote.heard('hold');
  remote.giveBack();
  t.equal(tty.rooms, 1, 'room, once');
  t.ok(remote.output.interruptsSuppressed);
  t.equal(tty.write(ascii('z')), 1);

  remote.tell(0x400, 'hello');
  remote.tell(0x400, '');
  t.equal(tty.received, 'hello');
  tty.space = 3;
  remote.tell(0x400, 'too long');
  t.strictSame(lab.lines(), [`<3>${TTY}: Trunc buffer: available space is 3`]);
  for (let n = 0; n < 20; n++) remote.tell(0x400, 'x');
  t.equal(lab.lines().length, 9);
  time.pass(5000);
  remote.tell(0x400, 'x');
  t.strictSame(lab.lines()[0], '<4>rpmsg_tty_cb: 11 callbacks suppressed');

  for (let n = 0; n < 4; n++) tty.write(ascii('x'));
  await lab.state('stop');
  t.ok(tty.hung);
  t.equal(tty.rooms, 1, 'nobody waits for room any more');
  t.notOk(lab.node('ttyRPMSG0', lab.dev));
  t.strictSame(lab.list('/class/tty'), []);
});

t.test('as many terminals as there may be', async (t) => {
  const ttys = new FakeTtys();
  const remote = await RpmsgRemote.boot(t, { ttys });
  const { lab } = remote;
  for (let n = 0; n < 32; n++) remote.announce({ name: 'rpmsg-tty', address: 0x400 + n });
  t.equal(lab.list('/class/tty').length, 32);
  lab.lines();
  remote.announce({ name: 'rpmsg-tty', address: 0x500 });
  const name = 'virtio0.rpmsg-tty.-1.1280';
  t.strictSame(lab.lines().slice(1), [
    `<3>rpmsg_tty ${name}: error -ENOSPC: Failed to alloc tty port`,
    `<3>rpmsg_tty ${name}: rpmsg_dev_probe: failed: -28`,
    `<4>rpmsg_tty: probe of ${name} failed with error -28`,
  ]);
  remote.announce({ name: 'rpmsg-tty', address: 0x405, flags: 1 });
  t.ok(ttys.get('ttyRPMSG5').hung);
  ttys.opened.clear();
  remote.announce({ name: 'rpmsg-tty', address: 0x501 });
  t.strictSame([...ttys.opened.keys()], ['ttyRPMSG5']);
});

t.test('a service withdraws a channel while its driver waits', async (t) => {
  const remote = await RpmsgRemote.boot(t, { rings: [{ num: 2 }, { num: 2 }] });
  remote.announce({ name: 'rpmsg-raw', address: 0x400 });
  const file = remote.open('rpmsg0');
  for (const n of [0, 1]) await file.write?.(ascii(`${n}`), NONBLOCKING);
  const write = Promise.resolve(file.write?.(ascii('x'), { ...NONBLOCKING, nonblock: false })).catch(
    (error: unknown) => error,
  );
  const read = Promise.resolve(file.read?.(1, { ...NONBLOCKING, nonblock: false })).catch((error: unknown) => error);
  remote.announce({ name: 'rpmsg-raw', address: 0x400, flags: 1 });
  t.match(await write, { code: 'EPIPE' });
  t.match(await read, { code: 'EPIPE' });
  file.release?.();
  remote.announce({ name: 'rpmsg-raw', address: 0x400 });
  t.ok(remote.files.has('rpmsg0'));
});
