/** Engines on a machine with threads: when a translator is started, and cores that write the same memory while they are verified. */
import t from 'tap';
import { entryOf } from '../support/plain-machine.js';
import { asm, li, nop, PROGRAM, PROGRAM_PA } from './core-bench.js';
import { MachineBench, until } from './machine-bench.js';

t.test('auto starts the translator for firmware that computes for long, and for no other', async (t) => {
  const bench = new MachineBench('le', 3, undefined, { engine: 'auto' });
  t.teardown(() => bench.machine.close());
  await bench.start('wait', 1);
  await until('it to wait', () => bench.trace(1) === 'wait: idle\n');
  await bench.start('hello', 2);
  await until('it to end', () => bench.trace(2).includes('\n'));
  await bench.machine.halt(2);
  t.equal(bench.machine.isTranslating, false, 'they are short');
  await bench.start('spin', 2);
  await until('the translator', () => bench.machine.isTranslating);
  const before = bench.trace(2);
  await until('it to get on', () => bench.trace(2) !== before);
  await bench.machine.halt(2);
  t.same(bench.faults, []);
});

t.test('interpreter never does', async (t) => {
  const bench = new MachineBench('le', 2, undefined, { engine: 'interpreter' });
  t.teardown(() => bench.machine.close());
  await bench.start('spin', 1);
  await until('it to compute for long', () => bench.machine.instructions(1) > 150_000_000);
  t.equal(bench.machine.isTranslating, false);
});

const [A0, T0, T1, T2, V0] = [4, 8, 9, 10, 2];
const SHARED = 0x180000;
const COUNT = 300_000;

/** Adds to one word by LL and SC, and reads and writes others that another core writes, too. */
const CONTENDING = [
  ...li(T0, PROGRAM - PROGRAM_PA + SHARED),
  ...li(A0, COUNT),
  asm('ll', { rt: T1, base: T0 }),
  asm('addiu', { rt: T1, rs: T1, imm: 1 }),
  asm('sc', { rt: T1, base: T0 }),
  asm('beq', { rs: T1, offset: -4 & 0xffff }),
  asm('sw', { rt: A0, base: T0, offset: 4 }),
  asm('lw', { rt: T2, base: T0, offset: 4 }),
  asm('addu', { rs: V0, rt: T2, rd: V0 }),
  asm('addiu', { rt: A0, rs: A0, imm: -1 & 0xffff }),
  asm('bne', { rs: A0, offset: -9 & 0xffff }),
  asm('sw', { rt: V0, base: T0, offset: 4 }),
  asm('wait'),
  asm('beq', { offset: -2 & 0xffff }),
  nop,
];

t.test('what other cores write is no difference', async (t) => {
  const bench = new MachineBench('le', 3, undefined, { engine: 'verify' });
  t.teardown(() => bench.machine.close());
  const { machine } = bench;
  const { ram } = machine;
  const view = new DataView(ram.buffer, ram.byteOffset, ram.length);
  CONTENDING.forEach((word, index) => view.setUint32(PROGRAM_PA + index * 4, word, true));
  for (const cpu of [1, 2]) await machine.start(cpu, entryOf({ pc: PROGRAM }));
  const sum = (): number => view.getUint32(SHARED, true);
  await until('all to be added', () => sum() === 2 * COUNT || bench.faults.length > 0);
  t.same(bench.faults, []);
  t.equal(sum(), 2 * COUNT);
});
