/** MSA's floating-point operations by number, apart from the table of instructions: cores know them, too. */
const THREE: Readonly<Record<string, readonly (string | undefined)[]>> = {
  '011010': 'fcaf fcun fceq fcueq fclt fcult fcle fcule fsaf fsun fseq fsueq fslt fsult fsle fsule'.split(' '),
  '011011': [
    ...['fadd', 'fsub', 'fmul', 'fdiv', 'fmadd', 'fmsub', undefined, 'fexp2'],
    ...['fexdo', undefined, 'ftq', undefined, 'fmin', 'fmin_a', 'fmax', 'fmax_a'],
  ],
  '011100': [
    ...[undefined, 'fcor', 'fcune', 'fcne', undefined, undefined, undefined, undefined],
    ...[undefined, 'fsor', 'fsune', 'fsne'],
  ],
};

const TWO = [
  ...['fclass', 'ftrunc_s', 'ftrunc_u', 'fsqrt', 'frsqrt', 'frcp', 'frint', 'flog2'],
  ...['fexupl', 'fexupr', 'ffql', 'ffqr', 'ftint_s', 'ftint_u', 'ffint_s', 'ffint_u'],
];

/** Results of half the width. */
const NARROWING = new Set(['fexdo', 'ftq']);

const four = (number: number): string => number.toString(2).padStart(4, '0');

export interface Operation {
  readonly name: string;
  readonly pattern: string;
  readonly operands: string;
}

export const OPERATIONS: readonly Operation[] = [
  ...Object.entries(THREE).flatMap(([minor, names]) =>
    names.flatMap((name, op) =>
      name === undefined
        ? []
        : (NARROWING.has(name) ? ['h', 'w'] : ['w', 'd']).map((suffix, df) => ({
            name: `${name}.${suffix}`,
            pattern: `${four(op)} ${df} wt ws wd ${minor}`,
            operands: 'wd,ws,wt',
          })),
    ),
  ),
  ...TWO.flatMap((name, op) =>
    ['w', 'd'].map((suffix, df) => ({
      name: `${name}.${suffix}`,
      pattern: `11001 ${four(op)} ${df} ws wd 011110`,
      operands: 'wd,ws',
    })),
  ),
];

/** The operation that the host call `msaFp` performs, by its number. */
export const MSA_OPERATIONS: readonly string[] = OPERATIONS.map(({ name }) => name);
