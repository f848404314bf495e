/** DSP ASE: parts of an accumulator, and DSPControl. */
import { accumulated, setAccumulated } from './accumulators.js';
import type { Fields } from './encoding.js';
import { flag, FUNCTION, OVERFLOW, row, type DspRow } from './dsp-lanes.js';
import {
  add,
  and,
  constant,
  field,
  geS,
  gtS,
  i32,
  leS,
  ltS,
  ne,
  not,
  or,
  select,
  shl,
  shrS,
  shrU,
  signedField,
  signExtend64,
  sub,
  wrap,
  xor,
  zeroExtend64,
  type Expr,
  type Meaning,
} from './ir.js';

const EFI = 1 << 14;
const LARGEST = 0x7fffffff;
const LARGEST_HALF = 0x7fff;

/**
 * A row with a number of five bits in the instruction, and its twin that takes it from a register, modulo `modulus`. For
 * double words the name begins with `d`.
 */
export const both = (
  bits: 32 | 64,
  name: string,
  [immediate, variable]: readonly [string, string],
  modulus: 32 | 64,
  describe: (m: Meaning, fields: Fields, number: Expr) => void,
): DspRow[] => {
  const [stem = '', suffix = ''] = /^(\w*?[^_.]+)(.*)$/.exec(name)?.slice(1) ?? [];
  const funct = FUNCTION.extract[bits];
  return [
    row(1, bits, name, `011111 sa rt 000 ac ${immediate} ${funct}`, 'rt,ac,sa', (m, f) => describe(m, f, field(f.sa))),
    row(1, bits, `${stem}v${suffix}`, `011111 rs rt 000 ac ${variable} ${funct}`, 'rt,ac,rs', (m, f) =>
      describe(m, f, m.let(and(m.word(f.rs), modulus - 1))),
    ),
  ];
};

const isNoWord = (value: Expr): Expr => ne(value, signExtend64(wrap(value)));

/** Shifts right; the flag says that the result is no signed word, with or without rounding, whichever is asked for. */
const extractWord = (name: string, ops: readonly [string, string], rounds: boolean, saturates: boolean): DspRow[] =>
  both(32, name, ops, 32, (m, { rt, ac }, amount) => {
    const value = m.let(accumulated(m, ac));
    const by = m.let(zeroExtend64(amount));
    const shifted = m.let(shrS(value, by));
    const lastOut = and(shrU(shl(value, 1), by), 1);
    const rounded = m.let(add(shifted, lastOut));
    const wrong = m.let(isNoWord(rounded));
    flag(m, OVERFLOW.extract, or(isNoWord(shifted), wrong));
    const limit = xor(wrap(shrS(value, 63)), LARGEST);
    const result = wrap(rounds ? rounded : shifted);
    m.setWord(rt, saturates ? select(wrong, limit, result) : result);
  });

const extractHalf = (name: string, ops: readonly [string, string]): DspRow[] =>
  both(32, name, ops, 32, (m, { rt, ac }, amount) => {
    const shifted = m.let(shrS(accumulated(m, ac), zeroExtend64(amount)));
    const above = m.let(gtS(shifted, LARGEST_HALF));
    const below = m.let(ltS(shifted, ~LARGEST_HALF));
    flag(m, OVERFLOW.extract, or(above, below));
    m.setWord(rt, select(above, i32(LARGEST_HALF), select(below, i32(~LARGEST_HALF), wrap(shifted))));
  });

/** DSPControl.pos has a bit more on a 64-bit core, whose accumulators have 128 bits. */
const positionMask = (m: Meaning): number => (m.isa.bits === 64 ? 0x7f : 0x3f);
export const position = (m: Meaning): Expr => and(m.special('dspControl'), positionMask(m));

export function setPosition(m: Meaning, value: Expr): void {
  const mask = positionMask(m);
  m.setSpecial('dspControl', or(and(m.special('dspControl'), ~mask), and(value, mask)));
}

/**
 * The bits from `at` of an accumulator down, one more than `size` says; EFI when there are not so many. What is then in the
 * register is unpredictable: here, as on QEMU, 0.
 */
export function extractField(
  m: Meaning,
  at: Expr,
  size: Expr,
  moves: boolean,
  set: (low: Expr | undefined) => void,
): void {
  const low = m.let(sub(at, size));
  m.if(
    geS(low, 0),
    () => {
      m.setSpecial('dspControl', and(m.special('dspControl'), ~EFI));
      set(low);
      if (moves) setPosition(m, sub(position(m), add(size, 1)));
    },
    () => {
      m.setSpecial('dspControl', or(m.special('dspControl'), EFI));
      set(undefined);
    },
  );
}

const unsigned = (m: Meaning, word: Expr): Expr => (m.width === 'i64' ? zeroExtend64(word) : word);

/** Bit 6 of `pos` does not count. EXTP extends bit 31 of its result as words do, EXTPDP does not. */
const extractBits = (name: string, ops: readonly [string, string], moves: boolean): DspRow[] =>
  both(32, name, ops, 32, (m, { rt, ac }, size) => {
    const start = m.let(and(m.special('dspControl'), 0x3f));
    extractField(m, start, size, moves, (low) => {
      const mask = sub(shl(i32(2), size), 1);
      const bits = low === undefined ? i32(0) : and(wrap(shrU(accumulated(m, ac), zeroExtend64(low))), mask);
      if (moves) m.set(rt, unsigned(m, bits));
      else m.setWord(rt, bits);
    });
  });

/** Right by so much, without sign; left if it is negative. */
function shiftAccumulator(m: Meaning, { ac }: Fields, amount: Expr): void {
  const by = m.let(signExtend64(amount));
  const value = m.let(accumulated(m, ac));
  setAccumulated(m, ac, select(geS(by, 0), shrU(value, by), shl(value, sub(constant('i64', 0), by))));
}

/** Fields of DSPControl, by the bit of the mask that names them. */
const CONTROL_FIELDS = [0x3f, 0x1f80, 0x2000, 0x00ff0000, 0x0f000000, 0x4000] as const;
const CONTROL_FIELDS_64 = [0x7f, 0x1f80, 0x2000, 0x00ff0000, 0xff000000 | 0, 0x4000] as const;

const namedFields = (m: Meaning, mask: Expr): Expr =>
  (m.isa.bits === 64 ? CONTROL_FIELDS_64 : CONTROL_FIELDS)
    .map((bits, i) => and(sub(i32(0), and(shrU(mask, i), 1)), bits))
    .reduce((a, b) => or(a, b));

const control: readonly DspRow[] = [
  row(1, 32, 'rddsp', `011111 imm<9:0> rd 10010 ${FUNCTION.extract[32]}`, 'rd,uimm', (m, { imm, rd }) =>
    m.set(rd, unsigned(m, and(m.special('dspControl'), namedFields(m, field(imm))))),
  ),
  row(1, 32, 'wrdsp', `011111 rs imm<9:0> 10011 ${FUNCTION.extract[32]}`, 'rs,uimm', (m, { rs, imm }) => {
    const mask = m.let(namedFields(m, field(imm)));
    m.setSpecial('dspControl', or(and(m.special('dspControl'), not(mask)), and(m.word(rs), mask)));
  }),
  row(1, 32, 'shilo', `011111 sa<5:0> 0000 000 ac 11010 ${FUNCTION.extract[32]}`, 'ac,shift', (m, f) =>
    shiftAccumulator(m, f, signedField(f.sa)),
  ),
  row(1, 32, 'shilov', `011111 rs 00000 000 ac 11011 ${FUNCTION.extract[32]}`, 'ac,rs', (m, f) =>
    shiftAccumulator(m, f, shrS(shl(m.word(f.rs), 26), 26)),
  ),
  row(1, 32, 'mthlip', `011111 rs 00000 000 ac 11111 ${FUNCTION.extract[32]}`, 'rs,ac', (m, { rs, ac }) => {
    m.setAccumulator('hi', m.fromWord(wrap(m.accumulator('lo', field(ac)))), field(ac));
    m.setAccumulator('lo', m.fromWord(m.word(rs)), field(ac));
    const at = m.let(position(m));
    m.if(leS(at, 32), () => setPosition(m, add(at, 32)));
  }),
];

export const DSP_EXTRACT: readonly DspRow[] = [
  ...extractWord('extr.w', ['00000', '00001'], false, false),
  ...extractWord('extr_r.w', ['00100', '00101'], true, false),
  ...extractWord('extr_rs.w', ['00110', '00111'], true, true),
  ...extractHalf('extr_s.h', ['01110', '01111']),
  ...extractBits('extp', ['00010', '00011'], false),
  ...extractBits('extpdp', ['01010', '01011'], true),
  ...control,
];
