/** Instructions of the interpreter in the middle of translated code, which goes on behind them. */
import t from 'tap';
import { InstructionClock } from '../../src/emu/clock.js';
import { STATUS } from '../../src/emu/cpu/registers.js';
import { GIC_BASE } from '../../src/emu/devices/bus.js';
import { loopOf, stretchOf } from '../../src/emu/translator/piece.js';
import { findRegion, type Region } from '../../src/emu/translator/region.js';
import { addiu, branch, END, jump } from './both-engines.js';
import { asm, KSEG1, li, nop, PROGRAM, PROGRAM_PA } from './core-bench.js';
import { sourceOf } from './region-source.js';
import { AT, DATA_PA, interrupts, mfc0, mtc0, USER } from './privileged-bench.js';
import { registers, same } from './three-ways.js';

const [V0, V1, A0, A1, T0, T1, T2, T3, RA] = [2, 3, 4, 5, 8, 9, 10, 11, 31];
const [COUNT, STATUS_REGISTER, CAUSE_REGISTER, EPC] = [9, 12, 13, 14];
/** A register of the GIC that keeps what is written to it: shadow set of an interrupt. */
const DEVICE = KSEG1 + GIC_BASE + 0x8100;
const DATA = 0x80000000 + DATA_PA;
/** Of loops that are to be translated, left, and translated once more. */
const LONG = 200_000;

const at = (index: number): number => PROGRAM + 4 * index;

t.test('which instructions are passed', (t) => {
  const region = (words: readonly number[], isElsewhere = false): Region =>
    findRegion(sourceOf(words, 0x1000, { isElsewhere: () => isElsewhere }), 0x1000);
  const regionOf = (words: readonly number[], isElsewhere = false) =>
    [...region(words, isElsewhere).blocks.values()].map(({ end }) => end.kind);
  for (const word of [
    mfc0(V0, COUNT),
    mtc0(V0, STATUS_REGISTER),
    mfc0(V0, CAUSE_REGISTER),
    asm('di', {}),
    asm('ei', { rt: V0 }),
  ])
    t.same(regionOf([nop, word, nop, END]), ['goto', 'interpret', 'leave']);
  for (const word of [asm('break'), END, asm('tlbwi'), asm('synci', {})]) t.same(regionOf([nop, word, nop]), ['leave']);
  const access = asm('lw', { rt: V0, base: A0 });
  t.same(regionOf([nop, access, nop, END]), ['leave']);
  t.same(regionOf([nop, access, nop, END], true).sort(), [
    'goto',
    'goto',
    'goto',
    'interpret',
    'leave',
    'tabled',
    'where',
  ]);
  t.same(regionOf([nop, asm('jr', { rs: RA }), access], true), ['jumpRegister'], 'not in a delay slot');
  const loop = loopOf(region([nop, mfc0(V0, COUNT), access, branch('bne', { rs: V0 }, -4), nop, END], true));
  t.same([...(loop?.words.keys() ?? [])].sort(), [0x1000, 0x1004, 0x1008, 0x100c, 0x1010], 'a loop depends on them');
  const straight = region([access, nop, END], true);
  t.equal(stretchOf(straight), straight, 'an access is no loop');
  t.end();
});

t.test('coprocessor 0 in loops and functions', (t) => {
  const FUNCTION = 20;
  const words = [
    ...li(A0, LONG),
    mfc0(V1, COUNT), // 2
    asm('addu', { rs: V0, rt: V1, rd: V0 }),
    asm('di', { rt: T1 }),
    jump('jal', at(FUNCTION)),
    addiu(A1, A1, 3),
    asm('ei', {}),
    asm('xor', { rs: V0, rt: T1, rd: V0 }),
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -9),
    nop,
    END,
  ];
  while (words.length < FUNCTION) words.push(nop);
  words.push(
    mfc0(T0, STATUS_REGISTER),
    asm('addu', { rs: V0, rt: T0, rd: V0 }),
    asm('rdhwr', { rt: T2, rd: 0 }),
    asm('addu', { rs: V0, rt: T2, rd: V0 }),
    asm('jr', { rs: RA }),
    addiu(V0, V0, 7),
  );
  same(t, words, registers);
  same(t, words, registers, { clock: new InstructionClock() });
  t.end();
});

t.test('what is taken for granted changes in the middle', (t) => {
  // the registers of $f2 and $f3 are one or two, by Status.FR
  const [PAIRS, SINGLES] = [STATUS.CU1, STATUS.CU1 | STATUS.FR];
  const words = [
    ...li(A0, LONG / 4),
    ...li(T0, PAIRS),
    ...li(T1, SINGLES),
    mtc0(T0, STATUS_REGISTER), // 6
    asm('mtc1', { rt: A0, fs: 2 }),
    asm('mtc1', { rt: V0, fs: 3 }),
    asm('mov.d', { fs: 2, fd: 4 }),
    mtc0(T1, STATUS_REGISTER),
    asm('mfc1', { rt: T2, fs: 5 }),
    asm('mfhc1', { rt: T3, fs: 4 }),
    asm('addu', { rs: V0, rt: T2, rd: V0 }),
    asm('xor', { rs: V0, rt: T3, rd: V0 }),
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -10),
    addiu(V0, V0, 1),
    END,
  ];
  same(t, words, registers, { status: PAIRS, model: 'P5600' });
  t.end();
});

t.test('an interrupt that an instruction brings on', (t) => {
  const handler = [
    addiu(V1, V1, 1),
    mtc0(0, CAUSE_REGISTER),
    mfc0(26, EPC),
    asm('addu', { rs: A1, rt: 26, rd: A1 }),
    asm('eret'),
  ];
  const words = [
    ...li(A0, LONG / 8),
    ...li(T0, 0x100),
    asm('andi', { rs: A0, rt: T1, imm: 7 }), // 4
    branch('bne', { rs: T1 }, 3),
    addiu(V0, V0, 1),
    mtc0(T0, CAUSE_REGISTER),
    nop,
    addiu(V0, V0, 2),
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -8),
    nop,
    END,
  ];
  const { interpreted } = same(t, words, registers, {
    status: interrupts(1),
    vectors: { [AT.general]: handler },
  });
  t.match(interpreted, /^\[\[\[0,0,\d+,3125,/, 'each eighth time');
  t.end();
});

t.test('an instruction that is not allowed', (t) => {
  const words = [
    ...li(A0, LONG),
    mfc0(V1, COUNT), // 2
    addiu(V0, V0, 5),
    branch('bne', { rs: A0, rt: V0 }, -3),
    addiu(A1, A1, 1),
    ...li(T0, STATUS.CU0),
    mfc0(T1, STATUS_REGISTER),
    asm('xor', { rs: T0, rt: T1, rd: T0 }),
    mtc0(T0, STATUS_REGISTER),
    mfc0(V1, COUNT),
    END,
  ];
  // the vector is the one that tells its own offset
  const program = [...words];
  same(t, program, registers, { status: STATUS.CU0 });
  same(t, [mfc0(V1, COUNT), nop, END], registers, { status: USER | STATUS.EXL });
  t.end();
});

t.test('a device that is polled', (t) => {
  const words = [
    ...li(A0, LONG),
    ...li(T0, DEVICE),
    asm('sw', { rt: A0, base: T0 }), // 4
    asm('lw', { rt: T1, base: T0 }),
    asm('addu', { rs: V0, rt: T1, rd: V0 }),
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -5),
    nop,
    END,
  ];
  const { elsewhere } = same(t, words, registers);
  t.same([...elsewhere()].sort(), [at(4) | 0, at(5) | 0].sort(), 'both accesses are known');
  same(t, words, registers, { clock: new InstructionClock() });
  t.end();
});

t.test('a counter that is polled shows how many instructions have been executed', (t) => {
  // GIC counter, low word
  const COUNTER = KSEG1 + GIC_BASE + 0x10;
  const words = [
    ...li(A0, LONG),
    ...li(T0, COUNTER),
    asm('lw', { rt: T1, base: T0 }), // 4
    asm('addu', { rs: V0, rt: T1, rd: V0 }),
    addiu(A1, A1, 3),
    asm('xor', { rs: V1, rt: T1, rd: V1 }),
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -6),
    nop,
    END,
  ];
  const { elsewhere } = same(t, words, registers, { clock: new InstructionClock() });
  t.same(elsewhere(), [at(4) | 0]);
  t.end();
});

/** Accesses in turn to a device, to memory, and, the last time, to where `last` says. */
const turns = (access: (name: string) => number, last: number): number[] => [
  ...li(A0, LONG),
  ...li(T0, DEVICE),
  ...li(T1, DATA),
  asm('xor', { rs: T0, rt: T1, rd: T2 }),
  access('T0'), // 7
  asm('addu', { rs: V0, rt: V1, rd: V0 }),
  asm('xor', { rs: T0, rt: T2, rd: T0 }),
  addiu(A0, A0, -1),
  branch('bne', { rs: A0 }, -5),
  addiu(V1, V1, 1),
  ...li(T0, last),
  branch('beq', {}, -9),
  addiu(A0, 0, 1),
];

t.test('a device and memory in turns, and at last nothing at all', (t) => {
  const NOWHERE = KSEG1 + 0x1f000000;
  for (const [name, row] of Object.entries({ load: 'lw', store: 'sw', byte: 'lb' }))
    for (const [what, last] of Object.entries({ nowhere: NOWHERE, misaligned: DEVICE + 1, unmapped: 0x1000 }))
      if (!(name === 'byte' && what === 'misaligned'))
        t.test(`${name}, ${what}`, (t) => {
          const words = turns(() => asm(row, { rt: V1, base: T0 }), last);
          const { interpreted } = same(t, words, (bench) => [registers(bench), bench.word(DATA_PA)]);
          t.notMatch(interpreted, /\[\]\]$/, 'it ends by an exception');
          t.end();
        });
  t.end();
});

t.test('a store that has gone to a device goes to the code behind it', (t) => {
  const PATCHED = 12;
  const words = [
    ...li(A0, LONG),
    ...li(T0, DEVICE),
    ...li(T1, addiu(V0, V0, 100)),
    ...li(T3, KSEG1 + PROGRAM_PA + 4 * PATCHED),
    addiu(T2, 0, 5),
    nop,
    nop,
    asm('sw', { rt: T1, base: T0 }), // 11
    addiu(V0, V0, 1), // PATCHED
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -4),
    nop,
    // the same once more, at the code, by addresses that are in no window
    addiu(T2, T2, -1),
    asm('addu', { rs: T3, rt: 0, rd: T0 }),
    branch('bgtz', { rs: T2 }, -8),
    addiu(A0, 0, 3),
    END,
  ];
  same(t, words, registers);
  t.end();
});
