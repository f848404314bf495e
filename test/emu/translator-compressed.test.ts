/**
 * What random programs in microMIPS and MIPS16e do not have: loops and calls, code that changes by half words, several loads
 * and stores in one instruction that can't all be done, and code of both sets in turn. Either engine leaves the same.
 */
import t, { type Test } from 'tap';
import { hotEntryOf } from '../../src/emu/layout.js';
import type { TranslationService } from '../../src/emu/translator/index.js';
import type { Job } from '../../src/emu/translator/translator.js';
import type { Instruction } from '../../src/emu/isa/encoding.js';
import { CompressedAssembler, place, put, type Item } from './compressed-assembler.js';
import { assembler, CoreBench, KSEG0, li, PROGRAM, PROGRAM_PA, RAM, type CoreBenchOptions } from './core-bench.js';

const ENGINES = ['interpreter', 'translator'] as const;
const ENDIANS = ['le', 'be'] as const;
const [V0, V1, A0, A1, S0, S1, SP, RA] = [2, 3, 4, 5, 16, 17, 29, 31];
const MICROMIPS = 'M14Kc';
const MIPS16 = '24Kf';
const DATA = PROGRAM + 0x1000;
const END_OF_RAM = KSEG0 + RAM;

interface Code {
  readonly asm: CompressedAssembler;
  /** Where the next instruction will stand, as a distance from PROGRAM. */
  readonly at: () => number;
  readonly add: (...items: readonly Item[]) => void;
  /** Ends the run: nobody handles it. */
  readonly end: () => void;
  /** A branch to a place that has been passed, or will be. */
  readonly branch: (name: string, bytes: 2 | 4, to: number, fields?: Readonly<Record<string, number>>) => Item;
}

function codeOf(asm: CompressedAssembler, items: Item[]): Code {
  const at = (): number => items.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    asm,
    at,
    add: (...more) => void items.push(...more),
    end: () => void items.push(asm.encode('break', 2, {})),
    branch: (name, bytes, to, fields = {}) => {
      const item = asm.encode(name, bytes, fields, (row) => row.fieldNames.has('offset'));
      const row = asm.row(name, bytes, (each) => each.fieldNames.has('offset'));
      return { bytes, word: put(row, item.word, 'offset', to - (at() + bytes)) };
    },
  };
}

/** Runs a program on both engines, in both byte orders: it ends as expected, and what it has left is the same. */
function both(
  t: Test,
  model: string,
  write: (code: Code) => void,
  look: (bench: CoreBench) => unknown,
  { ends = /^breakpoint/, ...options }: Pick<CoreBenchOptions, 'entry'> & { readonly ends?: RegExp } = {},
): void {
  for (const endian of ENDIANS) {
    const [interpreted, translated] = ENGINES.map((engine) => {
      const bench = new CoreBench({ model, endian, engine, entry: { pc: PROGRAM | 1, sp: DATA + 0x800 }, ...options });
      const items: Item[] = [];
      write(codeOf(new CompressedAssembler(bench.isa), items));
      place(bench.view, PROGRAM_PA, items, endian === 'le');
      bench.run(500);
      t.match(bench.faults, [ends], `${engine} ${endian}: how it ends`);
      return JSON.stringify([look(bench), bench.core.retired, bench.faults, bench.registers]);
    });
    t.equal(translated, interpreted, endian);
  }
}

const registers = (bench: CoreBench): number[] => Array.from({ length: 32 }, (_, number) => bench.gpr(number));
const hasBase = (row: Instruction): boolean => row.fieldNames.has('base');
const hasFrame = (row: Instruction): boolean => row.bytes === 2;

t.test('microMIPS: short delay slots, functions that save registers and return with the stack adjusted', (t) => {
  both(
    t,
    MICROMIPS,
    ({ asm, add, at, branch, end }) => {
      const FUNCTION = 0x80;
      const jals = asm.row('jals', 4);
      add(...asm.loadImmediate(A0, 3000), ...asm.loadImmediate(V0, 1));
      const loop = at();
      add({ bytes: 4, word: put(jals, jals.match, 'target', PROGRAM + FUNCTION) });
      add(asm.encode('move', 2, { rd: S0, rs: V0 })); // in the slot
      add(asm.encode('addiu', 4, { rt: A0, rs: A0, imm: -1 }));
      add(branch('bnez', 2, loop, { rs: A0 }), asm.encode('addu', 2, { rd: V0, rs: V0, rt: S0 }));
      end();
      while (at() < FUNCTION) add(asm.nop);
      add(asm.encode('addiu', 4, { rt: SP, rs: SP, imm: -24 }));
      add(asm.encode('swm', 2, { list: 0x12, offset: 8 }));
      add(asm.encode('addiu', 4, { rt: S0, rs: V0, imm: 5 }), asm.encode('xor', 4, { rd: S1, rs: S0, rt: A0 }));
      add(asm.encode('addu', 2, { rd: V0, rs: S0, rt: S1 }));
      add(asm.encode('movep', 2, { pair: 2, rs: V0, rt: S1 }));
      add(asm.encode('lwm', 2, { list: 0x12, offset: 8 }), asm.encode('jraddiusp', 2, { imm: 24 }));
    },
    registers,
  );
  t.end();
});

t.test('MIPS16e: SAVE and RESTORE, constants near the instruction', (t) => {
  both(
    t,
    MIPS16,
    ({ asm, add, at, branch, end }) => {
      const FUNCTION = 0x80;
      const jal = asm.row('jal', 4);
      const frame = { ra: 1, s0: 1, s1: 1, frame: 4 };
      add(...asm.loadImmediate(A0, 3000), ...asm.loadImmediate(V0, 1));
      const loop = at();
      add({ bytes: 4, word: put(jal, jal.match, 'target', (PROGRAM + FUNCTION) & 0xfffffff) });
      add(asm.encode('lw', 2, { rt: V1, offset: 0x40 }, ({ operands }) => operands.endsWith('($pc)'))); // in the slot
      add(asm.encode('addiu', 2, { rt: A0, imm: -1 }, ({ match }) => match === 0x4800));
      add(branch('bnez', 2, loop, { rs: A0 }));
      end();
      while (at() < FUNCTION) add(asm.nop);
      add(asm.encode('save', 2, frame, hasFrame));
      add(asm.encode('addu', 2, { rd: S0, rs: V0, rt: A0 }), asm.encode('addu', 2, { rd: S1, rs: S0, rt: V1 }));
      add(asm.encode('addu', 2, { rd: V0, rs: S0, rt: S1 }));
      add(
        asm.encode('restore', 2, frame, hasFrame),
        asm.encode('jrc', 2, {}, ({ match }) => match === 0xe8a0),
      );
    },
    registers,
  );
  t.end();
});

t.test('an instruction that is changed by half words', (t) => {
  for (const [model, one, two] of [
    [MICROMIPS, 0x4c42, 0x4c44],
    [MIPS16, 0x4a01, 0x4a02],
  ] as const)
    both(
      t,
      model,
      ({ asm, add, at, branch, end }) => {
        const PATCHED = 0x40;
        add(...asm.loadImmediate(V0, 0), ...asm.loadImmediate(V1, PROGRAM + PATCHED), ...asm.loadImmediate(A0, 200));
        add(...asm.loadImmediate(S1, one), ...asm.loadImmediate(S0, one ^ two));
        while (at() < PATCHED - 4) add(asm.nop);
        const loop = at();
        add(asm.encode('sh', 2, { rt: S1, base: V1, offset: 0 }));
        add(asm.nop, { bytes: 2, word: two });
        // an immediate of 1 and of 2 in turn
        add(asm.encode('xor', 2, model === MIPS16 ? { rs: S1, rt: S0 } : { rd: S1, rt: S0 }));
        if (model === MIPS16) add(asm.encode('addiu', 2, { rt: A0, imm: -1 }, ({ match }) => match === 0x4800));
        else add(asm.encode('addiu', 4, { rt: A0, rs: A0, imm: -1 }));
        add(branch('bnez', 2, loop, { rs: A0 }), asm.nop);
        end();
      },
      registers,
    );
  t.end();
});

t.test('several loads and stores in one instruction, of which the last ones leave the memory', (t) => {
  const many = { list: 0x15, base: A1 };
  const frame = { ra: 1, s0: 1, s1: 1, frame: 2 };
  const pair = { rt: V0, base: A1 };
  for (const [model, from, step, name, bytes, fields, fits] of [
    [MICROMIPS, END_OF_RAM - 400, 4, 'swm', 4, many, hasBase],
    [MICROMIPS, END_OF_RAM - 400, 4, 'lwm', 4, many, hasBase],
    [MICROMIPS, END_OF_RAM - 402, 8, 'swp', 4, pair, hasBase],
    [MICROMIPS, END_OF_RAM - 400, 4, 'lwp', 4, pair, hasBase],
    [MIPS16, END_OF_RAM - 400, 4, 'save', 2, frame, hasFrame],
    [MIPS16, END_OF_RAM - 400, 4, 'restore', 2, frame, hasFrame],
  ] as const)
    both(
      t,
      model,
      ({ asm, add, at, branch }) => {
        for (const register of [V0, V1, S0, S1, 2]) add(...asm.loadImmediate(register, 0x1234567 * register));
        add(...asm.loadImmediate(A1, from), ...asm.loadImmediate(A0, 1));
        const loop = at();
        if (model === MIPS16) add(asm.encode('move', 2, { rd: SP, rs: A1 }, ({ fields }) => fields.rd.width === 5));
        add(asm.encode(name, bytes, fields, fits));
        if (model === MIPS16) add(asm.encode('addiu', 2, { rt: A1, imm: step }, ({ match }) => match === 0x4800));
        else add(asm.encode('addiu', 4, { rt: A1, rs: A1, imm: step }));
        add(branch('bnez', 2, loop, { rs: A0 }), asm.nop);
      },
      (bench) => [registers(bench), Buffer.from(bench.ram.subarray(RAM - 512)).toString('hex')],
      { ends: /^bus error|^address error/ },
    );
  t.end();
});

t.test('a list of registers that is loaded from one of them', (t) => {
  both(
    t,
    MICROMIPS,
    ({ asm, add, at, branch, end }) => {
      add(...asm.loadImmediate(S0, DATA), ...asm.loadImmediate(A0, 100), ...asm.loadImmediate(V0, DATA + 8));
      for (const offset of [0, 8, 16]) add(asm.encode('sw', 4, { rt: V0, base: S0, offset }, hasBase));
      const loop = at();
      add(asm.encode('lwm', 4, { list: 3, base: S0, offset: 0 }, hasBase));
      add(asm.encode('addiu', 4, { rt: A0, rs: A0, imm: -1 }));
      add(branch('bnez', 2, loop, { rs: A0 }), asm.encode('addu', 2, { rd: V0, rs: V0, rt: S1 }));
      end();
    },
    registers,
  );
  t.end();
});

t.test('code of both sets that calls each other', (t) => {
  for (const model of [MICROMIPS, MIPS16])
    both(
      t,
      model,
      ({ asm, add, at }) => {
        const classic = assembler(asm.isa);
        const exchange = asm.row('jalx', 4);
        const word = (each: number): Item => ({ bytes: 4, word: each, classic: true });
        const branchBack = classic('bne', { rs: A0, offset: -4 & 0xffff });
        add(...li(A0, 3000).map(word));
        add(word(classic('jalx', { target: PROGRAM + 0x40 })), word(classic('addiu', { rt: V0, rs: V0, imm: 1 })));
        add(word(classic('addiu', { rt: A0, rs: A0, imm: -1 })), word(branchBack));
        add(word(0), word(classic('break')));
        while (at() < 0x40) add(asm.nop);
        add(
          asm.encode('move', 2, { rd: S0, rs: RA }, ({ fields }) => fields.rs.width === 5),
          asm.nop,
        );
        add({ bytes: 4, word: put(exchange, exchange.match, 'target', (PROGRAM + 0x80) & 0xfffffff) }, asm.nop);
        if (model === MICROMIPS) add(asm.nop);
        add(
          asm.encode('jr', 2, { rs: S0 }, (row) => row.fieldNames.has('rs')),
          asm.nop,
        );
        while (at() < 0x80) add(asm.nop);
        add(word(classic('addu', { rd: V1, rs: V1, rt: RA })), word(classic('jr', { rs: RA })));
        add(word(classic('addiu', { rs: V0, rt: V0, imm: 2 })));
      },
      registers,
      { entry: { pc: PROGRAM } },
    );
  t.end();
});

t.test('places that the interpreter comes to often', (t) => {
  for (const model of [MICROMIPS, MIPS16]) {
    const jobs: Job[] = [];
    const nothing = { module: undefined, size: 0, entries: [], functions: [], code: [], refused: [], deferred: [] };
    const translation: TranslationService = {
      isEager: false,
      isAwake: true,
      mostBytes: Infinity,
      request(engine, job, context) {
        // at first it asks for what has been translated already
        if (job.entries.length === 0) engine.install(job, context, nothing);
        else jobs.push(job);
      },
    };
    const bench = new CoreBench({ model, translation: () => translation, entry: { pc: PROGRAM | 1 } });
    const items: Item[] = [];
    const { asm, add, at, branch } = codeOf(new CompressedAssembler(bench.isa), items);
    add(asm.nop);
    const loop = at();
    add(asm.nop);
    add(branch('b', 2, loop), asm.nop);
    place(bench.view, PROGRAM_PA, items, true);
    for (let i = 0; i < 10; i++) bench.core.slice();
    t.strictSame(jobs[0]?.entries, [(PROGRAM + loop + 1) | 0], model);
  }
  t.not(hotEntryOf(PROGRAM | 1), hotEntryOf(PROGRAM | 3), 'two half words of a word are two places');
  t.end();
});
