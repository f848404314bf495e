/** The kernel log as a file: records, places of readers, what is written; and what the verb dmesg makes of a record. */
import fc from 'fast-check';
import t from 'tap';
import { formatEntry, parseRecord } from '../../src/cli/dmesg-format.js';
import { encodeRecord, kmsg, parseWrite } from '../../src/devfs/kmsg.js';
import { POLL, type OpenFile, type Stream } from '../../src/fs/index.js';
import { KernelLog } from '../../src/kernel/index.js';
import { ascii, outcome, text } from '../rproc/bench.js';

const caller = { uid: 0, gid: 0, pid: 1 };
const asking = (nonblock: boolean, signal = new AbortController().signal) => ({ caller, signal, nonblock });

/** An open kmsg, as a program uses it. */
class Program {
  private constructor(readonly file: OpenFile) {}

  static async open(node: Stream): Promise<Program> {
    return new Program(await node.open({ read: true, write: true, nonblock: false }, asking(false)));
  }

  /** The next record without its time, or the errno. */
  async read({
    nonblock = true,
    size = 8192,
    signal,
  }: { nonblock?: boolean; size?: number; signal?: AbortSignal } = {}) {
    let record = '';
    const read = Promise.resolve().then(() => this.file.read(0, size, asking(nonblock, signal)));
    const result = await outcome(read.then((bytes) => (record = text(bytes))));
    return result === 'ok' ? record.replace(/^(\d+,\d+),\d+,/, '$1,T,') : result;
  }

  write(words: string): Promise<string> {
    return outcome(Promise.resolve().then(() => this.file.write(0, ascii(words), asking(false))));
  }
}

t.test('one record a read, from the oldest on', async (t) => {
  const log = new KernelLog();
  log.print('info', 'one');
  log.print('err', 'two\nthree');
  const program = await Program.open(kmsg(log));
  t.strictSame(
    [await program.read(), await program.read(), await program.read(), await program.read()],
    ['6,0,T,-;one\n', '3,1,T,-;two\n', '3,2,T,-;three\n', 'EAGAIN'],
  );
  log.print('warn', 'four');
  t.equal(await program.read(), '4,3,T,-;four\n');
  const other = await Program.open(kmsg(log));
  t.equal(await other.read(), '6,0,T,-;one\n', 'each has a place of its own');
});

t.test('a record that does not fit is lost', async (t) => {
  const log = new KernelLog();
  log.print('info', 'long');
  log.print('info', 'next');
  const program = await Program.open(kmsg(log));
  t.equal(await program.read({ size: 8 }), 'EINVAL');
  t.equal(await program.read(), '6,1,T,-;next\n');
});

t.test('who does not read loses lines, and is told', async (t) => {
  const log = new KernelLog(4);
  log.print('info', 'first');
  const program = await Program.open(kmsg(log));
  const late = await Program.open(kmsg(log));
  t.equal(await program.read(), '6,0,T,-;first\n');
  for (let n = 1; n <= 20; n++) log.print('info', `line ${n}`);
  t.equal(late.file.poll(), POLL.IN | POLL.RDNORM | POLL.ERR | POLL.PRI);
  for (const reader of [program, late]) {
    t.equal(await reader.read(), 'EPIPE');
    const rest = [await reader.read(), await reader.read(), await reader.read(), await reader.read()];
    t.strictSame(
      rest,
      [17, 18, 19, 20].map((n) => `6,${n},T,-;line ${n}\n`),
      'it goes on at the oldest that is kept',
    );
    t.equal(await reader.read(), 'EAGAIN');
  }
});

t.test('waiting', async (t) => {
  const log = new KernelLog();
  const program = await Program.open(kmsg(log));
  const interrupt = new AbortController();
  const [first, second, third] = [
    program.read({ nonblock: false }),
    program.read({ nonblock: false }),
    program.read({ nonblock: false, signal: interrupt.signal }),
  ];
  interrupt.abort();
  t.equal(await third, 'EINTR');
  t.equal(await program.read({ nonblock: false, signal: interrupt.signal }), 'EINTR', 'a signal that came before');
  log.print('info', 'a');
  log.print('info', 'b');
  t.strictSame([await first, await second].sort(), ['6,0,T,-;a\n', '6,1,T,-;b\n'], 'each line for one of them');
});

t.test('poll', async (t) => {
  const log = new KernelLog();
  const program = await Program.open(kmsg(log));
  let woken = 0;
  for (let n = 0; n < 3; n++)
    t.equal(
      program.file.poll(() => woken++),
      0,
    );
  log.print('info', 'a');
  t.equal(woken, 1, 'once, however often it was asked for');
  t.equal(
    program.file.poll(() => woken++),
    POLL.IN | POLL.RDNORM,
  );
  log.print('info', 'b');
  t.equal(woken, 1, 'who was told at once is not called');
  await program.read();
  await program.read();
  program.file.poll(() => woken++);
  await program.file.release();
  log.print('info', 'c');
  t.equal(woken, 1, 'nor is who has gone');
});

const WRITTEN: readonly [string, string, string][] = [
  ['hello\n', '12', 'hello'],
  ['hello', '12', 'hello'],
  ['<3>err', '11', 'err'],
  ['<30>daemon', '30', 'daemon'],
  ['<0>kernel', '8', 'kernel'],
  ['<>empty', '8', 'empty'],
  ['<4294967299>wraps', '11', 'wraps'],
  ['<x>no', '12', '<x>no'],
  ['<-1>no', '12', '<-1>no'],
  ['<3no', '12', '<3no'],
  [' <3>no', '12', ' <3>no'],
  ['\n', '12', ''],
  ['two\n\n', '12', 'two'],
  ['cut\0off', '12', 'cut'],
];

t.test('what is written', async (t) => {
  for (const [written, priority, line] of WRITTEN) {
    const log = new KernelLog();
    const program = await Program.open(kmsg(log));
    t.equal(await program.write(written), 'ok');
    t.equal(await program.read(), `${priority},0,T,-;${line}\n`, JSON.stringify(written));
  }
  const program = await Program.open(kmsg(new KernelLog()));
  t.equal(await program.write('x'.repeat(992)), 'ok');
  t.equal(await program.write('x'.repeat(993)), 'EINVAL');
});

const bytes = fc.uint8Array({ maxLength: 992 });

t.test('any bytes may be written: nobody speaks as the kernel, and the log stays lines', (t) => {
  fc.assert(
    fc.property(bytes, (data) => {
      const { facility, level, text: line } = parseWrite(data);
      t.ok(facility >= 1 && facility <= 127 && level >= 0 && level <= 7);
      const log = new KernelLog();
      log.append(facility, level, line);
      t.ok(log.entries().every((entry) => !entry.text.includes('\n')));
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test('a record is one line of ASCII, and is read back as it was', (t) => {
  const field = fc.nat(0xffffffff);
  const line = fc.uint8Array({ maxLength: 300 }).map(text);
  fc.assert(
    fc.property(fc.nat(127), fc.nat(7), field, field, line, (facility, level, sequence, time, content) => {
      const entry = { facility, level, sequence, time, text: content };
      const record = text(encodeRecord(entry));
      t.match(record, /^\d+,\d+,\d+,-;[\x20-\x7e]*\n$/);
      t.strictSame(parseRecord(record), entry);
      t.strictSame(parseRecord(`${record} SUBSYSTEM=x\n DEVICE=y\n`), entry, 'properties are left out');
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.string(), (anything) => {
      const entry = parseRecord(anything);
      t.ok(entry === undefined || formatEntry(entry).endsWith(entry.text));
    }),
  );
  t.end();
});

t.test('lines by their number', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(70), (capacity, count) => {
      const log = new KernelLog(capacity);
      for (let n = 0; n < count; n++) log.print('info', String(n));
      const kept = log.entries();
      t.equal(log.oldest, count - kept.length);
      for (const entry of kept) t.equal(log.at(entry.sequence), entry);
      for (const sequence of [-1, log.oldest - 1, count, count + 5]) t.equal(log.at(sequence), undefined);
    }),
    { numRuns: 100 },
  );
  t.end();
});
