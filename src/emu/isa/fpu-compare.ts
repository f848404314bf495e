/** Until Release 5: comparisons into the eight condition flags of FCSR, and what depends on those flags. */
import { branchTarget } from './control.js';
import { insn, type Fields, type Instruction } from './encoding.js';
import {
  condition,
  conditionBit,
  exact,
  FORMATS,
  isNumber,
  need,
  needFpu,
  toFloat,
  type Format,
} from './fpu-common.js';
import { fpOperation } from './fp-operations.js';
import { and, apply, eqz, field, i32, ne, not, or, select, shl, type Expr, type Field, type Meaning } from './ir.js';

/** Bit 0 unordered, bit 1 equal, bit 2 less, bit 3 signals a quiet NaN too. */
export const CONDITIONS = 'f un eq ueq olt ult ole ule sf ngle seq ngl lt nge le ngt'.split(' ');

/** What is compared, and where the result goes. */
type Compared = readonly [fs: Field, ft: Field, to: Field];

/** The core's own code compares, and sets the result. */
export const compareExactly = (m: Meaning, operation: string, cond: number, [fs, ft, to]: Compared): void =>
  m.host('fpCompare', i32(fpOperation(operation)), i32(cond), field(fs), or(field(ft), shl(field(to), 8)));

/** Whether the condition holds between numbers: bits 1 and 2 of it alone decide. */
function holdsBetweenNumbers(format: Format, cond: number, a: Expr, b: Expr): Expr {
  const less = (cond & 4) === 0 ? i32(0) : apply(`${format.float}.lt`, a, b);
  return (cond & 2) === 0 ? less : or(less, apply(`${format.float}.eq`, a, b));
}

export const areNumbers = (format: Format, a: Expr, b: Expr): Expr => and(isNumber(format, a), isNumber(format, b));

/** Compares numbers for `give`; with a NaN among them it is for the core's own code. */
export function compare(
  m: Meaning,
  operation: string,
  format: Format,
  cond: number,
  compared: Compared,
  give: (holds: Expr) => void,
): void {
  const [fs, ft] = compared;
  need(m, format, fs, ft);
  const a = m.let(toFloat(format, m.fpr(format.bits, fs)));
  const b = m.let(toFloat(format, m.fpr(format.bits, ft)));
  m.if(
    areNumbers(format, a, b),
    () => {
      exact(m);
      give(holdsBetweenNumbers(format, cond, a, b));
    },
    () => compareExactly(m, operation, cond, compared),
  );
}

const comparisons: Instruction[] = FORMATS.flatMap((format) =>
  CONDITIONS.map((name, cond) =>
    insn(
      `c.${name}.${format.name}`,
      `010001 ${format.fmt} ft fs cc 00 11 ${cond.toString(2).padStart(4, '0')}`,
      'cc?,fs,ft',
      (m, { ft, fs, cc }) =>
        compare(m, `c.${format.name}`, format, cond, [fs, ft, cc], (holds) => {
          const bit = m.let(shl(i32(1), conditionBit(field(cc))));
          m.setSpecial('fcsr', or(and(m.special('fcsr'), not(bit)), select(holds, bit, i32(0))));
        }),
    ),
  ),
);

const conditionalMoves: Instruction[] = FORMATS.flatMap((format) => {
  const move = (m: Meaning, { fs, fd }: Fields, when: Expr): void => {
    need(m, format, fs, fd);
    m.if(when, () => m.setFpr(fd, m.fpr(format.bits, fs)));
  };
  const fmt = `010001 ${format.fmt}`;
  return [
    insn(`movf.${format.name}`, `${fmt} cc 00 fs fd 010001`, 'fd,fs,cc', (m, f) =>
      move(m, f, eqz(condition(m, field(f.cc)))),
    ),
    insn(`movt.${format.name}`, `${fmt} cc 01 fs fd 010001`, 'fd,fs,cc', (m, f) =>
      move(m, f, condition(m, field(f.cc))),
    ),
    insn(`movz.${format.name}`, `${fmt} rt fs fd 010010`, 'fd,fs,rt', (m, f) => move(m, f, eqz(m.reg(f.rt)))),
    insn(`movn.${format.name}`, `${fmt} rt fs fd 010011`, 'fd,fs,rt', (m, f) => move(m, f, ne(m.reg(f.rt), 0))),
  ];
});

const integerMoves: Instruction[] = [
  insn('movf', '000000 rs cc 00 rd 00000 000001', 'rd,rs,cc', (m, { rs, cc, rd }) => {
    needFpu(m);
    m.if(eqz(condition(m, field(cc))), () => m.set(rd, m.reg(rs)));
  }),
  insn('movt', '000000 rs cc 01 rd 00000 000001', 'rd,rs,cc', (m, { rs, cc, rd }) => {
    needFpu(m);
    m.if(condition(m, field(cc)), () => m.set(rd, m.reg(rs)));
  }),
];

const branches: Instruction[] = [
  { name: 'bc1f', low: '00', when: false, likely: false },
  { name: 'bc1t', low: '01', when: true, likely: false },
  { name: 'bc1fl', low: '10', when: false, likely: true },
  { name: 'bc1tl', low: '11', when: true, likely: true },
].map(({ name, low, when, likely }) =>
  insn(name, `010001 01000 cc ${low} offset`, 'cc?,branch', (m, { cc, offset }) => {
    needFpu(m);
    const set = condition(m, field(cc));
    m.branch(when ? set : eqz(set), branchTarget(m, offset), likely);
  }),
);

export const CONDITION_FLAGS: readonly Instruction[] = [
  ...comparisons,
  ...conditionalMoves,
  ...integerMoves,
  ...branches,
];
