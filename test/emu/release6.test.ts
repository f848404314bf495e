/** What QEMU's models of Release 6 do not have, or what straight-line programs do not show. */
import t from 'tap';
import { EXCEPTION } from '../../src/emu/isa/exceptions.js';
import { MIPS32R2 } from '../../src/emu/isa/index.js';
import { assembler, CoreBench, nop } from './core-bench.js';

const isa = {
  release: 6,
  bits: 64,
  fpu: false,
  multiThreading: false,
  linkedPairs: true,
  crc: true,
  nan2008: true,
} as const;
const asm = assembler({ ...MIPS32R2, ...isa });
const uhiExit = [asm('ori', { rt: 25, imm: 1 }), asm('sdbbp', { code20: 1 })];
const load = (rt: number, value: number): number[] => [
  asm('lui', { rt, imm: value >>> 16 }),
  asm('ori', { rs: rt, rt, imm: value }),
];

function run(words: readonly number[]): CoreBench {
  const bench = new CoreBench({ isa });
  bench.put(0x100000, [...words, ...uhiExit]);
  return bench.run();
}

/** The check values of the catalogue of CRCs: of the nine characters "123456789". */
const CHECK = Buffer.from('123456789');
const SUM = 8;
const DATA = 9;

for (const [suffix, expected] of [
  ['', 0xcbf43926],
  ['c', 0xe3069283],
] as const)
  t.test(`crc32${suffix}`, (t) => {
    const final = (words: readonly number[]): number => ~run([...load(SUM, 0xffffffff), ...words]).gpr(SUM) >>> 0;
    const step = (unit: string): number => asm(`crc32${suffix}${unit}`, { rs: DATA, rt: SUM });
    const bytes = [...CHECK].flatMap((byte) => [...load(DATA, byte), step('b')]);
    t.equal(final(bytes), expected, 'by bytes');
    const last = [...load(DATA, CHECK.readUInt8(8)), step('b')];
    const halves = [0, 2, 4, 6].flatMap((at) => [...load(DATA, CHECK.readUInt16LE(at)), step('h')]);
    t.equal(final([...halves, ...last]), expected, 'by half words');
    const words = [0, 4].flatMap((at) => [...load(DATA, CHECK.readUInt32LE(at)), step('w')]);
    t.equal(final([...words, ...last]), expected, 'by words');
    const double = [
      ...load(DATA, CHECK.readUInt32LE(0)),
      ...load(10, CHECK.readUInt32LE(4)),
      asm('dinsu', { rs: 10, rt: DATA, lsb: 0, msb: 31 }),
      step('d'),
    ];
    t.equal(final([...double, ...last]), expected, 'by double words');
    t.end();
  });

t.test('no branch may stand in a slot', (t) => {
  const branch = asm('beqzc', { rs: 9, offset: 4 });
  for (const [name, words] of [
    ['delay slot', [asm('beq', { rs: 0, rt: 0, offset: 4 }), branch]],
    ['delay slot of a branch that is not taken', [asm('bne', { rs: 0, rt: 0, offset: 4 }), branch]],
    ['forbidden slot', [asm('bnezc', { rs: 8, offset: 4 }), branch]],
  ] as const) {
    const bench = run([...words, nop, nop]);
    t.match(bench.faults, [/^reserved instruction/], name);
    t.equal((bench.cp0(13) >>> 2) & 31, EXCEPTION.RI, `${name}: code`);
    t.equal(bench.cp0(13) >>> 31, 1, `${name}: BD`);
    t.equal(bench.cp0(14), 0x80100000, `${name}: EPC is the first branch`);
  }
  const taken = run([asm('beqzc', { rs: 8, offset: 1 }), branch, asm('ori', { rt: 10, imm: 7 })]);
  t.strictSame([taken.faults, taken.gpr(10)], [[], 7], 'it is jumped over when the first one is taken');
  t.end();
});

t.test('a pair of words is linked and stored as one', (t) => {
  const AT = 0x80200000;
  const bench = run([
    ...load(8, AT),
    ...load(9, 0x11223344),
    ...load(10, 0x55667788),
    asm('llwp', { base: 8, rt: 11, rd: 12 }),
    asm('scwp', { base: 8, rt: 9, rd: 10 }),
    asm('scwp', { base: 8, rt: 10, rd: 10 }),
  ]);
  t.strictSame([bench.word(0x200000), bench.word(0x200004)], [0x11223344, 0x55667788]);
  t.strictSame([bench.gpr(9), bench.gpr(10)], [1, 0], 'the second one finds no link');
  t.end();
});
