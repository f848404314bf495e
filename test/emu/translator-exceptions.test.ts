/** System calls, returns from exceptions and moves of coprocessor 0 that translated code does in place. */
import t, { type Test } from 'tap';
import { InstructionClock } from '../../src/emu/clock.js';
import { GIC_BASE } from '../../src/emu/devices/bus.js';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import { CAUSE, STATUS } from '../../src/emu/cpu/registers.js';
import { LINUX_REGION_BYTES } from '../../src/emu/hardware.js';
import { EXCEPTION, MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { LocalTranslation } from '../../src/emu/translator/local.js';
import { findRegion } from '../../src/emu/translator/region.js';
import { addiu, branch, END, jump } from './both-engines.js';
import { asm, assembler, KSEG0, KSEG1, li, nop, PROGRAM_PA, RAM, type CoreBench } from './core-bench.js';
import {
  at,
  AT,
  D,
  DATA_PA,
  EBASE_WG,
  G,
  interrupts,
  mfc0,
  lo,
  mtc0,
  prepare,
  skip,
  tlbWrite,
  USER,
  V,
  VECTORS_PA,
  type Setting,
} from './privileged-bench.js';
import { sourceOf } from './region-source.js';
import { registers, same } from './three-ways.js';

const [V0, V1, A0, A1, T0, T1, T2, S0, K0, K1, RA] = [2, 3, 4, 5, 8, 9, 10, 16, 26, 27, 31];
const [BAD_VADDR, COUNT, COMPARE, STATUS_REGISTER, CAUSE_REGISTER, EPC, ERROR_EPC] = [8, 9, 11, 12, 13, 14, 30];
const MIPS64: Isa = { ...MIPS32R2, bits: 64, multiThreading: false };
const LONG = 20_000;
const syscall = asm('syscall', {});
const move = (to: number, from: number): number => asm('addu', { rs: from, rt: 0, rd: to });
const addTo = (to: number, from: number): number => asm('addu', { rs: to, rt: from, rd: to });

/** Adds up EPC and Cause, and returns behind the call. */
const handler = [
  addiu(V0, V0, 1),
  mfc0(K0, EPC),
  mfc0(K1, CAUSE_REGISTER),
  addTo(V1, K0),
  addTo(V1, K1),
  addiu(K0, K0, 4),
  mtc0(K0, EPC),
  asm('eret'),
];
const vectors = { [AT.general]: handler };
/** `body` so many times. */
const repeated = (times: number, body: readonly number[], before: readonly number[] = []): number[] => [
  ...li(A0, times),
  ...before,
  ...body,
  addiu(A0, A0, -1),
  branch('bne', { rs: A0 }, -body.length - 2),
  nop,
  END,
];
const look = (bench: CoreBench): unknown => [registers(bench), bench.cp0(CAUSE_REGISTER), bench.cp0(BAD_VADDR)];

/** All ways, and each against the interpreter instruction by instruction. */
function all(t: Test, words: readonly number[], setting: Setting = {}) {
  const made = same(t, words, look, setting);
  const verified = prepare(words, { ...setting, engine: 'verify' });
  verified.run(3000);
  t.notMatch(verified.faults, [/different results/], 'verified');
  return made;
}

t.test('the end of a region', (t) => {
  const ends = (words: readonly number[], isKernel = true) =>
    [...findRegion(sourceOf(words, 0x1000, {}, isKernel), 0x1000).blocks.values()].map(({ end }) => end.kind);
  t.same(ends([nop, syscall, nop, END]), ['callRegister', 'leave'], 'it goes on behind a system call');
  t.same(ends([nop, asm('eret')]), ['jumpRegister']);
  for (const word of [syscall, asm('eret')]) t.same(ends([nop, word, nop, END], false), ['leave'], 'in user mode');
  t.same(ends([mfc0(V0, EPC), mtc0(V0, EPC), mfc0(V0, STATUS_REGISTER), mfc0(V0, BAD_VADDR), END]), ['leave']);
  t.same(ends([nop, jump('j', 0x1000), syscall]), ['leave'], 'not in a delay slot');
  t.end();
});

t.test('system calls', (t) => {
  all(t, repeated(LONG, [syscall, addiu(V1, V1, 3)]), { vectors });
  all(t, repeated(LONG / 10, [syscall, addiu(V1, V1, 3)]), { vectors, clock: new InstructionClock() });
  all(t, repeated(LONG / 10, [syscall]), { vectors, status: STATUS.IE | STATUS.IM });
  t.end();
});

t.test('they are taken in place', (t) => {
  const bench = prepare(repeated(10 * LONG, [syscall]), {
    vectors,
    translation: (target, memory) => new LocalTranslation(target, memory, false),
  });
  const { core } = bench;
  const raise = core.raise.bind(core);
  let raised = 0;
  core.raise = (...args) => {
    raised++;
    raise(...args);
  };
  bench.run(3000);
  t.equal(bench.gpr(V0), 10 * LONG);
  t.ok(raised > 0 && raised < 3 * LONG, `${raised} were not`);
  t.end();
});

t.test('a call in a function that is called, which calls others', (t) => {
  const words = repeated(LONG / 4, [jump('jal', at(16)), addiu(V1, V1, 1)]);
  while (words.length < 16) words.push(nop);
  words.push(move(S0, RA), syscall, jump('jal', at(24)), nop, syscall, asm('jr', { rs: S0 }), nop);
  while (words.length < 24) words.push(nop);
  words.push(syscall, asm('jr', { rs: RA }), addiu(V1, V1, 5));
  all(t, words, { vectors });
  t.end();
});

t.test('in a delay slot', (t) => {
  const inSlot = [branch('beq', {}, 1), syscall];
  // the branch is passed by, with its slot
  const behindSlot = [...handler.slice(0, 5), addiu(K0, K0, 8), mtc0(K0, EPC), asm('eret')];
  const { interpreted } = all(t, repeated(LONG / 10, inSlot), { vectors: { [AT.general]: behindSlot } });
  t.match(interpreted, `,${CAUSE.BD + 2 ** 32 + (EXCEPTION.Sys << CAUSE.EXC_SHIFT)},`, 'Cause.BD');
  t.end();
});

t.test('a handler that returns elsewhere', (t) => {
  const farther = [...handler.slice(0, 5), addiu(K0, K0, 8), mtc0(K0, EPC), asm('eret')];
  all(t, repeated(LONG / 10, [syscall, addiu(V1, V1, 100), addiu(V1, V1, 1)]), { vectors: { [AT.general]: farther } });
  // to EPC + 4 and + 8 in turns
  const inTurns = [
    ...[
      addiu(V0, V0, 1),
      mfc0(K0, EPC),
      asm('andi', { rs: V0, rt: K1, imm: 1 }),
      asm('sll', { rt: K1, rd: K1, sa: 2 }),
    ],
    ...[addTo(K0, K1), addiu(K0, K0, 4), mtc0(K0, EPC), asm('eret')],
  ];
  all(t, repeated(LONG / 10, [syscall, addiu(V1, V1, 100), addiu(V1, V1, 1)]), { vectors: { [AT.general]: inTurns } });
  t.end();
});

t.test('within a handler', (t) => {
  // $5 says whether this is the inner one: EPC stays that of the outer call, to which it returns as well
  const nested = [
    ...[mfc0(K0, CAUSE_REGISTER), addTo(V1, K0), addiu(V0, V0, 1)],
    ...[branch('bne', { rs: A1 }, 3), nop, addiu(A1, 0, 1), syscall],
    ...[addiu(A1, 0, 0), ...skip],
  ];
  all(t, repeated(LONG / 10, [syscall]), { vectors: { [AT.general]: nested } });
  // the same, but what is nested ends with the outer one only: never more than two deep, however often
  const trap = [...nested.slice(0, 6), asm('teq', {}), ...nested.slice(7)];
  all(t, repeated(LONG / 10, [syscall]), { vectors: { [AT.general]: trap } });
  t.end();
});

t.test('without end', (t) => {
  const { interpreted } = all(t, [syscall, END], { vectors: { [AT.general]: [nop, syscall, nop] } });
  t.match(interpreted, /exceptions without end/);
  t.end();
});

t.test('from user mode and back', (t) => {
  // what is to be executed in user mode lies in KSEG0: the handler goes on behind it, in kernel mode
  const toKernel = [
    ...[mfc0(K0, STATUS_REGISTER), addTo(V1, K0), addiu(K1, 0, USER), asm('xor', { rs: K0, rt: K1, rd: K0 })],
    ...[mtc0(K0, STATUS_REGISTER), addiu(V0, V0, 1), ...skip],
  ];
  const words = [
    ...[...li(A0, LONG / 10), ...li(T2, at(9)), ...li(T0, USER | STATUS.EXL)],
    ...[mtc0(T2, EPC), mtc0(T0, STATUS_REGISTER), asm('eret')], // 6
    ...[syscall, addiu(A0, A0, -1), branch('bne', { rs: A0 }, -6), nop, END], // 9
  ];
  const { interpreted } = all(t, words, { vectors: { [AT.general]: toKernel } });
  t.match(interpreted, new RegExp(`^\\[\\[\\[\\[0,0,${LONG / 10},`));
  t.end();
});

t.test('a return that lets an interrupt in', (t) => {
  // each call of the system asks for an interrupt, which is taken behind it
  const software = [
    ...[
      mfc0(K0, CAUSE_REGISTER),
      asm('andi', { rs: K0, rt: K1, imm: 0x7c }),
      branch('beq', { rs: K1 }, 7),
      addiu(V0, V0, 1),
    ],
    ...[addiu(K1, 0, 0x100), mtc0(K1, CAUSE_REGISTER), ...skip],
    ...[mtc0(0, CAUSE_REGISTER), mfc0(K0, EPC), addTo(V1, K0), asm('eret')],
  ];
  const { interpreted } = all(t, repeated(LONG / 10, [syscall, addiu(V1, V1, 1)]), {
    vectors: { [AT.general]: software },
    status: interrupts(1),
  });
  t.match(interpreted, new RegExp(`^\\[\\[\\[\\[0,0,${(2 * LONG) / 10},`), 'as many interrupts as calls');
  t.end();
});

t.test('a return from an error', (t) => {
  const words = [...li(T0, at(8)), mtc0(T0, ERROR_EPC), ...li(T1, at(12)), mtc0(T1, EPC), nop, asm('eret')];
  const rest = [addiu(V0, V0, 1), asm('eret'), nop, nop, addiu(V0, V0, 2), END];
  all(t, [...words.slice(0, 8), ...rest], { status: STATUS.ERL | STATUS.EXL });
  t.end();
});

t.test('a link is broken', (t) => {
  const DATA = KSEG0 + DATA_PA;
  const words = repeated(
    LONG / 10,
    [asm('ll', { rt: T1, base: T0 }), syscall, asm('sc', { rt: T1, base: T0 }), addTo(V1, T1)],
    li(T0, DATA),
  );
  all(t, words, { vectors });
  t.end();
});

t.test('the handlers move', (t) => {
  const other = [addiu(V0, V0, 100), ...skip];
  // EBase is changed by the bit that leads to the handler behind 0x1000
  const words = repeated(
    LONG / 10,
    [syscall, mfc0(T0, 15, 1), asm('xor', { rs: T0, rt: T1, rd: T0 }), mtc0(T0, 15, 1), syscall],
    li(T1, 0x1000),
  );
  const { interpreted } = all(t, words, { vectors: { ...vectors, [0x1000 + AT.general]: other } });
  t.match(interpreted, new RegExp(`^\\[\\[\\[\\[0,0,${(101 * LONG) / 10},`));
  t.end();
});

t.test('a delay slot and others in turns', (t) => {
  // Cause.BD is of the last call: its sign tells how far behind EPC to go on
  const bySlot = [
    ...[mfc0(K1, CAUSE_REGISTER), addTo(V1, K1), asm('srl', { rt: K1, rd: K1, sa: 31 })],
    ...[asm('sll', { rt: K1, rd: K1, sa: 2 }), mfc0(K0, EPC), addTo(K0, K1), addiu(K0, K0, 4)],
    ...[mtc0(K0, EPC), addiu(V0, V0, 1), asm('eret')],
  ];
  const words = repeated(LONG / 10, [branch('beq', {}, 1), syscall, syscall, addiu(V1, V1, 3)]);
  all(t, words, { vectors: { [AT.general]: bySlot } });
  t.end();
});

t.test('by virtual time', (t) => {
  // interrupts of the timer, also such as come to be pending within the handler
  const timed = [
    ...[
      mfc0(K0, CAUSE_REGISTER),
      asm('andi', { rs: K0, rt: K1, imm: 0x7c }),
      branch('beq', { rs: K1 }, 6),
      addTo(V1, K0),
    ],
    ...[addiu(V0, V0, 1), ...skip],
    ...[
      mfc0(K0, COUNT),
      addTo(V1, K0),
      addiu(K0, K0, 50),
      mtc0(K0, COMPARE),
      mfc0(K0, EPC),
      addTo(V1, K0),
      asm('eret'),
    ],
  ];
  const words = repeated(LONG / 10, [syscall, addiu(V1, V1, 1), mfc0(T0, COUNT), addTo(V1, T0)]);
  const setting = { status: interrupts(0x80), vectors: { [AT.general]: timed } };
  const model = { ...coreModel('interAptiv'), timerThroughGic: false };
  same(t, words, look, { ...setting, model, clock: new InstructionClock() });
  t.end();
});

t.test('register sets of handlers, and none of them', (t) => {
  for (const model of ['34Kf', '24Kf'])
    all(t, [...li(T0, 1 << 12), mtc0(T0, 12, 2), ...repeated(LONG / 10, [syscall])], { model, vectors });
  t.end();
});

t.test('a call of the boot monitor, and what would be one', (t) => {
  const LINUX = KSEG0 + RAM - LINUX_REGION_BYTES;
  // $25 says which: to end with the code in $4
  const uhi = asm('syscall', { code20: 1 });
  const leave = [...li(25, 1), ...li(T0, LINUX), nop, mtc0(T0, 15, 1), uhi, END];
  const { interpreted } = all(t, [...repeated(LONG / 10, [uhi]).slice(0, -1), ...leave], { vectors });
  t.match(interpreted, /,\[\],\[0\]\]$/, 'it has ended itself');
  const none = all(t, [...repeated(40, [syscall]).slice(0, -1), ...leave.slice(0, -2), syscall, END], { vectors });
  t.match(none.interpreted, /EBase was never set/);
  t.end();
});

t.test('no handlers', (t) => {
  const { interpreted } = all(t, repeated(40, [addiu(V0, V0, 1), syscall]), { vectors, status: STATUS.BEV });
  t.match(interpreted, /no handler \(Status.BEV is set/);
  t.end();
});

t.test('what is not allowed in user mode', (t) => {
  const USER_CODE = 0x400000;
  const moves = [mfc0(V0, EPC), mtc0(V0, EPC), mfc0(V0, STATUS_REGISTER)];
  for (const word of [...moves, asm('eret'), syscall]) {
    const kernel = [
      // the same instruction has been translated for kernel mode before
      ...(moves.includes(word) ? [word, nop] : []),
      ...tlbWrite(0, USER_CODE, lo(PROGRAM_PA, V | D | G), lo(PROGRAM_PA + 0x1000, V | D | G)),
      ...[...li(T0, 1), mtc0(T0, 6), ...li(T0, USER | STATUS.EXL), mtc0(T0, STATUS_REGISTER)],
    ];
    const user = USER_CODE + 4 * (kernel.length + 4);
    const words = [...kernel, ...li(T0, user), mtc0(T0, EPC), asm('eret'), word, addiu(V0, V0, 9), END];
    const { interpreted } = all(t, words);
    t.match(interpreted, '[384]', 'the general vector');
  }
  t.end();
});

t.test('moves', (t) => {
  const words = repeated(LONG / 10, [
    ...[mtc0(A0, EPC), mfc0(T0, EPC), addTo(V1, T0), mfc0(T1, STATUS_REGISTER), addTo(V1, T1)],
    ...[asm('lw', { rt: T2, base: A0 }), mfc0(T2, BAD_VADDR), addTo(V1, T2)],
  ]);
  all(t, words, { vectors: { [AT.general]: skip, [AT.refill]: skip } });
  t.end();
});

t.test('cores that tell the instruction, and others', (t) => {
  const tells = [mfc0(K0, BAD_VADDR, 1), addTo(V1, K0), ...skip];
  for (const model of ['P5600', 'interAptiv'])
    t.test(model, (t) => {
      const call = asm('syscall', { code20: 0x12345 });
      all(t, repeated(LONG / 10, [call]), { model, vectors: { [AT.general]: tells } });
      t.end();
    });
  t.end();
});

t.test('64 bits', (t) => {
  const asm64 = assembler(MIPS64);
  const wide = [
    asm64('dmfc0', { rt: K0, rd: EPC }),
    asm64('daddu', { rs: V1, rt: K0, rd: V1 }),
    asm64('daddiu', { rs: K0, rt: K0, imm: 4 }),
    asm64('dmtc0', { rt: K0, rd: EPC }),
    asm64('mfc0', { rt: K1, rd: EPC }),
    asm64('daddu', { rs: V1, rt: K1, rd: V1 }),
    asm64('eret'),
  ];
  const high = (bench: CoreBench): unknown => [look(bench), bench.core.state.get64(8 * V1).toString(16)];
  const words = repeated(LONG / 10, [syscall]);
  same(t, words, high, { isa: MIPS64, vectors: { [AT.general]: wide } });
  all(t, words, { isa: MIPS64, vectors });
  t.end();
});

t.test('a device interrupts while a handler is executed', (t) => {
  const [EDGE, ENABLED, WEDGE, ROUTE] = [0x184, 0x384, 0x280, 0x2000 + 50 * 0x20];
  const toGic = (offset: number, value: number): number[] => [
    ...[...li(K0, KSEG1 + GIC_BASE + offset), ...li(K1, value)],
    asm('sw', { rt: K1, base: K0 }),
  ];
  const interrupted = [
    ...[mfc0(K0, CAUSE_REGISTER), asm('andi', { rs: K0, rt: K1, imm: 0x7c }), branch('beq', { rs: K1 }, 11), nop],
    ...[...toGic(WEDGE, 0x80000000 | 50), addiu(V0, V0, 1), ...skip],
    ...[nop, nop, nop, ...toGic(WEDGE, 50), mfc0(K0, EPC), addTo(V1, K0), addiu(A1, A1, 1), asm('eret')],
  ];
  const words = [
    ...[...toGic(EDGE, 1 << 18), ...toGic(ENABLED, 1 << 18), ...toGic(ROUTE, 1 << 1)],
    ...repeated(LONG / 10, [syscall, addiu(V1, V1, 3)]),
  ];
  const setting = { model: 'interAptiv', status: interrupts(4), vectors: { [AT.general]: interrupted } };
  const { interpreted } = all(t, words, setting);
  t.match(interpreted, new RegExp(`^\\[\\[\\[\\[0,0,${LONG / 10},\\d+,0,${LONG / 10},`), 'as many interrupts as calls');
  t.end();
});

t.test('handlers in the middle of 64-bit addresses', (t) => {
  const asm64 = assembler(MIPS64);
  const words = [
    ...[asm64('lui', { rt: T0, imm: 0x9800 }), asm64('dsll32', { rt: T0, rd: T0, sa: 0 })],
    ...[
      ...li(T1, VECTORS_PA | EBASE_WG),
      asm64('or', { rs: T0, rt: T1, rd: T0 }),
      asm64('dmtc0', { rt: T0, rd: 15, sel: 1 }),
    ],
    ...repeated(LONG / 20, [syscall, addiu(V1, V1, 3)]),
  ];
  all(t, words, { isa: MIPS64, vectors, status: STATUS.KX });
  t.end();
});

t.test('code that changes', (t) => {
  // the word behind the call becomes another, as data, in the handler
  const [before, after] = [addiu(V1, V1, 1), addiu(V1, V1, 7)];
  const patched = 9;
  const program = [
    ...[...li(A0, LONG / 10), ...li(T0, at(patched)), ...li(T1, before ^ after), ...li(T2, 0)],
    ...[syscall, before, addiu(A0, A0, -1), branch('bne', { rs: A0 }, -4), nop, END],
  ];
  const patching = [
    ...[asm('andi', { rs: A0, rt: K1, imm: 0x1ff }), branch('bne', { rs: K1 }, 4), addiu(V0, V0, 1)],
    ...[asm('lw', { rt: K0, base: T0 }), asm('xor', { rs: K0, rt: T1, rd: K0 }), asm('sw', { rt: K0, base: T0 })],
    ...skip,
  ];
  t.equal(program[patched], before);
  all(t, program, { vectors: { [AT.general]: patching } });
  t.end();
});
