/**
 * Floating-point operations that the exact arithmetic of softfloat/ knows, by number: what an instruction passes to the
 * core when WebAssembly's own arithmetic does not give MIPS's result and flags.
 */
const FORMATS = ['s', 'd'] as const;
const TWO_OPERANDS = ['add', 'sub', 'mul', 'div'] as const;
const ONE_OPERAND = ['sqrt', 'recip', 'rsqrt'] as const;
const FUSED_LOOKING = ['madd', 'msub', 'nmadd', 'nmsub'] as const;
const TO_INTEGER = ['cvt', 'round', 'trunc', 'ceil', 'floor'] as const;

export const FP_OPERATIONS: readonly string[] = [
  ...FORMATS.flatMap((format) =>
    [...TWO_OPERANDS, ...ONE_OPERAND, ...FUSED_LOOKING].map((name) => `${name}.${format}`),
  ),
  ...TO_INTEGER.flatMap((name) => FORMATS.flatMap((format) => [`${name}.w.${format}`, `${name}.l.${format}`])),
  ...['cvt.s.d', 'cvt.s.w', 'cvt.s.l', 'cvt.d.s', 'cvt.d.w', 'cvt.d.l'],
  ...['c.s', 'c.d'],
];

const NUMBERS: ReadonlyMap<string, number> = new Map(FP_OPERATIONS.map((name, i) => [name, i]));

export function fpOperation(name: string): number {
  const number = NUMBERS.get(name);
  if (number === undefined) throw new Error(`no floating-point operation is called ${name}`);
  return number;
}

/** FCSR (FCR31) bits. */
export const FCSR = {
  roundingMode: 3,
  flagInexact: 1 << 2,
  enableInexact: 1 << 7,
  causes: 0x3f << 12,
  flushToZero: 1 << 24,
} as const;
