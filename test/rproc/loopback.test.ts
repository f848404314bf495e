/** The remote side of the generic driver, `loopback`: what it announces, what comes back, and that it ends. */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { Linux } from '../../src/rproc/linux.js';
import { KernelLog } from '../../src/kernel/index.js';
import { Virtio } from '../../src/virtio/index.js';
import { repository } from '../support/repository.js';
import { LinuxSide, type LinuxSideOptions } from '../virtio/linux-side.js';
import { message, parsed } from '../virtio/rpmsg-message.js';
import { ascii, outcome, text } from './bench.js';
import { FakeHardware } from './fake-hardware.js';

async function booted(firmware: string, options?: LinuxSideOptions) {
  const log = new KernelLog();
  const virtio = new Virtio({ log });
  const side = new LinuxSide(virtio, options);
  const directory = join(repository, 'test/oracle/firmware/out');
  const linux = await Linux.boot({
    log,
    hardware: new FakeHardware(),
    mask: [],
    firmwareDirectories: [directory],
    bindVdev: virtio.bindVdev,
  });
  await linux.resetGeneric(`loopback=1 fw=${firmware}`);
  const [rproc] = linux.rprocs;
  if (rproc === undefined) throw new Error('no remote processor');
  return { linux, rproc, side };
}

t.test('rpmsg: services, then every message back', async (t) => {
  const { rproc, side } = await booted('rpmsg.elf');
  t.equal(await outcome(rproc.boot()), 'ok');
  t.same(side.received, [], 'not from within the kick');
  const announced = (await side.until(4)).map((bytes) => parsed(bytes, 'le'));
  t.match(announced, [
    { source: 0x400, destination: 53, service: { name: 'rpmsg-tty', address: 0x400, flags: 0 } },
    { source: 0x401, destination: 53, service: { name: 'rpmsg-raw', address: 0x401, flags: 0 } },
    { source: 0x402, destination: 53, service: { name: 'rpmsg-client-sample', address: 0x402, flags: 0 } },
    { source: 0x403, destination: 53, service: { name: 'some-other-service', address: 0x403, flags: 0 } },
  ]);
  // more than the ring holds, over and over
  for (let n = 0; n < 100; n++) {
    t.ok(side.send(message({ source: 0x500 + n, destination: 0x401, payload: ascii(`message ${n}`) }, 'le')));
    if (n % 10 === 9) await side.until(4 + n + 1);
  }
  const answers = (await side.until(104)).slice(4).map((bytes) => parsed(bytes, 'le'));
  t.same(
    answers.map(({ source, destination, payload }) => [source, destination, text(payload)]),
    Array.from({ length: 100 }, (_, n) => [0x401, 0x500 + n, `message ${n}`]),
  );
  side.send(message({ source: 1, destination: 53, payload: new Uint8Array(40) }, 'le'));
  side.send(message({ source: 1, destination: 2, payload: new Uint8Array(496).fill(7) }, 'le'));
  await side.until(105);
  t.equal(side.received[104]?.length, 512, 'the name service gets no answer, the longest message does');
});

t.test('it ends at a stop, and begins anew at a start', async (t) => {
  const { rproc, side } = await booted('rpmsg.elf');
  await rproc.boot();
  await side.until(4);
  side.send(message({ source: 1, destination: 2, payload: ascii('too late') }, 'le'));
  await rproc.shutdown();
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  t.equal(side.received.length, 4, 'no answer after the stop');
  await rproc.boot();
  await side.until(8);
  side.send(message({ source: 1, destination: 2, payload: ascii('again') }, 'le'));
  t.match(parsed((await side.until(9))[8] ?? new Uint8Array(), 'le'), { source: 2, destination: 1 });
});

t.test('a driver that comes again finds it where the rings begin', async (t) => {
  const { rproc, side } = await booted('rpmsg.elf');
  await rproc.boot();
  await side.until(4);
  const { device } = side;
  const driver = device?.bus.driverOf(device);
  if (device === undefined || driver === undefined) throw new Error('no driver');
  device.bus.unbind(driver, device.name);
  device.bus.bind(driver, device.name);
  for (const n of [1, 2, 3]) side.send(message({ source: n, destination: 2, payload: ascii('hello') }, 'le'));
  const answers = (await side.until(7)).slice(4).map((bytes) => parsed(bytes, 'le').destination);
  t.same(answers, [1, 2, 3]);
});

t.test('a line takes what it hears at once, and echoes once', async (t) => {
  for (const firmware of ['console.elf', 'rprocserial.elf']) {
    const { rproc, side } = await booted(firmware);
    await rproc.boot();
    // the ring never fills
    for (let n = 0; n < 100; n++) t.ok(side.send(ascii(`line ${n}\n`)));
    t.same(side.received, [], 'the answer comes later');
    await side.until(1);
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    t.same(side.received.map(text), ['line 0\n'], firmware);
    await rproc.shutdown();
    await rproc.boot();
    side.send(ascii('and again'));
    t.same((await side.until(2)).map(text), ['line 0\n', 'and again'], 'once a start');
  }
});

t.test('no buffers, no answer', async (t) => {
  const { rproc, side } = await booted('rpmsg.elf', { refill: false });
  await rproc.boot();
  for (let n = 0; n < 50; n++) {
    side.send(message({ source: 1, destination: 2, payload: ascii('x') }, 'le'));
    await nextTurn();
  }
  t.equal(side.received.length, 16, 'as many as there were');
});
