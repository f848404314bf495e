/** Virtual time: Count follows the instructions that a core executes, and a run is repeatable to the instruction. */
import t from 'tap';
import { InstructionClock } from '../../src/emu/clock.js';
import { STATUS } from '../../src/emu/cpu/registers.js';
import { CoreState } from '../../src/emu/cpu/state.js';
import { STATE } from '../../src/emu/layout.js';
import { asm, KSEG0, KSEG1, li, nop, type CoreBench } from './core-bench.js';
import {
  AT,
  at,
  DATA_PA,
  exit,
  interrupts,
  mfc0,
  mtc0,
  prepare,
  T0,
  T1,
  T2,
  type Setting,
} from './privileged-bench.js';

const LOG = KSEG0 + DATA_PA;
const PERIOD = 1009;
const TICKS = 40;
const [S0, S1, S2] = [16, 17, 18];
const RECORD = 16;
const IP7 = 0x80;

/** Logs Count, EPC and two registers at each tick, writes a line through UHI, and sets the next one. */
const HANDLER: readonly number[] = [
  ...[mfc0(26, 9), asm('sw', { base: S2, rt: 26 }), mfc0(26, 14), asm('sw', { base: S2, rt: 26, offset: 4 })],
  ...[asm('sw', { base: S2, rt: S0, offset: 8 }), asm('sw', { base: S2, rt: S1, offset: 12 })],
  asm('addiu', { rs: S2, rt: S2, imm: RECORD }),
  ...[mfc0(26, 11), asm('addiu', { rs: 26, rt: 26, imm: PERIOD }), mtc0(26, 11)],
  ...[...li(4, 1), ...li(5, LOG - 4), ...li(6, 1), ...li(25, 5), asm('sdbbp', { code20: 1 })],
  asm('eret'),
];

/** Counts in a loop of uneven length, whose interrupts come anywhere in it, and WAITs now and then. */
const LOOP: readonly number[] = [
  ...[...li(S2, LOG), ...li(T0, PERIOD), mtc0(T0, 11)],
  asm('addiu', { rs: S0, rt: S0, imm: 1 }),
  asm('andi', { rs: S0, rt: T1, imm: 0x3ff }),
  asm('bne', { rs: T1, offset: 3 }),
  asm('sll', { rt: S1, rd: S1, sa: 1 }),
  asm('wait'),
  asm('xor', { rs: S1, rt: S0, rd: S1 }),
  ...li(T2, LOG + TICKS * RECORD),
  asm('bne', { rs: S2, rt: T2, offset: -9 & 0xffff }),
  nop,
  ...exit(1),
];

function run(setting: Setting = {}): CoreBench {
  const bench = prepare(LOOP, {
    clock: new InstructionClock(),
    status: interrupts(IP7),
    vectors: { [AT.general]: HANDLER },
    ...setting,
  });
  return bench.run(5000);
}

const log = (bench: CoreBench): number[] =>
  Array.from({ length: (TICKS * RECORD) / 4 }, (_, i) => bench.word(DATA_PA + i * 4));

function registers({ core }: CoreBench): string[] {
  const { memory, base } = core.state;
  const state = new CoreState(memory, base);
  return Array.from({ length: 32 }, (_, i) => state.get64(STATE.gpr + 8 * i).toString(16));
}

t.test('two runs with interrupts of the timer are one', (t) => {
  const first = run();
  t.strictSame(first.exits, [1]);
  const counts = Array.from({ length: TICKS }, (_, i) => first.word(DATA_PA + i * RECORD));
  counts.forEach((count, i) => t.equal(count, (i + 1) * PERIOD, `tick ${i} is taken when Count is Compare`));
  const places = new Set(Array.from({ length: TICKS }, (_, i) => first.word(DATA_PA + i * RECORD + 4)));
  t.ok(places.size > 4, `interrupts at ${places.size} places`);

  const second = run();
  t.strictSame(log(second), log(first));
  t.strictSame(registers(second), registers(first));
  t.equal(second.core.retired, first.core.retired, `${first.core.retired} instructions`);
  t.end();
});

t.test('neither do a slow reader of its output or the ends of slices change anything', (t) => {
  const first = run();
  let calls = 0;
  const second = prepare(LOOP, {
    clock: new InstructionClock(),
    status: interrupts(IP7),
    vectors: { [AT.general]: HANDLER },
    accept: () => ++calls % 3 === 0,
  });
  for (let i = 0; i < 100_000 && second.exits.length === 0; i++) second.core.slice();
  t.ok(calls > 2 * TICKS, 'most calls had to be made again');
  t.strictSame(log(second), log(first));
  t.strictSame(registers(second), registers(first));
  t.equal(second.core.retired, first.core.retired);
  t.end();
});

t.test('WAIT jumps to the next event', (t) => {
  const wait = [...li(T0, 0x40000000), mtc0(T0, 11), asm('wait'), mfc0(S0, 9), ...exit(2)];
  const bench = prepare(wait, { clock: new InstructionClock(), status: IP7 << 8 });
  bench.run(2);
  t.strictSame([bench.exits, bench.gpr(S0)], [[2], 0x40000000], 'the timer');

  const idle = prepare(wait, { clock: new InstructionClock(), status: 0 });
  idle.run(1);
  t.ok(idle.core.waiting, 'one that would not wake it is not awaited');
  t.equal(idle.core.due, Infinity);
  t.ok(idle.core.retired < 10, `${idle.core.retired} instructions`);

  const gic = [
    ...[...li(T0, KSEG1 + 0x1bdc8000), ...li(T1, 0x12345), asm('sw', { base: T0, rt: 0, offset: 0xa4 })],
    ...[asm('sw', { base: T0, rt: T1, offset: 0xa0 }), asm('wait'), mfc0(S0, 9), ...exit(3)],
  ];
  const compare = prepare(gic, { clock: new InstructionClock(), status: 4 << 8 });
  compare.run(2);
  t.strictSame([compare.exits, compare.gpr(S0)], [[3], 0x12345], 'the compare register of the GIC');
  t.end();
});

t.test('an interrupt comes between two instructions, whatever they are', (t) => {
  for (let compare = 8; compare < 24; compare++) {
    const words = [
      ...[...li(T0, compare), mtc0(T0, 11), ...li(T1, STATUS.IE | (IP7 << 8)), mtc0(T1, 12)],
      ...Array.from({ length: 40 }, () => asm('addiu', { rs: S0, rt: S0, imm: 1 })),
      ...exit(4),
    ];
    const bench = prepare(words, { clock: new InstructionClock() });
    bench.run();
    // a tick is two instructions
    t.equal(bench.cp0(14), at(2 * compare), `Compare ${compare}`);
    t.equal(bench.gpr(S0), 2 * compare - 6);
  }
  t.end();
});
