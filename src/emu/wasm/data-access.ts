/** What becomes of the bytes at a host address that has been found. Values are in the order of memory. */
import type { Size } from '../isa/ir.js';
import type { FunctionBody, Local } from './module.js';
import type { MemoryOperator } from './opcodes.js';

export const LOAD: Readonly<Record<Size, MemoryOperator>> = {
  1: 'i32.load8_u',
  2: 'i32.load16_u',
  4: 'i32.load',
  8: 'i64.load',
  16: 'v128.load',
};
export const STORE: Readonly<Record<Size, MemoryOperator>> = {
  1: 'i32.store8',
  2: 'i32.store16',
  4: 'i32.store',
  8: 'i64.store',
  16: 'v128.store',
};

export interface Place {
  readonly host: Local;
  readonly offset: number;
  readonly size: Size;
}

export interface DataAccess {
  /** Before an instruction that uses memory. */
  prepare(): void;
  load(place: Place, target: Local): void;
  /** Of the bytes only those in `bits` are the instruction's, if it is given. */
  store(place: Place, data: Local, bits?: Local): void;
  changeByte(operator: 'and' | 'or', place: Place, operand: Local): void;
  /** Replaces what `expected` leaves on the stack, if it is there still; sets `done` to whether it was. */
  exchange(place: Place, expected: () => void, data: Local, done: Local): void;
}

/** To the memory itself. */
export class PlainAccess implements DataAccess {
  constructor(private readonly body: FunctionBody) {}

  prepare(): void {}

  load({ host, offset, size }: Place, target: Local): void {
    this.body.get(host).memory(LOAD[size], offset).set(target);
  }

  store({ host, offset, size }: Place, data: Local): void {
    this.body.get(host).get(data).memory(STORE[size], offset);
  }

  changeByte(operator: 'and' | 'or', { host }: Place, operand: Local): void {
    this.body.get(host).get(operand).op(`i32.atomic.rmw8.${operator}_u`).drop();
  }

  exchange({ host }: Place, expected: () => void, data: Local, done: Local): void {
    const { body } = this;
    const { type } = data;
    body.get(host);
    expected();
    body.get(data).op(`${type}.atomic.rmw.cmpxchg`);
    expected();
    body.op(`${type}.eq`).set(done);
  }
}
