/** Between single and double precision, words and long integers. */
import { insn, type Instruction } from './encoding.js';
import {
  comfortable,
  D,
  exact,
  exactly,
  fastOrExactly,
  FORMATS,
  isNumber,
  need,
  needSingles,
  needWideRegisters,
  S,
  toBits,
  toFloat,
  type Format,
} from './fpu-common.js';
import { apply, constant, i32, type Expr } from './ir.js';

interface Integer {
  readonly name: 'w' | 'l';
  readonly fmt: string;
  readonly bits: 'i32' | 'i64';
  /** One more than its greatest number. */
  readonly limit: number;
}

const W: Integer = { name: 'w', fmt: '10100', bits: 'i32', limit: 2 ** 31 };
const L: Integer = { name: 'l', fmt: '10101', bits: 'i64', limit: 2 ** 63 };

/** What each rounding is called by WebAssembly; CVT rounds as FCSR says, which is to nearest in the fast mode. */
const ROUNDINGS = [
  { name: 'round', operator: 'nearest', functOfWord: '001100', functOfLong: '001000' },
  { name: 'trunc', operator: 'trunc', functOfWord: '001101', functOfLong: '001001' },
  { name: 'ceil', operator: 'ceil', functOfWord: '001110', functOfLong: '001010' },
  { name: 'floor', operator: 'floor', functOfWord: '001111', functOfLong: '001011' },
  { name: 'cvt', operator: 'nearest', functOfWord: '100100', functOfLong: '100101' },
] as const;

const toInteger = (to: Integer): Instruction[] =>
  FORMATS.flatMap((from) =>
    ROUNDINGS.map(({ name, operator, functOfWord, functOfLong }) => {
      const full = `${name}.${to.name}.${from.name}`;
      const funct = to === W ? functOfWord : functOfLong;
      return insn(full, `010001 ${from.fmt} 00000 fs fd ${funct}`, 'fd,fs', (m, { fs, fd }) => {
        need(m, from, fs);
        if (to === L) needWideRegisters(m);
        else needSingles(m);
        const { float } = from;
        const a = m.let(m.fpr(from.bits, fs));
        const whole = m.let(apply(`${float}.${operator}`, toFloat(from, a)));
        const inRange = apply(`${float}.lt`, apply(`${float}.abs`, whole), constant(float, to.limit));
        const result = apply(`${to.bits}.trunc_${float}_s`, whole);
        fastOrExactly(m, full, [fd, fs], { result, sure: inRange, operands: [a] });
      });
    }),
  );

const fromInteger = (to: Format, from: Integer): Instruction => {
  const full = `cvt.${to.name}.${from.name}`;
  return insn(full, `010001 ${from.fmt} 00000 fs fd 10000${to === S ? 0 : 1}`, 'fd,fs', (m, { fs, fd }) => {
    need(m, to, fd);
    if (from === L) needWideRegisters(m);
    else needSingles(m);
    const a = m.let(m.fpr(from.bits, fs));
    const result: Expr = toBits(to, apply(`${to.float}.convert_${from.bits}_s`, a));
    if (from === W && to === D) {
      m.setFpr(fd, result);
      exact(m);
    } else fastOrExactly(m, full, [fd, fs], { result, sure: i32(1), operands: [a] });
  });
};

const betweenFormats: Instruction[] = [
  insn('cvt.s.d', '010001 10001 00000 fs fd 100000', 'fd,fs', (m, { fs, fd }) => {
    need(m, D, fs);
    needSingles(m);
    const a = m.let(m.fpr('i64', fs));
    const result = m.let(toBits(S, apply('f32.demote_f64', toFloat(D, a))));
    fastOrExactly(m, 'cvt.s.d', [fd, fs], { result, sure: comfortable(S, result), operands: [a] });
  }),
  insn('cvt.d.s', '010001 10000 00000 fs fd 100001', 'fd,fs', (m, { fs, fd }) => {
    need(m, D, fd);
    needSingles(m);
    const a = m.let(toFloat(S, m.fpr('i32', fs)));
    m.if(
      isNumber(S, a),
      () => {
        m.setFpr(fd, toBits(D, apply('f64.promote_f32', a)));
        exact(m);
      },
      () => exactly(m, 'cvt.d.s', fd, fs),
    );
  }),
];

export const CONVERSIONS: readonly Instruction[] = [
  ...toInteger(W),
  fromInteger(S, W),
  fromInteger(D, W),
  ...betweenFormats,
];

/** MIPS64 and Release 2. */
export const LONG_CONVERSIONS: readonly Instruction[] = [...toInteger(L), fromInteger(S, L), fromInteger(D, L)];
