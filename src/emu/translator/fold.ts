/**
 * Partial evaluation: the meaning of an instruction (../isa/ir.ts) with its fields, its address and what is known of
 * Status put in. What comes out names registers by constants, and has no `if` that is decided already.
 */
import { SPECIAL_TYPE, type Expr, type Statement } from '../isa/ir.js';

/** What is known when an instruction is translated. */
export interface Known {
  readonly word: number;
  /** Its address, a signed 32-bit number (sign-extended on a 64-bit core). */
  readonly pc: number;
  /** Address of the branch whose delay slot it stands in; else its own. */
  readonly branchPc: number;
  /** Bits of Status that will not change while translated code runs, and their values. */
  readonly statusMask: number;
  readonly status: number;
}

type Constant = Extract<Expr, { kind: 'const' }>;
type Fold = (args: readonly bigint[], bits: 32 | 64) => bigint;

const boolean = (holds: boolean): bigint => (holds ? 1n : 0n);
const unsigned = (value: bigint, bits: 32 | 64): bigint => BigInt.asUintN(bits, value);
const binary =
  (combine: (a: bigint, b: bigint) => bigint): Fold =>
  ([a = 0n, b = 0n]) =>
    combine(a, b);
const onUnsigned =
  (combine: (a: bigint, b: bigint) => bigint): Fold =>
  ([a = 0n, b = 0n], bits) =>
    combine(unsigned(a, bits), unsigned(b, bits));
const shift =
  (combine: (a: bigint, by: bigint, bits: 32 | 64) => bigint): Fold =>
  ([a = 0n, by = 0n], bits) =>
    combine(a, unsigned(by, bits) % BigInt(bits), bits);

/** By the operator's name without its type; operands and results are signed. What is not here is not folded. */
const FOLDS: Readonly<Record<string, Fold>> = {
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  and: binary((a, b) => a & b),
  or: binary((a, b) => a | b),
  xor: binary((a, b) => a ^ b),
  shl: shift((a, by) => a << by),
  shr_s: shift((a, by) => a >> by),
  shr_u: shift((a, by, bits) => unsigned(a, bits) >> by),
  eqz: ([a = 0n]) => boolean(a === 0n),
  eq: binary((a, b) => boolean(a === b)),
  ne: binary((a, b) => boolean(a !== b)),
  lt_s: binary((a, b) => boolean(a < b)),
  le_s: binary((a, b) => boolean(a <= b)),
  gt_s: binary((a, b) => boolean(a > b)),
  ge_s: binary((a, b) => boolean(a >= b)),
  lt_u: onUnsigned((a, b) => boolean(a < b)),
  ge_u: onUnsigned((a, b) => boolean(a >= b)),
  wrap_i64: ([a = 0n]) => a,
  extend_i32_s: ([a = 0n]) => a,
  extend_i32_u: ([a = 0n]) => unsigned(a, 32),
  extend8_s: ([a = 0n]) => BigInt.asIntN(8, a),
  extend16_s: ([a = 0n]) => BigInt.asIntN(16, a),
};

/** Operators that give their first operand back when the second is 0. */
const NEUTRAL_ZERO = new Set(['add', 'sub', 'or', 'xor', 'shl', 'shr_s', 'shr_u', 'rotl', 'rotr']);

export const isConstant = (expr: Expr): expr is Constant => expr.kind === 'const';
const isInteger = (expr: Expr): expr is Constant => isConstant(expr) && (expr.type === 'i32' || expr.type === 'i64');
const valueOf = ({ value }: Constant): bigint => BigInt(value);

/** The number that an expression is, if it is one. */
export const numberOf = (expr: Expr): number | undefined => (isInteger(expr) ? Number(expr.value) : undefined);

const bitsOf = (type: Expr['type']): 32 | 64 => (type === 'i64' ? 64 : 32);
const constant = (type: Expr['type'], value: bigint): Constant =>
  type === 'i64'
    ? { kind: 'const', type, value: BigInt.asIntN(64, value) }
    : { kind: 'const', type, value: Number(BigInt.asIntN(32, value)) };

export class Folder {
  readonly #temps = new Map<number, Constant>();
  /** What came out holds for no other address. */
  hasPutInAddress = false;

  constructor(private readonly known: Known) {}

  statements(list: readonly Statement[]): Statement[] {
    return list.flatMap((each) => this.#statement(each));
  }

  #statement(statement: Statement): readonly Statement[] {
    const fold = (expr: Expr): Expr => this.expression(expr);
    switch (statement.kind) {
      case 'let': {
        const value = fold(statement.value);
        if (!isInteger(value)) return [{ ...statement, value }];
        this.#temps.set(statement.temp.id, value);
        return [];
      }
      case 'setGpr':
      case 'setFpr':
      case 'setVector':
      case 'setAccumulator':
        return [{ ...statement, number: fold(statement.number), value: fold(statement.value) }];
      case 'setSpecial':
        return [{ ...statement, value: fold(statement.value) }];
      case 'load':
        return [{ ...statement, address: fold(statement.address) }];
      case 'store':
        return [
          {
            ...statement,
            address: fold(statement.address),
            value: fold(statement.value),
            mask: statement.mask === undefined ? undefined : fold(statement.mask),
          },
        ];
      case 'changeByte':
      case 'storeConditional':
        return [{ ...statement, address: fold(statement.address), value: fold(statement.value) }];
      case 'if': {
        const condition = fold(statement.condition);
        if (isInteger(condition))
          return this.statements(valueOf(condition) !== 0n ? statement.then : statement.otherwise);
        return [
          {
            ...statement,
            condition,
            then: this.statements(statement.then),
            otherwise: this.statements(statement.otherwise),
          },
        ];
      }
      case 'branch':
        return [{ ...statement, condition: fold(statement.condition), target: fold(statement.target) }];
      case 'jump':
        return [{ ...statement, target: fold(statement.target) }];
      case 'compactBranch':
        return [
          {
            ...statement,
            condition: statement.condition === undefined ? undefined : fold(statement.condition),
            target: fold(statement.target),
          },
        ];
      case 'fence':
        return [statement];
      case 'host':
        return [{ ...statement, args: statement.args.map(fold) }];
    }
  }

  expression(expr: Expr): Expr {
    switch (expr.kind) {
      case 'const':
      case 'special':
        return expr;
      case 'bits': {
        const { low, width } = expr.bits;
        const bits = (BigInt(this.known.word >>> 0) >> BigInt(low)) & ((1n << BigInt(width)) - 1n);
        return constant('i32', bits);
      }
      case 'pc':
        this.hasPutInAddress = true;
        return constant(expr.type, BigInt(expr.branch ? this.known.branchPc : this.known.pc));
      case 'gpr': {
        const number = this.expression(expr.number);
        return numberOf(number) === 0 ? constant(expr.type, 0n) : { ...expr, number };
      }
      case 'accumulator':
      case 'fpr':
      case 'vector':
        return { ...expr, number: this.expression(expr.number) };
      case 'temp':
        return this.#temps.get(expr.id) ?? expr;
      case 'select': {
        const condition = this.expression(expr.condition);
        if (isInteger(condition)) return this.expression(valueOf(condition) !== 0n ? expr.then : expr.otherwise);
        return { ...expr, condition, then: this.expression(expr.then), otherwise: this.expression(expr.otherwise) };
      }
      case 'operator':
        return this.#operator(
          expr,
          expr.args.map((arg) => this.expression(arg)),
        );
    }
  }

  #operator(expr: Extract<Expr, { kind: 'operator' }>, args: readonly Expr[]): Expr {
    const name = expr.name.slice(expr.name.indexOf('.') + 1);
    const [a, b] = args;
    const folder = FOLDS[name];
    if (folder !== undefined && args.every(isInteger) && (expr.type === 'i32' || expr.type === 'i64'))
      return constant(expr.type, folder(args.map(valueOf), bitsOf(a?.type ?? expr.type)));
    if (a !== undefined && b !== undefined && isInteger(b)) {
      if (valueOf(b) === 0n && NEUTRAL_ZERO.has(name)) return a;
      if (valueOf(b) === 0n && name === 'and') return constant(expr.type, 0n);
      const known = name === 'and' ? this.#knownStatus(a, Number(b.value)) : undefined;
      if (known !== undefined) return known;
    }
    if (a !== undefined && b !== undefined && isInteger(a) && valueOf(a) === 0n) {
      if (name === 'add' || name === 'or' || name === 'xor') return b;
      if (name === 'and') return a;
    }
    return { ...expr, args };
  }

  /** Status & mask, if all of these bits are known. */
  #knownStatus(expr: Expr, mask: number): Constant | undefined {
    const { statusMask, status } = this.known;
    if (expr.kind !== 'special' || expr.name !== 'status' || (mask & ~statusMask) !== 0) return undefined;
    return constant(SPECIAL_TYPE.status, BigInt(status & mask));
  }
}
