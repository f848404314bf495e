/**
 * Instructions of the DSP ASE on a 64-bit core that QEMU 7.2 has wrong (docs/qemu-differences.md), against what they are in
 * terms of whole numbers. random-dsp.test.ts compares all others with QEMU.
 */
import t from 'tap';
import type { FieldName, Instruction } from '../../src/emu/isa/encoding.js';
import { instructions, MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { STATE } from '../../src/emu/layout.js';
import { assembler, CoreBench, PROGRAM, PROGRAM_PA } from './core-bench.js';
import { Random } from './random-program.js';

const ISA: Isa = { ...MIPS32R2, bits: 64, dsp: 2, multiThreading: false };
const STATUS_MX_KX = (1 << 24) | (1 << 7);
const CASES = 400;

const [RS, RT, RD] = [8, 9, 10];
const rows = new Map(instructions(ISA).map((row) => [row.name, row]));
const asm = assembler(ISA);

interface Machine {
  readonly rs: bigint;
  /** Also rd's value before, where the instruction has no rd. */
  readonly rt: bigint;
  /** HI and LO, 128 bits, signed. */
  readonly acc: bigint;
  readonly control: number;
  readonly sa: number;
  readonly ac: number;
}

/** What changes; the result goes to rd, or to rt. */
interface Change {
  readonly result?: bigint;
  readonly acc?: bigint;
  readonly control?: number;
}

type Model = (machine: Machine) => Change;

const signed = (value: bigint, width: number): bigint => BigInt.asIntN(width, value);
const unsigned = (value: bigint, width: number): bigint => BigInt.asUintN(width, value);

/** Lanes from the right. */
const lanes = (value: bigint, width: number, count = 64 / width): bigint[] =>
  Array.from({ length: count }, (_, i) => unsigned(value >> BigInt(i * width), width));
const signedLanes = (value: bigint, width: number): bigint[] => lanes(value, width).map((lane) => signed(lane, width));
const joined = (parts: readonly bigint[], width: number): bigint =>
  parts.reduce((all, part, i) => all | (unsigned(part, width) << BigInt(i * width)), 0n);
const pairs = (a: readonly bigint[], b: readonly bigint[]): (readonly [bigint, bigint])[] =>
  a.map((each, i) => [each, b[i] ?? 0n]);
const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((a, b) => a + b, 0n);

const clamp = (value: bigint, least: bigint, most: bigint): bigint =>
  value < least ? least : value > most ? most : value;
const saturate = (value: bigint, width: number): bigint =>
  clamp(value, -(1n << BigInt(width - 1)), (1n << BigInt(width - 1)) - 1n);
const fits = (value: bigint, width: number): boolean => signed(value, width) === value;
const flagged = (condition: boolean, control: number, bit: number): number =>
  condition ? control | (1 << bit) : control;

const bytes =
  (of: (a: bigint, b: bigint) => bigint, saturates: boolean): Model =>
  ({ rs, rt, control }) => {
    const exact = pairs(lanes(rs, 8), lanes(rt, 8)).map(([a, b]) => of(a, b));
    const wrong = exact.some((value) => value < 0n || value > 255n);
    const parts = saturates ? exact.map((value) => clamp(value, 0n, 255n)) : exact;
    return { result: joined(parts, 8), control: flagged(wrong, control, 20) };
  };

const halvedDifference =
  (rounding: bigint): Model =>
  ({ rs, rt }) => {
    const parts = pairs(lanes(rs, 8, 4), lanes(rt, 8, 4)).map(([a, b]) => (a - b + rounding) >> 1n);
    return { result: signed(joined(parts, 8), 32) };
  };

const shiftLeft =
  (variable: boolean): Model =>
  ({ rs, rt, sa, control }) => {
    const by = variable ? rs & 31n : BigInt(sa);
    const exact = signedLanes(rt, 32).map((value) => value << by);
    return {
      result: joined(exact, 32),
      control: flagged(
        exact.some((value) => !fits(value, 32)),
        control,
        22,
      ),
    };
  };

const dot =
  (width: 16 | 32, signs: readonly bigint[]): Model =>
  ({ rs, rt, acc }) => {
    const products = pairs(signedLanes(rs, width), signedLanes(rt, width)).map(([a, b]) => a * b);
    return { acc: acc + sum(products.map((product, i) => product * (signs[i] ?? 0n))) };
  };

/** Products of fractions, and whether one was -1 × -1. */
function fractions(rs: bigint, rt: bigint): { products: bigint[]; wrong: boolean } {
  const exact = pairs(signedLanes(rs, 16), signedLanes(rt, 16)).map(([a, b]) => 2n * a * b);
  return { products: exact.map((value) => saturate(value, 32)), wrong: exact.some((value) => !fits(value, 32)) };
}

const alternating: Model = ({ rs, rt, acc, control, ac }) => {
  const { products, wrong } = fractions(rs, rt);
  return {
    acc: acc + sum(products.map((product, i) => (i % 2 === 0 ? -product : product))),
    control: flagged(wrong, control, 16 + ac),
  };
};

/** One product onto the words in HI and LO. */
const saturatedToWord =
  (lane: 0 | 1): Model =>
  ({ rs, rt, acc, control, ac }) => {
    const [a, b] = [rs, rt].map((value) => signedLanes(value, 16)[lane] ?? 0n);
    const product = 2n * (a ?? 0n) * (b ?? 0n);
    const before = signed(((acc >> 64n) << 32n) | unsigned(acc, 32), 64);
    const after = signed(before + saturate(product, 32), 33);
    const wrong = !fits(product, 32) || !fits(after, 32);
    const word = saturate(after, 32);
    const [hi, lo] = [word >> 32n, signed(word, 32)];
    return { acc: (hi << 64n) | unsigned(lo, 64), control: flagged(wrong, control, 16 + ac) };
  };

const narrowed =
  (rounds: boolean): Model =>
  ({ rs, rt, sa }) => {
    const shift = (value: bigint): bigint => {
      const doubled = (value << 1n) >> BigInt(sa);
      return (doubled + (rounds ? 1n : 0n)) >> 1n;
    };
    return { result: joined([...signedLanes(rs, 32), ...signedLanes(rt, 32)].map(shift), 16) };
  };

/** The number of bits that a shift or a field has, from the instruction or from rs. */
const amount = ({ rs, sa }: Machine, variable: boolean, modulus: 32 | 64): number =>
  variable ? Number(unsigned(rs, 32)) % modulus : sa;

const extract =
  (width: 32 | 64, kind: '' | 'r' | 'rs', variable: boolean): Model =>
  (machine) => {
    const by = BigInt(amount(machine, variable, 64));
    const doubled = (machine.acc << 1n) >> by;
    const value = (kind === '' ? doubled : doubled + 1n) >> 1n;
    const wrong = kind !== '' && !fits(value, 64);
    const limited = kind === 'rs' && wrong ? saturate(value, width) : value;
    return { result: signed(limited, width), control: flagged(wrong, machine.control, 23) };
  };

const extractHalf =
  (variable: boolean): Model =>
  (machine) => {
    const value = machine.acc >> BigInt(amount(machine, variable, 32));
    return { result: saturate(value, 16), control: flagged(!fits(value, 16), machine.control, 23) };
  };

const EFI = 1 << 14;

const extractField =
  (wide: boolean, moves: boolean, variable: boolean): Model =>
  (machine) => {
    const size = amount(machine, variable, wide ? 64 : 32);
    const position = machine.control & (wide ? 0x7f : 0x3f);
    const low = position - size;
    if (low < 0) return { result: 0n, control: machine.control | EFI };
    const whole = wide ? machine.acc : ((machine.acc >> 64n) << 32n) | unsigned(machine.acc, 32);
    const field = unsigned(whole >> BigInt(low), size + 1);
    const control = machine.control & ~EFI;
    const moved = (control & ~0x7f) | ((control - size - 1) & 0x7f);
    return { result: wide ? field : signed(field, 32), control: moves ? moved : control };
  };

const shiftAccumulator =
  (variable: boolean): Model =>
  ({ rs, sa, acc }) => {
    const by = signed(variable ? rs : BigInt(sa), 7);
    return { acc: by >= 0n ? unsigned(acc, 128) >> by : acc << -by };
  };

const SIGNS = { plus: [1n, 1n, 1n, 1n], minus: [-1n, -1n, -1n, -1n] } as const;

const MODELS: Readonly<Record<string, Model>> = {
  'addu.ob': bytes((a, b) => a + b, false),
  'addu_s.ob': bytes((a, b) => a + b, true),
  'subu.ob': bytes((a, b) => a - b, false),
  'subu_s.ob': bytes((a, b) => a - b, true),
  'subuh.qb': halvedDifference(0n),
  'subuh_r.qb': halvedDifference(1n),
  'shll.pw': shiftLeft(false),
  'shllv.pw': shiftLeft(true),
  'dpa.w.qh': dot(16, SIGNS.plus),
  'dps.w.qh': dot(16, SIGNS.minus),
  dmadd: dot(32, SIGNS.plus),
  dmsub: dot(32, SIGNS.minus),
  'mulsaq_s.w.qh': alternating,
  'maq_sa.w.phl': saturatedToWord(1),
  'maq_sa.w.phr': saturatedToWord(0),
  'precr_sra.qh.pw': narrowed(false),
  'precr_sra_r.qh.pw': narrowed(true),
  prependd: ({ rs, rt, sa }) => ({
    result: unsigned((unsigned(rs, sa + 32) << BigInt(32 - sa)) | (unsigned(rt, 64) >> BigInt(sa + 32)), 64),
  }),
  'dextr.w': extract(32, '', false),
  'dextrv.w': extract(32, '', true),
  'dextr_r.w': extract(32, 'r', false),
  'dextrv_r.w': extract(32, 'r', true),
  'dextr_rs.w': extract(32, 'rs', false),
  'dextrv_rs.w': extract(32, 'rs', true),
  'dextr.l': extract(64, '', false),
  'dextrv.l': extract(64, '', true),
  'dextr_r.l': extract(64, 'r', false),
  'dextrv_r.l': extract(64, 'r', true),
  'dextr_rs.l': extract(64, 'rs', false),
  'dextrv_rs.l': extract(64, 'rs', true),
  'dextr_s.h': extractHalf(false),
  'dextrv_s.h': extractHalf(true),
  extp: extractField(false, false, false),
  extpv: extractField(false, false, true),
  dextp: extractField(true, false, false),
  dextpv: extractField(true, false, true),
  dextpdp: extractField(true, true, false),
  dextpdpv: extractField(true, true, true),
  dshilo: shiftAccumulator(false),
  dshilov: shiftAccumulator(true),
  mfhi: ({ acc }) => ({ result: acc >> 64n }),
  mflo: ({ acc }) => ({ result: acc }),
  mthi: ({ rs, acc }) => ({ acc: (rs << 64n) | unsigned(acc, 64) }),
  mtlo: ({ rs, acc }) => ({ acc: ((acc >> 64n) << 64n) | unsigned(rs, 64) }),
};

const random = new Random(11);

function double(): bigint {
  const edge = random.pick([0n, 1n, -1n, 1n << 63n, (1n << 63n) - 1n, 1n << 31n, -1n << 31n, 0x80008000_80008000n]);
  const any = (BigInt(random.word()) << 32n) | BigInt(random.word());
  return signed(random.pick([any, any, edge, any >> BigInt(random.below(64))]), 64);
}

const bench = new CoreBench({ isa: ISA });
const { core } = bench;
const waits = (): boolean => core.waiting;

function step(row: Instruction, machine: Machine): Required<Change> {
  const { state } = core;
  const has = (name: FieldName): boolean => row.fieldNames.has(name);
  const fields: Record<string, number> = {};
  for (const [name, value] of [
    ['rs', RS],
    ['rt', RT],
    ['rd', RD],
    ['sa', machine.sa],
    ['ac', machine.ac],
  ] as const)
    if (has(name)) fields[name] = value;
  bench.put(PROGRAM_PA, [asm(row.name, fields), asm('wait')]);
  const at = 16 * machine.ac;
  state.set64(STATE.gpr + 8 * RS, unsigned(machine.rs, 64));
  state.set64(STATE.gpr + 8 * RT, unsigned(machine.rt, 64));
  state.set64(STATE.hi + at, unsigned(machine.acc >> 64n, 64));
  state.set64(STATE.lo + at, unsigned(machine.acc, 64));
  state.set(STATE.dspControl, machine.control);
  core.cp0.status = STATUS_MX_KX;
  core.waiting = false;
  core.jump(PROGRAM | 0);
  core.slice();
  if (!waits()) throw new Error(`${row.name} did not come to its end: ${bench.faults.join()}`);
  return {
    result: state.get64(STATE.gpr + 8 * (has('rd') ? RD : RT)),
    acc: (state.get64(STATE.hi + at) << 64n) | state.get64(STATE.lo + at),
    control: state.get(STATE.dspControl),
  };
}

for (const [name, model] of Object.entries(MODELS))
  t.test(name, (t) => {
    const row = rows.get(name);
    if (row === undefined) throw new Error(`there is no ${name}`);
    const isWhole = row.fieldNames.has('sa') && row.fields.sa.width === 7;
    for (let i = 0; i < CASES; i++) {
      const machine: Machine = {
        rs: double(),
        rt: double(),
        acc: (double() << 64n) | unsigned(double(), 64),
        control: random.word() & 0x00ff7fff,
        sa: random.below(isWhole ? 128 : 32),
        ac: random.below(4),
      };
      const change = model(machine);
      const found = step(row, machine);
      const [acc, control] = [change.acc ?? machine.acc, change.control ?? machine.control];
      t.ok(
        (change.result === undefined || found.result === unsigned(change.result, 64)) &&
          found.acc === unsigned(acc, 128) &&
          found.control === control,
        name,
        { machine, found, change },
      );
    }
    t.end();
  });
