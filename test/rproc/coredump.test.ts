/** docs/reference/kernel-abi.md 3.7 and 3.8: the core, its modes, and the class that keeps it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { After } from '../../src/kernel/index.js';
import { storeCoredump } from '../../src/rproc/attributes.js';
import { headerOf } from '../../src/rproc/coredump_elf.js';
import type { DumpDevice, DumpEvent } from '../../src/rproc/devcoredump.js';
import { Linux } from '../../src/rproc/linux.js';
import type { DumpSegment } from '../../src/rproc/resources.js';
import { installed } from '../support/fixtures.js';
import { ascii, Bench, outcome, RAM_DA, type BenchOptions } from './bench.js';
import { buildElf, buildTable } from './elf-builder.js';
import { FakeHardware } from './fake-hardware.js';

const image = buildElf({
  entry: RAM_DA,
  segments: [{ paddr: RAM_DA, data: Uint8Array.of(1, 2, 3, 4) }],
  table: buildTable([]),
  tableAddress: RAM_DA + 0x2000,
});
const SEGMENTS: readonly DumpSegment[] = [
  { da: BigInt(RAM_DA), size: 0x1000n, name: 'text' },
  { da: BigInt(RAM_DA + 0x8000), size: 0x300n, name: 'log' },
];
const ELF32 = { elfClass: 'elf32', machine: 8 } as const;

/** A clock that only a test moves. */
class Timers {
  readonly #waiting = new Map<object, { readonly at: number; readonly action: () => void }>();
  #now = 0;
  readonly after: After = (milliseconds, action) => {
    const key = {};
    this.#waiting.set(key, { at: this.#now + milliseconds, action });
    return () => this.#waiting.delete(key);
  };
  get waiting(): number {
    return this.#waiting.size;
  }
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (const [key, { at, action }] of [...this.#waiting])
      if (at <= this.#now) {
        this.#waiting.delete(key);
        action();
      }
  }
}

interface Scene {
  readonly bench: Bench;
  readonly timers: Timers;
  /** Dumps that are there. */
  readonly devices: DumpDevice[];
  readonly events: string[];
}

/** A running processor with segments. */
async function scene(
  mode: string,
  { segments = SEGMENTS, ...options }: BenchOptions & { segments?: readonly DumpSegment[] } = {},
): Promise<Scene> {
  const timers = new Timers();
  const bench = new Bench(
    { dump: ELF32, timer: timers.after, ...options },
    { start: ({ resources }) => void resources.dumpSegments.splice(0, Infinity, ...segments) },
  );
  const [devices, events]: [DumpDevice[], string[]] = [[], []];
  bench.dumps.subscribe(({ type, device }: DumpEvent) => {
    events.push(`${type} devcd${device.number}`);
    if (type === 'added') devices.push(device);
    else devices.splice(devices.findIndex(({ number }) => number === device.number));
  });
  await bench.start(image);
  bench.ram.fill(0x5a, 0x8000, 0x8300);
  storeCoredump(bench.rproc, ascii(mode));
  bench.lines();
  return { bench, timers, devices, events };
}

const CRASH = ['<3>crash detected in mips: type watchdog'];
const RECOVERY = (n: number) => [
  `<3>handling crash #${n} in mips`,
  '<3>recovering mips',
  '<6>stopped remote processor mips',
];
const UP = '<6>remote processor mips is now up';

async function crash({ bench }: Scene): Promise<string[]> {
  bench.rproc.crash.report(1);
  await bench.rproc.crash.settled();
  return bench.lines();
}

/** The crash of an inline dump does not settle until it is freed: resolves when the device is there. */
function crashInline({ bench }: Scene): Promise<void> {
  const there = new Promise<void>((resolve) => {
    const end = bench.dumps.subscribe(() => {
      end();
      resolve();
    });
  });
  bench.rproc.crash.report(1);
  return there;
}

const first = ({ devices }: Scene): DumpDevice => {
  const [device] = devices;
  if (device === undefined) throw new Error('no dump');
  return device;
};
const whole = ({ dump }: DumpDevice): Uint8Array => dump.read(0, dump.size);

t.test('enabled: the bytes of the oracle (11-devcoredump), and recovery goes on', async (t) => {
  const s = await scene('enabled');
  t.strictSame(await crash(s), [...CRASH, ...RECOVERY(1), UP]);
  const core = Buffer.from(whole(first(s)));
  t.equal(core.length, 4980);
  t.equal(
    core.subarray(0, 0x74).toString('hex'),
    '7f454c4601010100' +
      '0000000000000000' +
      '0400080001000000' +
      '0000100034000000' +
      '0000000000000000' +
      '3400200002000000' +
      '00000000' +
      '0100000074000000' +
      '0000100000001000' +
      '0010000000100000' +
      '0700000000000000' +
      '0100000074100000' +
      '0080100000801000' +
      '0003000000030000' +
      '0700000000000000',
  );
  t.equal(core.subarray(0x74, 0x78).toString('hex'), '01020304');
  t.strictSame(core.subarray(-0x300), Buffer.alloc(0x300, 0x5a));
  s.bench.ram.fill(0);
  t.strictSame(Buffer.from(whole(first(s))), core, 'it is a copy');
  t.strictSame(s.events, ['added devcd1']);
});

t.test('nothing is dumped', (t) => {
  t.test('when it is disabled', async (t) => {
    const s = await scene('disabled');
    t.strictSame(await crash(s), [...CRASH, ...RECOVERY(1), UP]);
    t.strictSame(s.events, []);
  });
  t.test('without segments', async (t) => {
    const s = await scene('enabled', { segments: [] });
    t.strictSame(await crash(s), [...CRASH, ...RECOVERY(1), UP]);
    t.strictSame(s.events, []);
  });
  t.test('by a stop', async (t) => {
    const s = await scene('enabled', {});
    s.bench.rproc.recoveryEnabled = false;
    await crash(s);
    await s.bench.rproc.shutdown();
    t.strictSame(s.events, []);
  });
  t.test('when it is larger than memory can be', async (t) => {
    const s = await scene('enabled', { segments: [{ da: 0n, size: 1n << 31n }] });
    t.strictSame(await crash(s), [
      ...CRASH,
      ...RECOVERY(1),
      '<4>vmalloc error: size 2147483732, exceeds total pages',
      UP,
    ]);
    t.strictSame(s.events, []);
  });
  t.end();
});

t.test('without a class there is a message', async (t) => {
  const timers = new Timers();
  const bench = new Bench(
    { timer: timers.after },
    { start: ({ resources }) => void resources.dumpSegments.push(...SEGMENTS) },
  );
  await bench.start(image);
  bench.rproc.coredump = 'inline';
  bench.lines();
  bench.rproc.crash.report(1);
  await bench.rproc.crash.settled();
  t.strictSame(bench.lines(), [...CRASH, ...RECOVERY(1), '<3>Elf class is not set', UP]);
});

t.test('a segment outside of memory is 0xff, and said', async (t) => {
  const outside = { da: 0x200000n, size: 256n };
  const message = '<3>invalid copy request for segment 0x0000000000200000 with offset 0 and size 256)';
  const s = await scene('enabled', { segments: [...SEGMENTS, outside] });
  t.strictSame(await crash(s), [...CRASH, ...RECOVERY(1), message, UP]);
  const core = whole(first(s));
  t.equal(core.length, 5268);
  t.ok(core.subarray(-256).every((byte) => byte === 0xff));
});

t.test('one dump a device, numbers are never used again, and one that is not kept costs none', async (t) => {
  const s = await scene('enabled');
  await crash(s);
  await crash(s);
  t.strictSame(s.events, ['added devcd1']);
  const old = first(s);
  s.bench.dumps.remove(old);
  s.bench.dumps.remove(old);
  await crash(s);
  s.bench.dumps.remove(old);
  t.strictSame(s.events, ['added devcd1', 'removed devcd1', 'added devcd2']);
});

t.test('five minutes', async (t) => {
  const s = await scene('enabled');
  await crash(s);
  s.timers.pass(299_999);
  t.equal(s.devices.length, 1);
  s.timers.pass(1);
  t.strictSame(s.events, ['added devcd1', 'removed devcd1']);
  await crash(s);
  s.bench.dumps.remove(first(s));
  t.equal(s.timers.waiting, 0, 'a dump that is taken leaves no timer');
});

t.test('a dump keeps its processor', async (t) => {
  const s = await scene('enabled');
  await crash(s);
  await s.bench.rproc.remove('all references');
  t.strictSame(s.bench.lines(), ['<6>stopped remote processor mips']);
  t.equal(whole(first(s)).length, 4980);
  s.bench.dumps.remove(first(s));
  t.strictSame(s.bench.lines(), ['<6>releasing mips']);
});

t.test('inline: recovery holds the lock until the dump is freed', async (t) => {
  const s = await scene('inline');
  await crashInline(s);
  const { rproc } = s.bench;
  t.strictSame([rproc.state, rproc.power], ['offline', 1]);
  const late = new AbortController();
  const stop = outcome(rproc.shutdown(late.signal));
  late.abort();
  t.equal(await stop, 'EINTR', 'who waits for the lock can be interrupted');
  s.bench.lines();
  const { dump } = first(s);
  t.equal(dump.size, 4980);
  s.bench.ram[0] = 0xee;
  t.equal(dump.read(0x74, 1)[0], 0xee, 'it is read from memory');
  t.strictSame(s.bench.lines(), []);
  t.equal(dump.read(0, 4096).length, 4096);
  t.equal(dump.read(4096, 4096).length, 884);
  t.equal(dump.read(4980, 4096).length, 0);
  const done = '<6>Ramdump done, 4980 bytes read';
  t.strictSame(s.bench.lines(), [done, done]);
  s.bench.dumps.remove(first(s));
  await rproc.crash.settled();
  t.strictSame([rproc.state, s.bench.lines()], ['running', [UP]]);
});

t.test('inline: five minutes, or a class that takes no more, let recovery go on', async (t) => {
  const s = await scene('inline');
  await crashInline(s);
  s.timers.pass(300_000);
  await s.bench.rproc.crash.settled();
  t.equal(s.bench.rproc.state, 'running');
  await crashInline(s);
  s.bench.dumps.storeDisabled(ascii('1\n'));
  await s.bench.rproc.crash.settled();
  t.equal(s.bench.rproc.state, 'running');
  t.equal(s.devices.length, 0);
  await crash(s);
  t.equal(s.bench.rproc.state, 'running', 'with no wait at all');
  t.strictSame(s.events, ['added devcd1', 'removed devcd1', 'added devcd2', 'removed devcd2']);
});

t.test('inline with a dump that still waits: no wait', async (t) => {
  const s = await scene('enabled');
  await crash(s);
  s.bench.rproc.coredump = 'inline';
  t.strictSame(await crash(s), [...CRASH, ...RECOVERY(2), UP]);
  t.strictSame(s.events, ['added devcd1']);
});

t.test('disabled', async (t) => {
  const { dumps } = new Bench();
  const store = (word: string) => outcome(Promise.resolve().then(() => dumps.storeDisabled(ascii(word))));
  for (const word of ['0', '2', 'abc', '\n', '-1', '11', '']) t.equal(await store(word), 'EINVAL', word);
  t.equal(dumps.showDisabled(), '0\n');
  t.equal(await store('01x'), 'ok');
  t.equal(await store('0'), 'EINVAL');
  t.equal(dumps.showDisabled(), '1\n');
});

t.test('what the world is told (oracle, 27-uevent)', async (t) => {
  const linux = await Linux.boot({ hardware: new FakeHardware(), firmwareDirectories: [] });
  t.teardown(() => linux.close());
  const told: unknown[] = [];
  linux.uevents.subscribe(({ keys }) => told.push(keys));
  const [rproc] = linux.rprocs;
  if (rproc === undefined) throw new Error('no processor');
  linux.dumps.create(rproc, { size: 0, read: () => new Uint8Array(0) });
  linux.dumps.close();
  await linux.mips.setCpus([]);
  const dump = { DEVPATH: '/devices/virtual/devcoredump/devcd1', SUBSYSTEM: 'devcoredump' };
  t.strictSame(told.slice(0, 3), [
    { ACTION: 'add', ...dump },
    { ACTION: 'remove', ...dump },
    {
      ACTION: 'remove',
      DEVPATH: '/devices/mips-rproc/remoteproc/remoteproc0',
      SUBSYSTEM: 'remoteproc',
      MAJOR: 245,
      MINOR: 0,
      DEVNAME: 'remoteproc0',
      DEVTYPE: 'remoteproc',
    },
  ]);
});

t.test('an inline dump reads as a copy would, however it is read', async (t) => {
  const s = await scene('inline', { segments: [...SEGMENTS, { da: 0x200000n, size: 100n }, { da: 0n, size: 0n }] });
  await crashInline(s);
  const { dump } = first(s);
  const core = Buffer.from(dump.read(0, dump.size));
  fc.assert(
    fc.property(fc.nat(dump.size + 10), fc.nat(dump.size + 10), (offset, size) => {
      t.ok(core.subarray(offset, offset + size).equals(dump.read(offset, size)));
    }),
    { numRuns: 200 },
  );
  s.bench.dumps.close();
  await s.bench.rproc.crash.settled();
});

t.test('ELF64', async (t) => {
  const s = await scene('enabled', { dump: { elfClass: 'elf64', machine: 8 }, segments: SEGMENTS.slice(0, 1) });
  await crash(s);
  const core = Buffer.from(whole(first(s)));
  t.equal(core.length, 4216);
  t.equal(
    core.subarray(0, 0x78).toString('hex'),
    '7f454c46020101000000000000000000' +
      '04000800010000000000100000000000' +
      '40000000000000000000000000000000' +
      '00000000400038000100000000000000' +
      '01000000070000007800000000000000' +
      '00001000000000000000100000000000' +
      '00100000000000000010000000000000' +
      '0000000000000000',
  );
});

const lacking = !installed('readelf');
t.test('readelf reads every kind', { skip: lacking && 'readelf is not installed' }, (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'mips-rprocfs-core-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'core');
  const readelf = (...options: string[]) => execFileSync('readelf', ['-W', ...options, file], { encoding: 'utf8' });
  const data = new Uint8Array(0x1300);
  for (const elfClass of ['elf32', 'elf64'] as const)
    for (const endian of ['le', 'be'] as const) {
      const what = `${elfClass} ${endian}`;
      const order = endian === 'le' ? 'little endian' : 'big endian';
      const common = { elfClass, machine: 8 };
      writeFileSync(file, Buffer.concat([headerOf(common, endian, 0x80001000n, SEGMENTS), data]));
      const shown = readelf('-h', '-l');
      t.match(shown, `2's complement, ${order}`, what);
      t.match(shown, /Type: +CORE/, what);
      t.match(shown, /Machine: +MIPS R3000/, what);
      t.match(shown, /Entry point address: +0x80001000/, what);
      t.match(shown, /LOAD +0x\w+ 0x0*100000 0x0*100000 0x0*1000 0x0*1000 RWE +0\n/, what);
      t.match(shown, /LOAD +0x\w+ 0x0*108000 0x0*108000 0x0*300 0x0*300 RWE +0\n/, what);
      const header = headerOf({ ...common, layout: 'sections' }, endian, 0n, SEGMENTS);
      writeFileSync(file, Buffer.concat([header, data]));
      const sections = readelf('-h', '-S');
      t.match(sections, /Number of program headers: +0\n/, what);
      t.match(sections, /\[ 1\] STR_TBL +STRTAB/, what);
      t.match(sections, /\[ 2\] text +PROGBITS +0*100000 \w+ 0*1000 00 +W /, what);
      t.match(sections, /\[ 3\] log +PROGBITS +0*108000 \w+ 0*300 00 +W /, what);
      const offset = Number.parseInt(/\[ 2\] text +PROGBITS +\w+ (\w+)/.exec(sections)?.[1] ?? '', 16);
      t.equal(offset, header.length, `${what}: the memory follows the header`);
    }
  t.end();
});
