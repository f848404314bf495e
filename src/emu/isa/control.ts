/** Jumps and branches, system calls, and what needs the core's own code (../cpu/host-calls.ts). */
import { insn, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import {
  add,
  and,
  constant,
  eq,
  field,
  geS,
  gtS,
  halves,
  i32,
  leS,
  ltS,
  ne,
  or,
  shl,
  signedField,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';

export const RA = 31;

export const branchTarget = (m: Meaning, offset: Field): Expr =>
  add(add(m.pc, 4), m.fromWord(shl(signedField(offset), 2)));
export const returnAddress = (m: Meaning): Expr => add(m.pc, 8);
const regionTarget = (m: Meaning, target: Field): Expr => {
  const low = shl(field(target), 2);
  return or(and(add(m.pc, 4), constant(m.width, -0x10000000)), m.width === 'i64' ? zeroExtend64(low) : low);
};

type Condition = (a: Expr, b: Expr) => Expr;
const ZERO = 0;
const againstZero =
  (compare: (a: Expr, b: number) => Expr) =>
  (a: Expr): Expr =>
    compare(a, ZERO);

/** A branch and its `likely` twin, which nullifies the delay slot when not taken. */
const compareTwo = (name: string, opcode: string, likelyOpcode: string, condition: Condition): Instruction[] =>
  [false, true].map((likely) =>
    insn(likely ? `${name}l` : name, `${likely ? likelyOpcode : opcode} rs rt offset`, 'rs,rt,branch', (m, f) =>
      m.branch(condition(m.reg(f.rs), m.reg(f.rt)), branchTarget(m, f.offset), likely),
    ),
  );

const compareOne = (name: string, encoding: readonly [string, string], condition: (a: Expr) => Expr): Instruction[] =>
  encoding.map((pattern, i) =>
    insn(i === 1 ? `${name}l` : name, pattern, 'rs,branch', (m, { rs, offset }) =>
      m.branch(condition(m.reg(rs)), branchTarget(m, offset), i === 1),
    ),
  );

/** The return address is written whether or not the branch is taken, after the register has been read. */
const compareAndLink = (
  name: string,
  encoding: readonly [string, string],
  condition: (a: Expr) => Expr,
): Instruction[] =>
  encoding.map((pattern, i) =>
    insn(i === 1 ? `${name}l` : name, pattern, 'rs,branch', (m, { rs, offset }) => {
      const taken = m.let(condition(m.reg(rs)));
      m.set(RA, returnAddress(m));
      m.branch(taken, branchTarget(m, offset), i === 1);
    }),
  );

const branches: readonly Instruction[] = [
  ...compareTwo('beq', '000100', '010100', eq),
  ...compareTwo('bne', '000101', '010101', ne),
  ...compareOne('blez', ['000110 rs 00000 offset', '010110 rs 00000 offset'], againstZero(leS)),
  ...compareOne('bgtz', ['000111 rs 00000 offset', '010111 rs 00000 offset'], againstZero(gtS)),
  ...compareOne('bltz', ['000001 rs 00000 offset', '000001 rs 00010 offset'], againstZero(ltS)),
  ...compareOne('bgez', ['000001 rs 00001 offset', '000001 rs 00011 offset'], againstZero(geS)),
  ...compareAndLink('bltzal', ['000001 rs 10000 offset', '000001 rs 10010 offset'], againstZero(ltS)),
  ...compareAndLink('bgezal', ['000001 rs 10001 offset', '000001 rs 10011 offset'], againstZero(geS)),
];

const jumps: readonly Instruction[] = [
  insn('j', '000010 target', 'target', (m, { target }) => m.jump(regionTarget(m, target))),
  insn('jal', '000011 target', 'target', (m, { target }) => {
    m.set(RA, returnAddress(m));
    m.jump(regionTarget(m, target));
  }),
  // the hint field says .hb: the hazard barrier has nothing to wait for
  insn('jalr', '000000 rs 00000 rd sa 001001', 'link?,rs', (m, { rs, rd }) => {
    const target = m.let(m.reg(rs));
    m.set(rd, returnAddress(m));
    m.jump(target);
  }),
];

const jumpRegister: readonly Instruction[] = [
  insn('jr', '000000 rs 00000 00000 sa 001000', 'rs', (m, { rs }) => m.jump(m.reg(rs))),
];

export const MOVE_CONTROL = '010000';

/** The old Status goes to the register first: an interrupt may be taken as soon as IE is set. */
function setInterruptEnable(m: Meaning, rt: Field, enable: 0 | 1): void {
  m.host('privileged');
  m.setWord(rt, m.special('status'));
  m.host('interruptEnable', i32(enable));
}

const system: readonly Instruction[] = [
  insn('syscall', '000000 code20 001100', 'code20', (m, { code20 }) => m.host('syscall', field(code20))),
  insn('break', '000000 code20 001101', 'break', (m) => m.raise(EXCEPTION.Bp)),
  insn('sync', '000000 00000 00000 00000 sa 001111', 'stype?', (m) => m.fence()),
  insn('mfc0', `${MOVE_CONTROL} 00000 rt rd 00000000 sel`, 'rt,c0,sel?', (m, { rt, rd, sel }) =>
    m.setWord(rt, m.hostValue('mfc0', field(rd), field(sel))),
  ),
  insn('mtc0', `${MOVE_CONTROL} 00100 rt rd 00000000 sel`, 'rt,c0,sel?', (m, { rt, rd, sel }) =>
    m.host('mtc0', field(rd), field(sel), m.word(rt)),
  ),
  ...(
    [
      ['tlbr', '000001'],
      ['tlbwi', '000010'],
      ['tlbwr', '000110'],
      ['tlbp', '001000'],
      ['eret', '011000'],
      ['wait', '100000'],
    ] as const
  ).map(([name, funct]) => {
    const [middle, operands] = name === 'wait' ? ['code19', 'code19?'] : ['0'.repeat(19), ''];
    return insn(name, `${MOVE_CONTROL} 1 ${middle} ${funct}`, operands, (m) => m.host(name));
  }),
];

/** Release 2. */
const systemFromRelease2: readonly Instruction[] = [
  insn('rdhwr', '011111 00000 rt rd 00000 111011', 'rt,hwr', (m, { rt, rd }) => {
    const word = m.hostValue('rdhwr', field(rd));
    m.set(rt, m.width === 'i64' ? m.special('wideResult') : word);
  }),
  ...(
    [
      ['rdpgpr', '01010'],
      ['wrpgpr', '01110'],
    ] as const
  ).map(([name, code]) =>
    insn(name, `${MOVE_CONTROL} ${code} rt rd 00000 000000`, 'rd,rt', (m, { rt, rd }) =>
      m.host(name, field(rd), field(rt)),
    ),
  ),
  insn('di', `${MOVE_CONTROL} 01011 rt 01100 00000 0 00 000`, 'rt?', (m, { rt }) => setInterruptEnable(m, rt, 0)),
  insn('ei', `${MOVE_CONTROL} 01011 rt 01100 00000 1 00 000`, 'rt?', (m, { rt }) => setInterruptEnable(m, rt, 1)),
];

const operation = (m: Meaning, base: Field, offset: Field): Expr => add(m.reg(base), m.fromWord(signedField(offset)));

const synchronizeInstructions = insn('synci', '000001 base 11111 offset', 'offset(base)', (m, { base, offset }) =>
  m.host('synci', ...halves(m.let(operation(m, base, offset)))),
);

/** Release 6 encodes them otherwise. */
const replacedInRelease6: readonly Instruction[] = [
  insn('sdbbp', '011100 code20 111111', 'code20', (m, { code20 }) => m.host('sdbbp', field(code20))),

  // an instruction cache is not modelled: fetches always see memory; only the address and the privilege are checked
  insn('cache', '101111 base op offset', 'op,offset(base)', (m, { base, op, offset }) =>
    m.host('cache', field(op), ...halves(m.let(operation(m, base, offset)))),
  ),
  insn('pref', '110011 base op offset', 'op,offset(base)', () => undefined),
];

const isForRelease6 = ({ name }: Instruction): boolean => !/l$|al$/.test(name) || name === 'jal';
const common = [...branches, ...jumps];

export const CONTROL: readonly Instruction[] = [...common.filter(isForRelease6), ...system];
export const CONTROL_FROM_RELEASE_2: readonly Instruction[] = [...systemFromRelease2, synchronizeInstructions];
export const CONTROL_UNTIL_RELEASE_5: readonly Instruction[] = [
  ...common.filter((row) => !isForRelease6(row)),
  ...jumpRegister,
  ...replacedInRelease6,
];
