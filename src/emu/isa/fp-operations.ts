/**
 * Floating-point operations that the exact arithmetic of softfloat/ knows, by number: what an instruction passes to the
 * core when WebAssembly's own arithmetic does not give MIPS's result and flags. Names are those of the instructions.
 */
const FORMATS = ['s', 'd'] as const;
const IN_FORMAT = [
  ...['add', 'sub', 'mul', 'div', 'sqrt', 'recip', 'rsqrt', 'abs', 'neg', 'rint'],
  ...['madd', 'msub', 'nmadd', 'nmsub', 'maddf', 'msubf', 'min', 'max', 'mina', 'maxa'],
] as const;
const PAIRED = ['add', 'sub', 'mul', 'abs', 'neg', 'madd', 'msub', 'nmadd', 'nmsub'] as const;
const TO_INTEGER = ['cvt', 'round', 'trunc', 'ceil', 'floor'] as const;

export const FP_OPERATIONS: readonly string[] = [
  ...FORMATS.flatMap((format) => IN_FORMAT.map((name) => `${name}.${format}`)),
  ...PAIRED.map((name) => `${name}.ps`),
  ...TO_INTEGER.flatMap((name) => FORMATS.flatMap((format) => [`${name}.w.${format}`, `${name}.l.${format}`])),
  ...['cvt.s.d', 'cvt.s.w', 'cvt.s.l', 'cvt.d.s', 'cvt.d.w', 'cvt.d.l'],
  ...['c.s', 'c.d', 'c.ps', 'cmp.s', 'cmp.d'],
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
