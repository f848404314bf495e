/**
 * Doubles by the host's own arithmetic, which rounds to nearest, and the error of its result, which is known exactly where nothing is near an
 * overflow or underflow (T. J. Dekker, "A floating-point technique for extending the available precision", 1971).
 */

/** Magnitudes of operands: sums, products and quotients of these, and their errors, are normal numbers, or zero. */
const [LEAST, MOST] = [2 ** -300, 2 ** 300];
/** Splits 53 bits into two halves. */
const SPLITTER = 2 ** 27 + 1;

export interface Rounded {
  readonly value: number;
  readonly isExact: boolean;
}

type Operation = (a: number, b: number) => Rounded;

function isComfortable(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude >= LEAST && magnitude <= MOST;
}

function highHalf(value: number): number {
  const wide = SPLITTER * value;
  return wide - (wide - value);
}

/** What a * b is more than `product`, which is that rounded. */
function errorOfProduct(a: number, b: number, product: number): number {
  const [aHigh, bHigh] = [highHalf(a), highHalf(b)];
  const [aLow, bLow] = [a - aHigh, b - bHigh];
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

const add: Operation = (a, b) => {
  const value = a + b;
  const rest = value - a;
  return { value, isExact: a - (value - rest) + (b - rest) === 0 };
};

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['add.d', add],
  ['sub.d', (a, b) => add(a, -b)],
  [
    'mul.d',
    (a, b) => {
      const value = a * b;
      return { value, isExact: errorOfProduct(a, b, value) === 0 };
    },
  ],
  [
    'div.d',
    (a, b) => {
      const value = a / b;
      const product = value * b;
      return { value, isExact: product === a && errorOfProduct(value, b, product) === 0 };
    },
  ],
]);

/** The result of an operation of the instruction set; undefined where it takes more to find that, or whether it is exact. */
export function byHost(name: string, a: number, b: number): Rounded | undefined {
  const operation = OPERATIONS.get(name);
  return operation !== undefined && isComfortable(a) && isComfortable(b) ? operation(a, b) : undefined;
}

/** Operations that there are here. */
export const hostOperations: readonly string[] = [...OPERATIONS.keys()];
