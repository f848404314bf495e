/**
 * Floating-point registers and FCSR in locals, where a region has use for that: they are read when it begins and behind its
 * calls, and written back when it is left and before its calls. So is what each operation writes down for its Cause bits, since the next one
 * writes down something else. FCSR is written at once. What an operation is sure under is asked
 * for condition by condition: the first that does not hold leaves it to the interpreter.
 */
import { SPECIAL_TYPE, type Expr, type Statement } from '../isa/ir.js';
import { STATE, STRIDE } from '../layout.js';
import { Lowering } from '../wasm/lower.js';
import type { Local } from '../wasm/module.js';
import { isFloatRecord, type FloatRecord, type Floats } from './floats.js';
import { numberOf } from './fold.js';

const offsetOf = (register: number): number => STATE.fpr + (register << STRIDE.fpr);
const HIGH_HALF = 0xffff_ffff_0000_0000n;
const LOW_HALF = 0xffff_ffffn;
const RESULT_IS_BOOLEAN = /\.(eqz|eq|ne|(lt|le|gt|ge)(_[su])?)$/;

/** Whether it is 0 or 1. */
const isBoolean = (expr: Expr): boolean =>
  expr.kind === 'operator' &&
  (RESULT_IS_BOOLEAN.test(expr.name) || (expr.name === 'i32.and' && expr.args.every(isBoolean)));

/** Conditions that hold if, and only if, the whole does. */
const conjuncts = (expr: Expr): readonly Expr[] =>
  expr.kind === 'operator' && expr.name === 'i32.and' && isBoolean(expr) ? expr.args.flatMap(conjuncts) : [expr];

export abstract class FloatLowering extends Lowering {
  #floats: Floats | undefined;
  #fcsr: Local | undefined;
  #isWide = false;
  readonly #locals = new Map<number, Local>();
  /** Operands as they are in registers of 64 bits. */
  readonly #records = new Map<FloatRecord, Local>();
  /** Of the instruction in generation: locals with what temporaries have the bits of. */
  readonly #named = new Map<number, Local>();

  /** Leaves the instruction to the interpreter, from its start. */
  protected abstract exit(): void;

  /** From here on they are locals. */
  protected keepFloats(floats: Floats, isWide: boolean): void {
    this.#floats = floats;
    this.#isWide = isWide;
    this.#fcsr = this.body.local('i32');
    for (const [number, type] of floats.types) this.#locals.set(number, this.body.local(type));
    for (const name of floats.records)
      this.#records.set(name, this.body.local(SPECIAL_TYPE[name] === 'i32' ? 'i32' : 'f64'));
  }

  protected readFloats(): void {
    const { body, state } = this;
    if (this.#floats === undefined || this.#fcsr === undefined) return;
    body.get(state).memory('i32.load', STATE.fcsr).set(this.#fcsr);
    for (const [name, local] of this.#records) {
      body.get(state).memory(`${SPECIAL_TYPE[name]}.load`, STATE[name]);
      if (local.type === 'f64') body.op('f64.reinterpret_i64');
      body.set(local);
    }
    for (const [number, local] of this.#locals) {
      body.get(state);
      if (local.type === 'f32') body.memory('i32.load', offsetOf(number)).op('f32.reinterpret_i32');
      else {
        if (this.#isWide) body.memory('i64.load', offsetOf(number));
        else {
          body.memory('i32.load', offsetOf(number)).op('i64.extend_i32_u');
          body
            .get(state)
            .memory('i32.load', offsetOf(number + 1))
            .op('i64.extend_i32_u');
          body.const('i64', 32).op('i64.shl').op('i64.or');
        }
        body.op('f64.reinterpret_i64');
      }
      body.set(local);
    }
  }

  protected writeFloats(): void {
    const { body, state } = this;
    for (const [name, local] of this.#records) {
      body.get(state).get(local);
      if (local.type === 'f64') body.op('i64.reinterpret_f64');
      body.memory(`${SPECIAL_TYPE[name]}.store`, STATE[name]);
    }
    for (const number of this.#floats?.set ?? []) {
      const local = this.#locals.get(number);
      if (local === undefined) throw new Error(`$f${number} has no local`);
      const bits = (): void => void body.get(state).get(local);
      bits();
      if (local.type === 'f32') body.op('i32.reinterpret_f32').memory('i32.store', offsetOf(number));
      else if (this.#isWide) body.op('i64.reinterpret_f64').memory('i64.store', offsetOf(number));
      else {
        body.op('i64.reinterpret_f64').op('i32.wrap_i64').memory('i32.store', offsetOf(number));
        bits();
        body.op('i64.reinterpret_f64').const('i64', 32).op('i64.shr_u').op('i32.wrap_i64');
        body.memory('i32.store', offsetOf(number + 1));
      }
    }
  }

  override instruction(statements: readonly Statement[]): void {
    this.#named.clear();
    super.instruction(statements);
  }

  protected override expression(expr: Expr): void {
    const float = this.#floatOf(expr);
    if (float !== undefined) this.body.get(float);
    else if (this.#fcsr !== undefined && expr.kind === 'special' && expr.name === 'fcsr') this.body.get(this.#fcsr);
    else if (this.#floats !== undefined && expr.kind === 'fpr') this.#readBits(expr);
    else super.expression(expr);
  }

  protected override statement(statement: Statement): void {
    const { body } = this;
    if (statement.kind === 'if' && statement.otherwise[0]?.kind === 'host') {
      for (const condition of conjuncts(statement.condition)) {
        this.expression(condition);
        body.op('i32.eqz');
        body.if(() => this.exit());
      }
      for (const each of statement.then) this.statement(each);
    } else if (this.#floats === undefined) super.statement(statement);
    else if (statement.kind === 'let') this.#let(statement);
    else if (statement.kind === 'setFpr') this.#setFloat(statement);
    else if (statement.kind === 'setSpecial' && isFloatRecord(statement.name))
      this.#writeDown(statement.name, statement.value);
    else if (this.#fcsr !== undefined && statement.kind === 'setSpecial' && statement.name === 'fcsr') {
      super.statement(statement);
      body.get(this.state).memory('i32.load', STATE.fcsr).set(this.#fcsr);
    } else super.statement(statement);
  }

  #writeDown(name: FloatRecord, value: Expr): void {
    const { body } = this;
    const record = this.#records.get(name);
    if (record === undefined) throw new Error(`${name} has no local`);
    const source = this.#localWith(value);
    if (source !== undefined && source.type === record.type) body.get(source);
    else {
      this.expression(value);
      if (record.type === 'f64') body.op('f64.reinterpret_i64');
    }
    body.set(record);
  }

  /** A local that has the floating-point number whose bits an expression takes for one. */
  #floatOf(expr: Expr): Local | undefined {
    if (this.#floats === undefined || expr.kind !== 'operator' || !/^f(32|64)\.reinterpret_/.test(expr.name))
      return undefined;
    const [bits] = expr.args;
    const local = bits && this.#localWith(bits);
    return local?.type === expr.type ? local : undefined;
  }

  /** A local that has a number with these bits, of the same size. */
  #localWith(bits: Expr): Local | undefined {
    if (bits.kind === 'temp') return this.#named.get(bits.id);
    if (bits.kind !== 'fpr') return undefined;
    const { local } = this.#placeOf(bits.number);
    return local.type === (bits.type === 'i64' ? 'f64' : 'f32') ? local : undefined;
  }

  #placeOf(number: Expr): { readonly local: Local; readonly isHigh: boolean } {
    const register = numberOf(number) ?? -1;
    const own = this.#locals.get(register);
    if (own !== undefined) return { local: own, isHigh: false };
    const pair = this.#isWide ? undefined : this.#locals.get(register & ~1);
    if (pair?.type !== 'f64') throw new Error(`$f${register} has no local`);
    return { local: pair, isHigh: (register & 1) === 1 };
  }

  #readBits({ type, number }: Extract<Expr, { kind: 'fpr' }>): void {
    const { body } = this;
    const { local, isHigh } = this.#placeOf(number);
    body.get(local);
    if (local.type === 'f32') body.op('i32.reinterpret_f32');
    else {
      body.op('i64.reinterpret_f64');
      if (type === 'i64') return;
      if (isHigh) body.const('i64', 32).op('i64.shr_u');
      body.op('i32.wrap_i64');
    }
  }

  /** Besides the temporary with the bits, one with the number, which need not go through an integer register then. */
  #let(statement: Extract<Statement, { kind: 'let' }>): void {
    const { body } = this;
    const { temp, value } = statement;
    const known = this.#localWith(value);
    if (known !== undefined || value.kind !== 'operator' || !/^i(32|64)\.reinterpret_/.test(value.name)) {
      super.statement(statement);
      if (known !== undefined) this.#named.set(temp.id, known);
      return;
    }
    const [number] = value.args;
    if (number === undefined) throw new Error('nothing to reinterpret');
    const local = this.temporaries.scratch(number.type);
    this.expression(number);
    body.tee(local).op(value.name).set(this.temporaries.named(temp.id, temp.type));
    this.#named.set(temp.id, local);
  }

  #setFloat({ number, value }: Extract<Statement, { kind: 'setFpr' }>): void {
    const { body } = this;
    const { local, isHigh } = this.#placeOf(number);
    const source = this.#localWith(value);
    if (source?.type === local.type) body.get(source);
    else if (local.type === 'f32' || value.type === 'i64') {
      this.expression(value);
      body.op(local.type === 'f32' ? 'f32.reinterpret_i32' : 'f64.reinterpret_i64');
    } else {
      body.get(local).op('i64.reinterpret_f64');
      body.const('i64', isHigh ? LOW_HALF : HIGH_HALF).op('i64.and');
      this.expression(value);
      body.op('i64.extend_i32_u');
      if (isHigh) body.const('i64', 32).op('i64.shl');
      body.op('i64.or').op('f64.reinterpret_i64');
    }
    body.set(local);
    for (const [temp, named] of this.#named) if (named === local) this.#named.delete(temp);
  }
}
