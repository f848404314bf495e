/** Console and rproc serial ports, ring by ring: docs/reference/kernel-abi.md 8, and its checklist from 189. */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import type { CharFile } from '../../src/virtio/index.js';
import { ascii, outcome, text } from '../rproc/bench.js';
import { CONSOLE, ConsoleBench, RPROC_SERIAL } from './console-bench.js';

const signal = new AbortController().signal;
const NONBLOCK = { nonblock: true, signal };
const BLOCK = { nonblock: false, signal };

const tried = (action: () => unknown): Promise<string> => outcome(Promise.resolve().then(action));
const read = async (file: CharFile, size = 4096, call = NONBLOCK): Promise<string> => {
  const bytes = await file.read?.(size, call);
  if (bytes === undefined) throw new Error('no read');
  return text(bytes);
};
const write = async (file: CharFile, bytes: Uint8Array, call = NONBLOCK): Promise<number> => {
  const taken = await file.write?.(bytes, call);
  if (taken === undefined) throw new Error('no write');
  return taken;
};
const readiness = (file: CharFile, wake?: () => void) => file.readiness?.(wake);

function plugged(options: ConstructorParameters<typeof ConsoleBench>[0] = {}): ConsoleBench {
  const bench = new ConsoleBench(options);
  bench.plug();
  return bench;
}

t.test('probe of a serial port', (t) => {
  const bench = new ConsoleBench();
  const free = bench.pool.available;
  const statuses: number[] = [];
  bench.input.onKick = () => statuses.push(bench.status);
  bench.plug();
  t.equal(bench.bus.driverOf(bench.device)?.name, 'virtio_rproc_serial');
  t.strictSame(statuses, [7, 7, 7, 7], 'a kick for each buffer, when the driver is ready');
  t.equal(free - bench.pool.available, 4 * 4096);
  for (let n = 0; n < 4; n++)
    t.match(bench.input.ring.take()?.buffers, [{ length: 4096, writable: true }], `buffer ${n}`);
  t.equal(bench.input.ring.take(), undefined);
  t.equal(bench.output.kicks, 0);
  t.strictSame(bench.events, ['added vport0p0']);
  const device = bench.devices.get('vport0p0');
  t.match(device, {
    className: 'virtio-ports',
    path: '/devices/rproc-virtio.0.auto/virtio0/virtio-ports/vport0p0',
    parentPath: '/devices/rproc-virtio.0.auto/virtio0',
    minor: 0,
    attributes: {},
    node: { kind: 'file', mode: 0o600 },
  });
  t.equal(
    device?.debug?.(),
    'name: \nguest_connected: 0\nhost_connected: 1\noutvq_full: 0\nbytes_sent: 0\nbytes_received: 0\n' +
      'bytes_discarded: 0\nis_console: no\nconsole_vtermno: 0\n',
  );
  bench.unplug();
  t.equal(bench.pool.available, free);
  t.strictSame(bench.events, ['added vport0p0', 'removed vport0p0']);
  t.equal(bench.status, 1);
  t.end();
});

t.test('reading: a buffer is offered again when it has been read to its end', async (t) => {
  const bench = plugged();
  bench.send(ascii('early'));
  bench.input.interrupt();
  const file = bench.open();
  t.equal(bench.input.kicks, 4);
  t.match(readiness(file), { readable: true, writable: true });
  t.equal(await read(file, 3), 'ear', 'what came before it was opened is there');
  t.equal(bench.input.kicks, 4, 'held');
  bench.send(ascii('next'));
  t.equal(await read(file, 100), 'ly', 'one buffer a read');
  t.equal(bench.input.kicks, 5, 'offered again');
  t.equal(await read(file, 100), 'next');
  t.equal(await tried(() => read(file)), 'EAGAIN');
  t.match(readiness(file), { readable: false, writable: true });

  const waiting = read(file, 100, BLOCK);
  let woken = 0;
  readiness(file, () => woken++);
  readiness(file, () => woken++);
  bench.send(ascii('late'));
  bench.input.interrupt();
  t.equal(await waiting, 'late');
  t.equal(woken, 1, 'pollers are woken once');
  bench.send(ascii(''), 0);
  t.equal(await read(file), '', 'a buffer of no bytes is read as the end');
  t.match(bench.debug(), { bytes_received: '13', guest_connected: '1' });

  const stopped = new AbortController();
  const interrupted = tried(() => read(file, 1, { nonblock: false, signal: stopped.signal }));
  stopped.abort();
  t.equal(await interrupted, 'EINTR');
});

t.test('writing: a buffer a write, until the ring is full', async (t) => {
  const bench = plugged();
  const free = bench.pool.available;
  const file = bench.open();
  t.equal(await write(file, new Uint8Array()), 0);
  t.equal(await write(file, new Uint8Array(40_000).fill(7)), 32_768);
  t.equal(bench.output.kicks, 1);
  for (const word of ['one', 'two', 'three']) t.equal(await write(file, ascii(word)), word.length);
  t.equal(await tried(() => write(file, ascii('four'))), 'EAGAIN');
  t.match(bench.debug(), { outvq_full: '1', bytes_sent: String(32_768 + 11) });
  t.match(readiness(file), { writable: false });
  const waiting = write(file, ascii('five'), BLOCK);
  t.strictSame(bench.take(), new Uint8Array(32_768).fill(7));
  bench.output.interrupt();
  t.equal(await waiting, 4);
  t.strictSame(
    [bench.take(), bench.take(), bench.take(), bench.take()].map((bytes) => bytes && text(bytes)),
    [...['one', 'two', 'three', 'five']],
  );
  t.equal(bench.take(), undefined);
  t.match(readiness(file), { writable: true });
  t.equal(bench.pool.available, free, 'used buffers are given back');
  t.match(bench.debug(), { outvq_full: '0' });
});

t.test('no memory for a write', async (t) => {
  const bench = plugged({ num: 256 });
  const file = bench.open();
  let written = 0;
  let failure = '';
  while (failure === '') {
    failure = await tried(async () => {
      written += await write(file, new Uint8Array(32_768));
    });
    if (failure === 'ok') failure = '';
  }
  t.equal(failure, 'ENOMEM');
  t.ok(written > 4 << 20);
  while (bench.take() !== undefined);
  t.equal(await write(file, new Uint8Array(32_768)), 32_768, 'it goes on when there is some again');
});

t.test('opening and closing', async (t) => {
  const bench = plugged();
  const file = bench.open();
  t.equal(await tried(() => bench.open()), 'EBUSY');
  for (const word of ['read', 'half', 'not']) bench.send(ascii(word));
  await read(file);
  await read(file, 2);
  file.release?.();
  t.match(bench.debug(), { guest_connected: '0', bytes_discarded: '5' });
  t.equal(bench.input.ring.availableIndex, 4 + 3, 'what nobody read is offered again');
  const again = bench.open();
  t.equal(await tried(() => read(again)), 'EAGAIN');
});

t.test('unplugged while it is open', async (t) => {
  const bench = new ConsoleBench();
  const free = bench.pool.available;
  bench.plug();
  const file = bench.open();
  const old = bench.devices.get('vport0p0')?.node;
  bench.send(ascii('half'));
  t.equal(await read(file, 2), 'ha');
  bench.send(ascii('never read'));
  for (let n = 0; n < 4; n++) await write(file, ascii('sent'));
  await read(file);
  await read(file);
  const waiting = [tried(() => read(file, 1, BLOCK)), tried(() => write(file, ascii('x'), BLOCK))];
  let woken = 0;
  readiness(file, () => woken++);
  bench.unplug();
  t.strictSame(await Promise.all(waiting), ['ENODEV', 'ENODEV']);
  t.equal(woken, 1);
  t.equal(await tried(() => read(file)), 'ENODEV');
  t.equal(await tried(() => write(file, ascii('x'))), 'ENODEV');
  t.match(readiness(file), { readable: false, writable: false, hangup: true });
  t.equal(await tried(() => (old?.kind === 'file' ? old.open() : undefined)), 'ENXIO');
  t.equal(bench.pool.available, free);
  bench.plug();
  file.release?.();
  t.match(bench.debug(), { guest_connected: '0' });
  bench.open();
  t.equal(await tried(() => read(file)), 'ENODEV', 'the old descriptor has nothing of the new port');
});

t.test('a console port', async (t) => {
  const bench = new ConsoleBench({ id: CONSOLE });
  const free = bench.pool.available;
  bench.plug();
  const [tty] = bench.ttys;
  if (tty === undefined) throw new Error('no terminal');
  t.match(tty, { name: 'hvc0', termios: 'cooked', whileClosed: 'refuse', size: [0, 0] });
  t.equal(await tried(() => bench.open()), 'ENXIO');
  t.equal(await tried(() => bench.open('hvc0')), 'ENODEV');
  const nodes = Array.from({ length: 8 }, (_, n) => `hvc${n}`);
  t.strictSame(bench.events.splice(0), ['added vport0p0', ...nodes.map((name) => `added ${name}`)]);
  t.match(bench.devices.get('hvc7'), { className: 'tty', path: '/devices/virtual/tty/hvc7', major: 229, minor: 7 });
  tty.ready('/dev/pts/7');
  t.strictSame(bench.events.splice(0), ['node-ready hvc0']);
  t.match(bench.devices.get('hvc0')?.node, { kind: 'tty', path: '/dev/pts/7' });
  t.match(bench.debug(), { guest_connected: '1', host_connected: '0', is_console: 'yes', console_vtermno: '1' });

  t.equal(tty.write(ascii('hello')), 5);
  t.equal(tty.write(ascii('world')), 0, 'one at a time');
  t.equal(text(bench.take() ?? ascii('')), 'hello');
  bench.output.interrupt();
  t.equal(tty.retries, 1);
  t.equal(tty.write(new Uint8Array(5000)), 4096);
  bench.take();
  t.equal(tty.write(ascii('x')), 1, 'it looks by itself');
  t.equal(tty.write(ascii('y')), 0);
  bench.take();
  bench.tick();
  t.equal(tty.retries, 2, 'and again, when it is not told');
  t.equal(bench.timers.size, 0);

  tty.room = 3;
  bench.send(ascii('abcdef'));
  bench.send(ascii('ghi'));
  bench.input.interrupt();
  t.equal(text(Buffer.concat(tty.received)), 'abc', 'what is not taken stays');
  t.equal(bench.input.ring.availableIndex, 4);
  tty.room = Infinity;
  tty.unthrottle?.();
  t.equal(text(Buffer.concat(tty.received)), 'abcdefghi');
  t.equal(bench.input.ring.availableIndex, 6);

  t.equal(tty.write(ascii('stuck')), 5);
  t.equal(tty.write(ascii('stuck')), 0);
  bench.unplug();
  t.ok(tty.hungUp);
  t.equal(bench.timers.size, 0);
  t.equal(bench.pool.available, free);
  t.strictSame(bench.events.splice(0), ['node-ready hvc0', 'removed vport0p0']);
  t.equal(await tried(() => bench.open('hvc0')), 'ENODEV', 'the nodes stay');
  bench.plug();
  t.strictSame(bench.events.splice(0), ['added vport0p0']);
  t.equal(bench.ttys[1]?.name, 'hvc0');
  t.match(bench.debug(), { console_vtermno: '1' });
});

t.test('a console says how large it is', (t) => {
  for (const endian of ['le', 'be'] as const) {
    const config = new Uint8Array(12);
    const view = new DataView(config.buffer);
    view.setUint16(0, 132, endian === 'le');
    view.setUint16(2, 43, endian === 'le');
    t.strictSame(plugged({ id: CONSOLE, features: 1, endian, config }).ttys[0]?.size, [132, 43]);
    t.strictSame(plugged({ id: CONSOLE, features: 0, endian, config }).ttys[0]?.size, [0, 0]);
    t.strictSame(plugged({ id: CONSOLE, features: 1, endian }).ttys[0]?.size, [0, 0], 'or does not');
  }
  t.end();
});

t.test('a console of several ports needs more queues than there can be', (t) => {
  const several = new Uint8Array(12);
  several[4] = 8;
  for (const [config, line] of [
    [several, 'Error -22 initializing vqs'],
    [new Uint8Array(12), 'Invalidate max_nr_ports 0'],
  ] as const) {
    const bench = plugged({ id: CONSOLE, features: 2, config });
    t.strictSame(bench.lines(), [
      `<3>virtio_console virtio0: ${line}`,
      '<4>virtio_console: probe of virtio0 failed with error -22',
    ]);
    t.strictSame(bench.events, []);
    t.equal(bench.status & 0x80, 0x80);
    bench.unplug();
  }
  const serial = plugged({ id: RPROC_SERIAL, features: 2, config: several });
  t.strictSame(serial.lines(), [], 'a serial port does not know the feature');
  t.end();
});

t.test('no memory for the buffers: a device without a port', (t) => {
  const bench = new ConsoleBench({ num: 4096 });
  const free = bench.pool.available;
  bench.plug();
  t.strictSame(bench.lines(), ['<3>virtio-ports vport0p0: Error allocating inbufs']);
  t.strictSame(bench.events, ['added vport0p0', 'removed vport0p0']);
  t.equal(bench.bus.driverOf(bench.device)?.name, 'virtio_rproc_serial');
  bench.input.interrupt();
  bench.unplug();
  t.equal(bench.pool.available, free);
  t.end();
});

t.test('a hostile remote side', async (t) => {
  await t.test('lengths', async (t) => {
    const bench = plugged();
    const file = bench.open();
    bench.send(new Uint8Array(4096).fill(1), 0xffff_ffff);
    t.equal((await read(file, 100_000)).length, 4096, 'no more than there is');
    t.match(bench.debug(), { bytes_received: '4294967295' });
  });
  await t.test('an id that makes no sense breaks the ring, not the host', async (t) => {
    const bench = plugged();
    const file = bench.open();
    bench.input.ring.use(99);
    bench.output.ring.use(3);
    bench.input.interrupt();
    t.equal(await tried(() => read(file)), 'EAGAIN');
    t.equal(await write(file, ascii('x')), 0, 'as Linux answers');
    t.strictSame(
      bench.lines(),
      [
        '<3>virtio_rproc_serial virtio0: output:id 3 is not a head!',
        '<3>virtio_rproc_serial virtio0: input:id 99 out of range',
      ].sort(),
    );
    bench.unplug();
    t.equal(await tried(() => read(file)), 'ENODEV');
  });
  await t.test('one that never stops sending holds up nobody', async (t) => {
    const bench = plugged({ id: CONSOLE, num: 16 });
    // every buffer comes back as soon as it is offered
    bench.input.onKick = () => void bench.send(new Uint8Array(4096));
    for (let n = 0; n < 16; n++) bench.send(new Uint8Array(4096));
    const before = bench.ttys[0]?.received.length ?? 0;
    bench.input.interrupt();
    const one = (bench.ttys[0]?.received.length ?? 0) - before;
    t.ok(one > 0 && one <= 16, `${one} buffers in a turn`);
    await turn();
    await turn();
    t.ok((bench.ttys[0]?.received.length ?? 0) > one, 'it goes on in the next');
    bench.unplug();
  });
  await t.test('closing a port that is flooded ends', async (t) => {
    const bench = plugged();
    const file = bench.open();
    bench.input.onKick = () => void bench.send(new Uint8Array(4096));
    for (let n = 0; n < 4; n++) bench.send(new Uint8Array(4096));
    await read(file);
    file.release?.();
    t.match(bench.debug(), { guest_connected: '0' });
  });
});

t.test('streams are exact, however they are cut', async () => {
  const chunk = fc.uint8Array({ minLength: 0, maxLength: 5000 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 10 }),
      fc.constantFrom(1, 2, 4, 16),
      fc.constantFrom('le' as const, 'be' as const),
      async (chunks, sizes, num, endian) => {
        const bench = new ConsoleBench({ num, endian });
        const free = bench.pool.available;
        bench.plug();
        const file = bench.open();
        const sent = Buffer.concat(chunks);
        const heard: Uint8Array[] = [];
        const back: Buffer[] = [];
        let turnOf = 0;
        // to the remote side, which answers with the same bytes in buffers of its own
        for (const part of chunks)
          for (let at = 0; at < part.length;) {
            const taken = await file.write?.(part.subarray(at), NONBLOCK);
            at += taken ?? 0;
            for (let bytes = bench.take(); bytes !== undefined; bytes = bench.take()) {
              heard.push(bytes);
              for (let from = 0; from < bytes.length;) {
                const piece = bytes.subarray(from, from + 4096);
                if (bench.send(piece)) from += piece.length;
                const size = sizes[turnOf++ % sizes.length] ?? 1;
                back.push(Buffer.from((await file.read?.(size, NONBLOCK)) ?? []));
              }
            }
          }
        while (readiness(file)?.readable === true)
          back.push(Buffer.from((await file.read?.(sizes[turnOf++ % sizes.length] ?? 1, NONBLOCK)) ?? []));
        if (!sent.equals(Buffer.concat(heard)) || !sent.equals(Buffer.concat(back))) return false;
        bench.unplug();
        file.release?.();
        return bench.pool.available === free;
      },
    ),
    { numRuns: 60 },
  );
});

t.test('nothing is lost or kept, whatever happens in whatever order', async () => {
  const step = fc.oneof(
    fc.constantFrom('open', 'close', 'plug', 'unplug', 'interrupt', 'drain', 'tick'),
    fc.record({ write: fc.integer({ min: 1, max: 40_000 }) }),
    fc.record({ read: fc.integer({ min: 1, max: 5000 }) }),
    fc.record({ send: fc.nat({ max: 5000 }), length: fc.nat({ max: 0xffff_ffff }) }),
    fc.record({ use: fc.nat({ max: 6 }) }),
    fc.record({ tty: fc.integer({ min: 1, max: 6000 }), room: fc.nat({ max: 5000 }) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(CONSOLE, RPROC_SERIAL),
      fc.constantFrom(1, 4),
      async (steps, id, num) => {
        const bench = new ConsoleBench({ id, num });
        const free = bench.pool.available;
        let file: CharFile | undefined;
        let there = false;
        const allowed = async (action: () => unknown) => {
          const code = await tried(action);
          if (!['ok', 'EAGAIN', 'EBUSY', 'ENXIO', 'ENODEV', 'ENOMEM'].includes(code)) throw new Error(code);
        };
        for (const what of steps) {
          const tty = bench.ttys.at(-1);
          if (what === 'plug' && !there) {
            bench.plug();
            there = true;
          } else if (what === 'unplug' && there) {
            bench.unplug();
            there = false;
          } else if (what === 'open' && there && file === undefined) await allowed(() => (file = bench.open()));
          else if (what === 'close') {
            file?.release?.();
            file = undefined;
          } else if (what === 'interrupt') {
            bench.input.interrupt();
            bench.output.interrupt();
          } else if (what === 'drain') bench.take();
          else if (what === 'tick') bench.tick();
          else if (typeof what === 'string') continue;
          else if ('write' in what) await allowed(() => file?.write?.(new Uint8Array(what.write), NONBLOCK));
          else if ('read' in what) await allowed(() => file?.read?.(what.read, NONBLOCK));
          else if ('send' in what && there) bench.send(new Uint8Array(Math.min(what.send, 4096)), what.length);
          else if ('use' in what && there) bench.input.ring.use(what.use, 10);
          else if ('tty' in what && tty !== undefined && !tty.hungUp) {
            tty.room = what.room;
            tty.write(new Uint8Array(what.tty));
            tty.unthrottle?.();
          }
        }
        if (there) bench.unplug();
        file?.release?.();
        await turn();
        return bench.pool.available === free && bench.timers.size === 0;
      },
    ),
    { numRuns: 200 },
  );
});
