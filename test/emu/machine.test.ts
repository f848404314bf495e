/** The machine's life: starting, halting, sharing a thread, waiting, and firmware that floods Linux. */
import { availableParallelism } from 'node:os';
import t from 'tap';
import { Machine, type MachineEvents } from '../../src/emu/index.js';
import { entryOf, PLAIN } from '../support/plain-machine.js';
import { asm, li, nop } from './core-bench.js';
import { FROM_FIRMWARE, MachineBench, until } from './machine-bench.js';

const KSEG0 = 0x80000000;
const CODE = 0x100000;
const STARTS = 200;
const MiB = 1 << 20;

/** Puts words at CODE and gives the entry to them. */
function program(bench: MachineBench, words: readonly number[], at = CODE) {
  words.forEach((word, i) => {
    bench.writeWord(at + i * 4, word);
  });
  return entryOf({ pc: KSEG0 + at });
}

const again = asm('j', { target: (KSEG0 + CODE) >>> 2 });

t.test('starts and halts', async (t) => {
  const bench = new MachineBench('le');
  t.teardown(() => bench.machine.close());
  for (let i = 0; i < STARTS; i++) {
    await bench.start('spin');
    await bench.machine.halt(1);
    const trace = bench.trace();
    if (i % 50 === 0) t.match(trace, /^spin \d{11}\n/, 'its first words are there when it has started');
    if (bench.trace() !== trace) t.fail('it executes after it was halted');
  }
  t.strictSame(bench.faults, []);
  await bench.machine.halt(1);
  t.pass('a core that does not run halts at once');
  await bench.start('spin');
  await t.rejects(bench.start('spin'), RangeError, 'a CPU that runs cannot be started');
  await Promise.all([bench.machine.halt(1), bench.machine.halt(1)]);
  t.pass('two halts at once both end');
  await bench.start('spin');
  t.pass('and it can be started again');
});

t.test('what cannot be', async (t) => {
  for (const options of [
    { cpus: 0, memory: 16 * MiB },
    { cpus: 129, memory: 16 * MiB },
    { cpus: 2, memory: 16 * MiB + 4096 },
    { cpus: 2, memory: MiB },
    { cpus: 2, memory: 512 * MiB },
  ])
    t.throws(() => new Machine({ ...PLAIN, endian: 'le', ...options }), RangeError, JSON.stringify(options));
  const bench = new MachineBench('le');
  t.teardown(() => bench.machine.close());
  const { entry } = bench.load('spin');
  await t.rejects(bench.machine.start(0, entry), RangeError, 'CPU 0 is Linux');
  await t.rejects(bench.machine.start(2, entry), RangeError, 'there is no CPU 2');
  const mappings = Array.from(
    { length: 64 },
    (_, i) => ({ va: i * 0x4000, pa: i * 0x2000, length: 0x2000, cca: 5 }) as const,
  );
  await t.rejects(bench.machine.start(1, { ...entry, mappings }), RangeError, 'more wired entries than the TLB has');
  await bench.machine.start(1, entry);
  await until('it to count', () => bench.trace().startsWith('spin'));
  t.throws(() => bench.machine.routeInterrupt(256, 1), RangeError);
});

t.test('more cores than threads: all of them get on', async (t) => {
  const cpus = availableParallelism() + 3;
  const bench = new MachineBench('le', cpus, 32 * MiB);
  t.teardown(() => bench.machine.close());
  const all = Array.from({ length: cpus - 1 }, (_, i) => i + 1);
  for (const cpu of all) await bench.start(cpu === 1 ? 'wait' : 'spin', cpu);
  const before = all.map((cpu) => bench.trace(cpu));
  const spinning = all.slice(1);
  await until('all to count', () => spinning.every((cpu) => bench.trace(cpu) !== before[cpu - 1]));
  t.equal(bench.trace(1), 'wait: idle\n');
  for (const cpu of all) await bench.machine.halt(cpu);
  t.strictSame(bench.faults, []);
});

t.test('a machine that waits uses no CPU time', async (t) => {
  const bench = new MachineBench('le', 4);
  t.teardown(() => bench.machine.close());
  await bench.machine.prepare();
  for (const cpu of [1, 2, 3]) await bench.start('wait', cpu);
  await until('all to wait', () => [1, 2, 3].every((cpu) => bench.trace(cpu) === 'wait: idle\n'));
  const before = process.cpuUsage();
  const began = performance.now();
  await until('a second to go by', () => performance.now() - began > 1000);
  const { user, system } = process.cpuUsage(before);
  t.ok(user + system < 250_000, `${user + system} µs in a second`);
  await bench.machine.halt(2);
  t.pass('a waiting core can be halted');
});

t.test('close with running cores', async (t) => {
  const bench = new MachineBench('be', 4);
  for (const cpu of [1, 2, 3]) await bench.start('spin', cpu);
  const halting = bench.machine.halt(2);
  await bench.machine.close();
  await halting;
  t.pass('who waits for a halt is told');
});

t.test('a flood of output: what is on its way stays bounded', async (t) => {
  const bench = new MachineBench('le');
  const { machine } = bench;
  t.teardown(() => machine.close());
  const LENGTH = 60_000;
  let received = 0;
  let largest = 0;
  const events: MachineEvents = {
    interrupt: () => undefined,
    fault: ({ reason }) => t.fail(reason),
    exit: () => undefined,
    output: (_, text) => {
      received += text.length;
      largest = Math.max(largest, text.length);
    },
  };
  machine.connect(events);
  const write = [...li(4, 1), ...li(5, KSEG0), ...li(6, LENGTH), ...li(25, 5), asm('sdbbp', { code20: 1 })];
  const count = [
    asm('addiu', { rs: 16, rt: 16, imm: 1 }),
    ...li(8, KSEG0 + CODE + 0x1000),
    asm('sw', { base: 8, rt: 16 }),
  ];
  // a program that is deaf for a while: nothing is received while this thread is busy
  await machine.start(1, program(bench, [...write, ...count, again, nop]));
  const written = (): number => new DataView(machine.ram.buffer).getUint32(CODE + 0x1000, true) * LENGTH;
  const busyUntil = performance.now() + 300;
  while (performance.now() < busyUntil);
  const ahead = written() - received;
  t.ok(ahead > 0 && ahead <= (1 << 20) + 2 * LENGTH, `${ahead} bytes ahead`);
  const before = received;
  await until('it to go on', () => received > before + 20 * LENGTH);
  await machine.halt(1);
  t.ok(largest <= LENGTH);
});

t.test('a flood of interrupts: reported once until Linux has looked', async (t) => {
  const bench = new MachineBench('le');
  const { machine } = bench;
  t.teardown(() => machine.close());
  machine.routeInterrupt(FROM_FIRMWARE, 0);
  const wedge = 0xbbdc0280;
  const ring = [...li(8, wedge), ...li(9, 0x80000000 + FROM_FIRMWARE), asm('sw', { base: 8, rt: 9 })];
  await machine.start(1, program(bench, [...ring, again, nop]));
  await until('one', () => bench.interrupts.length > 0);
  for (let turn = 0; turn < 100; turn++) {
    const seen = bench.interrupts.length;
    if (turn % 20 === 0) {
      const busyUntil = performance.now() + 20;
      while (performance.now() < busyUntil);
    }
    await new Promise(setImmediate);
    if (bench.interrupts.length > seen + 2) t.fail(`${bench.interrupts.length - seen} in one turn of the event loop`);
  }
  await machine.halt(1);
  t.strictSame(new Set(bench.interrupts), new Set([FROM_FIRMWARE]));
});
