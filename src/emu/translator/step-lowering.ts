/**
 * The code of single instructions of a region: registers are locals, memory is the window, and what can't be done here is an
 * exit to the interpreter.
 */
import type { Access as AccessMode, Expr, Size, Statement } from '../isa/ir.js';
import { CODE_GRANULE_SHIFT, STATE, STRIDE, TABLE } from '../layout.js';
import type { Target } from '../wasm/interface.js';
import type { FunctionBody, Local } from '../wasm/module.js';
import { accessOf, alignedLeast, Knowledge, storesFrom, type Access, type Span } from './checks.js';
import { HI, LO, registersOf, type RegisterSet } from './effects.js';
import { FloatLowering } from './float-lowering.js';
import { numberOf } from './fold.js';
import type { Step } from './step.js';

/** What the code of a region takes for granted. */
export interface Assumptions {
  readonly target: Target;
  /** Addresses that lie in RAM one after another, and may be read and written: all others are left to the interpreter. */
  readonly window: Window;
  /** Status.FR */
  readonly wideFloats: boolean;
}

export interface Window {
  readonly start: number;
  readonly bytes: number;
  /** Which of STATE.distances leads to its host addresses. */
  readonly index: number;
}

export const ALIGNMENT: Readonly<Record<Size, number>> = { 1: 0, 2: 1, 4: 2, 8: 3, 16: 4 };
const offsetOf = (register: number): number =>
  register === HI ? STATE.hi : register === LO ? STATE.lo : STATE.gpr + (register << STRIDE.gpr);

export abstract class StepLowering extends FloatLowering {
  /** From addresses in the window to host addresses. */
  protected readonly distance: Local;
  /** Of an access in a page of the table: to host addresses, and what it is at. */
  protected readonly tableDistance: Local;
  protected readonly tableAddress: Local;
  private readonly registers = new Map<number, Local>();
  private readonly lowests = new Map<string, Local>();
  /** What is known of addresses in registers before the instruction that is generated, and those that follow it. */
  protected knowledge = new Knowledge();
  /** Where, around registers, stores in the rest of the block go to no code. */
  protected readonly unwatched = new Map<number, Span>();
  protected upcoming: { readonly steps: readonly Step[]; readonly index: number } = { steps: [], index: 0 };
  /** The access that is being generated. */
  private access: Access | undefined;

  constructor(
    body: FunctionBody,
    protected readonly assumptions: Assumptions,
  ) {
    super(body, body.param(0), body.local('i32'), assumptions.target);
    this.distance = body.local('i32');
    this.tableDistance = body.local('i32');
    this.tableAddress = body.local(this.width);
  }

  protected writeBack(set: RegisterSet): void {
    const { body, state, width } = this;
    for (const register of registersOf(set))
      body.get(state).get(this.register(register)).memory(`${width}.store`, offsetOf(register));
  }

  protected readBack(set: RegisterSet): void {
    const { body, state, width } = this;
    for (const register of registersOf(set))
      body.get(state).memory(`${width}.load`, offsetOf(register)).set(this.register(register));
  }

  protected register(number: number): Local {
    const known = this.registers.get(number);
    if (known !== undefined) return known;
    const local = this.body.local(this.width);
    this.registers.set(number, local);
    return local;
  }

  /** A 32-bit address on the stack, to the width of addresses. */
  protected widen(): void {
    if (this.width === 'i64') this.body.op('i64.extend_i32_s');
  }

  protected override expression(expr: Expr): void {
    if (expr.kind === 'gpr') this.body.get(this.register(numberOf(expr.number) ?? 0));
    else if (expr.kind === 'accumulator' && numberOf(expr.number) === 0)
      this.body.get(this.register(expr.half === 'hi' ? HI : LO));
    else super.expression(expr);
  }

  protected override statement(statement: Statement): void {
    const { body } = this;
    if (statement.kind === 'setGpr') {
      const number = numberOf(statement.number) ?? 0;
      if (number === 0) return;
      this.expression(statement.value);
      body.set(this.register(number));
    } else if (statement.kind === 'setAccumulator' && numberOf(statement.number) === 0) {
      this.expression(statement.value);
      body.set(this.register(statement.half === 'hi' ? HI : LO));
    } else if (statement.kind === 'host') this.exit();
    else {
      this.access = accessOf(statement);
      super.statement(statement);
      this.access = undefined;
      this.hostOffset = 0;
    }
  }

  protected override address(
    address: Local,
    use: 'fetch' | 'load' | 'store',
    size: Size,
    access: AccessMode = 'plain',
  ): void {
    const { body, host } = this;
    const register = this.access === undefined ? undefined : this.register(this.access.register);
    const step = this.upcoming.steps[this.upcoming.index];
    if (step?.isTabled === true) {
      this.low(address);
      body.get(this.tableDistance).op('i32.add').set(host);
      if (use === 'store') this.exitIfWatched();
      return;
    }
    const surveyed = step?.surveyed;
    if (surveyed !== undefined) {
      body.get(this.lowest(surveyed.loop, surveyed.register)).set(host);
      this.hostOffset = surveyed.distance;
      return;
    }
    if (this.access !== undefined) this.cover(this.access);
    else this.checkRange(() => body.get(address), 0, size, access === 'partial' ? 0 : ALIGNMENT[size]);
    const offset = this.access?.offset ?? -1;
    if (register !== undefined && offset >= 0) {
      this.low(register);
      this.hostOffset = offset;
    } else this.low(address);
    body.get(this.distance).op('i32.add').set(host);
    if (access === 'partial') body.get(host).i32(-size).op('i32.and').set(host);
    if (use !== 'store') return;
    if (this.access === undefined) this.exitIfWatched();
    else this.keepOffCode(this.access);
  }

  private exitIfWatched(): void {
    this.isWatched();
    this.body.if(() => this.exit());
  }

  /** Leaves on the stack whether the table of recent pages has that of an access; if so, its distance is kept. */
  protected isTabled({ register, offset, size, isStore }: Access): void {
    const { body, state, width, host, tableAddress } = this;
    const use = isStore ? 'store' : 'load';
    body.get(this.register(register)).const(width, offset).op(`${width}.add`).set(tableAddress);
    this.isInTable(tableAddress, use, size, () => body.get(state).memory('i32.load', STATE.tables));
    body
      .get(host)
      .memory('i32.load', TABLE[use] + 8)
      .set(this.tableDistance);
  }

  /** The lowest host address that a round of turns of a swift loop accesses near a register. */
  protected lowest(loop: number, register: number): Local {
    const key = `${loop} ${register}`;
    const known = this.lowests.get(key) ?? this.body.local('i32');
    this.lowests.set(key, known);
    return known;
  }

  /** Leaves where a store, or one after it at the same register, would go to where code was translated. */
  private keepOffCode(access: Access): void {
    const { body, host } = this;
    const { register, offset, size } = access;
    const known = this.unwatched.get(register);
    if (known !== undefined && offset >= known.least && offset + size <= known.end) return;
    const { steps, index } = this.upcoming;
    const span = storesFrom(access, steps, index, 1 << CODE_GRANULE_SHIFT);
    this.unwatched.set(register, span);
    if (span.end - span.least === size) this.isWatched();
    else {
      // from `host`, which is the register's or the access's
      const start = this.hostOffset > 0 || offset === 0 ? 0 : offset;
      const granule = (at: number): void => {
        body
          .get(host)
          .i32(at - start)
          .op('i32.add')
          .i32(CODE_GRANULE_SHIFT)
          .op('i32.shr_u');
        body.memory('i32.load8_u', this.assumptions.target.codeMap);
      };
      granule(span.least);
      granule(span.end - 1);
      body.op('i32.or');
    }
    body.if(() => this.exit());
  }

  /** Makes sure that an access may be done, and others near it. */
  private cover(access: Access): void {
    if (this.knowledge.covers(access)) return;
    const { steps, index } = this.upcoming;
    const fact = this.knowledge.checkFor(access, steps, index);
    this.knowledge = this.knowledge.with(access.register, fact);
    const least = alignedLeast(fact);
    this.checkRange(() => this.body.get(this.register(access.register)), least, fact.end - least, fact.shift);
  }

  private checkRange(base: () => void, least: number, bytes: number, shift: number): void {
    this.isOutside(base, least, bytes, shift);
    this.body.if(() => this.exit());
  }

  /**
   * Leaves on the stack whether any of so many bytes, from `least` behind the base on, lies outside of the window, or
   * the first is not aligned. One comparison for both: the lowest bits of the offset in the window become its highest.
   */
  protected isOutside(base: () => void, least: number, bytes: number, shift: number, offset?: Local): void {
    const { body, width } = this;
    const { window } = this.assumptions;
    if (bytes > window.bytes) {
      body.i32(1);
      return;
    }
    base();
    body.const(width, window.start - least).op(`${width}.sub`);
    if (offset !== undefined) body.tee(offset);
    if (shift > 0) body.const(width, (width === 'i64' ? 64 : 32) - shift).op(`${width}.rotl`);
    body.const(width, (window.bytes - bytes) >>> shift).op(`${width}.gt_u`);
  }

  protected override finishStore(): void {}

  protected override leaveIfAsked(): void {}

  protected override spill(): void {}

  protected override leave(): void {
    this.exit();
  }

  protected override bits(): void {
    throw new Error('fields have been put in');
  }

  protected override pc(): void {
    throw new Error('the address has been put in');
  }

  protected override fullWidth(): void {
    this.body.i32(this.assumptions.wideFloats ? 1 : 0);
  }

  protected override readDouble(number: Expr): void {
    const { body } = this;
    if (this.assumptions.wideFloats) {
      this.registerAddress(number, STRIDE.fpr);
      body.memory('i64.load', STATE.fpr);
      return;
    }
    this.pairAddress(number, 0);
    body.memory('i32.load', STATE.fpr).op('i64.extend_i32_u');
    this.pairAddress(number, 1);
    body.memory('i32.load', STATE.fpr).op('i64.extend_i32_u').const('i64', 32).op('i64.shl').op('i64.or');
  }
}
