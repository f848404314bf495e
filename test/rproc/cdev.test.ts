/** docs/reference/kernel-abi.md 1.7, and the transcript of the oracle 14-cdev. */
import fc from 'fast-check';
import t from 'tap';
import { ioctl, release, writeVerb } from '../../src/rproc/cdev.js';
import { ascii, Bench, outcome, RAM_DA } from './bench.js';
import { buildElf, buildTable } from './elf-builder.js';

const image = buildElf({
  segments: [{ paddr: RAM_DA, data: Uint8Array.of(1) }],
  table: buildTable([]),
  tableAddress: RAM_DA + 0x1000,
});

const bench = (): Bench => {
  const made = new Bench();
  made.files.set('fw', image);
  return made;
};

/** What is written, what it gives, and whether it is called unrecognized. */
const OFFLINE: readonly [string, string, boolean][] = [
  ...['start', 's', 'st', 'star', 'start\0', 'start\0\0', 'start\0\0\0\0\0', 'start\0x'].map(
    (word): [string, string, boolean] => [word, 'ok', false],
  ),
  ...['stop', 'sto', 'stop\0', 'detach', 'd', 'det'].map((word): [string, string, boolean] => [word, 'EINVAL', false]),
  ...['start\n', 'starts', 'stop\n', 'START', '\n', '\0', ' start', 'garbage', '0123456789', 'st\0'].map(
    (word): [string, string, boolean] => [word, 'EINVAL', true],
  ),
  ...['', '01234567890', 'start567890', 'x'.repeat(4096)].map((word): [string, string, boolean] => [
    word,
    'EINVAL',
    false,
  ]),
];

t.test('what may be written', async (t) => {
  for (const [word, result, unrecognized] of OFFLINE) {
    const { rproc, log } = bench();
    const logged = log.entries().length;
    t.equal(await outcome(writeVerb(rproc, ascii(word))), result, JSON.stringify(word.slice(0, 12)));
    const lines = log
      .entries()
      .slice(logged)
      .map(({ text }) => text);
    t.equal(lines.includes('remoteproc remoteproc0: Unrecognized option'), unrecognized);
    t.equal(rproc.state, result === 'ok' ? 'running' : 'offline');
  }
});

t.test('running: the count is that of sysfs, and a failed start has no message of its own', async (t) => {
  const b = bench();
  for (const [word, result, power] of [
    ['start', 'ok', 1],
    ['s', 'ok', 2],
    ['d', 'EINVAL', 2],
    ['sto', 'ok', 1],
    ['stop', 'ok', 0],
    ['stop', 'EINVAL', 0],
  ] as const)
    t.strictSame([await outcome(writeVerb(b.rproc, ascii(word))), b.rproc.power], [result, power], word);
  b.files.clear();
  b.lines();
  t.equal(await outcome(writeVerb(b.rproc, ascii('start'))), 'ENOENT');
  t.strictSame(b.lines(), ['<6>powering up mips', '<3>request_firmware failed: -2']);
});

/** strncmp(), as it is specified. */
function strncmp(a: string, b: string, length: number): boolean {
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at) || 0, b.charCodeAt(at) || 0];
    if (x !== y) return false;
    if (x === 0) return true;
  }
  return true;
}

const OPERATIONS = [
  ['boot', 'start'],
  ['shutdown', 'stop'],
  ['detach', 'detach'],
] as const;

t.test('any bytes', async (t) => {
  const byte = fc.constantFrom(...['s', 't', 'a', 'r', 'o', 'p', 'd', 'e', 'c', 'h', '\0', '\n', ' ', '\xff']);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: byte, maxLength: 12 }), async (word) => {
      const { rproc } = bench();
      const started: string[] = [];
      for (const [operation, verb] of OPERATIONS)
        Reflect.set(rproc, operation, () => Promise.resolve(void started.push(verb)));
      const inLimits = word.length >= 1 && word.length <= 10;
      const wanted = inLimits
        ? ['start', 'stop', 'detach'].find((verb) => strncmp(word, verb, word.length))
        : undefined;
      t.equal(await outcome(writeVerb(rproc, ascii(word))), wanted === undefined ? 'EINVAL' : 'ok');
      t.strictSame(started, wanted === undefined ? [] : [wanted], JSON.stringify(word));
    }),
    { numRuns: 300 },
  );
});

const SET = 0x4004b701;
const GET = 0x8004b702;
const int = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

t.test('ioctl', async (t) => {
  const b = bench();
  const { rproc } = b;
  t.strictSame(ioctl(rproc, GET, new Uint8Array(0)), Uint8Array.of(0, 0, 0, 0));
  for (const [value, flag] of [
    [1, 1],
    [0, 0],
    [-5, 1],
    [0x01000000, 1],
  ] as const) {
    t.equal(ioctl(rproc, SET, int(value)), undefined);
    t.strictSame(ioctl(rproc, GET, new Uint8Array(0)), Uint8Array.of(flag, 0, 0, 0), String(value));
  }
  for (const command of [0x5401, 0, 0x8004b703, 0xb701]) {
    const refused = Promise.resolve().then(() => ioctl(rproc, command, int(0)));
    t.equal(await outcome(refused), 'EINVAL');
  }
  t.strictSame(b.lines(), Array<string>(4).fill('<3>Unsupported ioctl'));
});

t.test('release stops what runs when the flag is set, one reference at a time', async (t) => {
  const { rproc } = bench();
  await rproc.boot();
  await release(rproc);
  t.strictSame([rproc.state, rproc.power], ['running', 1], 'without the flag nothing happens');
  await rproc.boot();
  rproc.shutdownOnRelease = true;
  await release(rproc);
  t.strictSame([rproc.state, rproc.power], ['running', 1]);
  await release(rproc);
  t.strictSame([rproc.state, rproc.power], ['offline', 0]);
  await release(rproc);
  t.equal(rproc.power, 0);
  rproc.recoveryEnabled = false;
  await rproc.boot();
  rproc.crash.report(1);
  await rproc.crash.settled();
  await release(rproc);
  t.equal(rproc.state, 'crashed', 'other states are left alone');
});

t.test('release detaches what is attached', async (t) => {
  const nothing = () => undefined;
  const { rproc } = new Bench({ detached: true }, { attach: nothing, detach: nothing });
  rproc.shutdownOnRelease = true;
  await rproc.boot();
  await release(rproc);
  t.equal(rproc.state, 'detached');
});
