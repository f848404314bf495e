/** System instructions of later releases and of 64-bit cores: what of them a core has beyond its release, ../cpu decides. */
import { MOVE_CONTROL } from './control.js';
import { insn, type Instruction } from './encoding.js';
import { field, halves, type Field, type Meaning } from './ir.js';

type Move = (m: Meaning, rt: Field, rd: Field, sel: Field) => void;

const move = (name: string, code: string, describe: Move): Instruction =>
  insn(name, `${MOVE_CONTROL} ${code} rt rd 00000000 sel`, 'rt,c0,sel?', (m, { rt, rd, sel }) =>
    describe(m, rt, rd, sel),
  );

/** COP0 instructions without operands, by their low 25 bits. */
export const alone = (name: string, code: number, call = name): Instruction =>
  insn(name, `${MOVE_CONTROL} 1 ${code.toString(2).padStart(25, '0')}`, '', (m) => m.host(call));

export const DEBUG_RETURN: readonly Instruction[] = [alone('deret', 0x1f)];

/** Where Config4.IE says so. */
export const TLB_INVALIDATE: readonly Instruction[] = [alone('tlbinv', 0x03), alone('tlbinvf', 0x04)];

/** Where Config5 says so: LLB, MVH. */
export const CONTROL_FROM_RELEASE_5: readonly Instruction[] = [
  alone('eretnc', 0x58),
  move('mfhc0', '00010', (m, rt, rd, sel) => m.setWord(rt, m.hostValue('mfhc0', field(rd), field(sel)))),
  move('mthc0', '00110', (m, rt, rd, sel) => m.host('mthc0', field(rd), field(sel), m.word(rt))),
];

export const CONTROL_64: readonly Instruction[] = [
  move('dmfc0', '00001', (m, rt, rd, sel) => {
    m.hostValue('dmfc0', field(rd), field(sel));
    m.set(rt, m.special('wideResult'));
  }),
  move('dmtc0', '00101', (m, rt, rd, sel) => {
    const value = m.let(m.reg(rt));
    m.host('dmtc0', field(rd), field(sel), ...halves(value));
  }),
];
