/** What translated code must survive: code that changes, calls without end, memory that is none, clocks that count instructions. */
import t from 'tap';
import { InstructionClock } from '../../src/emu/clock.js';
import { coreModel } from '../../src/emu/cpu/models/index.js';
import { CONFIG5, STATUS } from '../../src/emu/cpu/registers.js';
import { STATE } from '../../src/emu/layout.js';
import { addiu, both, branch, END, ENGINES, jump } from './both-engines.js';
import { asm, assembler, CoreBench, li, nop, PROGRAM, PROGRAM_PA } from './core-bench.js';

const [V0, A0, T0, T1, SP, RA] = [2, 4, 8, 9, 29, 31];

t.test('code that a loop rewrites in front of itself', (t) => {
  // the instruction behind the store adds 1, then 2, then 3…
  const words = [
    ...li(T0, PROGRAM + 7 * 4), // the address of `patched`
    ...li(T1, addiu(V0, V0, 1)),
    addiu(A0, 0, 5000),
    asm('sw', { rt: T1, base: T0 }),
    nop,
    addiu(V0, V0, 1), // patched
    addiu(T1, T1, 1),
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -6),
    nop,
    END,
  ];
  both(t, words, (bench) => bench.gpr(V0));
  t.end();
});

t.test('a function that is replaced now and then', (t) => {
  const FUNCTION = 24;
  const words = [
    ...li(T0, PROGRAM + FUNCTION * 4),
    ...li(T1, addiu(V0, V0, 1)),
    addiu(A0, 0, 30000),
    jump('jal', PROGRAM + FUNCTION * 4), // 5
    nop,
    asm('andi', { rs: A0, rt: 10, imm: 0xfff }),
    branch('bne', { rs: 10 }, 3),
    nop,
    addiu(T1, T1, 1),
    asm('sw', { rt: T1, base: T0 }),
    addiu(A0, A0, -1), // 12
    branch('bne', { rs: A0 }, -9),
    nop,
    END,
  ];
  while (words.length < FUNCTION) words.push(nop);
  words.push(addiu(V0, V0, 1), asm('jr', { rs: RA }), nop);
  both(t, words, (bench) => bench.gpr(V0));
  t.end();
});

t.test('a vector is stored over an instruction behind data', (t) => {
  const [ROUNDS, CHANGE, TABLE] = [3000, 2000, 0x10000];
  const CONFIG = 16;
  const VECTOR = 12;
  const msa = assembler({ ...coreModel('P5600').isa, endian: 'le' });
  const words = [...li(T0, PROGRAM + VECTOR * 4), ...li(T1, PROGRAM + TABLE), addiu(A0, 0, ROUNDS)];
  while (words.length < VECTOR - 2) words.push(nop);
  words.push(
    branch('beq', {}, 4),
    nop,
    ...[nop, nop, nop], // data: nothing goes there
    addiu(V0, V0, 1), // in the last word of the vector
    msa('ld.w', { wd: 1, base: T1 }),
    addiu(T1, T1, 16),
    addiu(A0, A0, -1),
    msa('st.w', { wd: 1, base: T0 }),
    branch('bne', { rs: A0 }, -11),
    nop,
    END,
  );
  const vectors = Array.from({ length: ROUNDS }, (_, i) => [nop, nop, nop, addiu(V0, V0, i < CHANGE ? 1 : 100)]);
  const [interpreted, translated] = ENGINES.map((engine) => {
    const bench = new CoreBench({ model: 'P5600', engine });
    bench.put(PROGRAM_PA, words);
    bench.put(PROGRAM_PA + TABLE, vectors.flat());
    bench.core.cp0.status = STATUS.CU1 | STATUS.FR;
    bench.core.cp0.write(CONFIG, 5, CONFIG5.MSAEN);
    return bench.run(500).gpr(V0);
  });
  t.ok(Number(interpreted) > 100 * (ROUNDS - CHANGE - 1), `${interpreted}`);
  t.equal(translated, interpreted);
  t.end();
});

t.test('calls within calls, deeper than the host stack', (t) => {
  const FUNCTION = 12;
  const DEPTH = 20000;
  const words = [...li(SP, 0x80000000 + (3 << 20)), ...li(A0, DEPTH), jump('jal', PROGRAM + FUNCTION * 4), nop, END];
  while (words.length < FUNCTION) words.push(nop);
  words.push(
    branch('beq', { rs: A0 }, 9),
    addiu(SP, SP, -16),
    asm('sw', { rt: RA, base: SP, offset: 12 }),
    jump('jal', PROGRAM + FUNCTION * 4),
    addiu(A0, A0, -1),
    addiu(V0, V0, 1),
    asm('lw', { rt: RA, base: SP, offset: 12 }),
    nop,
    asm('jr', { rs: RA }),
    addiu(SP, SP, 16),
    asm('jr', { rs: RA }),
    addiu(SP, SP, 16),
  );
  both(t, words, (bench) => bench.gpr(V0));
  const bench = new CoreBench({ engine: 'translator' });
  bench.put(PROGRAM_PA, words);
  t.equal(bench.run(500).gpr(V0), DEPTH);
  t.end();
});

t.test('calls without end', (t) => {
  for (const engine of ENGINES) {
    const bench = new CoreBench({ engine });
    bench.put(PROGRAM_PA, [addiu(V0, V0, 1), jump('jal', PROGRAM), nop]);
    for (let i = 0; i < 5; i++) bench.core.slice();
    t.same([bench.faults, bench.core.stopped], [[], false], engine);
  }
  t.end();
});

t.test('an address in a loop that runs out of memory', (t) => {
  const words = [
    ...li(T0, 0x80000000 + (4 << 20) - 4096),
    asm('sw', { rt: T0, base: T0, offset: 4 }),
    asm('lw', { rt: V0, base: T0, offset: 4 }),
    addiu(T0, T0, 8),
    branch('beq', {}, -4),
    nop,
  ];
  both(t, words, (bench) => [bench.gpr(T0), bench.gpr(V0), bench.registers]);
  t.end();
});

t.test('addresses that leave the memory downwards', (t) => {
  const VA = 0x10000;
  const words = [
    ...li(T0, VA + 0x1000),
    asm('lw', { rt: V0, base: T0, offset: 8 }),
    asm('lb', { rt: V0, base: T0, offset: -4 }),
    addiu(T0, T0, -4),
    branch('beq', {}, -4),
    nop,
  ];
  const mappings = [{ va: VA, pa: PROGRAM_PA, length: 0x4000, cca: 5 }] as const;
  both(t, words, (bench) => [bench.gpr(T0), bench.gpr(V0), bench.registers], { entry: { pc: BigInt(VA), mappings } });
  t.end();
});

t.test('a misaligned address among aligned ones', (t) => {
  const words = [
    ...li(T0, PROGRAM + 0x1000),
    addiu(A0, 0, 3000),
    asm('lw', { rt: V0, base: T0 }),
    asm('lhu', { rt: V0, base: T0, offset: 6 }),
    asm('sb', { rt: V0, base: T0, offset: 9 }),
    addiu(A0, A0, -1),
    branch('bne', { rs: A0 }, -5),
    nop,
    asm('lw', { rt: V0, base: T0, offset: 2 }),
  ];
  both(t, words, (bench) => [bench.core.state.get(STATE.pc), bench.registers]);
  t.end();
});

t.test('a loop with two entries, and likely branches', (t) => {
  const words = [
    addiu(A0, 0, 9000),
    asm('andi', { rs: A0, rt: T0, imm: 1 }),
    branch('bne', { rs: T0 }, 3), // into the middle
    nop,
    addiu(V0, V0, 3), // 4
    addiu(A0, A0, -1),
    asm('andi', { rs: A0, rt: T1, imm: 6 }), // 6: the middle
    branch('bnel', { rs: T1 }, -4),
    addiu(V0, V0, 100),
    addiu(A0, A0, -1),
    branch('bgtzl', { rs: A0 }, -10),
    addiu(V0, V0, 7),
    END,
  ];
  both(t, words, (bench) => [bench.gpr(V0), bench.gpr(A0)]);
  t.end();
});

t.test('a virtual clock: to the instruction', (t) => {
  const ticks = (engine: (typeof ENGINES)[number]): unknown => {
    const bench = new CoreBench({ engine, clock: new InstructionClock() });
    const COUNT = 9;
    bench.put(PROGRAM_PA, [
      ...li(A0, 40000),
      addiu(A0, A0, -1),
      asm('mfc0', { rt: T0, rd: COUNT }),
      asm('addu', { rd: V0, rs: V0, rt: T0 }),
      branch('bne', { rs: A0 }, -4),
      nop,
      END,
    ]);
    bench.run(500);
    return [bench.gpr(V0), bench.core.retired];
  };
  t.same(ticks('translator'), ticks('interpreter'));
  t.end();
});
