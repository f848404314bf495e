/**
 * From meanings (../isa/ir.ts) to WebAssembly. `Lowering` knows how a core's registers and memory are reached; where the
 * fields of an instruction come from, and what a branch does to the flow of the host code, is its subclass's business.
 */
import type { Isa } from '../isa/isa.js';
import {
  SPECIAL_TYPE,
  typeOfSize,
  type Access,
  type Expr,
  type Size,
  type Special,
  type Statement,
} from '../isa/ir.js';
import type { Bits } from '../isa/field.js';
import { STATE, STRIDE, TABLE } from '../layout.js';
import { ACCESS, FUNCTION, hostCallNumber } from './interface.js';
import type { FunctionBody, Local } from './module.js';
import type { MemoryOperator } from './opcodes.js';
import { Temporaries } from './temporaries.js';

const SPECIAL_OFFSET: Readonly<Record<Special, number>> = {
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
};

const LOAD: Readonly<Record<Size, MemoryOperator>> = {
  1: 'i32.load8_u',
  2: 'i32.load16_u',
  4: 'i32.load',
  8: 'i64.load',
  16: 'v128.load',
};
const STORE: Readonly<Record<Size, MemoryOperator>> = {
  1: 'i32.store8',
  2: 'i32.store16',
  4: 'i32.store',
  8: 'i64.store',
  16: 'v128.store',
};

const STATUS_FR_SHIFT = 26;

type Use = 'fetch' | 'load' | 'store';

const isStore = (statement: Statement | undefined): boolean =>
  statement?.kind === 'store' || statement?.kind === 'changeByte';
const storesAmong = (statements: readonly Statement[]): number =>
  statements.reduce(
    (sum, each) =>
      sum + (each.kind === 'if' ? storesAmong(each.then) + storesAmong(each.otherwise) : isStore(each) ? 1 : 0),
    0,
  );

export abstract class Lowering {
  readonly #temporaries: Temporaries;
  /** The last statement of this instruction is its only store. */
  #endsInStore = false;
  protected readonly host: Local;
  /** Type of general registers and addresses. */
  protected readonly width: 'i32' | 'i64';
  private readonly bigEndian: boolean;

  constructor(
    protected readonly body: FunctionBody,
    protected readonly state: Local,
    protected readonly tables: Local,
    protected readonly isa: Isa,
  ) {
    this.host = body.local('i32');
    this.width = isa.bits === 64 ? 'i64' : 'i32';
    this.bigEndian = isa.endian === 'be';
    this.#temporaries = new Temporaries(body);
  }

  /** Leaves bits of the instruction on the stack, as an unsigned i32. */
  protected abstract bits(bits: Bits): void;
  /** Leaves the address of the instruction, or of the branch whose delay slot it stands in, on the stack. */
  protected abstract pc(branch: boolean): void;
  /** Writes what an exception or a host call needs to know into the state block. */
  protected abstract spill(): void;
  /** Leaves the generated code because the core's own code asks for it. */
  protected abstract leave(): void;
  protected abstract transfer(statement: Extract<Statement, { kind: 'branch' | 'jump' | 'compactBranch' }>): void;

  /** Generates one instruction. */
  instruction(statements: readonly Statement[]): void {
    this.#temporaries.reset();
    const stores = storesAmong(statements);
    this.#endsInStore = stores === 1 && isStore(statements.at(-1));
    for (const statement of statements) this.statement(statement);
    if (stores > 0 && !this.#endsInStore) this.leaveIfAsked();
  }

  private leaveIfAsked(): void {
    const { body } = this;
    body.get(this.state).memory('i32.load', STATE.leave);
    body.if(() => this.leave());
  }

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
        body.get(this.#temporaries.named(expr.id, expr.type));
        return;
    }
  }

  protected statement(statement: Statement): void {
    const { body } = this;
    switch (statement.kind) {
      case 'let':
        this.expression(statement.value);
        body.set(this.#temporaries.named(statement.temp.id, statement.temp.type));
        return;
      case 'setGpr':
        this.registerAddress(statement.number, STRIDE.gpr);
        this.expression(statement.value);
        body.memory(`${this.width}.store`, STATE.gpr);
        body.get(this.state).const(this.width, 0).memory(`${this.width}.store`, STATE.gpr); // $0 stays 0
        return;
      case 'setAccumulator':
        this.registerAddress(statement.number, STRIDE.accumulator);
        this.expression(statement.value);
        body.memory(`${this.width}.store`, STATE[statement.half]);
        return;
      case 'setSpecial':
        body.get(this.state);
        this.expression(statement.value);
        body.memory(`${SPECIAL_TYPE[statement.name]}.store`, SPECIAL_OFFSET[statement.name]);
        return;
      case 'setFpr':
        if (statement.value.type === 'i32') {
          this.registerAddress(statement.number, STRIDE.fpr);
          this.expression(statement.value);
          body.memory('i32.store', STATE.fpr);
        } else this.writeDouble(statement.number, statement.value);
        return;
      case 'setVector':
        this.registerAddress(statement.number, STRIDE.fpr);
        this.expression(statement.value);
        body.memory('v128.store', STATE.fpr);
        return;
      case 'load':
        this.load(statement);
        return;
      case 'store':
        this.store(statement);
        return;
      case 'changeByte':
        this.changeByte(statement);
        return;
      case 'storeConditional':
        this.storeConditional(statement);
        return;
      case 'if':
        this.expression(statement.condition);
        body.if(
          () => statement.then.forEach((each) => this.statement(each)),
          statement.otherwise.length === 0
            ? undefined
            : () => statement.otherwise.forEach((each) => this.statement(each)),
        );
        return;
      case 'branch':
      case 'jump':
      case 'compactBranch':
        this.transfer(statement);
        return;
      case 'fence':
        body.fence();
        return;
      case 'host': {
        this.spill();
        body.i32(hostCallNumber(statement.call));
        for (const arg of statement.args) this.expression(arg);
        for (let i = statement.args.length; i < 4; i++) body.i32(0);
        body.call(FUNCTION.host);
        if (statement.result === undefined) body.drop();
        else body.set(this.#temporaries.named(statement.result.id, 'i32'));
        this.leaveIfAsked();
        return;
      }
    }
  }

  /**
   * Leaves `this.host` as the host address of `address`: from the table of recent pages, or else from the core's own code,
   * which raises the exception if there is none.
   */
  protected address(address: Local, use: Use, size: Size, access: Access = 'plain'): void {
    const { body, host } = this;
    const translate = (): void => {
      this.spill();
      this.low(address);
      body.i32(ACCESS[use] | size | (access === 'plain' ? 0 : ACCESS[access]));
      this.high(address);
      body.call(FUNCTION.translate).tee(host).i32(-1).op('i32.eq');
      body.if(() => this.leave());
    };
    if (access === 'user') {
      translate();
      return;
    }
    body.block((found) => {
      this.low(address);
      body
        .i32(8)
        .op('i32.shr_u')
        .i32((TABLE.entries - 1) * TABLE.entryBytes)
        .op('i32.and');
      body.get(this.tables).op('i32.add').tee(host);
      body.memory(`${this.width}.load`, TABLE[use]);
      body
        .get(address)
        .const(this.width, access === 'partial' ? -4096 : -4096 | (size - 1))
        .op(`${this.width}.and`)
        .op(`${this.width}.eq`);
      body.if(() => {
        body.get(host).memory('i32.load', TABLE[use] + 8);
        this.low(address);
        body.op('i32.add').set(host).br(found);
      });
      translate();
    });
    if (access === 'partial') body.get(host).i32(-size).op('i32.and').set(host);
  }

  /** Leaves the low word of an address on the stack. */
  protected low(address: Local): void {
    this.body.get(address);
    if (this.width === 'i64') this.body.op('i32.wrap_i64');
  }

  private high(address: Local): void {
    const { body } = this;
    if (this.width === 'i64') body.get(address).const('i64', 32).op('i64.shr_s').op('i32.wrap_i64');
    else body.get(address).i32(31).op('i32.shr_s');
  }

  private load({ temp, size, address, access, link }: Extract<Statement, { kind: 'load' }>): void {
    const { body, host } = this;
    const at = this.#temporaries.scratch(this.width);
    this.expression(address);
    body.set(at);
    this.address(at, 'load', size, access);
    const target = this.#temporaries.named(temp.id, temp.type);
    body.get(host).memory(LOAD[size]).set(target);
    if (link) {
      body.get(this.state).get(host).memory('i32.store', STATE.linkAddress);
      body.get(this.state).get(target).memory(STORE[size], STATE.linkValue);
    }
    body.get(target);
    this.swap(size, target);
    body.set(target);
  }

  private store({ size, address, value, mask, access }: Extract<Statement, { kind: 'store' }>): void {
    const { body, host } = this;
    const type = typeOfSize(size);
    const at = this.#temporaries.scratch(this.width);
    const data = this.#temporaries.scratch(type);
    this.expression(address);
    body.set(at);
    this.expression(value);
    body.set(data);
    this.address(at, 'store', size, access);
    if (mask === undefined) {
      body.get(data);
      this.swap(size, data);
      body.set(data);
    } else {
      const bits = this.#temporaries.scratch(type);
      this.expression(mask);
      body.tee(bits);
      this.swap(size, bits);
      body.set(bits).get(data);
      this.swap(size, data);
      body
        .get(bits)
        .op(`${type}.and`)
        .get(host)
        .memory(LOAD[size])
        .get(bits)
        .const(type, -1)
        .op(`${type}.xor`)
        .op(`${type}.and`)
        .op(`${type}.or`)
        .set(data);
    }
    body.get(host).get(data).memory(STORE[size]);
    this.finishStore();
  }

  private changeByte({ operator, address, value }: Extract<Statement, { kind: 'changeByte' }>): void {
    const { body, host } = this;
    const at = this.#temporaries.scratch(this.width);
    this.expression(address);
    body.set(at);
    this.address(at, 'store', 1, 'partial');
    body.get(host);
    this.expression(value);
    body.op(`i32.atomic.rmw8.${operator}_u`).drop();
    this.finishStore();
  }

  /** A store whose host address is STATE.deviceStore was meant for a device. What follows in the instruction is done in any case. */
  private finishStore(): void {
    const { body } = this;
    body.get(this.host).get(this.state).i32(STATE.deviceStore).op('i32.add').op('i32.eq');
    body.if(() => {
      body.call(FUNCTION.deviceStore);
      if (this.#endsInStore) this.leaveIfAsked();
    });
  }

  private storeConditional(statement: Extract<Statement, { kind: 'storeConditional' }>): void {
    const { body, host } = this;
    const { temp, size, address, value, access } = statement;
    const type = size === 8 ? 'i64' : 'i32';
    const at = this.#temporaries.scratch(this.width);
    const data = this.#temporaries.scratch(type);
    const done = this.#temporaries.named(temp.id, 'i32');
    this.expression(address);
    body.set(at);
    this.expression(value);
    body.set(data);
    this.address(at, 'store', size, access);
    body.get(data);
    this.swap(size, data);
    body.set(data).i32(0).set(done);
    body.get(host).get(this.state).memory('i32.load', STATE.linkAddress).op('i32.eq');
    body.if(() => {
      body.get(host).get(this.state).memory(`${type}.load`, STATE.linkValue);
      body.get(data).op(`${type}.atomic.rmw.cmpxchg`);
      body.get(this.state).memory(`${type}.load`, STATE.linkValue).op(`${type}.eq`).set(done);
    });
    body.get(this.state).i32(-1).memory('i32.store', STATE.linkAddress);
  }

  /** Turns the value on the stack, which `holder` has a copy of, from memory order into register order or back. */
  private swap(size: Size, holder: Local): void {
    const { body } = this;
    if (!this.bigEndian || size === 1 || size === 16) return;
    if (size === 8) {
      const low = this.#temporaries.scratch('i32');
      body.op('i32.wrap_i64').set(low);
      this.swapWord(low);
      body.op('i64.extend_i32_u').const('i64', 32).op('i64.shl');
      body.get(holder).const('i64', 32).op('i64.shr_u').op('i32.wrap_i64').set(low);
      this.swapWord(low);
      body.op('i64.extend_i32_u').op('i64.or');
      return;
    }
    body.set(holder);
    this.swapWord(holder);
    if (size === 2) body.i32(16).op('i32.shr_u');
  }

  protected swapWord(word: Local): void {
    const { body } = this;
    body.get(word).i32(8).op('i32.rotl').i32(0x00ff00ff).op('i32.and');
    body.get(word).i32(8).op('i32.rotr').i32(0xff00ff00).op('i32.and').op('i32.or');
  }

  /** Leaves state + (number << stride) on the stack. */
  private registerAddress(number: Expr, stride: number): void {
    const { body } = this;
    body.get(this.state);
    this.expression(number);
    body.i32(stride).op('i32.shl').op('i32.add');
  }

  private fullWidth(): void {
    this.body
      .get(this.state)
      .memory('i32.load', STATE.status)
      .i32(STATUS_FR_SHIFT)
      .op('i32.shr_u')
      .i32(1)
      .op('i32.and');
  }

  /** Byte offset of register number `number`, with its lowest bit set to `odd`, plus the state block. */
  private pairAddress(number: Expr, odd: 0 | 1): void {
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

  private readDouble(number: Expr): void {
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

  private writeDouble(number: Expr, value: Expr): void {
    const { body } = this;
    const data = this.#temporaries.scratch('i64');
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
