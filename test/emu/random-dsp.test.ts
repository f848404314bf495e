/**
 * Every row of the DSP ASE gives on a core what it gives under qemu-user: register, accumulator and DSPControl, after each
 * instruction. MIPS_RANDOM_INSTRUCTIONS says how many are compared, MIPS_RANDOM_SEED where to begin.
 */
import { ACCUMULATORS } from '../../src/emu/isa/accumulators.js';
import type { FieldName, Instruction } from '../../src/emu/isa/encoding.js';
import { DSP } from '../../src/emu/isa/dsp.js';
import { disassemble, MIPS32R2, type Isa } from '../../src/emu/isa/index.js';
import { Random } from './random-program.js';
import { BASE, finishProgram, FREE_REGISTERS, StepWriter, TEMPORARY, type StepProgram } from './step-program.js';
import { testSteps, type StepTarget } from './step-tests.js';

const MX = 1 << 24;
const CU1 = 1 << 29;
const STEPS = 1200;
const SOURCES: readonly FieldName[] = ['rs', 'rt', 'rd'];

const target = (cpu: string, isa: Partial<Isa>, endian: 'le' | 'be'): StepTarget => ({
  isa: { ...MIPS32R2, ...isa, endian },
  cpu,
  status: MX | CU1,
  fr: false,
});

const TARGETS = (['le', 'be'] as const).flatMap((endian) => [
  target('34Kf', { dsp: 1 }, endian),
  target('74Kf', { dsp: 2, multiThreading: false }, endian),
  target('mips64dspr2', { dsp: 2, bits: 64, multiThreading: false }, endian),
]);

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

/** A register that steps have nothing in. */
const SCRATCH = 31;

/** INSV takes place and size from DSPControl; a field that does not fit is unpredictable. */
function fieldToInsert(writer: StepWriter, width: 32 | 64): void {
  const position = writer.random.below(width);
  const size = 1 + writer.random.below(Math.min(width - position, 63));
  writer.emit('ori', { rt: TEMPORARY, imm: position | (size << 7) });
  writer.emit('wrdsp', { rs: TEMPORARY, imm: 3 });
  writer.note(`pos=${position} scount=${size}`);
}

/**
 * What QEMU 7.2 gets right of the extraction from 128 bits: it takes LO for a signed number where it shifts it right, and
 * shifts by 64 where the result would need it. dsp-wide.test.ts has the other cases.
 */
function asQemuKnows(writer: StepWriter, row: Instruction, fields: Record<string, number>, ac: number): void {
  const { random } = writer;
  const isField = row.name.startsWith('dextp');
  const isVariable = row.fieldNames.has('rs');
  const limit = isVariable ? 64 : 32;
  const number = isField ? random.below(limit - 1) : 2 + random.below(limit - 2);
  if (isVariable) {
    writer.constantWord(TEMPORARY, number);
    fields['rs'] = TEMPORARY;
  } else fields['sa'] = number;
  if (isField)
    position(writer, number > 0 && random.below(8) === 0 ? random.below(number) : number + 1 + random.below(63));
  writer.note(`${isField ? 'size' : 'shift'}=${number}`);
  writer.emit('mflo', { rd: SCRATCH, ac });
  writer.emit('dsrl', { rd: SCRATCH, rt: SCRATCH, sa: 1 });
  writer.emit('mtlo', { rs: SCRATCH, ac });
}

/** Sets DSPControl.pos. */
function position(writer: StepWriter, value: number): void {
  writer.constantWord(SCRATCH, value);
  writer.emit('wrdsp', { rs: SCRATCH, imm: 1 });
  writer.note(`pos=${value}`);
}

/**
 * What QEMU 7.2 has wrong on 64-bit cores; dsp-wide.test.ts has it. Of accumulators but the first, MTHI, MTLO, MFHI and MFLO
 * move words only.
 */
const WRONG_ON_QEMU: ReadonlySet<string> = new Set([
  ...['addu.ob', 'addu_s.ob', 'subu.ob', 'subu_s.ob', 'subuh.qb', 'subuh_r.qb', 'shll.pw', 'shllv.pw'],
  ...['dpa.w.qh', 'dps.w.qh', 'mulsaq_s.w.qh', 'dmadd', 'dmsub', 'maq_sa.w.phl', 'maq_sa.w.phr'],
  ...['precr_sra.qh.pw', 'precr_sra_r.qh.pw', 'prependd', 'extp', 'extpv', 'dextr_s.h', 'dextrv_s.h', 'dshilov'],
]);

function step(writer: StepWriter, row: Instruction): void {
  const { random, isa } = writer;
  const wide = isWide(row);
  const ac = wide ? 0 : random.below(4);
  const fresh = isa.bits === 64;
  if (isa.bits === 64 && row.name.startsWith('extp')) position(writer, random.below(64));
  else if (row.name.endsWith('insv')) fieldToInsert(writer, wide ? 64 : 32);
  else if (fresh || random.below(3) === 0) {
    writer.load(TEMPORARY);
    writer.emit('wrdsp', { rs: TEMPORARY, imm: 0x3f });
  }
  if (fresh || random.below(3) === 0)
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
  if (row.name === 'dshilo') fields['sa'] = random.pick([0, 1, 31, 32, 63, 65, 96, 127]); // QEMU takes -64 for 0
  if (row.fieldNames.has('ac')) fields['ac'] = ac;
  if (row.fieldNames.has('index')) {
    const index = random.pick(RESULTS);
    writer.emit('addiu', { rt: index, imm: writer.anyConstant().offset });
    Object.assign(fields, { base: BASE, index });
  }
  if (row.name.startsWith('dext')) asQemuKnows(writer, row, fields, ac);
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
  const rows = [...DSP.filter(({ has }) => has(isa)).flatMap(({ rows }) => rows), ...ACCUMULATORS].filter(
    ({ name }) => isa.bits === 32 || !WRONG_ON_QEMU.has(name),
  );
  for (let i = 0; i < STEPS; i++) step(writer, writer.random.pick(rows));
  return finishProgram(writer);
}

testSteps(TARGETS, STEPS, program);
