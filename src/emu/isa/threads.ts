/**
 * MT ASE. A firmware has one virtual processor with one thread context, so the thread context that MFTR and MTTR name is its
 * own; what stopping and starting others does, ../cpu/threads.ts says.
 */
import { MOVE_CONTROL } from './control.js';
import { insn, type Instruction } from './encoding.js';
import { and, field, i32, or, shl, shrU, wrap, zeroExtend64, type Expr, type Field, type Meaning } from './ir.js';

const control = (name: string, code: string): Instruction =>
  insn(name, `${MOVE_CONTROL} 01011 rt ${code} 00 001`, 'rt?', (m, { rt }) => m.setWord(rt, m.hostValue(name)));

const FROM = '01000';
const TO = '01100';
/** The bits u, h, 0 and sel, which say what kind of register. */
const KIND = { gpr: '100 000', accumulator: '100 001', fpr: '100 010', fprHigh: '110 010', fpc: '100 011' } as const;

type Describe = Parameters<typeof insn>[3];

const from = (name: string, registers: string, kind: string, operands: string, describe: Describe): Instruction =>
  insn(name, `${MOVE_CONTROL} ${FROM} ${registers} 00000 ${kind}`, operands, (m, fields) => {
    m.host('privileged');
    describe(m, fields);
  });
const to = (name: string, registers: string, kind: string, operands: string, describe: Describe): Instruction => {
  const row = from(name, registers, kind, operands, describe);
  return insn(name, `${MOVE_CONTROL} ${TO} ${registers} 00000 ${kind}`, operands, row.describe);
};

const high = (m: Meaning, fs: Field): Expr => wrap(shrU(m.fpr('i64', fs), 32));
const withHigh = (m: Meaning, fs: Field, word: Expr): Expr =>
  or(and(m.fpr('i64', fs), 0xffffffff), shl(zeroExtend64(word), 32));

const halves = (['lo', 'hi'] as const).flatMap((half, i): Instruction[] => [
  from(`mft${half}`, `0 ac 0${i} rt`, KIND.accumulator, 'rt,ac?', (m, { rt, ac }) =>
    m.set(rt, m.accumulator(half, field(ac))),
  ),
  to(`mtt${half}`, `rt 0 ac 0${i}`, KIND.accumulator, 'rt,ac?', (m, { rt, ac }) =>
    m.setAccumulator(half, m.reg(rt), field(ac)),
  ),
]);

/** Unprivileged: they take and give back thread contexts, of which there is no other. */
const threads: readonly Instruction[] = [
  insn('fork', '011111 rs rt rd 00000 001000', 'rd,rs,rt', (m) => m.host('fork')),
  insn('yield', '011111 rs 00000 rd 00000 001001', 'yielded?,rs', (m, { rs, rd }) =>
    m.setWord(rd, m.hostValue('yield', m.word(rs))),
  ),
];

export const MULTI_THREADING: readonly Instruction[] = [
  control('dvpe', '00000 00000 0'),
  control('evpe', '00000 00000 1'),
  control('dmt', '00001 01111 0'),
  control('emt', '00001 01111 1'),
  from('mftc0', 'rd rt', '000 sel', 'rt,c0,sel?', (m, { rt, rd, sel }) =>
    m.setWord(rt, m.hostValue('mfc0', field(rd), field(sel))),
  ),
  to('mttc0', 'rt rd', '000 sel', 'rt,c0,sel?', (m, { rt, rd, sel }) =>
    m.host('mtc0', field(rd), field(sel), m.word(rt)),
  ),
  from('mftgpr', 'rs rd', KIND.gpr, 'rd,rs', (m, { rs, rd }) => m.set(rd, m.reg(rs))),
  to('mttgpr', 'rt rd', KIND.gpr, 'rt,rd', (m, { rt, rd }) => m.set(rd, m.reg(rt))),
  ...halves,
  // a guard accumulator of SmartMIPS, which no core here has
  from('mftacx', '0 ac 10 rt', KIND.accumulator, 'rt,ac?', (m, { rt }) => m.setWord(rt, i32(0))),
  to('mttacx', 'rt 0 ac 10', KIND.accumulator, 'rt,ac?', () => undefined),
  from('mftdsp', '10000 rt', KIND.accumulator, 'rt', (m, { rt }) => m.setWord(rt, m.special('dspControl'))),
  to('mttdsp', 'rt 10000', KIND.accumulator, 'rt', (m, { rt }) => m.setSpecial('dspControl', m.word(rt))),
  from('mftc1', 'fs rt', KIND.fpr, 'rt,fs', (m, { rt, fs }) => m.setWord(rt, m.fpr('i32', fs))),
  to('mttc1', 'rt fs', KIND.fpr, 'rt,fs', (m, { rt, fs }) => m.setFpr(fs, m.word(rt))),
  from('mfthc1', 'fs rt', KIND.fprHigh, 'rt,fs', (m, { rt, fs }) => m.setWord(rt, high(m, fs))),
  to('mtthc1', 'rt fs', KIND.fprHigh, 'rt,fs', (m, { rt, fs }) => m.setFpr(fs, withHigh(m, fs, m.word(rt)))),
  from('cftc1', 'fs rt', KIND.fpc, 'rt,c1', (m, { rt, fs }) => m.setWord(rt, m.hostValue('cfc1', field(fs)))),
  to('cttc1', 'rt fs', KIND.fpc, 'rt,c1', (m, { rt, fs }) => m.host('ctc1', field(fs), m.word(rt), field(rt))),
  ...threads,
];
