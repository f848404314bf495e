/** Which regions a job is made of: what lies inside of others, what turns out to be a function, and instructions that are read once. */
import t from 'tap';
import { MIPS32R2 } from '../../src/emu/isa/index.js';
import { layoutOf } from '../../src/emu/layout.js';
import { InstructionReader } from '../../src/emu/translator/reader.js';
import { Translator, type Job, type Translation } from '../../src/emu/translator/translator.js';
import { addiu, branch } from './both-engines.js';
import { asm, nop } from './core-bench.js';

const [T0, RA] = [8, 31];
const CODE = 0x1000;
const at = (word: number): number => CODE + word * 4;
const jumpTo = (name: 'j' | 'jal', word: number): number => asm(name, { target: at(word) >>> 2 });
const ret = [asm('jr', { rs: RA }), nop];
/** A function that is too long to be taken in where it is called. */
const long = [...Array.from({ length: 61 }, () => addiu(T0, T0, 5)), ...ret];

function translate(words: readonly number[], job: Partial<Job>): Translation {
  const { pages, codeMap } = layoutOf({ memory: 1 << 20 });
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('shared memory is needed');
  const view = new DataView(buffer);
  for (const [index, word] of words.entries()) view.setInt32(at(index), word, MIPS32R2.endian === 'le');
  const range = { start: 0, bytes: 1 << 20, pa: 0, isExecutable: true, isWritable: true };
  return new Translator({ isa: MIPS32R2, codeMap, findsHotPlaces: true }, buffer).translate({
    ranges: [range],
    status: 0,
    isKernel: true,
    entries: [],
    functions: [],
    returns: new Map(),
    insisted: new Set(),
    elsewhere: [],
    known: [],
    ...job,
  });
}

const sorted = (list: Iterable<number>): number[] => [...list].sort((a, b) => a - b);
/** Addresses of the code that an entry's function was made from. */
const codeOf = ({ entries, code }: Translation, entry: number): number[] =>
  sorted(code[entries.indexOf(entry)]?.addresses ?? []);

// three calls of function 10, each with its way back
const calls = [
  ...[0, 1, 2].flatMap(() => [jumpTo('jal', 10), nop, addiu(T0, T0, 1)]), // 0: back to 2, 5, 8
  ...[nop],
  ...long, // 10
];

t.test('places that follow each other, as where calls return to', (t) => {
  const places = [at(8), at(2), at(5)];
  const made = translate(calls, { entries: places });
  t.same(sorted(made.entries), [at(2), at(10)], 'the first one, and what is called');
  t.same(sorted(made.deferred), [at(5), at(8)], 'its region has the others');
  const insisted = translate(calls, { entries: places, insisted: new Set([at(8)]) });
  t.same(sorted(insisted.entries), [at(2), at(8), at(10)]);
  t.same(insisted.deferred, [at(5)]);
  const ofFunction = translate(calls, { entries: [...places, at(0)], functions: [at(0)] });
  t.same(sorted(ofFunction.entries), [at(0), at(10)], 'the function that they lie in comes first');
  t.same(sorted(ofFunction.deferred), sorted(places));
  const known = { functions: [at(0)], known: [at(0)] };
  const within = translate(calls, { entries: places, ...known });
  t.same([within.entries, sorted(within.deferred)], [[], sorted(places)], 'also one that has been translated before');
  t.same(sorted(translate(calls, { entries: places, insisted: new Set(places), ...known }).entries), [
    ...sorted(places),
    at(10),
  ]);
  t.end();
});

t.test('a place that turns out to be a function, when another region is looked at', (t) => {
  // 0: goes on at 9; 9: a function, as 5 shows
  const words = [addiu(T0, T0, 1), jumpTo('j', 9), nop, ...[nop, nop], jumpTo('jal', 9), nop, ...ret, ...long];
  const alone = translate(words, { entries: [at(0)], functions: [at(0)] });
  t.same(codeOf(alone, at(0)), [0, 1, 2, ...long.map((_, index) => 9 + index)].map(at), 'goes on');
  const both = translate(words, { entries: [at(0), at(5)], functions: [at(0), at(5)] });
  t.same(codeOf(both, at(0)), [0, 1, 2].map(at), 'ends there');
  t.same(sorted(both.functions), [at(0), at(5), at(9)]);
  t.end();
});

t.test('an instruction is read once for all places where it means the same', (t) => {
  const words = [addiu(T0, T0, 1), addiu(T0, T0, 1), branch('bne', { rs: T0 }, 2), branch('bne', { rs: T0 }, 2)];
  const fetch = (address: number): number | undefined => words[(address - CODE) / 4];
  const reader = new InstructionReader(MIPS32R2);
  const read = (word: number, status = 0) => reader.read(fetch, at(word), at(word), { status, isKernel: true });
  t.equal(read(0), read(1));
  t.not(read(2), read(3), 'their targets differ');
  t.equal(read(2), read(2));
  t.match(read(2)?.transfer, { target: { value: at(5) } });
  t.match(read(3)?.transfer, { target: { value: at(6) } });
  const first = read(0);
  read(0, 1 << 26);
  t.not(read(0), first, 'not for another Status');
  words[2] = addiu(T0, T0, 1);
  t.equal(read(2), read(0), 'nor where another stands now');
  t.end();
});
