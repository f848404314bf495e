/** What a region is made of: functions that are probably called, and the pieces in which a function is gone on with. */
import t from 'tap';
import { loopOf, stretchOf } from '../../src/emu/translator/piece.js';
import type { Source } from '../../src/emu/translator/source.js';
import { findRegion, type Region } from '../../src/emu/translator/region.js';
import { refundOf } from '../../src/emu/translator/step.js';
import { addiu, branch } from './both-engines.js';
import { asm, nop } from './core-bench.js';
import { sourceOf } from './region-source.js';

const [T0, T1, T9, RA] = [8, 9, 25, 31];
const at = (word: number): number => 0x1000 + word * 4;
const jalr = asm('jalr', { rs: T9, rd: RA });
const ret = [asm('jr', { rs: RA }), nop];

function find(
  words: readonly number[],
  entry: number,
  returns: ReadonlyMap<number, readonly number[]> = new Map(),
): Region {
  const source: Source = sourceOf(words, at(0), {
    sizeOf: () => 2,
    mayInterpret: false,
    returningTo: (pc) => returns.get(pc) ?? [],
    placesOf: (pc) =>
      new Set([...findRegion({ ...source, returningTo: () => [] }, pc).blocks.values()].map((block) => block.pc)),
  });
  return findRegion(source, entry);
}

/** Addresses that have instructions in a region. */
const executed = ({ blocks }: Region): number[] =>
  [...new Set([...blocks.values()].flatMap(({ steps }) => steps.map(({ pc }) => pc)))].sort((a, b) => a - b);
/** Where it is left. */
const left = ({ blocks }: Region): number[] =>
  [...blocks.values()].flatMap(({ end }) => (end.kind === 'leave' ? [end.to] : [])).sort((a, b) => a - b);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => at(from + index));

// 0: outer loop; 2: inner loop; 5: what comes after it; 6: the way back; 9: the end
const nest = [
  addiu(T0, T0, -1),
  addiu(T1, 0, 9),
  addiu(T1, T1, -1), // 2
  branch('bne', { rs: T1 }, -2),
  nop,
  addiu(T1, T1, 5), // 5
  addiu(T1, T1, 6),
  branch('bne', { rs: T0 }, -8),
  nop,
  ...ret,
];

t.test('from a loop in a loop, only the inner one', (t) => {
  const whole = find(nest, at(2));
  t.same(executed(whole), range(0, nest.length), 'although everything can be reached');
  const loop = loopOf(whole);
  t.same(loop && executed(loop), range(2, 5));
  t.same(loop && left(loop), [at(5)]);
  t.end();
});

t.test('from the outer loop, both', (t) => {
  const loop = loopOf(find(nest, at(0)));
  t.same(loop && executed(loop), range(0, 9));
  t.same(loop && left(loop), [at(9)]);
  t.end();
});

t.test('from elsewhere, what comes before the way back', (t) => {
  const whole = find(nest, at(5));
  t.equal(loopOf(whole), undefined);
  const stretch = stretchOf(whole);
  t.same(executed(stretch), range(5, nest.length));
  t.same(left(stretch), [at(0)]);
  t.end();
});

t.test('a loop that is run into is there once', (t) => {
  for (const entry of [0, 1]) {
    const { blocks } = find([nop, nop, nop, branch('bne', { rs: T0 }, -3), nop, ...ret], at(entry));
    const places = [...blocks.values()].flatMap(({ steps }) => steps.map(({ pc }) => pc));
    t.same(
      places.toSorted((a, b) => a - b),
      range(entry, 7),
      `from ${entry} on`,
    );
    const header = [...blocks.values()].find(({ pc }) => pc === at(1));
    t.match(
      header?.steps.map((_, index, steps) => refundOf(steps, index)),
      [4, 3, 2, 2],
    );
  }
  t.end();
});

// 0: a call through a register in a loop; 6: one function; 8: another
const caller = [jalr, nop, branch('bne', { rs: T0 }, -3), addiu(T0, T0, -1), ...ret, ...ret, ...ret];

t.test('functions that have been seen to return there are taken in', (t) => {
  const { blocks, words } = find(caller, at(0), new Map([[at(2), [at(6), at(8)]]]));
  const guess = [...blocks.values()].map(({ end }) => end).find(({ kind }) => kind === 'guess');
  t.match(guess, { kind: 'guess', probably: [{ address: at(6) }, { address: at(8) }] });
  for (const word of [6, 7, 8, 9]) t.ok(words.has(at(word)), 'it is known to be made from them');
  t.same(
    [...find(caller, at(0), new Map([[at(1), [at(6)]]])).blocks.values()].filter(({ end }) => end.kind === 'guess'),
    [],
    'and others are not',
  );
  t.end();
});

const guessed = ({ blocks }: Region): number[][] =>
  [...blocks.values()].flatMap(({ end }) => (end.kind === 'guess' ? [end.probably.map(({ address }) => address)] : []));

t.test('places that only had the same $31 are not taken for functions', (t) => {
  // 6: a function with a loop in it, at 7; 11: another, which is a loop from its entry on
  const loops = [nop, nop, branch('bne', { rs: T0 }, -2), nop, ...ret, branch('bne', { rs: T1 }, -1), nop, ...ret];
  const words = [...caller.slice(0, 6), ...loops];
  const seen = [at(4), at(7), at(10), at(6), at(12), at(14)];
  t.same(guessed(find(words, at(0), new Map([[at(2), seen]]))), [[at(6), at(12)]]);
  t.end();
});

t.test('of too many functions none is taken in', (t) => {
  const functions = Array.from({ length: 9 }, (_, index) => at(6 + 2 * index));
  const words = [...caller.slice(0, 6), ...functions.flatMap(() => ret)];
  t.same(guessed(find(words, at(0), new Map([[at(2), functions.slice(0, 8)]]))), [functions.slice(0, 8)]);
  t.same(guessed(find(words, at(0), new Map([[at(2), functions]]))), []);
  t.end();
});

t.test('a call of which nothing is known is guessed from others in its function', (t) => {
  const words = [jalr, nop, jalr, nop, ...ret, ...ret, ...ret];
  const both = [at(6), at(8)];
  t.same(guessed(find(words, at(0), new Map([[at(2), both]]))), [both, both]);
  t.same(
    guessed(
      find(
        words,
        at(0),
        new Map([
          [at(2), [at(6)]],
          [at(4), [at(8)]],
        ]),
      ),
    ),
    [[at(6)], [at(8)]],
    'its own come first',
  );
  t.end();
});

t.test('what is none of them is called, also in a piece', (t) => {
  const whole = find(caller, at(0), new Map([[at(2), [at(6)]]]));
  for (const piece of [loopOf(whole), stretchOf(whole)]) {
    const ends = [...(piece?.blocks.values() ?? [])].map(({ end }) => end.kind);
    t.ok(ends.includes('guess'));
    t.ok(ends.includes('callRegister'));
  }
  t.end();
});
