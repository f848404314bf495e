/**
 * MIPS32 Release 2: coprocessor 1, formats S, D, W, L.
 *
 * Arithmetic runs on WebAssembly's IEEE operators when that is provably MIPS's result: round to nearest, no flush to zero, a
 * result that is normal and far from underflow, and Flags.Inexact already set (it is sticky), so that only Cause.Inexact
 * is open. The operands are kept (`remember`) and Cause is worked out when somebody reads FCSR. All else goes to `fp`,
 * the exact arithmetic of the core.
 */
import { insn, type Fields, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import { FCSR, fpOperation } from './fp-operations.js';
import {
  add,
  and,
  apply,
  constant,
  eq,
  eqz,
  field,
  i32,
  ltU,
  ne,
  not,
  or,
  select,
  shl,
  shrU,
  signedField,
  sub,
  wrap,
  xor,
  zeroExtend64,
  type Expr,
  type Field,
  type Meaning,
} from './ir.js';
import { address } from './memory.js';

const STATUS_CU1 = 1 << 29;
const STATUS_FR = 1 << 26;

interface Format {
  readonly name: 's' | 'd';
  readonly fmt: string;
  readonly bits: 'i32' | 'i64';
  readonly float: 'f32' | 'f64';
}

const S: Format = { name: 's', fmt: '10000', bits: 'i32', float: 'f32' };
const D: Format = { name: 'd', fmt: '10001', bits: 'i64', float: 'f64' };
const FORMATS = [S, D] as const;

const toFloat = (format: Format, bits: Expr): Expr => apply(`${format.float}.reinterpret_${format.bits}`, bits);
const toBits = (format: Format, value: Expr): Expr => apply(`${format.bits}.reinterpret_${format.float}`, value);
const to64 = (bits: Expr): Expr => (bits.type === 'i64' ? bits : zeroExtend64(bits));

const needFpu = (m: Meaning): void => m.raiseIf(eqz(and(m.special('status'), STATUS_CU1)), EXCEPTION.CpU, 1);

/** With FR = 0 a double lives in an even register; naming an odd one is a reserved instruction. */
function needPairs(m: Meaning, ...registers: readonly Field[]): void {
  const odd = registers.map((register) => field(register)).reduce((a, b) => or(a, b));
  m.raiseIf(and(and(odd, 1), eqz(and(m.special('status'), STATUS_FR))), EXCEPTION.RI);
}

/** Opens every instruction: usable, and operands of `format` in registers that can hold them. */
function need(m: Meaning, format: Format | undefined, ...registers: readonly Field[]): void {
  needFpu(m);
  if (format === D) needPairs(m, ...registers);
}

const fastMode = (m: Meaning): Expr =>
  eq(
    and(m.special('fcsr'), FCSR.roundingMode | FCSR.flushToZero | FCSR.enableInexact | FCSR.flagInexact),
    FCSR.flagInexact,
  );

/** Finite, and at least twice the smallest normal number: neither overflow nor underflow can have been signalled. */
function comfortable(format: Format, bits: Expr): Expr {
  const [shift, mask] = format === S ? [23, 0xff] : [52, 0x7ff];
  const exponent = and(wrap(shrU(bits, shift)), mask);
  return ltU(sub(exponent, 2), mask - 2);
}

function remember(m: Meaning, operation: string, a: Expr, b?: Expr, c?: Expr): void {
  m.setSpecial('fpOperation', i32(fpOperation(operation) + 1));
  m.setSpecial('fpA', to64(a));
  if (b !== undefined) m.setSpecial('fpB', to64(b));
  if (c !== undefined) m.setSpecial('fpC', to64(c));
}

/** Nothing was inexact: Cause is all clear. */
function exact(m: Meaning): void {
  m.setSpecial('fpOperation', i32(0));
  m.setSpecial('fcsr', and(m.special('fcsr'), ~FCSR.causes));
}

const exactly = (m: Meaning, operation: string, ...registers: readonly Field[]): void =>
  m.host('fp', i32(fpOperation(operation)), ...registers.map((register) => field(register)));

const twoOperands = (name: string, funct: string): Instruction[] =>
  FORMATS.map((format) =>
    insn(`${name}.${format.name}`, `010001 ${format.fmt} ft fs fd ${funct}`, 'fd,fs,ft', (m, { ft, fs, fd }) => {
      need(m, format, ft, fs, fd);
      const a = m.let(m.fpr(format.bits, fs));
      const b = m.let(m.fpr(format.bits, ft));
      const result = m.let(toBits(format, apply(`${format.float}.${name}`, toFloat(format, a), toFloat(format, b))));
      m.if(
        and(fastMode(m), comfortable(format, result)),
        () => {
          m.setFpr(fd, result);
          remember(m, `${name}.${format.name}`, a, b);
        },
        () => exactly(m, `${name}.${format.name}`, fd, fs, ft),
      );
    }),
  );

const squareRoot: Instruction[] = FORMATS.map((format) =>
  insn(`sqrt.${format.name}`, `010001 ${format.fmt} 00000 fs fd 000100`, 'fd,fs', (m, { fs, fd }) => {
    need(m, format, fs, fd);
    const a = m.let(m.fpr(format.bits, fs));
    const result = m.let(toBits(format, apply(`${format.float}.sqrt`, toFloat(format, a))));
    m.if(
      and(fastMode(m), comfortable(format, result)),
      () => {
        m.setFpr(fd, result);
        remember(m, `sqrt.${format.name}`, a);
      },
      () => exactly(m, `sqrt.${format.name}`, fd, fs),
    );
  }),
);

/** An operation that is always done exactly, from `from` to `to` (undefined: an integer of that many bits). */
const slow = (
  name: string,
  fmt: string,
  funct: string,
  from: Format | undefined,
  to: Format | undefined,
): Instruction =>
  insn(name, `010001 ${fmt} 00000 fs fd ${funct}`, 'fd,fs', (m, { fs, fd }) => {
    needFpu(m);
    if (from === D) needPairs(m, fs);
    if (to === D) needPairs(m, fd);
    exactly(m, name, fd, fs);
  });

const reciprocals: Instruction[] = FORMATS.flatMap((format) => [
  slow(`recip.${format.name}`, format.fmt, '010101', format, format),
  slow(`rsqrt.${format.name}`, format.fmt, '010110', format, format),
]);

/** Copies that look at no value: sign operations never signal here (ABS2008 and legacy mode agree but for signalling NaNs). */
const bitwise = (name: string, funct: string, change: (format: Format, bits: Expr) => Expr): Instruction[] =>
  FORMATS.map((format) =>
    insn(`${name}.${format.name}`, `010001 ${format.fmt} 00000 fs fd ${funct}`, 'fd,fs', (m, { fs, fd }) => {
      need(m, format, fs, fd);
      m.setFpr(fd, change(format, m.fpr(format.bits, fs)));
    }),
  );

const signBit = (format: Format): Expr => (format === S ? i32(-0x80000000) : constant('i64', -0x8000000000000000n));

const conditionBit = (cc: Field): Expr => add(add(field(cc), 23), ne(field(cc), 0));
const condition = (m: Meaning, cc: Field): Expr => and(shrU(m.special('fcsr'), conditionBit(cc)), 1);

const conditionalMoves: Instruction[] = FORMATS.flatMap((format) => {
  const move = (m: Meaning, { fs, fd }: Fields, when: Expr): void => {
    need(m, format, fs, fd);
    m.if(when, () => m.setFpr(fd, m.fpr(format.bits, fs)));
  };
  const fmt = `010001 ${format.fmt}`;
  return [
    insn(`movf.${format.name}`, `${fmt} cc 00 fs fd 010001`, 'fd,fs,cc', (m, f) => move(m, f, eqz(condition(m, f.cc)))),
    insn(`movt.${format.name}`, `${fmt} cc 01 fs fd 010001`, 'fd,fs,cc', (m, f) => move(m, f, condition(m, f.cc))),
    insn(`movz.${format.name}`, `${fmt} rt fs fd 010010`, 'fd,fs,rt', (m, f) => move(m, f, eqz(m.reg(f.rt)))),
    insn(`movn.${format.name}`, `${fmt} rt fs fd 010011`, 'fd,fs,rt', (m, f) => move(m, f, ne(m.reg(f.rt), 0))),
  ];
});

const integerMoves: Instruction[] = [
  insn('movf', '000000 rs cc 00 rd 00000 000001', 'rd,rs,cc', (m, { rs, cc, rd }) => {
    needFpu(m);
    m.if(eqz(condition(m, cc)), () => m.set(rd, m.reg(rs)));
  }),
  insn('movt', '000000 rs cc 01 rd 00000 000001', 'rd,rs,cc', (m, { rs, cc, rd }) => {
    needFpu(m);
    m.if(condition(m, cc), () => m.set(rd, m.reg(rs)));
  }),
];

const ROUNDINGS = [
  ['round', '00'],
  ['trunc', '01'],
  ['ceil', '10'],
  ['floor', '11'],
] as const;

const toInteger: Instruction[] = FORMATS.flatMap((format) => [
  ...ROUNDINGS.filter(([name]) => name !== 'trunc').map(([name, low]) =>
    slow(`${name}.w.${format.name}`, format.fmt, `0011${low}`, format, undefined),
  ),
  ...ROUNDINGS.map(([name, low]) => slow(`${name}.l.${format.name}`, format.fmt, `0010${low}`, format, D)),
  slow(`cvt.w.${format.name}`, format.fmt, '100100', format, undefined),
  slow(`cvt.l.${format.name}`, format.fmt, '100101', format, D),
  insn(`trunc.w.${format.name}`, `010001 ${format.fmt} 00000 fs fd 001101`, 'fd,fs', (m, { fs, fd }) => {
    needFpu(m);
    if (format === D) needPairs(m, fs);
    const a = m.let(m.fpr(format.bits, fs));
    const value = toFloat(format, a);
    const inRange = apply(`${format.float}.lt`, apply(`${format.float}.abs`, value), constant(format.float, 2 ** 31));
    m.if(
      and(fastMode(m), inRange),
      () => {
        m.setFpr(fd, apply(`i32.trunc_${format.float}_s`, value));
        remember(m, `trunc.w.${format.name}`, a);
      },
      () => exactly(m, `trunc.w.${format.name}`, fd, fs),
    );
  }),
]);

const betweenFormats: Instruction[] = [
  insn('cvt.s.d', '010001 10001 00000 fs fd 100000', 'fd,fs', (m, { fs, fd }) => {
    need(m, D, fs);
    const a = m.let(m.fpr('i64', fs));
    const result = m.let(toBits(S, apply('f32.demote_f64', toFloat(D, a))));
    m.if(
      and(fastMode(m), comfortable(S, result)),
      () => {
        m.setFpr(fd, result);
        remember(m, 'cvt.s.d', a);
      },
      () => exactly(m, 'cvt.s.d', fd, fs),
    );
  }),
  insn('cvt.d.s', '010001 10000 00000 fs fd 100001', 'fd,fs', (m, { fs, fd }) => {
    need(m, D, fd);
    const a = m.let(m.fpr('i32', fs));
    m.if(
      and(eqz(and(m.special('fcsr'), FCSR.flushToZero)), comfortable(S, a)),
      () => {
        m.setFpr(fd, toBits(D, apply('f64.promote_f32', toFloat(S, a))));
        exact(m);
      },
      () => exactly(m, 'cvt.d.s', fd, fs),
    );
  }),
  insn('cvt.d.w', '010001 10100 00000 fs fd 100001', 'fd,fs', (m, { fs, fd }) => {
    need(m, D, fd);
    m.setFpr(fd, toBits(D, apply('f64.convert_i32_s', m.fpr('i32', fs))));
    exact(m);
  }),
  slow('cvt.s.w', '10100', '100000', undefined, S),
  slow('cvt.s.l', '10101', '100000', D, S),
  slow('cvt.d.l', '10101', '100001', D, D),
];

/** The sixteen conditions: bit 0 unordered, bit 1 equal, bit 2 less, bit 3 signals a quiet NaN too. */
const COMPARISONS = 'f un eq ueq olt ult ole ule sf ngle seq ngl lt nge le ngt'.split(' ');

const comparisons: Instruction[] = FORMATS.flatMap((format) =>
  COMPARISONS.map((name, cond) =>
    insn(
      `c.${name}.${format.name}`,
      `010001 ${format.fmt} ft fs cc 00 11 ${cond.toString(2).padStart(4, '0')}`,
      'cc?,fs,ft',
      (m, { ft, fs, cc }) => {
        need(m, format, ft, fs);
        const a = m.let(toFloat(format, m.fpr(format.bits, fs)));
        const b = m.let(toFloat(format, m.fpr(format.bits, ft)));
        const is = (how: string, x: Expr, y: Expr): Expr => apply(`${format.float}.${how}`, x, y);
        m.if(
          and(and(is('eq', a, a), is('eq', b, b)), eqz(and(m.special('fcsr'), FCSR.flushToZero))),
          () => {
            exact(m);
            const less = (cond & 4) === 0 ? i32(0) : is('lt', a, b);
            const holds = (cond & 2) === 0 ? less : or(less, is('eq', a, b));
            const bit = m.let(shl(i32(1), conditionBit(cc)));
            m.setSpecial('fcsr', or(and(m.special('fcsr'), not(bit)), select(holds, bit, i32(0))));
          },
          () =>
            m.host(
              'fpCompare',
              i32(fpOperation(`c.${format.name}`)),
              i32(cond),
              field(fs),
              or(field(ft), shl(field(cc), 8)),
            ),
        );
      },
    ),
  ),
);

const branches: Instruction[] = [
  ['bc1f', '00', false],
  ['bc1t', '01', false],
  ['bc1fl', '10', true],
  ['bc1tl', '11', true],
].map(([name, low, likely]) =>
  insn(String(name), `010001 01000 cc ${String(low)} offset`, 'cc?,branch', (m, { cc, offset }) => {
    needFpu(m);
    const set = condition(m, cc);
    const taken = String(low).endsWith('1') ? set : eqz(set);
    m.branch(taken, add(add(m.pc, 4), m.fromWord(shl(signedField(offset), 2))), likely === true);
  }),
);

const transfers: Instruction[] = [
  insn('mfc1', '010001 00000 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    needFpu(m);
    m.setWord(rt, m.fpr('i32', fs));
  }),
  insn('mtc1', '010001 00100 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    needFpu(m);
    m.setFpr(fs, m.word(rt));
  }),
  insn('mfhc1', '010001 00011 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    needFpu(m);
    m.setWord(rt, wrap(shrU(m.fpr('i64', fs), 32)));
  }),
  insn('mthc1', '010001 00111 rt fs 00000 000000', 'rt,fs', (m, { rt, fs }) => {
    needFpu(m);
    m.setFpr(fs, or(zeroExtend64(wrap(m.fpr('i64', fs))), shl(zeroExtend64(m.word(rt)), 32)));
  }),
  insn('cfc1', '010001 00010 rt fs 00000 000000', 'rt,c1', (m, { rt, fs }) => {
    needFpu(m);
    m.setWord(rt, m.hostValue('cfc1', field(fs)));
  }),
  insn('ctc1', '010001 00110 rt fs 00000 000000', 'rt,c1', (m, { rt, fs }) => {
    needFpu(m);
    m.host('ctc1', field(fs), m.word(rt));
  }),
];

const loadsAndStores: Instruction[] = [
  insn('lwc1', '110001 base ft offset', 'ft,offset(base)', (m, { base, ft, offset }) => {
    needFpu(m);
    m.setFpr(ft, m.load(4, address(m, base, offset)));
  }),
  insn('swc1', '111001 base ft offset', 'ft,offset(base)', (m, { base, ft, offset }) => {
    needFpu(m);
    m.store(4, address(m, base, offset), m.fpr('i32', ft));
  }),
  insn('ldc1', '110101 base ft offset', 'ft,offset(base)', (m, { base, ft, offset }) => {
    needFpu(m);
    m.setFpr(ft, m.load(8, address(m, base, offset)));
  }),
  insn('sdc1', '111101 base ft offset', 'ft,offset(base)', (m, { base, ft, offset }) => {
    needFpu(m);
    m.store(8, address(m, base, offset), m.fpr('i64', ft));
  }),
  insn('lwxc1', '010011 base index 00000 fd 000000', 'fd,index(base)', (m, { base, index, fd }) => {
    needFpu(m);
    m.setFpr(fd, m.load(4, add(m.reg(base), m.reg(index))));
  }),
  insn('ldxc1', '010011 base index 00000 fd 000001', 'fd,index(base)', (m, { base, index, fd }) => {
    needFpu(m);
    m.setFpr(fd, m.load(8, add(m.reg(base), m.reg(index))));
  }),
  insn('swxc1', '010011 base index fs 00000 001000', 'fs,index(base)', (m, { base, index, fs }) => {
    needFpu(m);
    m.store(4, add(m.reg(base), m.reg(index)), m.fpr('i32', fs));
  }),
  insn('sdxc1', '010011 base index fs 00000 001001', 'fs,index(base)', (m, { base, index, fs }) => {
    needFpu(m);
    m.store(8, add(m.reg(base), m.reg(index)), m.fpr('i64', fs));
  }),
  // "unaligned": the low three bits of the address are dropped
  insn('luxc1', '010011 base index 00000 fd 000101', 'fd,index(base)', (m, { base, index, fd }) => {
    needFpu(m);
    m.setFpr(fd, m.load(8, and(add(m.reg(base), m.reg(index)), -8)));
  }),
  insn('suxc1', '010011 base index fs 00000 001101', 'fs,index(base)', (m, { base, index, fs }) => {
    needFpu(m);
    m.store(8, and(add(m.reg(base), m.reg(index)), -8), m.fpr('i64', fs));
  }),
  insn('prefx', '010011 base index op 00000 001111', 'op,index(base)', (m) => needFpu(m)),
];

/** Before Release 6 the product is rounded before the addition. */
const multiplyAdds: Instruction[] = [
  ['madd', '100', 'add', false] as const,
  ['msub', '101', 'sub', false] as const,
  ['nmadd', '110', 'add', true] as const,
  ['nmsub', '111', 'sub', true] as const,
].flatMap(([name, high, combine, negate]) =>
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
        m.if(
          and(fastMode(m), and(comfortable(format, toBits(format, product)), comfortable(format, sum))),
          () => {
            m.setFpr(fd, negate ? xor(sum, signBit(format)) : sum);
            remember(m, `${name}.${format.name}`, a, b, c);
          },
          () =>
            m.host(
              'fp',
              i32(fpOperation(`${name}.${format.name}`)),
              field(fd),
              field(fs),
              or(field(ft), shl(field(fr), 8)),
            ),
        );
      },
    ),
  ),
);

export const FPU: readonly Instruction[] = [
  ...[
    ['add', '000000'],
    ['sub', '000001'],
    ['mul', '000010'],
    ['div', '000011'],
  ].flatMap(([name = '', funct = '']) => twoOperands(name, funct)),
  ...squareRoot,
  ...reciprocals,
  ...bitwise('abs', '000101', (format, bits) => and(bits, not(signBit(format)))),
  ...bitwise('mov', '000110', (_, bits) => bits),
  ...bitwise('neg', '000111', (format, bits) => xor(bits, signBit(format))),
  ...conditionalMoves,
  ...integerMoves,
  ...toInteger,
  ...betweenFormats,
  ...comparisons,
  ...branches,
  ...transfers,
  ...loadsAndStores,
  ...multiplyAdds,
];
