/**
 * Every row of the DSP ASE gives on a core what it gives under qemu-user: register, accumulator and DSPControl, after each
 * instruction. MIPS_RANDOM_INSTRUCTIONS says how many are compared, MIPS_RANDOM_SEED where to begin.
 */
import t from 'tap';
import { ACCUMULATORS } from '../../src/emu/isa/accumulators.js';
import type { FieldName, Instruction } from '../../src/emu/isa/encoding.js';
import { DSP } from '../../src/emu/isa/dsp.js';
import { disassemble, MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import { Random } from './random-program.js';
import {
  BASE,
  differences,
  finishProgram,
  FREE_REGISTERS,
  StepWriter,
  TEMPORARY,
  type StepProgram,
  type StepTarget,
} from './step-program.js';

const MX = 1 << 24;
const CU1 = 1 << 29;
const STEPS = 1200;
const SOURCES: readonly FieldName[] = ['rs', 'rt', 'rd'];

const target = (cpu: string, isa: Partial<Isa>, endian: 'le' | 'be'): StepTarget => {
  const bits = isa.bits ?? 32;
  const qemu = `qemu-mips${bits === 64 ? '64' : ''}${endian === 'le' ? 'el' : ''}`;
  return { isa: { ...MIPS32R2, ...isa, endian }, qemu, cpu, status: MX | CU1, fr: false };
};

const TARGETS = (['le', 'be'] as const).flatMap((endian) => [
  target('34Kf', { dsp: 1 }, endian),
  target('74Kf', { dsp: 2, multiThreading: false }, endian),
]);

const INSTRUCTIONS = Number(process.env['MIPS_RANDOM_INSTRUCTIONS'] ?? TARGETS.length * 12_000);
const FIRST_SEED = Number(process.env['MIPS_RANDOM_SEED'] ?? 1);

const isWide = (row: Instruction): boolean => 'wide' in row && row.wide === true;

const resultOf = ({ operands }: Instruction): 'rt' | 'rd' => (operands.startsWith('rt') ? 'rt' : 'rd');

/** QEMU does nothing at all when the result goes to $0, also where DSPControl should say that something overflowed. */
const RESULTS = FREE_REGISTERS.filter((register) => register !== 0);

/** A branch over an instruction, which is recorded. */
function branch(writer: StepWriter, name: string): void {
  writer.emit(name, { offset: 2 });
  writer.emit('addiu', { rt: TEMPORARY, imm: 1 });
  writer.emit('addiu', { rt: TEMPORARY, imm: 2 });
}

/** INSV takes place and size from DSPControl; a field that does not fit is unpredictable. */
function fieldToInsert(writer: StepWriter, width: 32 | 64): void {
  const position = writer.random.below(width);
  const size = 1 + writer.random.below(Math.min(width - position, 63));
  writer.emit('ori', { rt: TEMPORARY, imm: position | (size << 7) });
  writer.emit('wrdsp', { rs: TEMPORARY, imm: 3 });
  writer.note(`pos=${position} scount=${size}`);
}

function step(writer: StepWriter, row: Instruction): void {
  const { random, isa } = writer;
  const wide = isWide(row);
  const ac = random.below(4);
  if (row.name.endsWith('insv')) fieldToInsert(writer, wide ? 64 : 32);
  else if (random.below(3) === 0) {
    writer.load(TEMPORARY);
    writer.emit('wrdsp', { rs: TEMPORARY, imm: 0x3f });
  }
  if (random.below(3) === 0)
    for (const name of ['mthi', 'mtlo']) {
      writer.load(TEMPORARY, isa.bits === 64 && wide);
      writer.emit(name, { rs: TEMPORARY, ac });
    }
  const fields: Record<string, number> = {};
  for (const name of SOURCES.filter((name) => row.fieldNames.has(name))) {
    const register = random.pick(name === resultOf(row) ? RESULTS : FREE_REGISTERS);
    fields[name] = register;
    writer.load(register, wide);
  }
  for (const name of ['sa', 'imm'] as const) if (row.fieldNames.has(name)) fields[name] = random.word();
  if (row.fieldNames.has('ac')) fields['ac'] = ac;
  if (row.fieldNames.has('index')) {
    const index = random.pick(RESULTS);
    writer.emit('addiu', { rt: index, imm: writer.anyConstant().offset });
    Object.assign(fields, { base: BASE, index });
  }
  const word = writer.asm(row.name, fields);
  if (row.name.startsWith('bpos')) branch(writer, row.name);
  else writer.words.push(word);
  writer.recordRegister(fields[resultOf(row)] ?? TEMPORARY);
  for (const [name, field] of [
    ['rddsp', { rd: TEMPORARY, imm: 0x3f }],
    ['mfhi', { rd: TEMPORARY, ac }],
    ['mflo', { rd: TEMPORARY, ac }],
  ] as const) {
    writer.emit(name, field);
    writer.recordRegister(TEMPORARY);
  }
  writer.finishStep(disassemble(word, 0, isa));
}

function program(seed: number, { isa }: StepTarget): StepProgram {
  const writer = new StepWriter(new Random(seed), isa);
  const rows = [...DSP.filter(({ has }) => has(isa)).flatMap(({ rows }) => rows), ...ACCUMULATORS];
  for (let i = 0; i < STEPS; i++) step(writer, writer.random.pick(rows));
  return finishProgram(writer);
}

for (const target of TARGETS) {
  const { qemu, cpu } = target;
  t.test(`${qemu} -cpu ${cpu}`, { skip: installed(qemu) ? false : `${qemu} is not installed` }, (t) => {
    const count = Math.ceil(INSTRUCTIONS / TARGETS.length / STEPS);
    for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
      const found = differences(target, program(seed, target));
      if (found.length > 0) t.fail(`seed ${seed}`, { found });
    }
    t.ok(count > 0, `${count * STEPS} instructions`);
    t.end();
  });
}
