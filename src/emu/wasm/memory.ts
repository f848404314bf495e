/** Memory as the generated code reaches it: the table of recent pages, what is not in it, byte orders, and devices. */
import { typeOfSize, type Access, type Size, type Statement } from '../isa/ir.js';
import { CODE_GRANULE_SHIFT, STATE, TABLE } from '../layout.js';
import { accessLog } from './access-log.js';
import { LOAD, PlainAccess, STORE, type DataAccess } from './data-access.js';
import { ACCESS, FUNCTION, type Target } from './interface.js';
import type { FunctionBody, Local } from './module.js';
import { ValueLowering } from './values.js';

type Use = 'fetch' | 'load' | 'store';

type MemoryStatement<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>;

export abstract class MemoryLowering extends ValueLowering {
  protected readonly host: Local;
  /** The last statement of this instruction is its only store. */
  protected endsInStore = false;
  /** The bytes of a plain access lie so far behind `host`. */
  protected hostOffset = 0;
  private readonly bigEndian: boolean;
  protected readonly data: DataAccess;

  constructor(
    body: FunctionBody,
    state: Local,
    protected readonly tables: Local,
    protected readonly codeFor: Target,
  ) {
    super(body, state, codeFor.isa);
    this.host = body.local('i32');
    this.bigEndian = codeFor.isa.endian === 'be';
    const code = { body, state, spill: () => this.spill(), leave: () => this.leave() };
    this.data = codeFor.accessLog === undefined ? new PlainAccess(body) : accessLog(codeFor.accessLog, code);
  }

  /** Writes what an exception or a host call needs to know into the state block. */
  protected abstract spill(): void;
  /** Leaves the generated code because the core's own code asks for it. */
  protected abstract leave(): void;

  protected leaveIfAsked(): void {
    const { body } = this;
    body.get(this.state).memory('i32.load', STATE.leave);
    body.if(() => this.leave());
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
      this.isInTable(address, use, access === 'partial' ? 1 : size, () => body.get(this.tables));
      body.if(() => {
        body.get(host).memory('i32.load', TABLE[use] + 8);
        this.low(address);
        body.op('i32.add').set(host).br(found);
      });
      translate();
    });
    if (access === 'partial') body.get(host).i32(-size).op('i32.and').set(host);
  }

  /** Leaves on the stack whether the table of recent pages has that of an address, aligned to `size`; `host` is its entry then. */
  protected isInTable(address: Local, use: Use, size: number, tables: () => void): void {
    const { body, host, width } = this;
    this.low(address);
    body
      .i32(8)
      .op('i32.shr_u')
      .i32((TABLE.entries - 1) * TABLE.entryBytes)
      .op('i32.and');
    tables();
    body.op('i32.add').tee(host).memory(`${width}.load`, TABLE[use]);
    body
      .get(address)
      .const(width, -4096 | (size - 1))
      .op(`${width}.and`)
      .op(`${width}.eq`);
  }

  /** Leaves the low word of an address on the stack. */
  protected low(address: Local): void {
    this.body.get(address);
    if (this.width === 'i64') this.body.op('i32.wrap_i64');
  }

  /** Leaves the high word of an address on the stack. */
  protected high(address: Local): void {
    const { body } = this;
    if (this.width === 'i64') body.get(address).const('i64', 32).op('i64.shr_s').op('i32.wrap_i64');
    else body.get(address).i32(31).op('i32.shr_s');
  }

  protected load({ temp, size, address, access, link }: MemoryStatement<'load'>): void {
    const { body, host } = this;
    const at = this.temporaries.scratch(this.width);
    this.expression(address);
    body.set(at);
    this.address(at, 'load', size, access);
    const target = this.temporaries.named(temp.id, temp.type);
    this.data.load({ host, offset: this.hostOffset, size }, target);
    if (link) {
      body.get(this.state).get(host).memory('i32.store', STATE.linkAddress);
      body.get(this.state).get(target).memory(STORE[size], STATE.linkValue);
    }
    body.get(target);
    this.swap(size, target);
    body.set(target);
  }

  protected store({ size, address, value, mask, access }: MemoryStatement<'store'>): void {
    const { body, host } = this;
    const type = typeOfSize(size);
    const at = this.temporaries.scratch(this.width);
    const data = this.temporaries.scratch(type);
    this.expression(address);
    body.set(at);
    this.expression(value);
    body.set(data);
    this.address(at, 'store', size, access);
    if (mask === undefined) {
      body.get(data);
      this.swap(size, data);
      body.set(data);
      this.data.store({ host, offset: this.hostOffset, size }, data);
    } else {
      const bits = this.temporaries.scratch(type);
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
      this.data.store({ host, offset: this.hostOffset, size }, data, bits);
    }
    this.finishStore();
  }

  protected changeByte({ operator, address, value }: MemoryStatement<'changeByte'>): void {
    const { body, host } = this;
    const at = this.temporaries.scratch(this.width);
    const operand = this.temporaries.scratch('i32');
    this.expression(address);
    body.set(at);
    this.expression(value);
    body.set(operand);
    this.address(at, 'store', 1, 'partial');
    this.data.changeByte(operator, { host, offset: 0, size: 1 }, operand);
    this.finishStore();
  }

  /** Leaves on the stack whether stores to `host` are looked at. */
  protected isWatched(): void {
    const { body, host, codeFor } = this;
    body.get(host);
    if (this.hostOffset > 0) body.i32(this.hostOffset).op('i32.add');
    body.i32(CODE_GRANULE_SHIFT).op('i32.shr_u').memory('i32.load8_u', codeFor.codeMap);
  }

  /** The core's own code may want to know of a store. What follows in the instruction is done in any case. */
  protected finishStore(): void {
    const { body } = this;
    if (this.codeFor.accessLog === 'read') return;
    this.isWatched();
    body.if(() => {
      // the page may have been in the table: nothing has been written down for whoever leaves here
      this.spill();
      body.get(this.host).call(FUNCTION.watchedStore);
      if (this.endsInStore) this.leaveIfAsked();
    });
  }

  protected storeConditional(statement: MemoryStatement<'storeConditional'>): void {
    const { body, host } = this;
    const { temp, size, address, value, access } = statement;
    const type = size === 8 ? 'i64' : 'i32';
    const at = this.temporaries.scratch(this.width);
    const data = this.temporaries.scratch(type);
    const done = this.temporaries.named(temp.id, 'i32');
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
      const linked = (): void => {
        body.get(this.state).memory(`${type}.load`, STATE.linkValue);
      };
      this.data.exchange({ host, offset: 0, size }, linked, data, done);
    });
    body.get(this.state).i32(-1).memory('i32.store', STATE.linkAddress);
    this.finishStore();
  }

  /** Turns the value on the stack, which `holder` has a copy of, from memory order into register order or back. */
  private swap(size: Size, holder: Local): void {
    const { body } = this;
    if (!this.bigEndian || size === 1 || size === 16) return;
    if (size === 8) {
      const low = this.temporaries.scratch('i32');
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
}
