/** What the architecture's documents say of NaNs, traps and denormals, case by case; also where QEMU does otherwise or cannot be asked. */
import t from 'tap';
import { FLAG, MSACSR, operate, operateVector, ROUND, type Environment } from '../../src/emu/softfloat/index.js';

const LEGACY: Environment = { rounding: ROUND.nearest, flushToZero: false, underflowEnabled: false };
const NAN2008: Environment = { ...LEGACY, nan2008: true };
const { inexact, underflow, overflow, divideByZero, invalid } = FLAG;

const QUIET_2008 = 0x7fc00001n;
const SIGNALLING_2008 = 0x7f800002n;
const ONE = 0x3f800000n;

type Row = readonly [name: string, environment: Environment, operands: readonly bigint[], bits: bigint, flags: number];

const ROWS: readonly Row[] = [
  // the encodings swap which of these is quiet
  ['add.s', LEGACY, [QUIET_2008, ONE], 0x7fbfffffn, invalid],
  ['add.s', LEGACY, [SIGNALLING_2008, ONE], 0x7fbfffffn, 0],
  ['add.s', NAN2008, [QUIET_2008, ONE], QUIET_2008, 0],
  ['add.s', NAN2008, [QUIET_2008, SIGNALLING_2008], 0x7fc00002n, invalid],
  ['add.s', NAN2008, [QUIET_2008, 0xffc00009n], QUIET_2008, 0],
  ['div.d', NAN2008, [0n, 0n], 0x7ff8000000000000n, invalid],
  ['div.d', LEGACY, [0n, 0n], 0x7ff7ffffffffffffn, invalid],
  ['cvt.d.s', NAN2008, [0xffc00009n], 0xfff8000120000000n, 0],
  ['cvt.s.d', NAN2008, [0x7ff0000000000001n], 0x7fc00000n, invalid],
  // ABS.fmt and NEG.fmt with FCSR.ABS2008 = 0: any NaN is invalid
  ['abs.s', LEGACY, [0xbf800000n], ONE, 0],
  ['abs.s', LEGACY, [0xff800001n], 0x7fbfffffn, invalid],
  ['neg.s', LEGACY, [QUIET_2008], 0x7fbfffffn, invalid],
  ['neg.ps', LEGACY, [0x3f80000000000000n], 0xbf80000080000000n, 0],
  // conversions to integers
  ['cvt.w.s', LEGACY, [0xff800000n], 0x7fffffffn, invalid],
  ['cvt.w.s', NAN2008, [0xff800000n], 0x80000000n, invalid],
  ['cvt.l.s', NAN2008, [QUIET_2008], 0n, invalid],
  ['floor.w.d', NAN2008, [0xc1e0000000100000n], 0x80000000n, invalid],
  ['ceil.w.d', NAN2008, [0xc1e0000000100000n], 0x80000000n, inexact],
  // one rounding: 1 - (1 + 2^-23)(1 - 2^-23) is 2^-46; two: 0
  ['msubf.s', NAN2008, [0x3f800001n, 0x3f7ffffen, ONE], 0x28800000n, 0],
  ['nmsub.s', NAN2008, [0x3f800001n, 0x3f7ffffen, ONE], 0x80000000n, inexact],
  ['maddf.s', NAN2008, [0x7f800000n, 0n, QUIET_2008], QUIET_2008, invalid],
  ['maddf.s', NAN2008, [0x7f800000n, 0n, ONE], 0x7fc00000n, invalid],
  // minimum and maximum
  ['min.s', NAN2008, [0n, 0x80000000n], 0x80000000n, 0],
  ['max.s', NAN2008, [0x80000000n, QUIET_2008], 0x80000000n, 0],
  ['maxa.s', NAN2008, [0xbf800000n, ONE], ONE, 0],
  ['mina.s', NAN2008, [0xc0000000n, ONE], ONE, 0],
  ['class.s', NAN2008, [SIGNALLING_2008], 1n, 0],
  ['class.s', NAN2008, [0x80000001n], 16n, 0],
  ['class.d', NAN2008, [0n], 512n, 0],
  ['rint.s', NAN2008, [0xbf000000n], 0x80000000n, inexact],
  // an exact tiny result signals when underflow is enabled
  ['mul.s', LEGACY, [0x00800000n, 0x3f000000n], 0x00400000n, 0],
  ['mul.s', { ...LEGACY, underflowEnabled: true }, [0x00800000n, 0x3f000000n], 0x00400000n, underflow],
  ['mul.s', { ...LEGACY, flushToZero: true }, [0x80800000n, 0x3f000000n], 0x80000000n, 0],
];

t.test('scalar operations', (t) => {
  for (const [name, environment, operands, bits, flags] of ROWS)
    t.strictSame(
      operate(name, environment, operands),
      { bits, flags },
      `${name} ${operands.map((x) => x.toString(16)).join(', ')}`,
    );
  t.throws(() => operate('add.x', LEGACY, []), RangeError);
  t.end();
});

const words = (...elements: readonly number[]): bigint =>
  elements.reduce((register, element, i) => register | (BigInt(element) << BigInt(32 * i)), 0n);

t.test('MSA: an enabled exception traps and is told in Cause alone', (t) => {
  const control = divideByZero << MSACSR.enables;
  const [ws, wt] = [words(0x3f800000, 0x3f800000, 0, 0x3f800000), words(0, 0x40400000, 0x3f800000, 0x3f800000)];
  const outcome = operateVector('fdiv.w', control, ws, wt, 0n);
  t.equal(outcome.trap, true);
  t.equal(outcome.msacsr, control | ((divideByZero | inexact) << MSACSR.causes));
  t.end();
});

t.test('MSA: with NX the element says why, and its exceptions are not recorded', (t) => {
  const control = (divideByZero << MSACSR.enables) | MSACSR.nonTrapping;
  const [ws, wt] = [words(0x3f800000, 0x3f800000, 0, 0x3f800000), words(0, 0x40400000, 0x3f800000, 0x3f800000)];
  const { value, msacsr, trap } = operateVector('fdiv.w', control, ws, wt, 0n);
  t.equal(trap, false);
  t.equal(value, words(0x7f800000 | divideByZero, 0x3eaaaaab, 0, 0x3f800000));
  t.equal(msacsr, control | (inexact << MSACSR.causes) | (inexact << MSACSR.flags));
  t.end();
});

t.test('MSA: Cause is of this instruction, Flags of all', (t) => {
  const control = (overflow << MSACSR.causes) | (overflow << MSACSR.flags);
  const { msacsr } = operateVector('fadd.w', control, words(0x3f800000), words(0x3f800000), 0n);
  t.equal(msacsr, overflow << MSACSR.flags);
  t.equal(operateVector('fclass.w', control, 0n, 0n, 0n).msacsr, control, 'FCLASS touches neither');
  t.end();
});

t.test('MSA: a denormal half is an underflow when that is enabled, exact or not', (t) => {
  const control = (underflow << MSACSR.enables) | MSACSR.nonTrapping;
  const { value } = operateVector('fexdo.h', control, 0n, words(0x38000000), 0n);
  t.equal(value, 0x7c00n | BigInt(underflow));
  t.equal(operateVector('fexdo.h', 0, 0n, words(0x38000000), 0n).value, 0x0200n);
  t.end();
});
