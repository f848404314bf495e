/** Arithmetic on single and double precision, and moves within the register file. */
import { insn, type Instruction } from './encoding.js';
import {
  comfortable,
  exact,
  exactly,
  fastOrExactly,
  FORMATS,
  isNumber,
  need,
  S,
  signBit,
  toBits,
  toFloat,
  type Format,
} from './fpu-common.js';
import { and, apply, constant, not, xor, type Expr } from './ir.js';

const twoOperands = (name: string, funct: string): Instruction[] =>
  FORMATS.map((format) =>
    insn(`${name}.${format.name}`, `010001 ${format.fmt} ft fs fd ${funct}`, 'fd,fs,ft', (m, { ft, fs, fd }) => {
      need(m, format, ft, fs, fd);
      const a = m.let(m.fpr(format.bits, fs));
      const b = m.let(m.fpr(format.bits, ft));
      const result = m.let(toBits(format, apply(`${format.float}.${name}`, toFloat(format, a), toFloat(format, b))));
      const sure = comfortable(format, result);
      fastOrExactly(m, `${name}.${format.name}`, [fd, fs, ft], { result, sure, operands: [a, b] });
    }),
  );

const oneOperand = (name: string, funct: string, fast: (format: Format, value: Expr) => Expr): Instruction[] =>
  FORMATS.map((format) =>
    insn(`${name}.${format.name}`, `010001 ${format.fmt} 00000 fs fd ${funct}`, 'fd,fs', (m, { fs, fd }) => {
      need(m, format, fs, fd);
      const a = m.let(m.fpr(format.bits, fs));
      const result = m.let(toBits(format, fast(format, toFloat(format, a))));
      const sure = comfortable(format, result);
      fastOrExactly(m, `${name}.${format.name}`, [fd, fs], { result, sure, operands: [a] });
    }),
  );

const squareRoot = (format: Format, value: Expr): Expr => apply(`${format.float}.sqrt`, value);
const reciprocal = (format: Format, value: Expr): Expr =>
  apply(`${format.float}.div`, constant(format.float, 1), value);

const moves: Instruction[] = FORMATS.map((format) =>
  insn(`mov.${format.name}`, `010001 ${format.fmt} 00000 fs fd 000110`, 'fd,fs', (m, { fs, fd }) => {
    need(m, format, fs, fd);
    m.setFpr(fd, m.fpr(format.bits, fs));
  }),
);

/**
 * Where ABS2008 is set these change a bit of whatever the register holds and leave FCSR alone; elsewhere they are
 * arithmetic, and NaNs are invalid.
 */
const signs = (name: 'abs' | 'neg', funct: string, change: (format: Format, bits: Expr) => Expr): Instruction[] =>
  FORMATS.map((format) =>
    insn(`${name}.${format.name}`, `010001 ${format.fmt} 00000 fs fd ${funct}`, 'fd,fs', (m, { fs, fd }) => {
      need(m, format, fs, fd);
      const a = m.let(m.fpr(format.bits, fs));
      if (m.isa.nan2008) {
        m.setFpr(fd, change(format, a));
        return;
      }
      m.if(
        isNumber(format, toFloat(format, a)),
        () => {
          m.setFpr(fd, change(format, a));
          exact(m);
        },
        () => exactly(m, `${name}.${format.name}`, fd, fs),
      );
    }),
  );

/** The product is rounded before the addition. */
const multiplyAdds = (name: string, high: string, combine: 'add' | 'sub', negate: boolean): Instruction[] =>
  FORMATS.map((format) =>
    insn(
      `${name}.${format.name}`,
      `010011 fr ft fs fd ${high} ${format === S ? '000' : '001'}`,
      'fd,fr,fs,ft',
      (m, { fr, ft, fs, fd }) => {
        need(m, format, fr, ft, fs, fd);
        const a = m.let(m.fpr(format.bits, fs));
        const b = m.let(m.fpr(format.bits, ft));
        const c = m.let(m.fpr(format.bits, fr));
        const product = m.let(apply(`${format.float}.mul`, toFloat(format, a), toFloat(format, b)));
        const sum = m.let(toBits(format, apply(`${format.float}.${combine}`, product, toFloat(format, c))));
        fastOrExactly(m, `${name}.${format.name}`, [fd, fs, ft, fr], {
          result: negate ? xor(sum, signBit(format)) : sum,
          sure: and(comfortable(format, toBits(format, product)), comfortable(format, sum)),
          operands: [a, b, c],
        });
      },
    ),
  );

export const ARITHMETIC: readonly Instruction[] = [
  ...twoOperands('add', '000000'),
  ...twoOperands('sub', '000001'),
  ...twoOperands('mul', '000010'),
  ...twoOperands('div', '000011'),
  ...oneOperand('sqrt', '000100', squareRoot),
  ...signs('abs', '000101', (format, bits) => and(bits, not(signBit(format)))),
  ...moves,
  ...signs('neg', '000111', (format, bits) => xor(bits, signBit(format))),
];

/** MIPS64 and Release 2, until Release 5. */
export const RECIPROCALS_AND_MULTIPLY_ADDS: readonly Instruction[] = [
  ...oneOperand('recip', '010101', reciprocal),
  ...oneOperand('rsqrt', '010110', (format, value) => reciprocal(format, squareRoot(format, value))),
  ...multiplyAdds('madd', '100', 'add', false),
  ...multiplyAdds('msub', '101', 'sub', false),
  ...multiplyAdds('nmadd', '110', 'add', true),
  ...multiplyAdds('nmsub', '111', 'sub', true),
];
