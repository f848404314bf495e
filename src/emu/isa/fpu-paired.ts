/** Paired singles: two single-precision numbers in a 64-bit register, the upper one in the upper half. Until Release 5. */
import { insn, type Fields, type Instruction } from './encoding.js';
import { compareExactly, CONDITIONS } from './fpu-compare.js';
import { condition, exactly, needFpu, needWideRegisters } from './fpu-common.js';
import {
  and,
  constant,
  eq,
  eqz,
  field,
  ne,
  not,
  or,
  select,
  shl,
  shrU,
  wrap,
  xor,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';

function needPaired(m: Meaning): void {
  needFpu(m);
  needWideRegisters(m);
}

const SIGNS = constant('i64', 0x8000000080000000n);
const lower = (m: Meaning, register: Field): Expr => zeroExtend64(m.fpr('i32', register));
const upper = (m: Meaning, register: Field): Expr => shrU(m.fpr('i64', register), 32);
const pair = (high: Expr, low: Expr): Expr => or(shl(high, 32), low);

const arithmetic = [
  ['add', '000000'],
  ['sub', '000001'],
  ['mul', '000010'],
].map(([name = '', funct = '']) =>
  insn(`${name}.ps`, `010001 10110 ft fs fd ${funct}`, 'fd,fs,ft', (m, { ft, fs, fd }) => {
    needPaired(m);
    exactly(m, `${name}.ps`, fd, fs, ft);
  }),
);

const multiplyAdds = [
  ['madd', '100'],
  ['msub', '101'],
  ['nmadd', '110'],
  ['nmsub', '111'],
].map(([name = '', high = '']) =>
  insn(`${name}.ps`, `010011 fr ft fs fd ${high} 110`, 'fd,fr,fs,ft', (m, { fr, ft, fs, fd }) => {
    needPaired(m);
    exactly(m, `${name}.ps`, fd, fs, ft, fr);
  }),
);

const signs = (name: 'abs' | 'neg', funct: string, change: (bits: Expr) => Expr): Instruction =>
  insn(`${name}.ps`, `010001 10110 00000 fs fd ${funct}`, 'fd,fs', (m, { fs, fd }) => {
    needPaired(m);
    if (m.isa.nan2008) m.setFpr(fd, change(m.fpr('i64', fs)));
    else exactly(m, `${name}.ps`, fd, fs);
  });

/** Each half moves by a condition flag of its own: the lower one by `cc`, the upper one by the next. */
function moveHalves(m: Meaning, { fs, fd, cc }: Fields, when: (flag: Expr) => Expr): void {
  needPaired(m);
  const from = m.let(m.fpr('i64', fs));
  const to = m.let(m.fpr('i64', fd));
  const low = select(when(condition(m, field(cc))), and(from, 0xffffffff), and(to, 0xffffffff));
  const high = select(when(condition(m, or(field(cc), 1))), shrU(from, 32), shrU(to, 32));
  m.setFpr(fd, pair(high, low));
}

const moves: Instruction[] = [
  insn('mov.ps', '010001 10110 00000 fs fd 000110', 'fd,fs', (m, { fs, fd }) => {
    needPaired(m);
    m.setFpr(fd, m.fpr('i64', fs));
  }),
  insn('movf.ps', '010001 10110 cc 00 fs fd 010001', 'fd,fs,cc', (m, f) => moveHalves(m, f, eqz)),
  insn('movt.ps', '010001 10110 cc 01 fs fd 010001', 'fd,fs,cc', (m, f) => moveHalves(m, f, (flag) => flag)),
  insn('movz.ps', '010001 10110 rt fs fd 010010', 'fd,fs,rt', (m, { rt, fs, fd }) => {
    needPaired(m);
    m.if(eqz(m.reg(rt)), () => m.setFpr(fd, m.fpr('i64', fs)));
  }),
  insn('movn.ps', '010001 10110 rt fs fd 010011', 'fd,fs,rt', (m, { rt, fs, fd }) => {
    needPaired(m);
    m.if(ne(m.reg(rt), 0), () => m.setFpr(fd, m.fpr('i64', fs)));
  }),
];

/** Putting pairs together and taking them apart is no arithmetic: FCSR stays as it is. */
const pairing: Instruction[] = [
  insn('cvt.ps.s', '010001 10000 ft fs fd 100110', 'fd,fs,ft', (m, { ft, fs, fd }) => {
    needPaired(m);
    m.setFpr(fd, pair(lower(m, fs), lower(m, ft)));
  }),
  insn('cvt.s.pl', '010001 10110 00000 fs fd 101000', 'fd,fs', (m, { fs, fd }) => {
    needPaired(m);
    m.setFpr(fd, m.fpr('i32', fs));
  }),
  insn('cvt.s.pu', '010001 10110 00000 fs fd 100000', 'fd,fs', (m, { fs, fd }) => {
    needPaired(m);
    m.setFpr(fd, wrap(upper(m, fs)));
  }),
  ...[
    { name: 'pll', low: '00', first: lower, second: lower },
    { name: 'plu', low: '01', first: lower, second: upper },
    { name: 'pul', low: '10', first: upper, second: lower },
    { name: 'puu', low: '11', first: upper, second: upper },
  ].map(({ name, low, first, second }) =>
    insn(`${name}.ps`, `010001 10110 ft fs fd 1011${low}`, 'fd,fs,ft', (m, { ft, fs, fd }) => {
      needPaired(m);
      m.setFpr(fd, pair(first(m, fs), second(m, ft)));
    }),
  ),
  // the pair that stands at an address which is a multiple of 4 only, of the two double words around it
  insn('alnv.ps', '010011 rs ft fs fd 011110', 'fd,fs,ft,rs', (m, { rs, ft, fs, fd }) => {
    needPaired(m);
    const offset = m.let(and(m.word(rs), 7));
    const middle = m.isa.endian === 'le' ? pair(lower(m, ft), upper(m, fs)) : pair(lower(m, fs), upper(m, ft));
    m.if(eqz(offset), () => m.setFpr(fd, m.fpr('i64', fs)));
    m.if(eq(offset, 4), () => m.setFpr(fd, middle));
  }),
];

const comparisons: Instruction[] = CONDITIONS.map((name, cond) =>
  insn(
    `c.${name}.ps`,
    `010001 10110 ft fs cc 00 11 ${cond.toString(2).padStart(4, '0')}`,
    'cc?,fs,ft',
    (m, { ft, fs, cc }) => {
      needPaired(m);
      compareExactly(m, 'c.ps', cond, [fs, ft, cc]);
    },
  ),
);

export const PAIRED_SINGLE: readonly Instruction[] = [
  ...arithmetic,
  ...multiplyAdds,
  signs('abs', '000101', (bits) => and(bits, not(SIGNS))),
  signs('neg', '000111', (bits) => xor(bits, SIGNS)),
  ...moves,
  ...pairing,
  ...comparisons,
];
