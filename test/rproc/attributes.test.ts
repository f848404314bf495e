/** docs/reference/kernel-abi.md 1.3 to 1.6 and 2: what may be written to an attribute. */
import fc from 'fast-check';
import t from 'tap';
import { Errno } from '../../src/kernel/index.js';
import * as attributes from '../../src/rproc/attributes.js';
import { parseUnsigned } from '../../src/rproc/text.js';
import { ascii, Bench, outcome, text } from './bench.js';

const result = (action: () => unknown): string => {
  try {
    action();
    return 'ok';
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
};

t.test('state: only the exact words', async (t) => {
  for (const input of ['start\n\n', ' start', 'start ', 'Start', 'sta', 'starts', '', '\n', '\0', 'start\nstop\n']) {
    const bench = new Bench();
    t.equal(await outcome(attributes.storeState(bench.rproc, ascii(input))), 'EINVAL', JSON.stringify(input));
    const [typed = ''] = input.split('\0', 1);
    const expected = `Unrecognised option: ${typed}`.split('\n').map((line) => `<3>${line}`);
    t.strictSame(bench.lines(), expected);
  }
  for (const input of ['stop', 'stop\n', 'stop\0junk', 'stop\n\0junk', 'detach\n']) {
    const bench = new Bench();
    t.equal(await outcome(attributes.storeState(bench.rproc, ascii(input))), 'EINVAL');
    t.strictSame(bench.lines(), [], `${JSON.stringify(input)} is a verb, refused by the state`);
  }
});

t.test('firmware', async (t) => {
  const bench = new Bench();
  const store = (input: string) => outcome(attributes.storeFirmware(bench.rproc, ascii(input)));
  for (const [input, name] of [
    ['a.elf\n', 'a.elf'],
    ['a\nb\n', 'a'],
    [' a ', ' a '],
    ['a\0b', 'a'],
    ['\xff\xfe', '\xff\xfe'],
    ['d/../x', 'd/../x'],
  ] as const) {
    t.equal(await store(input), 'ok');
    t.equal(text(attributes.showFirmware(bench.rproc)), `${name}\n`);
  }
  for (const input of ['\n', '\n\n', '\na', '\0', '\0a']) t.equal(await store(input), 'EINVAL', JSON.stringify(input));
  t.equal(bench.lines()[0], "<3>bench bench: can't provide empty string for firmware name");
  t.equal(bench.rproc.firmware, 'd/../x');
});

t.test('recovery', async (t) => {
  const { rproc } = new Bench();
  const sysfs = (input: string) => outcome(attributes.storeRecovery(rproc, ascii(input)));
  const debugfs = (input: string) => outcome(attributes.storeDebugRecovery(rproc, ascii(input)));
  t.strictSame([await sysfs('disabled\n'), attributes.showRecovery(rproc)], ['ok', 'disabled\n']);
  t.strictSame([await sysfs('recover'), attributes.showRecovery(rproc)], ['ok', 'disabled\n']);
  t.strictSame([await sysfs('enabled'), attributes.showRecovery(rproc)], ['ok', 'enabled\n']);
  for (const input of ['foo', 'enable', 'disabled\n\n', '']) t.equal(await sysfs(input), 'EINVAL', input);
  for (const input of ['d', 'dis', 'disabled', 'disabled\n', 'disabled\0', 'r', 'e', 'enabled\0xx'])
    t.equal(await debugfs(input), 'ok', JSON.stringify(input));
  for (const input of ['', '\n', 'e\n', 'dis\n', 'x', 'enabledx', '01234567890', 'enabled\n\n'])
    t.equal(await debugfs(input), 'EINVAL', JSON.stringify(input));
});

t.test('coredump', (t) => {
  const bench = new Bench();
  const { rproc } = bench;
  const sysfs = (input: string) => result(() => attributes.storeCoredump(rproc, ascii(input)));
  const debugfs = (input: string) => result(() => attributes.storeDebugCoredump(rproc, ascii(input)));
  for (const mode of ['inline', 'enabled', 'disabled'] as const)
    t.strictSame([sysfs(`${mode}\n`), attributes.showCoredump(rproc)], ['ok', `${mode}\n`]);
  t.strictSame([debugfs('i'), attributes.showCoredump(rproc)], ['ok', 'inline\n']);
  t.strictSame([sysfs('default'), debugfs('x'), debugfs('e\n')], ['EINVAL', 'EINVAL', 'EINVAL']);
  t.strictSame(bench.lines(), Array<string>(3).fill('<3>Invalid coredump configuration'));
  t.strictSame([debugfs('x'.repeat(21)), bench.lines()], ['EINVAL', []]);
  rproc.state = 'crashed';
  t.strictSame([sysfs('foo'), debugfs('foo'), sysfs('enabled')], ['EBUSY', 'EBUSY', 'EBUSY']);
  t.strictSame(bench.lines(), Array<string>(3).fill("<3>can't change coredump configuration"));
  t.end();
});

t.test('crash: numbers', (t) => {
  const values: [string, number | string][] = [
    ['0', 0],
    ['1\n', 1],
    ['0x2', 2],
    ['0X2', 2],
    ['02', 2],
    ['010', 8],
    ['+1', 1],
    ['4294967295', 4294967295],
    ['1\0x', 1],
    ['-1', 'EINVAL'],
    ['abc', 'EINVAL'],
    ['', 'EINVAL'],
    ['\n', 'EINVAL'],
    [' 1', 'EINVAL'],
    ['1 ', 'EINVAL'],
    ['1\n\n', 'EINVAL'],
    ['08', 'EINVAL'],
    ['0x', 'EINVAL'],
    ['1a', 'EINVAL'],
    ['1.5', 'EINVAL'],
    ['++1', 'EINVAL'],
    ['4294967296', 'ERANGE'],
    ['9'.repeat(40), 'ERANGE'],
  ];
  for (const [input, want] of values) {
    let got: number | string = '';
    const outcome = result(() => (got = parseUnsigned(ascii(input))));
    t.equal(outcome === 'ok' ? got : outcome, want, JSON.stringify(input));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 48 }), (bytes) =>
      ['ok', 'EINVAL', 'ERANGE'].includes(result(() => parseUnsigned(bytes))),
    ),
  );
  t.end();
});

t.test('name', (t) => {
  const { rproc } = new Bench({ name: 'n'.repeat(120) });
  t.equal(text(attributes.showName(rproc)).length, 121);
  t.equal(text(attributes.showDebugName(rproc)), `${'n'.repeat(98)}\n`);
  t.end();
});
