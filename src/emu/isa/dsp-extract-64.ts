/** DSP ASE on double words: parts of an accumulator of 128 bits. */
import { both, extractField, position, setPosition } from './dsp-extract.js';
import { flag, FUNCTION, OVERFLOW, row, type DspRow } from './dsp-lanes.js';
import { accumulator, setAccumulator, shiftedLeft, shiftedRight, sum, type Wide } from './dsp-wide.js';
import type { Fields } from './encoding.js';
import {
  add,
  and,
  constant,
  field,
  geS,
  i32,
  leS,
  ltU,
  ne,
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

const LARGEST = 0x7fffffffffffffffn;
const LARGEST_HALF = 0x7fff;

const isNoDouble = ({ high, low }: Wide): Expr => ne(high, shrS(low, 63));

type Result = 'w' | 'l';

/** A word is judged as a double word is: by bits 127 to 63 of the number. */
function setResult(m: Meaning, { rt }: Fields, result: Result, value: Expr): void {
  if (result === 'l') m.set(rt, value);
  else m.setWord(rt, wrap(value));
}

const extract = (result: Result, ops: readonly [string, string]): DspRow[] =>
  both(64, `dextr.${result}`, ops, 64, (m, f, amount) => {
    const { low } = shiftedRight(m, accumulator(m, f.ac), m.let(zeroExtend64(amount)), 's');
    setResult(m, f, result, low);
  });

const extractRounded = (result: Result, ops: readonly [string, string], saturates: boolean): DspRow[] =>
  both(64, `dextr_${saturates ? 'rs' : 'r'}.${result}`, ops, 64, (m, f, amount) => {
    const by = m.let(zeroExtend64(amount));
    const value = accumulator(m, f.ac);
    const lastOut = { high: constant('i64', 0), low: m.let(and(shrU(shl(value.low, 1), by), 1)) };
    const rounded = sum(m, shiftedRight(m, value, by, 's'), lastOut);
    const wrong = m.let(isNoDouble(rounded));
    flag(m, OVERFLOW.extract, wrong);
    const largest = constant('i64', result === 'l' ? LARGEST : 0x7fffffff);
    const limit = xor(shrS(rounded.high, 63), largest);
    setResult(m, f, result, saturates ? select(wrong, limit, rounded.low) : rounded.low);
  });

const extractHalf: readonly DspRow[] = both(64, 'dextr_s.h', ['01110', '01111'], 32, (m, { rt, ac }, amount) => {
  const { high, low } = shiftedRight(m, accumulator(m, ac), m.let(zeroExtend64(amount)), 's');
  const isHalf = and(leS(low, LARGEST_HALF), geS(low, ~LARGEST_HALF));
  const wrong = m.let(or(isNoDouble({ high, low }), xor(isHalf, 1)));
  flag(m, OVERFLOW.extract, wrong);
  m.set(rt, select(wrong, xor(shrS(high, 63), LARGEST_HALF_64), low));
});
const LARGEST_HALF_64 = constant('i64', LARGEST_HALF);

const extractBits = (name: string, ops: readonly [string, string], moves: boolean): DspRow[] =>
  both(64, name, ops, 64, (m, { rt, ac }, size) =>
    extractField(m, m.let(position(m)), size, moves, (low) => {
      if (low === undefined) {
        m.set(rt, constant('i64', 0));
        return;
      }
      const value = accumulator(m, ac);
      const inLow = shiftedRight(m, value, m.let(zeroExtend64(and(low, 63))), 'u');
      const from = select(ltU(low, 64), inLow.low, inLow.high);
      m.set(rt, and(from, shrU(constant('i64', -1), zeroExtend64(sub(i32(63), size)))));
    }),
  );

/** Right by so much, without sign; left if it is negative. */
function shiftAccumulator(m: Meaning, ac: Fields['ac'], amount: Expr): void {
  const by = m.let(signExtend64(amount));
  const value = accumulator(m, ac);
  m.if(
    geS(by, 0),
    () => setAccumulator(m, ac, shiftedRight(m, value, by, 'u')),
    () => setAccumulator(m, ac, shiftedLeft(m, value, m.let(sub(constant('i64', 0), by)))),
  );
}

const EXTRACT = FUNCTION.extract[64];

export const DSP_EXTRACT_64: readonly DspRow[] = [
  ...extract('w', ['00000', '00001']),
  ...extractRounded('w', ['00100', '00101'], false),
  ...extractRounded('w', ['00110', '00111'], true),
  ...extract('l', ['10000', '10001']),
  ...extractRounded('l', ['10100', '10101'], false),
  ...extractRounded('l', ['10110', '10111'], true),
  ...extractHalf,
  ...extractBits('dextp', ['00010', '00011'], false),
  ...extractBits('dextpdp', ['01010', '01011'], true),
  row(1, 64, 'dshilo', `011111 sa<6:0> 000 000 ac 11010 ${EXTRACT}`, 'ac,shift', (m, { sa, ac }) =>
    shiftAccumulator(m, ac, signedField(sa)),
  ),
  row(1, 64, 'dshilov', `011111 rs 00000 000 ac 11011 ${EXTRACT}`, 'ac,rs', (m, { rs, ac }) =>
    shiftAccumulator(m, ac, shrS(shl(m.word(rs), 25), 25)),
  ),
  row(1, 64, 'dmthlip', `011111 rs 00000 000 ac 11111 ${EXTRACT}`, 'rs,ac', (m, { rs, ac }) => {
    setAccumulator(m, ac, { high: m.let(m.accumulator('lo', field(ac))), low: m.reg(rs) });
    const at = m.let(position(m));
    m.if(leS(at, 64), () => setPosition(m, add(at, 64)));
  }),
];
