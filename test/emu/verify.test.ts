/** `--engine verify`: translated code that does something else than the interpreter is found, and only that. */
import t from 'tap';
import type { TranslationService } from '../../src/emu/translator/index.js';
import { LocalTranslation } from '../../src/emu/translator/local.js';
import type { Target } from '../../src/emu/wasm/interface.js';
import { asm, CoreBench, li, nop, PROGRAM, PROGRAM_PA, type CoreBenchOptions } from './core-bench.js';
import { compareWithInterpreter } from './random-engines.js';

const [V0, V1, A0, T0, T1, T2] = [2, 3, 4, 8, 9, 10];
const CU1 = 1 << 29;
const COUNT = 1000;
const DATA = PROGRAM + 0x2000;
const END = asm('wait');

const addiu = (rt: number, rs: number, imm: number): number => asm('addiu', { rt, rs, imm: imm & 0xffff });
const access = (name: string, rt: number, offset: number): number => asm(name, { rt, base: T0, offset });
const loop = (words: number): number => asm('bne', { rs: A0, offset: -words & 0xffff });

/** Translates as if the word at an address were another one. */
const mistranslating =
  (pa: number, word: number) =>
  (target: Target, memory: SharedArrayBuffer): TranslationService => {
    const littleEndian = target.isa.endian === 'le';
    const real = new DataView(memory);
    const copy = memory.slice(0);
    const right = new LocalTranslation(target, copy, true);
    return {
      isEager: true,
      isAwake: true,
      mostBytes: Infinity,
      request: (engine, job, context) => {
        new Uint8Array(copy).set(new Uint8Array(memory));
        new DataView(copy).setInt32(pa, word, littleEndian);
        const install: typeof engine.install = (job, context, translation) => {
          const code = translation.code.map(({ addresses }) => ({
            addresses,
            words: addresses.map((at) => real.getInt32(at, littleEndian)),
          }));
          engine.install(job, context, { ...translation, code });
        };
        right.request({ install }, job, context);
      },
    };
  };

/** The program, on the engine that verifies, when one word of it is translated wrongly. */
function mistranslated(program: readonly number[], index: number, word: number): CoreBench {
  const options: CoreBenchOptions = { engine: 'verify', translation: mistranslating(PROGRAM_PA + index * 4, word) };
  const bench = new CoreBench(options);
  bench.core.cp0.status |= CU1;
  bench.put(PROGRAM_PA, program);
  return bench.run(500);
}

const WORK = [
  ...li(T0, DATA),
  ...li(T2, 0x80000003),
  addiu(A0, 0, COUNT),
  addiu(V0, V0, 1), // 5
  access('sw', V0, 4),
  access('sh', V0, 10),
  access('lw', T1, 8),
  asm('mult', { rs: T2, rt: A0 }), // 9
  asm('mtc1', { rt: V0, fs: 1 }),
  asm('add', { rs: T2, rt: V0, rd: V1 }), // 11
  access('ll', T1, 16),
  addiu(T1, T1, 3), // 13
  access('sc', T1, 16),
  addiu(A0, A0, -1),
  loop(12), // 16
  nop,
  END,
];
const PHYSICAL = (DATA - 0x80000000).toString(16).padStart(8, '0').slice(0, -2);

/** Of each wrong word: what the report says of it. */
const WRONG: Readonly<Record<string, readonly [index: number, word: number, report: RegExp]>> = {
  'a result': [5, addiu(V0, V0, 2), /^\$2: translated 0000000[0-9a-f], interpreted 0000000|stores 4 bytes .* with /],
  'the place of a store': [
    6,
    access('sw', V0, 12),
    new RegExp(`translated code stores 4 bytes at physical 0x${PHYSICAL}0c with .*, the interpreter stores 4 bytes at`),
  ],
  'what is stored': [7, access('sh', A0, 10), /stores 2 bytes at .* with 03e8, the interpreter .* with 0001$/],
  'the size of a store': [
    7,
    access('sb', V0, 10),
    /translated code stores 1 byte at .*, the interpreter stores 2 bytes/,
  ],
  'a store that is missing': [7, nop, /translated code loads 4 bytes at .*, the interpreter stores 2 bytes/],
  'a store too many': [16 + 1, access('sw', V0, 20), /translated code stores 4 bytes at .*, the interpreter/],
  'the place of a load': [
    8,
    access('lw', T1, 12),
    /translated code loads 4 bytes at .*0c, the interpreter loads .*08$/,
  ],
  'HI of a product': [
    9,
    asm('multu', { rs: T2, rt: A0 }),
    /^hi: translated 00000[0-9a-f]{3}, interpreted fffff[0-9a-f]{3}$/,
  ],
  'a floating-point register': [
    10,
    asm('mtc1', { rt: A0, fs: 1 }),
    /^\$f1: translated [0-9a-f]{32}, interpreted [0-9a-f]{32}$/,
  ],
  'what SC stores': [
    13,
    addiu(T1, T1, 4),
    /translated code stores conditionally 4 bytes .* with 00000004, .* 00000003$/,
  ],
  'a branch': [16, asm('beq', { rs: A0, offset: -12 & 0xffff }), /^pc: translated 80100048, interpreted 80100014$/],
};

t.test('wrong translations', (t) => {
  for (const [what, [index, word, report]] of Object.entries(WRONG)) {
    const { core, faults, registers } = mistranslated(WORK, index, word);
    t.equal(core.stopped, true, what);
    t.match(faults, [
      /^wrong translation at 0x80100[0-9a-f]{3}: within \d+ instructions from there .*\(--engine verify\)$/,
    ]);
    const details = registers.slice(0, registers.indexOf('Registers before these instructions:'));
    t.ok(
      details.some((line) => report.test(line)),
      `${what}: ${details.join('; ')}`,
    );
  }
  t.end();
});

t.test('an exception that does not come', (t) => {
  const program = [...li(T0, 0x7fffffff), addiu(A0, 0, COUNT), asm('add', { rs: T0, rt: A0, rd: V0 }), END];
  const { registers } = mistranslated(program, 3, asm('addu', { rs: T0, rt: A0, rd: V0 }));
  t.match(registers[0], 'at 0x8010000c: the interpreter comes to what is never translated (raise)');
  t.end();
});

t.test('the same word is no difference', (t) => {
  const bench = mistranslated(WORK, 5, addiu(V0, V0, 1));
  t.same([bench.faults, bench.gpr(V0)], [[], COUNT]);
  t.end();
});

t.test('more accesses than the log has room for', (t) => {
  const program = [
    ...li(T0, DATA),
    ...li(A0, 20_000),
    access('lw', T1, 4),
    access('sw', A0, 4),
    asm('addu', { rs: V0, rt: T1, rd: V0 }),
    addiu(A0, A0, -1),
    loop(5),
    nop,
    END,
  ];
  const sum = (bench: CoreBench): unknown => {
    bench.put(PROGRAM_PA, program);
    return [bench.run(500).gpr(V0), bench.core.retired, bench.faults];
  };
  t.same(sum(new CoreBench({ engine: 'verify' })), sum(new CoreBench({ engine: 'interpreter' })));
  t.end();
});

t.test('code that another core has just changed is nobody’s mistake', (t) => {
  const bench = new CoreBench({ engine: 'verify' });
  bench.put(PROGRAM_PA, [addiu(V0, V0, 1), asm('beq', { offset: -2 & 0xffff }), nop]);
  bench.core.slice();
  // not by way of `put`: the core has not heard of it yet
  bench.view.setUint32(PROGRAM_PA, addiu(V1, V1, 1), true);
  bench.core.slice();
  const before = [bench.gpr(V0), bench.gpr(V1)];
  bench.core.slice();
  t.same(bench.faults, []);
  t.equal(bench.gpr(V0), before[0], 'the new code is executed');
  t.ok(bench.gpr(V1) > (before[1] ?? 0));
  t.end();
});

// all of them: MIPS_ENGINE=verify with random.test.ts, random-system.test.ts
compareWithInterpreter(t, {
  engine: 'verify',
  firstSeed: 4,
  programs: 1,
  endians: ['le'],
  only: /^MIPS32 Release 5|MIPS64 Release 2|^microMIPS Release 2|MIPS16e|r6-generic/,
});
