/** The exact arithmetic against the host's, and its roundings against each other. */
import fc from 'fast-check';
import t from 'tap';
import { compare, operate } from '../../src/emu/softfloat/operations.js';
import { defaultNaN } from '../../src/emu/softfloat/nan.js';
import { D, FLAG, ROUND, S, type Environment, type Format, type Outcome } from '../../src/emu/softfloat/number.js';
import { patterns } from './float-patterns.js';

const view = new DataView(new ArrayBuffer(8));
function numberOf(format: Format, bits: bigint): number {
  view.setBigUint64(0, bits);
  return format === D ? view.getFloat64(0) : (view.setUint32(0, Number(bits)), view.getFloat32(0));
}
function bitsOf(format: Format, value: number): bigint {
  if (Number.isNaN(value)) return defaultNaN(format, {});
  if (format === D) view.setFloat64(0, value);
  else view.setFloat32(0, value);
  return format === D ? view.getBigUint64(0) : BigInt(view.getUint32(0));
}

/** The two encodings of NaN disagree about which is quiet; for signalling ones the host is not asked. */
const isSignalling = (format: Format, bits: bigint): boolean =>
  Number.isNaN(numberOf(format, bits)) && ((bits >> (format.fraction - 1n)) & 1n) === 1n;

const environment = (rounding: number): Environment => ({ rounding, flushToZero: false, underflowEnabled: false });
const NEAREST = environment(ROUND.nearest);

const RUNS = { numRuns: 3000 };

for (const [letter, format] of [
  ['s', S],
  ['d', D],
] as const) {
  const round = (value: number): number => (format === S ? Math.fround(value) : value);
  const two = {
    add: (a: number, b: number) => a + b,
    sub: (a: number, b: number) => a - b,
    mul: (a: number, b: number) => a * b,
    div: (a: number, b: number) => a / b,
  };

  t.test(`${letter}: to nearest, as the host does`, (t) => {
    // a double has more than twice a single's precision, so that rounding twice is rounding once
    for (const [name, host] of Object.entries(two))
      fc.assert(
        fc.property(patterns(format), patterns(format), (a, b) => {
          if (isSignalling(format, a) || isSignalling(format, b))
            return operate(`${name}.${letter}`, NEAREST, [a, b]).flags === FLAG.invalid;
          const expected = bitsOf(format, round(host(numberOf(format, a), numberOf(format, b))));
          return operate(`${name}.${letter}`, NEAREST, [a, b]).bits === expected;
        }),
        RUNS,
      );
    fc.assert(
      fc.property(patterns(format), (a) => {
        if (isSignalling(format, a)) return true;
        const expected = bitsOf(format, round(Math.sqrt(numberOf(format, a))));
        return operate(`sqrt.${letter}`, NEAREST, [a]).bits === expected;
      }),
      RUNS,
    );
    t.pass('every property holds');
    t.end();
  });

  const operations: readonly [string, number][] = [
    ...Object.keys(two).map((name): [string, number] => [`${name}.${letter}`, 2]),
    [`sqrt.${letter}`, 1],
    ...(letter === 's' ? ['cvt.s.d', 'cvt.s.l', 'cvt.s.w'] : ['cvt.d.l']).map((name): [string, number] => [name, 1]),
  ];

  t.test(`${letter}: the other roundings lie around the exact result`, (t) => {
    for (const [name, count] of operations) {
      const operands = fc.array(patterns(name.endsWith('.s') || name.endsWith('.w') ? S : D), {
        minLength: count,
        maxLength: count,
      });
      fc.assert(
        fc.property(operands, (bits) => {
          const by = (rounding: number): Outcome => operate(name, environment(rounding), bits);
          const [nearest, toZero, up, down] = [ROUND.nearest, ROUND.zero, ROUND.up, ROUND.down].map(by);
          if (nearest === undefined || toZero === undefined || up === undefined || down === undefined) return false;
          const value = (outcome: Outcome): number => numberOf(format, outcome.bits);
          if (Number.isNaN(value(nearest))) return [toZero, up, down].every((other) => other.bits === nearest.bits);
          const inexact = (nearest.flags & FLAG.inexact) !== 0;
          const low = value(down);
          const high = value(up);
          const toward = low >= 0 && high >= 0 && !Object.is(high, -0) ? low : high;
          const neighbours = low === high || adjacent(format, low, high);
          return (
            low <= value(nearest) &&
            value(nearest) <= high &&
            (value(toZero) === low || value(toZero) === high) &&
            (low === 0 || high === 0 || value(toZero) === toward) &&
            neighbours &&
            inexact === (low !== high) &&
            [toZero, up, down].every((other) => ((other.flags & FLAG.inexact) !== 0) === inexact)
          );
        }),
        RUNS,
      );
    }
    t.pass('every property holds');
    t.end();
  });

  t.test(`${letter}: flags`, (t) => {
    fc.assert(
      fc.property(fc.constantFrom(...operations), patterns(format), patterns(D), ([name], a, b) => {
        const bits = name.startsWith('cvt') ? [b] : [a, BigInt.asUintN(format.width, b)];
        const { flags, bits: result } = operate(name, NEAREST, bits);
        const value = numberOf(format, result);
        if ((flags & FLAG.invalid) !== 0) return flags === FLAG.invalid && result === defaultNaN(format, {});
        if ((flags & FLAG.divideByZero) !== 0) return flags === FLAG.divideByZero && Math.abs(value) === Infinity;
        if ((flags & FLAG.overflow) !== 0)
          return flags === (FLAG.overflow | FLAG.inexact) && Math.abs(value) === Infinity;
        const smallest = numberOf(format, 1n << format.fraction);
        return (
          (flags & FLAG.underflow) === 0 || (flags === (FLAG.underflow | FLAG.inexact) && Math.abs(value) <= smallest)
        );
      }),
      { numRuns: 10_000 },
    );
    t.pass('every property holds');
    t.end();
  });

  t.test(`${letter}: to integers`, (t) => {
    const host = { trunc: Math.trunc, floor: Math.floor, ceil: Math.ceil };
    for (const [name, of] of Object.entries(host))
      for (const [integer, width] of [
        ['w', 32],
        ['l', 64],
      ] as const)
        fc.assert(
          fc.property(patterns(format), (bits) => {
            const exact = of(numberOf(format, bits));
            const fits = exact >= -(2 ** (width - 1)) && exact < 2 ** (width - 1);
            const { bits: result, flags } = operate(`${name}.${integer}.${letter}`, NEAREST, [bits]);
            const largest = (1n << BigInt(width - 1)) - 1n;
            if (!fits) return result === largest && flags === FLAG.invalid;
            const inexact = exact === numberOf(format, bits) ? 0 : FLAG.inexact;
            return BigInt.asIntN(width, result) === BigInt(exact) && flags === inexact;
          }),
          RUNS,
        );
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (value) => {
        const { bits } = operate('cvt.d.l', NEAREST, [BigInt.asUintN(64, value)]);
        return numberOf(D, bits) === Number(value);
      }),
      RUNS,
    );
    t.pass('every property holds');
    t.end();
  });

  t.test(`${letter}: comparisons`, (t) => {
    fc.assert(
      fc.property(patterns(format), patterns(format), fc.integer({ min: 0, max: 15 }), (a, b, condition) => {
        const [x, y] = [numberOf(format, a), numberOf(format, b)];
        const unordered = Number.isNaN(x) || Number.isNaN(y);
        const expected =
          ((condition & 1) !== 0 && unordered) ||
          ((condition & 2) !== 0 && x === y) ||
          ((condition & 4) !== 0 && x < y);
        const { holds, flags } = compare(format, condition, a, b);
        const signals = unordered && (condition >= 8 || isSignalling(format, a) || isSignalling(format, b));
        return holds === expected && flags === (signals ? FLAG.invalid : 0);
      }),
      RUNS,
    );
    t.pass('every property holds');
    t.end();
  });
}

t.test('between the formats', (t) => {
  fc.assert(
    fc.property(patterns(D), (bits) => {
      if (isSignalling(D, bits)) return operate('cvt.s.d', NEAREST, [bits]).flags === FLAG.invalid;
      return operate('cvt.s.d', NEAREST, [bits]).bits === bitsOf(S, numberOf(D, bits));
    }),
    RUNS,
  );
  fc.assert(
    fc.property(patterns(S), (bits) => {
      if (isSignalling(S, bits)) return operate('cvt.d.s', NEAREST, [bits]).flags === FLAG.invalid;
      return operate('cvt.d.s', NEAREST, [bits]).bits === bitsOf(D, numberOf(S, bits));
    }),
    RUNS,
  );
  t.pass('every property holds');
  t.end();
});

/** Next to each other among the format's numbers. */
function adjacent(format: Format, low: number, high: number): boolean {
  const order = (value: number): bigint => {
    const magnitude = bitsOf(format, Math.abs(value));
    return value < 0 ? -magnitude : magnitude;
  };
  return order(high) - order(low) === 1n;
}
