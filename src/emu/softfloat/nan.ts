/**
 * NaNs, which MIPS has in two ways (FCSR.NAN2008). The top bit of the fraction tells quiet from signalling ones.
 *
 * legacy      set in a signalling NaN. A NaN among the operands gives the default NaN, all other bits of the fraction set.
 * 2008        set in a quiet NaN. A NaN among the operands is the result, made quiet; signalling ones go first, then the
 *             operands' order decides. The default NaN has this bit alone.
 *
 * Which NaN is propagated is left to the implementation by the architecture; this is what QEMU does.
 */
import {
  FLAG,
  infinity,
  withSign,
  type Environment,
  type Format,
  type NaNValue,
  type Outcome,
  type Value,
} from './number.js';

type Encoding = Pick<Environment, 'nan2008'>;

const quietBit = (format: Format): bigint => 1n << (format.fraction - 1n);

export function isSignalling(format: Format, { nan2008 = false }: Encoding, value: Value): boolean {
  return value.kind === 'nan' && ((value.payload & quietBit(format)) === 0n) === nan2008;
}

/** What an invalid operation gives when it does not trap. */
export const defaultNaN = (format: Format, { nan2008 = false }: Encoding): bigint =>
  infinity(format, false) | (nan2008 ? quietBit(format) : quietBit(format) - 1n);

export const invalid = (format: Format, encoding: Encoding): Outcome => ({
  bits: defaultNaN(format, encoding),
  flags: FLAG.invalid,
});

const quieted = (format: Format, { negative, payload }: NaNValue): bigint =>
  withSign(format, negative, infinity(format, false) | quietBit(format) | payload);

/** The result if there is a NaN among the operands; it is invalid if one signals. */
export function propagate(format: Format, encoding: Encoding, operands: readonly Value[]): Outcome | undefined {
  const nans = operands.filter((operand) => operand.kind === 'nan');
  const signalling = nans.find((nan) => isSignalling(format, encoding, nan));
  const chosen = signalling ?? nans[0];
  if (chosen === undefined) return undefined;
  const bits = encoding.nan2008 === true ? quieted(format, chosen) : defaultNaN(format, encoding);
  return { bits, flags: signalling === undefined ? 0 : FLAG.invalid };
}

/** A NaN in another format: its payload keeps its place below the binary point. */
export function convertNaN(from: Format, to: Format, encoding: Encoding, nan: NaNValue): Outcome {
  const shift = to.fraction - from.fraction;
  const payload = shift >= 0n ? nan.payload << shift : nan.payload >> -shift;
  const flags = isSignalling(from, encoding, nan) ? FLAG.invalid : 0;
  const bits = encoding.nan2008 === true ? quieted(to, { ...nan, payload }) : defaultNaN(to, encoding);
  return { bits, flags };
}
