/**
 * Every row of MSA gives on a core what it gives under qemu-user: vector, general register, MSACSR and memory, after each
 * instruction. MIPS_RANDOM_INSTRUCTIONS says how many are compared, MIPS_RANDOM_SEED where to begin.
 */
import type { Instruction } from '../../src/emu/isa/encoding.js';
import { disassemble, MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { MSA } from '../../src/emu/isa/msa.js';
import { STATE } from '../../src/emu/layout.js';
import { Random } from './random-program.js';
import {
  BASE,
  finishProgram,
  FREE_REGISTERS,
  RECORD,
  StepWriter,
  TEMPORARY,
  type StepProgram,
} from './step-program.js';
import { testSteps, type StepTarget } from './step-tests.js';

const CU1 = 1 << 29;
const FR = 1 << 26;
const STEPS = 1000;
const MSACSR = 1;
const VECTORS = ['ws', 'wt', 'wd'] as const;
const RESULTS = FREE_REGISTERS.filter((register) => register !== 0);

const target = (cpu: string, isa: Partial<Isa>, endian: 'le' | 'be'): StepTarget => ({
  isa: { ...MIPS32R2, nan2008: true, multiThreading: false, msa: true, ...isa, endian },
  cpu,
  status: CU1 | FR,
  fr: true,
  prepare: ({ core }) => core.state.set(STATE.msaEnabled, 1),
});

const TARGETS = (['le', 'be'] as const).flatMap((endian) => [
  target('P5600', { release: 5 }, endian),
  target('I6400', { release: 6, bits: 64 }, endian),
]);

/** Integers where something happens at the ends, and numbers where something happens with the exponent or the fraction. */
function lane(random: Random, width: 8 | 16 | 32 | 64): bigint {
  const all = (1n << BigInt(width)) - 1n;
  const any = ((BigInt(random.word()) << 32n) | BigInt(random.word())) & all;
  if (width === 8 || random.below(2) === 0) {
    const edge = random.pick([0n, 1n, 2n, -1n, -2n]) + random.pick([0n, 0n, 1n << BigInt(width - 1)]);
    return random.below(3) === 0 ? any : edge & all;
  }
  const [exponentBits, fraction] = width === 16 ? [5, 10] : width === 32 ? [8, 23] : [11, 52];
  const top = 2 ** exponentBits - 1;
  const bias = top >> 1;
  const exponent = random.pick([
    0,
    1,
    2,
    bias - 1,
    bias,
    bias,
    bias + 1,
    bias + fraction,
    top - 1,
    top,
    random.below(top),
  ]);
  const size = BigInt(fraction);
  const fractions = [0n, 0n, 1n, (1n << size) - 1n, 1n << (size - 1n), any & ((1n << size) - 1n)];
  return (BigInt(random.below(2)) << BigInt(width - 1)) | (BigInt(exponent) << size) | random.pick(fractions);
}

function constants(random: Random): readonly bigint[] {
  return Array.from({ length: 512 }, () => {
    const width = random.pick([8, 16, 32, 64] as const);
    let value = 0n;
    for (let i = 0; i < 128 / width; i++) value = (value << BigInt(width)) | lane(random, width);
    return value;
  });
}

const hasField = (row: Instruction, name: string): boolean => [...row.fieldNames].some((each) => each === name);

/** Enabled exceptions only together with NX, so that nothing traps; underflow never, of which QEMU knows less (docs/qemu-differences.md). */
function control(random: Random): number {
  const enables = random.below(4) === 0 ? (random.word() & 0xe80) | (1 << 18) : 0;
  return (random.word() & 0x0100007f) | enables;
}

function setControl(writer: StepWriter): void {
  const value = control(writer.random);
  writer.note(`msacsr=${value.toString(16)}`);
  writer.constantWord(TEMPORARY, value);
  writer.emit('ctcmsa', { rs: TEMPORARY, cd: MSACSR });
}

function loadVector(writer: StepWriter, register: number): void {
  const { offset, value } = writer.anyConstant();
  writer.emit('addiu', { rs: BASE, rt: TEMPORARY, imm: offset });
  writer.emit('ld.d', { wd: register, base: TEMPORARY });
  const [first, second] = writer.isa.endian === 'le' ? [value, value >> 64n] : [value >> 64n, value];
  const whole = (BigInt.asUintN(64, second) << 64n) | BigInt.asUintN(64, first);
  writer.note(`$w${register}=${whole.toString(16)}`);
}

function step(writer: StepWriter, row: Instruction): void {
  const { random, isa } = writer;
  const fields: Record<string, number> = {};
  if (random.below(4) === 0) setControl(writer);
  for (const name of VECTORS.filter((name) => hasField(row, name))) {
    const register = random.below(32);
    fields[name] = register;
    loadVector(writer, register);
  }
  for (const name of ['rs', 'rt'] as const)
    if (hasField(row, name)) {
      const register = random.pick(FREE_REGISTERS);
      fields[name] = register;
      if (row.name === 'ctcmsa') writer.constantWord(register, control(random));
      else writer.load(register, isa.bits === 64);
    }
  if (hasField(row, 'rd')) fields['rd'] = random.pick(RESULTS);
  for (const name of ['sa', 'imm', 'n'] as const) if (hasField(row, name)) fields[name] = random.word();
  for (const name of ['cs', 'cd'] as const) if (hasField(row, name)) fields[name] = random.pick([MSACSR, MSACSR, 2, 7]);
  const place = writer.scratch(16, true);
  if (hasField(row, 'base')) {
    // the offset counts elements from a base that is right for it
    const width = 2 ** 'bhwd'.indexOf(row.name.slice(-1));
    const offset = (random.below(1024) - 512) * width;
    const base = random.pick(RESULTS);
    Object.assign(fields, { base, offset });
    writer.emit('addiu', { rs: BASE, rt: base, imm: place });
    writer.emit('addiu', { rs: base, rt: base, imm: -offset });
  }
  const word = writer.asm(row.name, fields);
  writer.words.push(word);
  if (/^bn?z/.test(row.name)) {
    writer.words[writer.words.length - 1] = writer.asm(row.name, { ...fields, offset: 2 });
    writer.emit('addiu', { rt: TEMPORARY, imm: 1 });
    writer.emit('addiu', { rt: TEMPORARY, imm: 2 });
  }
  writer.recordRegister(fields['rd'] ?? TEMPORARY);
  writer.emit('cfcmsa', { rd: TEMPORARY, cs: MSACSR });
  writer.recordRegister(TEMPORARY);
  const vector = fields['wd'] ?? 0;
  writer.emit('st.b', { wd: vector, base: RECORD, offset: writer.record(16) });
  if (row.name.startsWith('st.'))
    for (const distance of [-8, 8]) {
      writer.emit('addiu', { rs: BASE, rt: TEMPORARY, imm: place + distance });
      writer.emit('ld.b', { wd: vector, base: TEMPORARY });
      writer.emit('st.b', { wd: vector, base: RECORD, offset: writer.record(16) });
    }
  writer.finishStep(disassemble(word, 0, isa));
}

function program(seed: number, { isa }: StepTarget): StepProgram {
  const writer = new StepWriter(new Random(seed), isa, constants);
  const rows = MSA.filter(({ has }) => has(isa)).flatMap(({ rows }) => rows);
  for (let i = 0; i < STEPS; i++) step(writer, writer.random.pick(rows));
  return finishProgram(writer);
}

testSteps(TARGETS, STEPS, program);
