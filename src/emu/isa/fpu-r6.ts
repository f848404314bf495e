/** What Release 6 added: comparisons into registers, selection, fused multiply-add, minimum and maximum, RINT, CLASS. */
import { branchTarget } from './control.js';
import { insn, type Instruction } from './encoding.js';
import { areNumbers, compare } from './fpu-compare.js';
import { FCSR } from './fp-operations.js';
import {
  exact,
  exactly,
  fastOrExactly,
  FORMATS,
  isNumber,
  need,
  needFpu,
  S,
  signBit,
  toBits,
  toFloat,
  type Format,
} from './fpu-common.js';
import {
  add,
  and,
  apply,
  constant,
  eq,
  eqz,
  i32,
  ne,
  select,
  shl,
  shrU,
  signExtend64,
  sub,
  wrap,
  zeroExtend64,
  type Expr,
} from './ir.js';

/** By number: bit 0 unordered, bit 1 equal, bit 2 less, bit 3 signals a quiet NaN too, bit 4 the opposite. */
const CONDITIONS: readonly (readonly [name: string, number: number])[] = [
  ...['af', 'un', 'eq', 'ueq', 'lt', 'ult', 'le', 'ule'].map((name, i) => [name, i] as const),
  ...['or', 'une', 'ne'].map((name, i) => [name, i + 17] as const),
].flatMap(([name, number]) => [[name, number] as const, [`s${name}`, number | 8] as const]);

const OPPOSITE = 16;

const comparisons: Instruction[] = FORMATS.flatMap((format) =>
  CONDITIONS.map(([name, cond]) =>
    insn(
      `cmp.${name}.${format.name}`,
      `010001 ${format === S ? '10100' : '10101'} ft fs fd 0 ${cond.toString(2).padStart(5, '0')}`,
      'fd,fs,ft',
      (m, { ft, fs, fd }) =>
        compare(m, `cmp.${format.name}`, format, cond, [fs, ft, fd], (holds) => {
          const mask = sub(i32(0), (cond & OPPOSITE) === 0 ? holds : eqz(holds));
          m.setFpr(fd, format === S ? mask : signExtend64(mask));
        }),
    ),
  ),
);

const branches: Instruction[] = [
  { name: 'bc1eqz', rs: '01001', when: eqz },
  { name: 'bc1nez', rs: '01101', when: (bit: Expr) => bit },
].map(({ name, rs, when }) =>
  insn(name, `010001 ${rs} ft offset`, 'ft,branch', (m, { ft, offset }) => {
    needFpu(m);
    m.branch(when(and(m.fpr('i32', ft), 1)), branchTarget(m, offset));
  }),
);

const selections: Instruction[] = FORMATS.flatMap((format) => {
  const fmt = `010001 ${format.fmt} ft fs fd`;
  const zero = constant(format.bits, 0);
  return [
    insn(`sel.${format.name}`, `${fmt} 010000`, 'fd,fs,ft', (m, { ft, fs, fd }) => {
      need(m, format, fd);
      m.setFpr(fd, select(and(m.fpr('i32', fd), 1), m.fpr(format.bits, ft), m.fpr(format.bits, fs)));
    }),
    insn(`seleqz.${format.name}`, `${fmt} 010100`, 'fd,fs,ft', (m, { ft, fs, fd }) => {
      need(m, format, fd);
      m.setFpr(fd, select(and(m.fpr('i32', ft), 1), zero, m.fpr(format.bits, fs)));
    }),
    insn(`selnez.${format.name}`, `${fmt} 010111`, 'fd,fs,ft', (m, { ft, fs, fd }) => {
      need(m, format, fd);
      m.setFpr(fd, select(and(m.fpr('i32', ft), 1), m.fpr(format.bits, fs), zero));
    }),
  ];
});

/** Which of two numbers; of numbers of one magnitude, MINA and MAXA take what MIN and MAX take. -0 is less than +0. */
function extreme({ float }: Format, pick: 'min' | 'max', byMagnitude: boolean, a: Expr, b: Expr): Expr {
  const byValue = apply(`${float}.${pick}`, a, b);
  if (!byMagnitude) return byValue;
  const magnitude = (value: Expr): Expr => apply(`${float}.abs`, value);
  const [first, second] = pick === 'min' ? [a, b] : [b, a];
  return select(
    apply(`${float}.lt`, magnitude(first), magnitude(second)),
    a,
    select(apply(`${float}.lt`, magnitude(second), magnitude(first)), b, byValue),
  );
}

const extremes: Instruction[] = [
  { name: 'min', funct: '011100', pick: 'min', byMagnitude: false } as const,
  { name: 'mina', funct: '011101', pick: 'min', byMagnitude: true } as const,
  { name: 'max', funct: '011110', pick: 'max', byMagnitude: false } as const,
  { name: 'maxa', funct: '011111', pick: 'max', byMagnitude: true } as const,
].flatMap(({ name, funct, pick, byMagnitude }) =>
  FORMATS.map((format) =>
    insn(`${name}.${format.name}`, `010001 ${format.fmt} ft fs fd ${funct}`, 'fd,fs,ft', (m, { ft, fs, fd }) => {
      need(m, format, fs, ft, fd);
      const a = m.let(toFloat(format, m.fpr(format.bits, fs)));
      const b = m.let(toFloat(format, m.fpr(format.bits, ft)));
      m.if(
        and(areNumbers(format, a, b), eqz(and(m.special('fcsr'), FCSR.flushToZero))),
        () => {
          m.setFpr(fd, toBits(format, extreme(format, pick, byMagnitude, a, b)));
          exact(m);
        },
        () => exactly(m, `${name}.${format.name}`, fd, fs, ft),
      );
    }),
  ),
);

const rint: Instruction[] = FORMATS.map((format) =>
  insn(`rint.${format.name}`, `010001 ${format.fmt} 00000 fs fd 011010`, 'fd,fs', (m, { fs, fd }) => {
    need(m, format, fs, fd);
    const a = m.let(m.fpr(format.bits, fs));
    const result = toBits(format, apply(`${format.float}.nearest`, toFloat(format, a)));
    fastOrExactly(m, `rint.${format.name}`, [fd, fs], {
      result,
      sure: isNumber(format, toFloat(format, a)),
      operands: [a],
    });
  }),
);

/** One of ten bits, and FCSR stays as it is: signalling NaN, quiet NaN, then negative and positive of four kinds each. */
const classes: Instruction[] = FORMATS.map((format) =>
  insn(`class.${format.name}`, `010001 ${format.fmt} 00000 fs fd 011011`, 'fd,fs', (m, { fs, fd }) => {
    need(m, format, fs, fd);
    const [fraction, greatest] = format === S ? [23, 0xff] : [52, 0x7ff];
    const bits = m.let(m.fpr(format.bits, fs));
    const exponent = m.let(and(wrap(shrU(bits, fraction)), greatest));
    const hasFraction = m.let(ne(shl(bits, format === S ? 9 : 12), 0));
    const quiet = and(wrap(shrU(bits, fraction - 1)), 1);
    const kind = m.let(
      select(eq(exponent, greatest), i32(0x04), select(exponent, i32(0x08), select(hasFraction, i32(0x10), i32(0x20)))),
    );
    const signed = select(eqz(and(bits, signBit(format))), shl(kind, 4), kind);
    const result = select(and(eq(exponent, greatest), hasFraction), add(quiet, 1), signed);
    m.setFpr(fd, format === S ? result : zeroExtend64(result));
  }),
);

export const FPU_FROM_RELEASE_6: readonly Instruction[] = [
  ...comparisons,
  ...branches,
  ...selections,
  ...extremes,
  ...rint,
  ...classes,
];
