/** Accesses outside of the window of translated code that go by the table of recent pages: other segments, and TLB entries that are not wired. */
import t, { type Test } from 'tap';
import { LocalTranslation } from '../../src/emu/translator/local.js';
import { addiu, branch, END } from './both-engines.js';
import { asm, KSEG1, li, nop, PROGRAM_PA } from './core-bench.js';
import { asid, at, AT, D, DATA_PA, G, lo, mfc0, prepare, skip, tlbWrite, V, type Setting } from './privileged-bench.js';
import { registers, same } from './three-ways.js';

const [V0, V1, A0, T0, T1, T2, T3, S0, S1] = [2, 3, 4, 8, 9, 10, 11, 16, 17];
const LONG = 100_000;
const PAGE = 0x00400000;
const OTHER_PA = DATA_PA + 0x4000;
const look = (bench: ReturnType<typeof prepare>): unknown => [
  registers(bench),
  ...[DATA_PA, DATA_PA + 4, OTHER_PA, OTHER_PA + 4].map((pa) => bench.word(pa)),
];

/** All engines against each other, and each word that translated code stores against the interpreter's. */
function all(t: Test, words: readonly number[], setting: Setting = {}) {
  const made = same(t, words, look, setting);
  const translation: Setting['translation'] = (target, memory) => new LocalTranslation(target, memory, false);
  const verified = prepare(words, { ...setting, engine: 'verify', translation });
  verified.run(3000);
  t.notMatch(verified.faults, [/different results/], 'verified');
  return made;
}

/** So many times: a word at the address in $t0 is counted up by what it is itself, and stored at the next one. */
const counting = (times: number): number[] => [
  ...li(A0, times),
  asm('lw', { rt: V1, base: T0 }),
  asm('addu', { rs: V0, rt: V1, rd: V0 }),
  addiu(V1, V1, 3),
  asm('sw', { rt: V1, base: T0 }),
  asm('sh', { rt: V0, base: T0, offset: 6 }),
  asm('lbu', { rt: T3, base: T0, offset: 7 }),
  asm('addu', { rs: V0, rt: T3, rd: V0 }),
  addiu(A0, A0, -1),
  branch('bne', { rs: A0 }, -9),
  nop,
];

t.test('the other segment', (t) => {
  const { elsewhere } = all(t, [...li(T0, KSEG1 + DATA_PA), ...counting(4 * LONG), END]);
  t.equal(elsewhere().length, 4, 'all of its accesses');
  t.end();
});

t.test('entries that are not wired', (t) => {
  const map = (pa: number, flags: number): number[] => tlbWrite(9, PAGE, lo(pa, flags), lo(pa + 0x1000, flags));
  all(t, [...map(DATA_PA, G | V | D), ...li(T0, PAGE), ...counting(LONG), END]);
  t.test('that are others later', (t) => {
    const words = [
      ...map(DATA_PA, G | V | D),
      ...li(T0, PAGE),
      ...counting(LONG),
      ...map(OTHER_PA, G | V | D),
      ...li(T0, PAGE),
      ...counting(LONG / 2),
      END,
    ];
    all(t, words);
    t.end();
  });
  t.test('that are read only later', (t) => {
    const words = [
      ...map(DATA_PA, G | V | D),
      ...li(T0, PAGE),
      ...counting(LONG),
      ...map(DATA_PA, G | V),
      ...li(T0, PAGE),
      ...counting(9),
      END,
    ];
    all(t, words, { vectors: { [AT.general]: [addiu(S0, S0, 1), mfc0(S1, 8), ...skip] } });
    t.end();
  });
  t.test('that another address space has', (t) => {
    const [own, others] = [V | D, V | D];
    const words = [
      ...asid(1, PAGE),
      ...tlbWrite(9, PAGE | 1, lo(DATA_PA, own), lo(DATA_PA + 0x1000, own)),
      ...tlbWrite(10, PAGE | 2, lo(OTHER_PA, others), lo(OTHER_PA + 0x1000, others)),
      ...asid(1),
      ...li(T0, PAGE),
      ...counting(LONG),
      ...asid(2),
      ...li(T0, PAGE),
      ...counting(LONG / 2),
      ...asid(3),
      ...li(T0, PAGE),
      asm('lw', { rt: T2, base: T0 }),
      END,
    ];
    all(t, words, { vectors: { [AT.refill]: [addiu(S0, S0, 1), mfc0(S1, 8), ...skip] } });
    t.end();
  });
  t.end();
});

t.test('an address that is not aligned, in a page that is known', (t) => {
  const words = [...li(T0, KSEG1 + DATA_PA), ...counting(LONG), ...li(T0, KSEG1 + DATA_PA + 2), ...counting(5), END];
  all(t, words, { vectors: { [AT.general]: [addiu(S0, S0, 1), mfc0(S1, 8), ...skip] } });
  t.end();
});

t.test('a store to code, in a page that is known', (t) => {
  const PATCHED = 20;
  const words = [
    ...li(T0, KSEG1 + PROGRAM_PA + 0x800),
    ...li(T1, addiu(V0, V0, 100)),
    ...li(T2, KSEG1 + PROGRAM_PA + 4 * PATCHED),
    ...li(S0, 3),
    ...li(A0, LONG),
  ];
  while (words.length < PATCHED - 1) words.push(nop);
  words.push(
    asm('sw', { rt: T1, base: T0 }),
    addiu(V0, V0, 1), // PATCHED
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -4),
    nop,
    addiu(S0, S0, -1),
    asm('or', { rs: T2, rt: 0, rd: T0 }),
    branch('bgtz', { rs: S0 }, -8),
    addiu(A0, 0, 40),
    END,
  );
  t.equal(at(PATCHED) & 3, 0);
  all(t, words);
  t.end();
});
