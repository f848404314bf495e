/** Fixture firmware with virtio devices, on the emulator, against a driver that only moves buffers. */
import t, { type Test } from 'tap';
import { until } from '../emu/machine-bench.js';
import { ascii, text } from '../rproc/bench.js';
import { RemoteBench } from './remote-bench.js';
import { message, parsed, type ParsedMessage } from './rpmsg-message.js';

const LINE_BUFFER = 4096;
const HOST = 0x500;

for (const endian of ['le', 'be'] as const)
  t.test(endian, async (all) => {
    // one machine for all: the next firmware is started when the one before is stopped
    const bench = await RemoteBench.boot(all, { endian, size: LINE_BUFFER });
    const { side } = bench;
    const boot = async (t: Test, name: string): Promise<void> => {
      await bench.stop();
      side.received.length = 0;
      t.equal(await bench.start(name), 'ok');
    };
    const send = (destination: number, payload: Uint8Array): boolean =>
      side.send(message({ source: HOST, destination, payload }, endian));
    const messages = async (count: number): Promise<ParsedMessage[]> =>
      (await side.until(count)).map((bytes) => parsed(bytes, endian));

    for (const name of ['case-invert', 'case-invert-da0'])
      await all.test(name, async (t) => {
        await boot(t, name);
        for (const line of ['Hello, World!\n', 'x', '[`{@']) side.send(ascii(line));
        await side.until(3);
        t.same(side.received.map(text), ['hELLO, wORLD!\n', 'X', '[`{@']);
        for (let n = 0; n < 100; n++) {
          t.ok(side.send(ascii(`Line ${n}`)), `line ${n}`);
          await side.until(4 + n);
        }
        t.equal(text(side.received.at(-1) ?? new Uint8Array()), 'lINE 99');
        t.equal(await bench.stop(), 'ok');
        t.equal(await bench.start(name), 'ok');
        side.send(ascii('Again'));
        await side.until(104);
        t.equal(text(side.received.at(-1) ?? new Uint8Array()), 'aGAIN');
      });

    await all.test('console', async (t) => {
      await boot(t, 'console');
      const said = () => side.received.map(text).join('');
      const hears = async (line: string, wanted: string) => {
        side.send(ascii(line));
        await until(`${wanted} in ${said()}`, () => said().endsWith(wanted));
      };
      await until('its banner', () => said() === '# console of a remote processor\r\n> ');
      await hears('hello\n', '# you said: hello\r\n> ');
      await hears('two\rlines\r', '# you said: two\r\n> # you said: lines\r\n> ');
      const before = said();
      side.send(ascii(`> # console of a remote processor\r\n> ${before}\n\n`));
      await hears('end\n', '# you said: end\r\n> ');
      t.equal(said(), `${before}# you said: end\r\n> `, 'what comes back of its own words is no line');
      await hears(`${'x'.repeat(1000)}\n`, `${'x'.repeat(256)}\r\n> `);
      t.match(bench.trace(), 'console: ready\n');
    });

    await all.test('rpmsg-echo', async (t) => {
      await boot(t, 'rpmsg-echo');
      const services = (await messages(3)).map(({ service }) => service);
      t.match(services, [
        { name: 'rpmsg-client-sample', address: 0x400, flags: 0 },
        { name: 'rpmsg-raw', address: 0x401, flags: 0 },
        { name: 'rpmsg-openamp-demo-channel', address: 0x402, flags: 0 },
      ]);
      const wrong: number[] = [];
      for (let length = 0; length <= 496; length++) {
        const payload = Buffer.from(Array.from({ length }, (_, i) => (i * 7 + length) & 0xff));
        send(0x401, payload);
        const answer = (await messages(4 + length))[3 + length];
        if (answer?.source !== 0x401 || answer.destination !== HOST || !payload.equals(answer.payload))
          wrong.push(length);
      }
      t.same(wrong, [], 'every length comes back as it was');
      const shutdown = endian === 'le' ? [0x5a, 0xa5, 0x56, 0xef] : [0xef, 0x56, 0xa5, 0x5a];
      send(0x401, Uint8Array.from(shutdown));
      send(0x402, Uint8Array.from(shutdown));
      t.match((await messages(502)).slice(500), [
        { source: 0x401, payload: Buffer.from(shutdown) },
        { service: { name: 'rpmsg-openamp-demo-channel', address: 0x402, flags: 1 } },
      ]);
      t.equal(bench.trace(), 'rpmsg-echo: ready\n');
    });

    await all.test('a driver that comes again', async (t) => {
      await boot(t, 'rpmsg-echo');
      await side.until(3);
      const { device } = side;
      const driver = device?.bus.driverOf(device);
      if (device === undefined || driver === undefined) throw new Error('no driver');
      device.bus.unbind(driver, device.name);
      device.bus.bind(driver, device.name);
      send(0x401, ascii('hello'));
      const again = (await messages(7)).slice(3);
      t.match(
        again.map(({ service, payload }) => service?.name ?? text(payload)),
        ['rpmsg-client-sample', 'rpmsg-raw', 'rpmsg-openamp-demo-channel', 'hello'],
      );
    });

    await all.test('rpmsg-tty', async (t) => {
      await boot(t, 'rpmsg-tty');
      const [first, second] = await messages(2);
      t.match(
        [first, second],
        [{ service: { name: 'rpmsg-tty', address: 0x400 } }, { service: { name: 'rpmsg-tty', address: 0x401 } }],
      );
      send(0x400, ascii('Hello'));
      send(0x401, ascii('Hello'));
      t.same(
        (await messages(4)).slice(2).map(({ source, payload }) => [source, text(payload)]),
        [
          [0x400, 'Hello'],
          [0x401, 'hELLO'],
        ],
      );
    });

    await all.test('rpmsg-comes-and-goes', async (t) => {
      await boot(t, 'rpmsg-comes-and-goes');
      const flags = (await messages(10)).slice(0, 10).map(({ service }) => service?.flags);
      t.same(flags, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    });

    await all.test('rpmsg-flood', async (t) => {
      const COUNT = 3000;
      await boot(t, 'rpmsg-flood');
      await side.until(1);
      const numbered = (n: number) => ascii(`${String(n).padStart(8, '0')}....`);
      send(0x401, ascii(`send ${COUNT} 12`));
      const flood = (await messages(1 + COUNT)).slice(1).map(({ payload }) => text(payload));
      t.same(
        flood.filter((line, n) => line !== text(numbered(n))),
        [],
        'from it',
      );
      for (let n = 0; n < COUNT; n++) while (!send(0x401, numbered(n))) await new Promise(setImmediate);
      while (!send(0x401, ascii('report'))) await new Promise(setImmediate);
      const report = (await messages(2 + COUNT)).at(-1);
      t.equal(text(report?.payload ?? new Uint8Array()), 'received 00003000 wrong 00000000', 'to it');
      for (const n of [0, 1, 1, 4]) send(0x401, numbered(n));
      send(0x401, ascii('report'));
      const wrong = (await messages(3 + COUNT)).at(-1);
      t.equal(text(wrong?.payload ?? new Uint8Array()), 'received 00000004 wrong 00000002', 'what is wrong is counted');
    });

    for (const [name, complaint] of [
      ['hostile-used-range', /input:id 256 out of range$/],
      ['hostile-used-free', /output:id 5 is not a head!$/],
    ] as const)
      await all.test(name, async (t) => {
        bench.lines();
        await boot(t, name);
        const lines: string[] = [];
        const complained = () => {
          lines.push(...bench.lines());
          return lines.some((line) => complaint.test(line));
        };
        await until('it to be done', () => bench.trace().includes('done'));
        send(0x401, ascii('out goes what is right'));
        await until('the queue to break', complained);
        t.match((await messages(1))[0]?.service, { name: 'before' });
        t.equal(await bench.stop(), 'ok');
      });
    await all.test('hostile-used-runaway', async (t) => {
      await boot(t, 'hostile-used-runaway');
      await side.until(1 + 0x4000);
      t.equal(await bench.stop(), 'ok', 'it comes to an end');
    });
    await all.test(
      'descriptors and available rings that Linux has written are of no interest to it any more',
      async (t) => {
        await boot(t, 'hostile-descriptors');
        await until('it to be done', () => bench.trace().includes('done'));
        for (let n = 0; n < 600; n++) {
          send(0x401, ascii(`message ${n}`));
          await messages(2 + n);
        }
        t.equal(text((await messages(601)).at(-1)?.payload ?? new Uint8Array()), 'message 599');
      },
    );
  });

t.test('buffers that come when the driver is there already, without a kick', async (t) => {
  const bench = await RemoteBench.boot(t, { endian: 'le', size: LINE_BUFFER, offersLate: 100 });
  t.equal(await bench.start('console'), 'ok');
  const [banner] = await bench.side.until(1);
  t.match(text(banner ?? new Uint8Array()), '# console of a remote processor');
  await bench.stop();
});
