/** A remote side that does what it likes: Linux goes on, and keeps its own. */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import type { CharFile, TtyHost, TtyOptions } from '../../src/virtio/index.js';
import { ascii, outcome, text } from '../rproc/bench.js';
import { vdevEntry } from '../rproc/elf-builder.js';
import { image } from './lab.js';
import { message } from './rpmsg-message.js';
import { announcement, BLOCKING, NAME_SERVICE, NONBLOCKING, RpmsgRemote } from './rpmsg-remote.js';

const V = 'virtio_rpmsg_bus virtio0';

t.test('channels without end', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  for (let address = 0; address < 3000; address++) remote.announce({ name: 'x', address });
  t.equal(remote.channels().length, 1024);
  t.equal(lab.lines().at(-1), `<3>${V}: rpmsg_create_channel failed`);
  remote.announce({ name: 'x', address: 0, flags: 1 });
  remote.announce({ name: 'rpmsg-raw', address: 0 });
  t.ok(remote.files.has('rpmsg0'), 'as soon as there is room');
  t.equal(await lab.state('stop'), 'ok');
  t.strictSame(lab.list('/bus/rpmsg/devices'), []);
});

t.test('many devices of one processor have together what one has', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  await lab.state('stop');
  const vdev = vdevEntry({ id: 7, features: 1 });
  for (let again = 0; again < 2; again++) {
    t.equal(await lab.start(image(vdev, vdev)), 'ok');
    const [first, second] = [remote.open('rpmsg_ctrl0'), remote.open('rpmsg_ctrl1')];
    const create = (file: CharFile, address: number): Promise<string> =>
      outcome((async () => Promise.resolve(file.ioctl?.(0x4028b503, announcement({ name: 'x', address }))))());
    for (let address = 0; address < 1020; address++) await create(first, address);
    t.equal(remote.channels().length, 1024);
    t.equal(await create(first, 2000), 'ENXIO');
    t.equal(await create(second, 2000), 'ENXIO');
    t.equal(await lab.state('stop'), 'ok');
    for (const file of [first, second]) file.release?.();
  }
});

t.test('messages that nobody reads', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  for (const address of [1, 2]) remote.announce({ name: 'rpmsg-raw', address });
  const [one, two] = [remote.open('rpmsg0'), remote.open('rpmsg1')];
  for (let n = 0; n < 20_000; n++) remote.tell(0x400, `${n}`);
  remote.tell(0x401, 'for the other one');
  let [count, last] = [0, ''];
  for (; one.readiness?.().readable === true; count++) {
    const got = await one.read?.(496, NONBLOCKING);
    last = text(got ?? new Uint8Array());
  }
  t.equal(count, 16_384);
  t.equal(last, '16383', 'the first ones are kept');
  t.equal(two.readiness?.().readable, false);
  remote.tell(0x401, 'for the other one');
  t.equal(two.readiness?.().readable, true);
  // what a closed file leaves is room again
  for (let n = 0; n < 20_000; n++) remote.tell(0x400, `${n}`);
  one.release?.();
  remote.tell(0x401, 'again');
  t.equal(text((await two.read?.(496, NONBLOCKING)) ?? new Uint8Array()), 'for the other one');
  t.equal(text((await two.read?.(496, NONBLOCKING)) ?? new Uint8Array()), 'again');
});

t.test('other parts of the program have their turn', async (t) => {
  const remote = await RpmsgRemote.boot(t, { rings: [{ num: 256 }, { num: 256 }] });
  remote.announce({ name: 'rpmsg-raw', address: 1 });
  const file = remote.open('rpmsg0');
  for (let n = 0; n < 255; n++) remote.put(message({ source: 1, destination: 0x400, payload: ascii(`${n}`) }, 'le'));
  remote.ring(0);
  const readable = async (): Promise<number> => {
    let count = 0;
    for (; file.readiness?.().readable === true; count++) await file.read?.(1, NONBLOCKING);
    return count;
  };
  const first = await readable();
  t.ok(first > 0 && first < 255, `${first} of 255 in one turn`);
  let all = first;
  for (let n = 0; n < 10; n++) {
    await turn();
    all += await readable();
  }
  t.equal(all, 255);
});

t.test('a message that changes while it is read', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  remote.announce({ name: 'rpmsg-raw', address: 1 });
  const file = remote.open('rpmsg0');
  remote.tell(0x400, 'as it was sent');
  // its buffer is the remote side's again, the message is Linux's
  for (let n = 0; n < 16; n++) remote.put(new Uint8Array(512).fill(0x21), 16);
  t.equal(text((await file.read?.(100, NONBLOCKING)) ?? new Uint8Array()), 'as it was sent');
});

t.test('a terminal whose output ring is broken', async (t) => {
  let rooms = 0;
  let driver: TtyOptions | undefined;
  const write = (bytes: string): number | undefined => driver?.write(ascii(bytes));
  const open: TtyHost['open'] = (_name, options) => {
    driver = options;
    return {
      receive: ({ length }) => length,
      // what a client wrote is tried again; a wait that never ends would not let the test end either
      room: () => ++rooms < 1000 && write('again'),
      hangup: () => undefined,
    };
  };
  const remote = await RpmsgRemote.boot(t, { ttys: { open }, rings: [{ num: 4 }, { num: 4 }] });
  remote.announce({ name: 'rpmsg-tty', address: 0x400 });
  t.equal(write('x'.repeat(4 * 496)), 4 * 496, 'all buffers');
  remote.output.use(99);
  t.equal(write('y'), 0);
  await turn();
  t.equal(rooms, 0, 'there is no room to come');
  t.equal(remote.lab.lines().at(-1), `<3>${V}: output:id 99 out of range`);
});

const u16 = fc.nat(0xffff);
const u32 = fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 16, 17, 53, 512, 513, 0x400, 0x401, 0xffff_ffff));
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 496 }),
  fc
    .record({
      name: fc.constantFrom('rpmsg-raw', 'rpmsg-tty', 'rpmsg_ns', 'rpmsg_ctrl', 'rpmsg-client-sample', 'a/b', ''),
      address: fc.oneof(u32, fc.constantFrom(0, 53, 1, 2)),
      flags: fc.nat(1),
    })
    .map(announcement),
);
const action = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant('say' as const), u32, fc.constantFrom(53, 0x400, 0x401, 7), payload) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('put' as const), fc.uint8Array({ maxLength: 512 }), u32) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('use' as const), fc.nat(1), u32, u32) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('index' as const), fc.nat(1), u16) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('ring' as const), fc.nat(1)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('take' as const)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('write' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('scribble' as const), fc.nat(), fc.nat(255)) },
);

t.test('whatever it does', async (t) => {
  const remote = await RpmsgRemote.boot(t);
  const { lab } = remote;
  await lab.write('/kernel/debug/mips-rproc/insmod', 'rpmsg_client_sample');
  const property = fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
    const waiting: Promise<string>[] = [];
    for (const [what, ...args] of actions) {
      const [a = 0, b = 0, c = 0] = args;
      const rings = [remote.input, remote.output] as const;
      const ring = rings[a === 1 ? 1 : 0];
      if (what === 'say' && c instanceof Uint8Array && typeof a === 'number' && typeof b === 'number')
        remote.put(message({ source: a, destination: b, payload: c }, 'le'));
      else if (what === 'put' && a instanceof Uint8Array && typeof b === 'number') remote.put(a, b);
      else if (what === 'use' && typeof b === 'number' && typeof c === 'number') ring.use(b, c);
      else if (what === 'index' && typeof b === 'number') ring.usedIndex = b;
      else if (what === 'ring') remote.ring(a === 1 ? 1 : 0);
      else if (what === 'scribble' && typeof a === 'number' && typeof b === 'number')
        ring.memory[a % ring.memory.length] = b;
      else if (what === 'take') remote.output.take();
      else if (what === 'write' && remote.files.has('rpmsg0')) {
        const opened = await outcome(
          (async () => {
            const file = await Promise.resolve(remote.open('rpmsg0'));
            waiting.push(outcome((async () => file.write?.(ascii('x'), BLOCKING))()));
            waiting.push(outcome((async () => file.read?.(9, BLOCKING))()));
          })(),
        );
        t.match(opened, /^(ok|EBUSY|EINVAL)$/);
      }
    }
    await turn();
    // Linux stops it as any other, whoever waits is woken, nothing is left, and it starts again
    if ((await lab.state('stop')) !== 'ok') return false;
    const ends = await Promise.all(waiting);
    if (!ends.every((end) => ['ok', 'EPIPE', 'EIO', 'EINVAL', 'ENOSPC'].includes(end))) return false;
    if (lab.list('/bus/rpmsg/devices').length > 0 || lab.list('/class/rpmsg').length > 0) return false;
    return (await remote.start()) === 'ok' && remote.channels().length === 2;
  });
  await fc.assert(property, { numRuns: 150 });
  remote.announce({ name: 'rpmsg-raw', address: 0x400 });
  const file = remote.open([...remote.files.keys()].find((name) => /^rpmsg\d/.test(name)) ?? '');
  remote.tell(0x400, 'and all is well');
  t.equal(text((await file.read?.(100, NONBLOCKING)) ?? new Uint8Array()), 'and all is well');
  t.equal(NAME_SERVICE, 53);
});
