/** Which floating-point registers a region keeps in locals, and how. */
import type { Expr, Statement } from '../isa/ir.js';
import { numberOf } from './fold.js';
import type { Region } from './region.js';

/**
 * By register: a local of 64 bits, or one of 32 where the region only uses it so. With Status.FR = 0 an even register of 64
 * bits has the one behind it as its high half.
 */
export interface Floats {
  readonly types: ReadonlyMap<number, 'f32' | 'f64'>;
  /** Which of them it sets. */
  readonly set: ReadonlySet<number>;
  /** What it writes down of operations whose Cause bits are still to be worked out. */
  readonly records: ReadonlySet<FloatRecord>;
}

/** Written down by each operation, and read by the core's own code alone. */
export const FLOAT_RECORDS = ['fpOperation', 'fpA', 'fpB', 'fpC'] as const;
export type FloatRecord = (typeof FLOAT_RECORDS)[number];
export const isFloatRecord = (name: string): name is FloatRecord => FLOAT_RECORDS.some((each) => each === name);

class Use {
  readonly words = new Set<number>();
  readonly doubles = new Set<number>();
  readonly set = new Set<number>();
  readonly records = new Set<FloatRecord>();
  /** It has to do with them in a way that needs them in memory: MSA's registers are the same. */
  isOther = false;

  statements(list: readonly Statement[]): void {
    for (const each of list) this.#statement(each);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'setFpr': {
        this.#expression(statement.value);
        const number = this.#register(statement.number, statement.value.type);
        if (number !== undefined) this.set.add(number);
        return;
      }
      case 'setVector':
        this.isOther = true;
        return;
      case 'setSpecial':
        if (isFloatRecord(statement.name)) this.records.add(statement.name);
        this.#expression(statement.value);
        return;
      case 'let':
      case 'setGpr':
      case 'setAccumulator':
        this.#expression(statement.value);
        return;
      case 'store':
        this.#expression(statement.value);
        this.#expression(statement.address);
        return;
      case 'if':
        this.#expression(statement.condition);
        this.statements(statement.then);
        this.statements(statement.otherwise);
        return;
      case 'branch':
      case 'compactBranch':
        if (statement.condition !== undefined) this.#expression(statement.condition);
        return;
      case 'load':
      case 'changeByte':
      case 'storeConditional':
      case 'jump':
      case 'fence':
      case 'host':
        // of these none but a host call, which is the interpreter's, has to do with them
        return;
    }
  }

  #expression(expr: Expr): void {
    switch (expr.kind) {
      case 'fpr':
        this.#register(expr.number, expr.type);
        return;
      case 'vector':
        this.isOther = true;
        return;
      case 'operator':
        for (const arg of expr.args) this.#expression(arg);
        return;
      case 'select':
        for (const each of [expr.condition, expr.then, expr.otherwise]) this.#expression(each);
        return;
      default:
        return;
    }
  }

  #register(expr: Expr, type: Expr['type']): number | undefined {
    const number = numberOf(expr);
    if (number === undefined) this.isOther = true;
    else (type === 'i64' ? this.doubles : this.words).add(number);
    return number;
  }
}

/** Undefined: none, all of them are used in memory. */
export function floatsOf(region: Region, isWide: boolean): Floats | undefined {
  const use = new Use();
  for (const { steps } of region.blocks.values())
    for (const { statements, transfer } of steps) {
      use.statements(statements);
      if (transfer !== undefined) use.statements([transfer]);
    }
  if (use.isOther || use.words.size + use.doubles.size === 0) return undefined;
  const whole = (number: number): number => (isWide ? number : number & ~1);
  const types = new Map<number, 'f32' | 'f64'>();
  for (const number of use.doubles) types.set(whole(number), 'f64');
  const isPart = (number: number): boolean => types.get(whole(number)) === 'f64';
  for (const number of use.words) if (!isPart(number)) types.set(number, 'f32');
  const place = (number: number): number => (isPart(number) ? whole(number) : number);
  return { types, set: new Set([...use.set].map(place)), records: use.records };
}
