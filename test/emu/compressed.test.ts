/** microMIPS and MIPS16e: changes of the mode, exceptions, and what random programs do not compare. */
import t, { type Test } from 'tap';
import { CP0 } from '../../src/emu/cpu/registers.js';
import { GIC_BASE } from '../../src/emu/devices/bus.js';
import { EXCEPTION, type Isa } from '../../src/emu/isa/index.js';
import { CompressedAssembler, place, put, type Item } from './compressed-assembler.js';
import { assembler, CoreBench, KSEG0, KSEG1, PROGRAM, PROGRAM_PA } from './core-bench.js';
import { AT, DATA_PA, prepare, raised, type Setting } from './privileged-bench.js';
import { CODE, IMAGE_BYTES, randomCompressed, RESULT_BYTES, SCRATCH, BLOCK } from './random-compressed.js';
import { Random } from './random-program.js';

const MICROMIPS = 'M14Kc';
const MICROMIPS_R6 = 'mips32r6-generic';
const MIPS16 = '24Kf';
const DATA = KSEG0 + DATA_PA;
const ISA_ON_EXC = 1 << 16;
const V0 = 2;
const V1 = 3;
const A0 = 4;

const S0 = 16;
const SP = 29;
const RA = 31;

/** What the vectors do: exit with their own offset. */
function vectorsOf(isa: Isa): Record<number, readonly number[]> {
  const asm = assembler(isa);
  const exit = (code: number): number[] => [
    asm('ori', { rs: 0, rt: 4, imm: code }),
    asm('ori', { rs: 0, rt: 25, imm: 1 }),
    asm('sdbbp', { code20: 1 }),
  ];
  return Object.fromEntries(Object.values(AT).map((offset) => [offset, exit(offset)]));
}

interface Ready {
  readonly bench: CoreBench;
  readonly asm: CompressedAssembler;
  /** Puts instructions at a distance from PROGRAM. */
  readonly put: (at: number, ...items: readonly Item[]) => void;
}

/** A core at PROGRAM in its compressed set, whose exceptions exit. */
function ready(model: string, setting: Setting = {}): Ready {
  const { isa } = new CoreBench({ model });
  const bench = prepare([], { model, vectors: vectorsOf(isa), entry: { pc: PROGRAM | 1 }, ...setting });
  return {
    bench,
    asm: new CompressedAssembler(bench.isa),
    put: (at, ...items) => void place(bench.view, PROGRAM_PA + at, items, bench.endian === 'le'),
  };
}

const nops = ({ nop }: CompressedAssembler, count: number): Item[] => Array.from({ length: count }, () => nop);
const classicWord = (word: number): Item => ({ bytes: 4, word, classic: true });
const withOffset = (asm: CompressedAssembler, name: string, bytes: 2 | 4, offset: number, word = 0): Item => {
  const row = asm.row(name, bytes, (each) => each.fieldNames.has('offset'));
  return { bytes, word: put(row, (row.match | word) >>> 0, 'offset', offset) };
};

function broken(t: Test, name: string, model: string, items: (asm: CompressedAssembler) => readonly Item[]) {
  const { bench, asm, put } = ready(model);
  put(0, ...items(asm));
  bench.run();
  return (epc: number, bd: boolean): void =>
    raised(t, name, bench, { code: EXCEPTION.Bp, epc: (PROGRAM + epc) | 1, bd });
}

t.test('exceptions name the instruction with its mode, and the branch of a delay slot', (t) => {
  const breakpoint = (asm: CompressedAssembler, bytes: 2 | 4): Item => asm.encode('break', bytes, {});
  broken(t, 'microMIPS', MICROMIPS, (asm) => [asm.nop, breakpoint(asm, 2)])(2, false);
  broken(t, 'microMIPS, 32 bits', MICROMIPS, (asm) => [asm.nop, breakpoint(asm, 4)])(2, false);
  broken(t, 'a short branch', MICROMIPS, (asm) => [asm.nop, withOffset(asm, 'b', 2, 10), breakpoint(asm, 4)])(2, true);
  broken(t, 'a long branch', MICROMIPS, (asm) => [asm.nop, withOffset(asm, 'beq', 4, 10), breakpoint(asm, 2)])(2, true);
  broken(t, 'one that is not taken', MICROMIPS, (asm) => [asm.nop, withOffset(asm, 'bne', 4, 10), breakpoint(asm, 2)])(
    2,
    true,
  );
  broken(t, 'after the slot of one that is not taken', MICROMIPS, (asm) => [
    withOffset(asm, 'bnez', 2, 10, 0),
    asm.encode('li', 2, { rd: V0, imm: 1 }),
    breakpoint(asm, 2),
  ])(4, false);
  broken(t, 'a compact branch has no slot', MICROMIPS, (asm) => [withOffset(asm, 'bnezc', 4, 10), breakpoint(asm, 2)])(
    4,
    false,
  );
  broken(t, 'Release 6 has none', MICROMIPS_R6, (asm) => [withOffset(asm, 'bnezc', 2, 10), breakpoint(asm, 2)])(
    2,
    false,
  );
  broken(t, 'MIPS16e', MIPS16, (asm) => [asm.nop, breakpoint(asm, 2)])(2, false);
  broken(t, 'MIPS16e, JR', MIPS16, (asm) => [asm.encode('jr', 2, { rs: V0 }), breakpoint(asm, 2)])(0, true);
  broken(t, 'MIPS16e, JAL', MIPS16, (asm) => [asm.encode('jal', 4, {}), breakpoint(asm, 2)])(0, true);
  broken(t, 'MIPS16e, EXTEND', MIPS16, (asm) => [asm.encode('addiu', 4, {}), breakpoint(asm, 2)])(4, false);
  t.end();
});

t.test('reserved instructions', (t) => {
  const reserved = (name: string, model: string, item: Item): void => {
    const { bench, put } = ready(model);
    put(0, item);
    raised(t, name, bench.run(), { code: EXCEPTION.RI, epc: PROGRAM | 1 });
  };
  reserved('a short word of microMIPS', MICROMIPS, { bytes: 2, word: 0x4420 | 0x3c0 | 0x200 });
  reserved('a long one', MICROMIPS, { bytes: 4, word: 0x0000003f });
  reserved('SIGRIE', MICROMIPS_R6, { bytes: 4, word: 0x0000003f });
  reserved('LWP of register 31', MICROMIPS, { bytes: 4, word: 0x23e41000 });
  reserved('LWP over its own base', MICROMIPS, { bytes: 4, word: 0x20841000 });
  reserved('64-bit arithmetic', MICROMIPS, { bytes: 4, word: 0x58851950 });
  reserved('EXTEND before what has no immediate', MIPS16, { bytes: 4, word: 0xf000e801 });
  reserved('ASMACRO', MIPS16, { bytes: 4, word: 0xf123e456 });
  reserved('SAVE of argument lists that do not exist', MIPS16, { bytes: 4, word: 0xf00f6480 });
  const unusable = (name: string, model: string, word: number, unit: number): void => {
    const { bench, put } = ready(model);
    put(0, { bytes: 4, word });
    raised(t, name, bench.run(), { code: EXCEPTION.CpU, epc: PROGRAM | 1, unit });
  };
  unusable('ADD.S without an FPU', MICROMIPS, 0x54641830, 1);
  unusable('BC1F without an FPU', MICROMIPS, 0x43800000, 1);
  unusable('LDC1 of a switched off FPU', MICROMIPS_R6, 0xbc000000, 1);
  unusable('MFC2', MICROMIPS, 0x00644d3c, 2);
  unusable('LWC2', MICROMIPS, 0x20240010, 2);
  unusable('BC2EQZC', MICROMIPS_R6, 0x415f0004, 2);
  t.end();
});

t.test('the report of a fault shows the instruction, whatever its length', (t) => {
  const shown = (name: string, bytes: 2 | 4): string | undefined => {
    const bench = new CoreBench({ model: MICROMIPS, entry: { pc: PROGRAM | 1 } });
    place(bench.view, PROGRAM_PA, [new CompressedAssembler(bench.isa).encode(name, bytes, {})], bench.endian === 'le');
    bench.run();
    return bench.registers.find((line) => line.startsWith('pc '))?.replace(/^.*: [0-9a-f]+ /, '');
  };
  t.equal(shown('break', 2), 'break');
  t.equal(shown('break', 4), 'break 0x0');
  t.equal(shown('syscall', 4), 'syscall', 'the first half of which is 0');
  t.end();
});

t.test('changes of the mode', (t) => {
  for (const model of [MICROMIPS, MIPS16])
    for (const endian of ['le', 'be'] as const) {
      const { bench, asm, put: at } = ready(model, { endian, entry: { pc: PROGRAM } });
      const classic = assembler(bench.isa);
      const exchange = asm.row('jalx', 4);
      // classic code calls the compressed set, which calls classic code, which returns, and so does it
      at(
        0,
        classicWord(classic('jalx', { target: PROGRAM + 0x100 })),
        classicWord(classic('addiu', { rt: A0, rs: 0, imm: 7 })),
        classicWord(classic('ori', { rt: 25, rs: 0, imm: 1 })),
        classicWord(classic('sdbbp', { code20: 1 })),
      );
      at(
        0x100,
        asm.encode('move', 2, { rd: S0, rs: RA }, ({ fields }) => fields.rs.width === 5),
        asm.nop,
        { bytes: 4, word: put(exchange, exchange.match, 'target', (PROGRAM + 0x200) & 0xfffffff) },
        ...(model === MIPS16 ? [asm.nop] : nops(asm, 2)),
        asm.encode('jr', 2, { rs: S0 }, (row) => row.fieldNames.has('rs')),
        asm.nop,
      );
      at(
        0x200,
        classicWord(classic('or', { rd: V1, rs: RA, rt: 0 })),
        classicWord(classic('jr', { rs: RA })),
        classicWord(classic('addiu', { rs: A0, rt: A0, imm: 5 })),
      );
      bench.run();
      t.strictSame(bench.exits, [12], `${model} ${endian}`);
      t.equal(bench.gpr(S0), PROGRAM + 8, 'the return address of classic code is even');
      t.equal(bench.gpr(V1), PROGRAM + 0x108 + (model === MIPS16 ? 2 : 4) + 1, 'that of compressed code is odd');
    }

  const plain = prepare([], { model: 'MIPS64R2-generic', entry: { pc: PROGRAM | 1 } }).run();
  raised(t, 'a core without a compressed set', plain, {
    code: EXCEPTION.AdEL,
    epc: PROGRAM | 1,
    badVAddr: (PROGRAM | 1) >>> 0,
  });
  const odd = prepare([], { model: MIPS16, entry: { pc: PROGRAM | 2 } }).run();
  raised(t, 'half a word of classic code', odd, {
    code: EXCEPTION.AdEL,
    epc: PROGRAM | 2,
    badVAddr: (PROGRAM | 2) >>> 0,
  });
  t.end();
});

t.test('a return from an exception, and handlers in microMIPS', (t) => {
  const isa = new CoreBench({ model: MICROMIPS }).isa;
  const classic = assembler(isa);
  const skip = [
    classic('mfc0', { rt: 26, rd: 14 }),
    classic('addiu', { rs: 26, rt: 26, imm: 2 }),
    classic('mtc0', { rt: 26, rd: 14 }),
    classic('eret'),
  ];
  const { bench, asm, put } = ready(MICROMIPS, { vectors: { ...vectorsOf(isa), [AT.general]: skip } });
  const end = [
    asm.encode('li', 2, { rd: A0, imm: 9 }),
    ...asm.loadImmediate(25, 1),
    asm.encode('sdbbp', 2, { code20: 1 }),
  ];
  put(0, asm.encode('break', 2, {}), ...end);
  t.strictSame(bench.run().exits, [9], 'ERET goes on in microMIPS');

  const other = ready(MICROMIPS);
  const { core } = other.bench;
  core.cp0.put(CP0.config3, core.cp0.get(CP0.config3) | ISA_ON_EXC);
  other.put(0, asm.encode('break', 4, {}));
  place(other.bench.view, (core.cp0.get(CP0.ebase) & 0x1ffff000) + AT.general, end, true);
  t.strictSame(other.bench.run().exits, [9], 'with Config3.ISAOnExc the handler is microMIPS');
  t.end();
});

t.test('an instruction across the border of a page', (t) => {
  const va = 0x400000;
  const last = va + 0xffe;
  const page = (va: number, pa: number) => ({ va, pa, length: 4096, cca: 5 }) as const;
  for (const model of [MICROMIPS, MICROMIPS_R6, MIPS16])
    for (const mapped of [true, false]) {
      const { bench, asm } = ready(model, {
        entry: {
          pc: last | 1,
          mappings: [page(va, 0x140000), ...(mapped ? [page(va + 4096, 0x150000)] : [])],
        },
      });
      const [load] = asm.loadImmediate(V0, 0x12340000);
      const { word = 0 } = load ?? {};
      bench.view.setUint16(0x140ffe, word >>> 16, true);
      bench.view.setUint16(0x150000, word & 0xffff, true);
      place(bench.view, 0x150002, [asm.encode('break', 2, {})], true);
      bench.run();
      if (mapped) raised(t, `${model}: both pages`, bench, { code: EXCEPTION.Bp, epc: (va + 0x1002) | 1 });
      else
        raised(t, `${model}: the second is missing`, bench, {
          code: EXCEPTION.TLBL,
          epc: last | 1,
          badVAddr: va + 4096,
          vector: AT.general,
        });
    }
  t.end();
});

t.test('UHI from compressed code', (t) => {
  const exit = (name: string, model: string, pick: (asm: CompressedAssembler) => Item): void => {
    const { bench, asm, put } = ready(model);
    put(0, ...asm.loadImmediate(A0, 42), ...asm.loadImmediate(25, 1), pick(asm));
    t.strictSame(bench.run().exits, [42], name);
  };
  exit('SDBBP of 16 bits', MICROMIPS, () => ({ bytes: 2, word: 0x46c1 }));
  exit('SDBBP of 32 bits', MICROMIPS, () => ({ bytes: 4, word: 0x0001db7c }));
  exit('SDBBP of 16 bits, Release 6', MICROMIPS_R6, () => ({ bytes: 2, word: 0x447b }));
  exit('SDBBP of 32 bits, Release 6', MICROMIPS_R6, () => ({ bytes: 4, word: 0x0001db7c }));
  exit('SDBBP of MIPS16e', MIPS16, () => ({ bytes: 2, word: 0xe821 }));
  const { bench, asm, put } = ready(MICROMIPS);
  bench.core.cp0.status = 1 << 22;
  put(0, ...asm.loadImmediate(A0, 42), ...asm.loadImmediate(25, 1), { bytes: 4, word: 0x00018b7c });
  t.strictSame(bench.run().exits, [42], 'SYSCALL 1');
  t.end();
});

t.test('SWM to a device is not cut short when the slice is used up', (t) => {
  const { bench, asm, put } = ready(MICROMIPS);
  const [t0, t1, s7] = [8, 9, 23];
  const once = [
    asm.encode('addiu', 4, { rs: s7, rt: s7, imm: 1 }),
    asm.encode('swm', 4, { base: t0, list: 8 }, (row) => row.fieldNames.has('base')),
    asm.encode('lw', 4, { base: t0, rt: t1, offset: 28 }, (row) => row.fieldNames.has('base')),
    asm.encode('tne', 4, { rs: t1, rt: s7 }),
  ];
  const repeated = Array.from({ length: 200 }, () => once).flat();
  const exit = [...asm.loadImmediate(A0, 42), ...asm.loadImmediate(25, 1), asm.encode('sdbbp', 4, { code20: 1 })];
  put(0, ...asm.loadImmediate(t0, KSEG1 + GIC_BASE + 0x180), ...repeated, ...exit);
  t.strictSame(bench.run().exits, [42]);
  t.end();
});

t.test('LWM and SWM: the listed registers one after another, then ra', (t) => {
  const saved = [16, 17, 18, 19, 20, 21, 22, 23, 30];
  for (const model of [MICROMIPS, MICROMIPS_R6])
    for (const endian of ['le', 'be'] as const)
      for (const list of [0x01, 0x05, 0x09, 0x10, 0x13, 0x19, 0x1a]) {
        const { bench, asm, put } = ready(model, { endian });
        const count = list % 16 > 9 ? 0 : list % 16;
        const registers = [...saved.slice(0, count), ...(list >= 16 ? [RA] : [])];
        const value = (register: number): number => 0x9e370000 + register * 0x101;
        put(
          0,
          ...[...saved, RA].flatMap((register) => asm.loadImmediate(register, value(register))),
          ...asm.loadImmediate(A0, DATA + 4),
          asm.encode('swm', 4, { list, base: A0, offset: -4 }),
          ...[...saved, RA].flatMap((register) => asm.loadImmediate(register, 0)),
          asm.encode('lwm', 4, { list, base: A0, offset: -4 }),
          asm.encode('break', 2, {}),
        );
        bench.run();
        const name = `${model} ${endian} ${list.toString(16)}`;
        const stored = registers.map((_, i) => bench.word(DATA_PA + 4 * i));
        t.strictSame(stored, registers.map(value), `${name}: in memory`);
        t.equal(bench.word(DATA_PA + 4 * registers.length), 0, `${name}: no more than that`);
        const expected = [...saved, RA].map((register) => (registers.includes(register) ? value(register) : 0));
        t.strictSame(
          [...saved, RA].map((register) => bench.gpr(register)),
          expected,
          `${name}: loaded`,
        );
      }
  for (const [i, list] of [0x11, 0x12, 0x13, 0x14].entries()) {
    const { bench, asm, put } = ready(MICROMIPS);
    put(
      0,
      ...[16, 17, 18, 19, RA].flatMap((register) => asm.loadImmediate(register, register)),
      ...asm.loadImmediate(SP, DATA),
      asm.encode('swm', 2, { list, offset: 8 }),
      asm.encode('break', 2, {}),
    );
    bench.run();
    const words = Array.from({ length: 6 }, (_, i) => bench.word(DATA_PA + 8 + 4 * i));
    t.strictSame(words, [...[16, 17, 18, 19].slice(0, i + 1), RA, 0, 0, 0, 0].slice(0, 6), 'SWM of 16 bits');
  }
  t.end();
});

t.test('a loop of one branch and its slot does not go on for ever in a slice', (t) => {
  const { bench, asm, put } = ready(MICROMIPS);
  put(
    0,
    withOffset(asm, 'b', 2, -2),
    asm.encode('addiu', 2, { rt: V0, imm: 1 }, (row) => row.fields.rt.width === 5),
  );
  for (let i = 0; i < 3; i++) bench.core.slice();
  t.equal(bench.gpr(V0), (3 * 50_000) / 2);
  t.end();
});

/** The results of a random program, on a core that may stop after every instruction. */
function results(model: string, seed: number, stepping: boolean): Buffer {
  const isa: Isa = { ...new CoreBench({ model }).isa, fpu: false };
  const { image } = randomCompressed(new Random(seed), isa, 400);
  const pa = 0x100000;
  const bench = new CoreBench({
    model,
    isa,
    entry: { pc: CODE, mappings: [{ va: CODE, pa, length: IMAGE_BYTES, cca: 5 }] },
  });
  bench.ram.set(image, pa);
  if (stepping) {
    bench.core.cp0.put(CP0.watchLo, 0x10000004 | 0);
    bench.core.watchpoints.update();
    t.ok(bench.core.watchpoints.fetches, 'fetches are watched');
  }
  bench.run(100_000);
  const start = pa + BLOCK - CODE + SCRATCH;
  return Buffer.from(bench.ram.slice(start, start + RESULT_BYTES));
}

t.test('it does not matter where a slice ends', (t) => {
  for (const model of [MICROMIPS, MICROMIPS_R6, MIPS16])
    for (let seed = 1; seed < 4; seed++)
      t.ok(results(model, seed, false).equals(results(model, seed, true)), `${model} ${seed}`);
  t.end();
});
