/**
 * From meanings (../isa/ir.ts) to WebAssembly, statement by statement. Where the fields of an instruction come from, and what
 * a branch does to the flow of the host code, is the business of subclasses.
 */
import { SPECIAL_TYPE, type Statement } from '../isa/ir.js';
import { STATE, STRIDE } from '../layout.js';
import { FUNCTION, hostCallNumber } from './interface.js';
import { MemoryLowering } from './memory.js';
import { SPECIAL_OFFSET } from './values.js';

const isStore = (statement: Statement | undefined): boolean =>
  statement?.kind === 'store' || statement?.kind === 'changeByte';
const usesMemory = (statements: readonly Statement[]): boolean =>
  statements.some((each) =>
    each.kind === 'if'
      ? usesMemory(each.then) || usesMemory(each.otherwise)
      : isStore(each) || each.kind === 'load' || each.kind === 'storeConditional',
  );
const storesAmong = (statements: readonly Statement[]): number =>
  statements.reduce(
    (sum, each) =>
      sum + (each.kind === 'if' ? storesAmong(each.then) + storesAmong(each.otherwise) : isStore(each) ? 1 : 0),
    0,
  );

export abstract class Lowering extends MemoryLowering {
  protected abstract transfer(statement: Extract<Statement, { kind: 'branch' | 'jump' | 'compactBranch' }>): void;

  /** Generates one instruction. */
  instruction(statements: readonly Statement[]): void {
    this.temporaries.reset();
    const stores = storesAmong(statements);
    this.endsInStore = stores === 1 && isStore(statements.at(-1));
    if (usesMemory(statements)) this.data.prepare();
    for (const statement of statements) this.statement(statement);
    if (stores > 0 && !this.endsInStore) this.leaveIfAsked();
  }

  protected statement(statement: Statement): void {
    const { body } = this;
    switch (statement.kind) {
      case 'let':
        this.expression(statement.value);
        body.set(this.temporaries.named(statement.temp.id, statement.temp.type));
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
        else body.set(this.temporaries.named(statement.result.id, 'i32'));
        this.leaveIfAsked();
        return;
      }
    }
  }
}
