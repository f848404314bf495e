/**
 * The log of a core's accesses to memory (layout.ts, LOG), which lets code be executed twice. The first time it is
 * written; the second time nothing is read from memory or written to it: each access is compared with the log, and reads
 * get the value in it. So it does not matter what others have done to the memory since then, and they see each store once.
 */
import { LOG, STATE } from '../layout.js';
import { PlainAccess, type DataAccess, type Place } from './data-access.js';
import { FUNCTION } from './interface.js';
import type { FunctionBody, Local } from './module.js';

/** The code around an access. */
export interface Surroundings {
  readonly body: FunctionBody;
  readonly state: Local;
  spill(): void;
  /** Leaves the generated code, the access undone. */
  leave(): void;
}

type Kind = 'load' | 'store' | 'changeByte' | 'storeConditional';

abstract class Log {
  protected readonly entry: Local;

  constructor(protected readonly code: Surroundings) {
    this.entry = code.body.local('i32');
  }

  /** Finds the next entry; `end` does what there is to do when there is none. */
  protected begin(end: () => void): void {
    this.find();
    this.code.body.get(this.entry).get(this.code.state).memory('i32.load', STATE.logEnd).op('i32.ge_u').if(end);
  }

  protected find(): void {
    this.code.body.get(this.code.state).memory('i32.load', STATE.logNext).set(this.entry);
  }

  protected finish(): void {
    const { body, state } = this.code;
    body.get(state).get(this.entry).i32(LOG.entryBytes).op('i32.add').memory('i32.store', STATE.logNext);
  }

  protected hostOf({ host, offset }: Place): void {
    this.code.body.get(host).i32(offset).op('i32.add');
  }

  protected kindOf(kind: Kind, { size }: Place): number {
    return LOG[kind] * LOG.kindUnit + size;
  }

  /** Writes an entry at a distance from `at`; without `value` there is none. */
  protected write(at: Local, distance: number, kind: Kind, place: Place, value?: Local): void {
    const { body } = this.code;
    body.get(at);
    this.hostOf(place);
    body.memory('i32.store', distance + LOG.host);
    body
      .get(at)
      .i32(this.kindOf(kind, place))
      .memory('i32.store', distance + LOG.kind);
    if (value === undefined) return;
    body
      .get(at)
      .get(value)
      .memory(`${storable(value)}.store`, distance + LOG.value);
  }
}

function storable({ type }: Local): 'i32' | 'i64' | 'v128' {
  if (type === 'f32' || type === 'f64') throw new Error('memory is accessed as integers');
  return type;
}

class WrittenLog extends Log implements DataAccess {
  readonly #memory = new PlainAccess(this.code.body);

  /** Whether there is room is asked before anything has been done: behind the end there is some for one instruction. */
  prepare(): void {
    this.begin(() => this.code.leave());
  }

  load(place: Place, target: Local): void {
    this.#put('load', place, target, () => this.#memory.load(place, target));
  }

  store(place: Place, data: Local): void {
    this.#put('store', place, data, () => this.#memory.store(place, data));
  }

  changeByte(operator: 'and' | 'or', place: Place, operand: Local): void {
    this.#put('changeByte', place, operand, () => this.#memory.changeByte(operator, place, operand));
  }

  exchange(place: Place, expected: () => void, data: Local, done: Local): void {
    const { body } = this.code;
    this.#put('storeConditional', place, data, () => {
      this.#memory.exchange(place, expected, data, done);
      body.get(this.entry).get(done).memory('i32.store', LOG.done);
    });
  }

  #put(kind: Kind, place: Place, value: Local, access: () => void): void {
    this.find();
    access();
    this.write(this.entry, 0, kind, place, value);
    this.finish();
  }
}

class ReadLog extends Log implements DataAccess {
  prepare(): void {}

  load(place: Place, target: Local): void {
    this.#expect('load', place);
    this.#value(storable(target));
    this.code.body.set(target);
    this.finish();
  }

  store(place: Place, data: Local, bits?: Local): void {
    this.#compare('store', place, data, bits);
    this.finish();
  }

  changeByte(_operator: 'and' | 'or', place: Place, operand: Local): void {
    this.#compare('changeByte', place, operand);
    this.finish();
  }

  exchange(place: Place, _expected: () => void, data: Local, done: Local): void {
    this.#compare('storeConditional', place, data);
    this.code.body.get(this.entry).memory('i32.load', LOG.done).set(done);
    this.finish();
  }

  #value(type: 'i32' | 'i64' | 'v128'): void {
    this.code.body.get(this.entry).memory(`${type}.load`, LOG.value);
  }

  /** Leaves when the entry is of another kind or place. */
  #expect(kind: Kind, place: Place, value?: Local): void {
    const { body } = this.code;
    const differs = (): void => this.#differs(kind, place, value);
    this.begin(differs);
    body.get(this.entry).memory('i32.load', LOG.host);
    this.hostOf(place);
    body.op('i32.ne');
    body.get(this.entry).memory('i32.load', LOG.kind).i32(this.kindOf(kind, place)).op('i32.ne').op('i32.or');
    body.if(differs);
  }

  #compare(kind: Kind, place: Place, value: Local, bits?: Local): void {
    const { body } = this.code;
    const type = storable(value);
    this.#expect(kind, place, value);
    this.#value(type);
    body.get(value).op(`${type}.xor`);
    if (bits !== undefined) body.get(bits).op(`${type}.and`);
    if (place.size < 4) body.i32(2 ** (8 * place.size) - 1).op('i32.and');
    if (type === 'v128') body.op('v128.any_true');
    else body.op(`${type}.eqz`).op('i32.eqz');
    body.if(() => this.#differs(kind, place, value));
  }

  #differs(kind: Kind, place: Place, value?: Local): void {
    const { body, state } = this.code;
    this.write(state, STATE.log - LOG.entryBytes, kind, place, value);
    this.code.spill();
    this.hostOf(place);
    body.call(FUNCTION.watchedStore);
    this.code.leave();
  }
}

export const accessLog = (use: 'written' | 'read', code: Surroundings): DataAccess =>
  use === 'written' ? new WrittenLog(code) : new ReadLog(code);
