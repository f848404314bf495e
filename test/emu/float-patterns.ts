/** Operands for tests of floating point: bit patterns, more of those where something happens. */
import fc from 'fast-check';
import { D, H, S, type Format } from '../../src/emu/softfloat/number.js';

const signBit = (format: Format): bigint => 1n << BigInt(format.width - 1);
const anySign = (format: Format, bits: bigint): readonly bigint[] => [bits, bits | signBit(format)];

/** Of both signs: zero, least, around the least normal, 1, 2, 3, halves, around powers of two that integers end at, largest, infinity, NaNs of all kinds. */
function edges(format: Format): readonly bigint[] {
  const exponent = (power: number): bigint => BigInt(power + format.bias) << format.fraction;
  const normal = 1n << format.fraction;
  const infinity = exponent(format.bias + 1);
  const quiet = normal >> 1n;
  const powers = [0, 1, -1, 8, 15, 16, 23, 24, 31, 32, 52, 53, 63, 64, -15, -16, -31]
    .filter((power) => power > -format.bias && power <= format.bias)
    .flatMap((power) => [exponent(power) - 1n, exponent(power), exponent(power) + 1n]);
  return [
    ...[0n, 1n, 2n, quiet, normal - 1n, normal, normal + 1n, exponent(1) | quiet, exponent(0) | quiet],
    ...powers,
    ...[infinity - 1n, infinity, infinity + 1n, infinity + quiet - 1n, infinity + quiet, infinity + quiet + 5n],
    infinity + normal - 1n,
  ].flatMap((bits) => anySign(format, bits));
}

/** Powers of two, and their neighbours, over the whole range. */
function near(format: Format): fc.Arbitrary<bigint> {
  const exponents = fc.integer({ min: 0, max: 2 * format.bias + 1 });
  return fc
    .tuple(exponents, fc.integer({ min: -3, max: 3 }), fc.boolean())
    .map(([exponent, delta, negative]) =>
      BigInt.asUintN(
        format.width,
        (BigInt(exponent) << format.fraction) + BigInt(delta) + (negative ? signBit(format) : 0n),
      ),
    );
}

/** Numbers of ordinary size, with few or with all bits of the fraction in use. */
function ordinary(format: Format): fc.Arbitrary<bigint> {
  const fraction = fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << format.fraction) - 1n }),
    fc.bigInt({ min: 0n, max: 15n }).map((top) => top << (format.fraction - 4n)),
  );
  const exponent = fc.integer({ min: format.bias - 6, max: format.bias + 6 });
  return fc
    .tuple(exponent, fraction, fc.boolean())
    .map(([e, f, negative]) => (BigInt(e) << format.fraction) | f | (negative ? signBit(format) : 0n));
}

export const patterns = (format: Format): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << BigInt(format.width)) - 1n }),
    fc.constantFrom(...edges(format)),
    near(format),
    ordinary(format),
  );

/** Integers: small, any, and at the ends of what 16, 32 and 64 bits hold. */
export const integers = (width: number): fc.Arbitrary<bigint> =>
  fc
    .oneof(
      fc.bigInt({ min: -300n, max: 300n }),
      fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }),
      fc
        .tuple(fc.integer({ min: 0, max: width }), fc.integer({ min: -2, max: 2 }))
        .map(([power, delta]) => (1n << BigInt(power)) + BigInt(delta)),
    )
    .map((value) => BigInt.asUintN(width, value));

/** What an element or register of a format's letter may hold: h, s, d are floating point, w and l integers. */
export function operandsOf(letter: string): fc.Arbitrary<bigint> {
  switch (letter) {
    case 'h':
      return patterns(H);
    case 's':
      return patterns(S);
    case 'd':
      return patterns(D);
    case 'w':
      return integers(32);
    case 'l':
      return integers(64);
    case 'q':
      return integers(16);
    case 'ps':
      return fc.tuple(patterns(S), patterns(S)).map(([high, low]) => (high << 32n) | low);
    default:
      throw new RangeError(`no format ${letter}`);
  }
}
