/** From values in the meaning of an instruction (../isa/expression.ts) to WebAssembly: fields, and the core's registers. */
import type { Isa } from '../isa/isa.js';
import { SPECIAL_TYPE, type Expr, type Special } from '../isa/ir.js';
import type { Bits } from '../isa/field.js';
import { CP0 } from '../cpu/registers.js';
import { STATE, STRIDE } from '../layout.js';
import type { FunctionBody, Local } from './module.js';
import { Temporaries } from './temporaries.js';

const cp0 = (key: number): number => STATE.cp0 + (key << STRIDE.cp0);

export const SPECIAL_OFFSET: Readonly<Record<Special, number>> = {
  status: STATE.status,
  fcsr: STATE.fcsr,
  msacsr: STATE.msacsr,
  msaEnabled: STATE.msaEnabled,
  singlesReserved: STATE.singlesReserved,
  dspControl: STATE.dspControl,
  fpOperation: STATE.fpOperation,
  fpA: STATE.fpA,
  fpB: STATE.fpB,
  fpC: STATE.fpC,
  wideResult: STATE.deviceLoad,
  cause: cp0(CP0.cause),
  epc: cp0(CP0.epc),
  badVAddr: cp0(CP0.badVAddr),
  badInstr: cp0(CP0.badInstr),
  vector: STATE.vector,
  pending: STATE.pending,
  nested: STATE.nested,
  linkAddress: STATE.linkAddress,
};

const STATUS_FR_SHIFT = 26;

export abstract class ValueLowering {
  protected readonly temporaries: Temporaries;
  /** Type of general registers and addresses. */
  protected readonly width: 'i32' | 'i64';

  constructor(
    protected readonly body: FunctionBody,
    protected readonly state: Local,
    protected readonly isa: Isa,
  ) {
    this.width = isa.bits === 64 ? 'i64' : 'i32';
    this.temporaries = new Temporaries(body);
  }

  /** Leaves bits of the instruction on the stack, as an unsigned i32. */
  protected abstract bits(bits: Bits): void;
  /** Leaves the address of the instruction, or of the branch whose delay slot it stands in, on the stack. */
  protected abstract pc(branch: boolean): void;

  protected expression(expr: Expr): void {
    const { body } = this;
    switch (expr.kind) {
      case 'const':
        body.const(expr.type, expr.value);
        return;
      case 'bits':
        this.bits(expr.bits);
        return;
      case 'pc':
        this.pc(expr.branch);
        return;
      case 'gpr':
        this.registerAddress(expr.number, STRIDE.gpr);
        body.memory(`${this.width}.load`, STATE.gpr);
        return;
      case 'accumulator':
        this.registerAddress(expr.number, STRIDE.accumulator);
        body.memory(`${this.width}.load`, STATE[expr.half]);
        return;
      case 'special':
        body.get(this.state).memory(`${SPECIAL_TYPE[expr.name]}.load`, SPECIAL_OFFSET[expr.name]);
        return;
      case 'fpr':
        if (expr.type === 'i32') {
          this.registerAddress(expr.number, STRIDE.fpr);
          body.memory('i32.load', STATE.fpr);
        } else this.readDouble(expr.number);
        return;
      case 'vector':
        this.registerAddress(expr.number, STRIDE.fpr);
        body.memory('v128.load', STATE.fpr);
        return;
      case 'operator':
        for (const arg of expr.args) this.expression(arg);
        body.op(expr.name);
        return;
      case 'select':
        this.expression(expr.then);
        this.expression(expr.otherwise);
        this.expression(expr.condition);
        body.select();
        return;
      case 'temp':
        body.get(this.temporaries.named(expr.id, expr.type));
        return;
    }
  }

  /** Leaves state + (number << stride) on the stack. */
  protected registerAddress(number: Expr, stride: number): void {
    const { body } = this;
    body.get(this.state);
    this.expression(number);
    body.i32(stride).op('i32.shl').op('i32.add');
  }

  /** Leaves on the stack whether the floating-point registers are 64 bits wide (Status.FR). */
  protected fullWidth(): void {
    this.body
      .get(this.state)
      .memory('i32.load', STATE.status)
      .i32(STATUS_FR_SHIFT)
      .op('i32.shr_u')
      .i32(1)
      .op('i32.and');
  }

  /** Byte offset of register number `number`, with its lowest bit set to `odd`, plus the state block. */
  protected pairAddress(number: Expr, odd: 0 | 1): void {
    const { body } = this;
    body.get(this.state);
    this.expression(number);
    body
      .i32(-2)
      .op('i32.and')
      .i32(STRIDE.fpr)
      .op('i32.shl')
      .op('i32.add')
      .i32(odd << STRIDE.fpr)
      .op('i32.add');
  }

  protected readDouble(number: Expr): void {
    const { body } = this;
    this.registerAddress(number, STRIDE.fpr);
    body.memory('i64.load', STATE.fpr);
    this.pairAddress(number, 0);
    body.memory('i32.load', STATE.fpr).op('i64.extend_i32_u');
    this.pairAddress(number, 1);
    body.memory('i32.load', STATE.fpr).op('i64.extend_i32_u').const('i64', 32).op('i64.shl').op('i64.or');
    this.fullWidth();
    body.select();
  }

  protected writeDouble(number: Expr, value: Expr): void {
    const { body } = this;
    const data = this.temporaries.scratch('i64');
    this.expression(value);
    body.set(data);
    this.fullWidth();
    body.if(
      () => {
        this.registerAddress(number, STRIDE.fpr);
        body.get(data).memory('i64.store', STATE.fpr);
      },
      () => {
        this.pairAddress(number, 0);
        body.get(data).op('i32.wrap_i64').memory('i32.store', STATE.fpr);
        this.pairAddress(number, 1);
        body.get(data).const('i64', 32).op('i64.shr_u').op('i32.wrap_i64').memory('i32.store', STATE.fpr);
      },
    );
  }
}
