/**
 * From meanings (../isa/ir.ts) to WebAssembly. `Lowering` knows how a core's registers and memory are reached; where the
 * fields of an instruction come from, and what a branch does to the flow of the host code, is its subclass's business.
 */
import type { Expr, Field, Size, Special, Statement } from '../isa/ir.js';
import { STATE, TABLE } from '../layout.js';
import { ACCESS, FUNCTION, hostCallNumber } from './interface.js';
import type { FunctionBody, Local } from './module.js';
import type { MemoryOperator } from './opcodes.js';
import { Temporaries } from './temporaries.js';

const SPECIALS: Readonly<Record<Special, { readonly offset: number; readonly type: 'i32' | 'i64' }>> = {
  hi: { offset: STATE.hi, type: 'i32' },
  lo: { offset: STATE.lo, type: 'i32' },
  status: { offset: STATE.status, type: 'i32' },
  fcsr: { offset: STATE.fcsr, type: 'i32' },
  fpOperation: { offset: STATE.fpOperation, type: 'i32' },
  fpA: { offset: STATE.fpA, type: 'i64' },
  fpB: { offset: STATE.fpB, type: 'i64' },
  fpC: { offset: STATE.fpC, type: 'i64' },
};

const LOAD: Readonly<Record<Size, MemoryOperator>> = {
  1: 'i32.load8_u',
  2: 'i32.load16_u',
  4: 'i32.load',
  8: 'i64.load',
};
const STORE: Readonly<Record<Size, MemoryOperator>> = {
  1: 'i32.store8',
  2: 'i32.store16',
  4: 'i32.store',
  8: 'i64.store',
};

const STATUS_FR_SHIFT = 26;

export abstract class Lowering {
  readonly #temporaries: Temporaries;
  protected readonly host: Local;

  constructor(
    protected readonly body: FunctionBody,
    protected readonly state: Local,
    protected readonly tables: Local,
    private readonly bigEndian: boolean,
  ) {
    this.host = body.local('i32');
    this.#temporaries = new Temporaries(body);
  }

  /** Leaves the value of a field on the stack. */
  protected abstract field(field: Field): void;
  /** Leaves the address of the instruction on the stack. */
  protected abstract pc(): void;
  /** Writes what an exception or a host call needs to know into the state block. */
  protected abstract spill(): void;
  /** Leaves the generated code because the core's own code asks for it. */
  protected abstract leave(): void;
  protected abstract branch(statement: Extract<Statement, { kind: 'branch' | 'jump' }>): void;

  /** Generates one instruction. */
  instruction(statements: readonly Statement[]): void {
    this.#temporaries.reset();
    for (const statement of statements) this.statement(statement);
  }

  protected expression(expr: Expr): void {
    const { body } = this;
    switch (expr.kind) {
      case 'const':
        body.const(expr.type, expr.value);
        return;
      case 'field':
        this.field(expr.field);
        return;
      case 'pc':
        this.pc();
        return;
      case 'gpr':
        this.registerAddress(expr.number);
        body.memory('i32.load', STATE.gpr);
        return;
      case 'special': {
        const { offset, type } = SPECIALS[expr.name];
        body.get(this.state).memory(`${type}.load`, offset);
        return;
      }
      case 'fpr':
        if (expr.type === 'i32') {
          this.registerAddress(expr.number);
          body.memory('i32.load', STATE.fpr);
        } else this.readDouble(expr.number);
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
        this.registerAddress(statement.number);
        this.expression(statement.value);
        body.memory('i32.store', STATE.gpr);
        body.get(this.state).i32(0).memory('i32.store', STATE.gpr); // $0 stays 0
        return;
      case 'setSpecial': {
        const { offset, type } = SPECIALS[statement.name];
        body.get(this.state);
        this.expression(statement.value);
        body.memory(`${type}.store`, offset);
        return;
      }
      case 'setFpr':
        if (statement.value.type === 'i32') {
          this.registerAddress(statement.number);
          this.expression(statement.value);
          body.memory('i32.store', STATE.fpr);
        } else this.writeDouble(statement.number, statement.value);
        return;
      case 'load':
        this.load(statement);
        return;
      case 'store':
        this.store(statement);
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
        this.branch(statement);
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
        body.get(this.state).memory('i32.load', STATE.leave);
        body.if(() => this.leave());
        return;
      }
    }
  }

  /**
   * Leaves `this.host` as the host address of `address`: from the table of recent pages, or else from the core's own code,
   * which raises the exception if there is none.
   */
  protected address(address: Local, use: 'fetch' | 'load' | 'store', size: Size): void {
    const { body, host } = this;
    body.block((found) => {
      body
        .get(address)
        .i32(9)
        .op('i32.shr_u')
        .i32((TABLE.entries - 1) * TABLE.entryBytes)
        .op('i32.and');
      body.get(this.tables).op('i32.add').tee(host);
      body.memory('i32.load', TABLE[use]);
      body
        .get(address)
        .i32(-4096 | (size - 1))
        .op('i32.and')
        .op('i32.eq');
      body.if(() => {
        body
          .get(host)
          .memory('i32.load', TABLE[use] + 4)
          .get(address)
          .op('i32.add')
          .set(host)
          .br(found);
      });
      this.spill();
      body
        .get(address)
        .i32(ACCESS[use] | size)
        .call(FUNCTION.translate)
        .tee(host)
        .i32(-1)
        .op('i32.eq');
      body.if(() => this.leave());
    });
  }

  private load({ temp, size, address, link }: Extract<Statement, { kind: 'load' }>): void {
    const { body, host } = this;
    const at = this.#temporaries.scratch('i32');
    this.expression(address);
    body.set(at);
    this.address(at, 'load', size);
    const target = this.#temporaries.named(temp.id, temp.type);
    body.get(host).memory(LOAD[size]).set(target);
    if (link) {
      body.get(this.state).get(host).memory('i32.store', STATE.linkAddress);
      body.get(this.state).get(target).memory('i32.store', STATE.linkValue);
    }
    body.get(target);
    this.swap(size, target);
    body.set(target);
  }

  private store({ size, address, value, mask }: Extract<Statement, { kind: 'store' }>): void {
    const { body, host } = this;
    const at = this.#temporaries.scratch('i32');
    const data = this.#temporaries.scratch(size === 8 ? 'i64' : 'i32');
    this.expression(address);
    body.set(at);
    this.expression(value);
    body.set(data);
    this.address(at, 'store', size);
    if (mask === undefined) {
      body.get(data);
      this.swap(size, data);
      body.set(data);
    } else {
      const bits = this.#temporaries.scratch('i32');
      this.expression(mask);
      body.tee(bits);
      this.swap(size, bits);
      body.set(bits).get(data);
      this.swap(size, data);
      body
        .get(bits)
        .op('i32.and')
        .get(host)
        .memory('i32.load')
        .get(bits)
        .i32(-1)
        .op('i32.xor')
        .op('i32.and')
        .op('i32.or')
        .set(data);
    }
    body.get(host).get(data).memory(STORE[size]);
    this.finishStore();
  }

  /** A store whose host address is STATE.deviceStore was meant for a device. */
  private finishStore(): void {
    const { body } = this;
    body.get(this.host).get(this.state).i32(STATE.deviceStore).op('i32.add').op('i32.eq');
    body.if(() => {
      body.call(FUNCTION.deviceStore);
      body.get(this.state).memory('i32.load', STATE.leave);
      body.if(() => this.leave());
    });
  }

  private storeConditional({ temp, address, value }: Extract<Statement, { kind: 'storeConditional' }>): void {
    const { body, host } = this;
    const at = this.#temporaries.scratch('i32');
    const data = this.#temporaries.scratch('i32');
    const done = this.#temporaries.named(temp.id, 'i32');
    this.expression(address);
    body.set(at);
    this.expression(value);
    body.set(data);
    this.address(at, 'store', 4);
    body.get(data);
    this.swap(4, data);
    body.set(data).i32(0).set(done);
    body.get(host).get(this.state).memory('i32.load', STATE.linkAddress).op('i32.eq');
    body.if(() => {
      body.get(host).get(this.state).memory('i32.load', STATE.linkValue).get(data).op('i32.atomic.rmw.cmpxchg');
      body.get(this.state).memory('i32.load', STATE.linkValue).op('i32.eq').set(done);
    });
    body.get(this.state).i32(-1).memory('i32.store', STATE.linkAddress);
  }

  /** Turns the value on the stack, which `holder` has a copy of, from memory order into register order or back. */
  private swap(size: Size, holder: Local): void {
    const { body } = this;
    if (!this.bigEndian || size === 1) return;
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

  private swapWord(word: Local): void {
    const { body } = this;
    body.get(word).i32(8).op('i32.rotl').i32(0x00ff00ff).op('i32.and');
    body.get(word).i32(8).op('i32.rotr').i32(0xff00ff00).op('i32.and').op('i32.or');
  }

  /** Leaves state + 8 * number on the stack. */
  private registerAddress(number: Expr): void {
    const { body } = this;
    body.get(this.state);
    this.expression(number);
    body.i32(3).op('i32.shl').op('i32.add');
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
      .i32(3)
      .op('i32.shl')
      .op('i32.add')
      .i32(odd * 8)
      .op('i32.add');
  }

  private readDouble(number: Expr): void {
    const { body } = this;
    this.registerAddress(number);
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
        this.registerAddress(number);
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
