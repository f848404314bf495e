/** The interpreter of 32-bit words at even addresses. */
import { instructions, type Instruction } from '../isa/index.js';
import type { Statement } from '../isa/ir.js';
import { SLOT } from '../layout.js';
import { Decoder, groupBy } from './decoder.js';

const SPECIAL_OPCODE = 0;

export class ClassicInterpreter extends Decoder {
  /** Only a delay slot says where to go on after it: compressed code that was executed before keeps no `npc` otherwise. */
  protected override enter(): void {
    const { body, local, width } = this;
    body
      .get(local.slot)
      .i32(SLOT.afterShort | SLOT.afterLong)
      .op('i32.and')
      .op('i32.eqz');
    body.if(() => body.get(local.pc).const(width, 4).op(`${width}.add`).set(local.npc));
  }

  protected override step(): void {
    const { body, local, width } = this;
    this.begin();
    this.fetch();
    body.get(local.npc).set(local.pc);
    body.get(local.npc).const(width, 4).op(`${width}.add`).set(local.npc);
    this.countTarget(() => body.const(width, 4));
    this.decode();
  }

  /** Reads the word at `current`; the page of the instruction before is checked first. */
  private fetch(): void {
    const { body, local, width } = this;
    body
      .get(local.current)
      .const(width, -4096 | 3)
      .op(`${width}.and`)
      .get(local.fetchTag)
      .op(`${width}.ne`);
    body.if(() => {
      if (this.isa.compressed !== 'none') {
        this.low(local.current);
        body.i32(1).op('i32.and');
        body.if(() => this.handOver());
      }
      this.address(local.current, 'fetch', 4);
      body.get(local.current).const(width, -4096).op(`${width}.and`).set(local.fetchTag);
      body.get(this.host);
      this.low(local.current);
      body.op('i32.sub').set(local.fetchDistance);
    });
    this.low(local.current);
    body.get(local.fetchDistance).op('i32.add').memory('i32.load').set(local.word);
    if (this.isa.endian === 'be') {
      this.swapWord(local.word);
      body.set(local.word);
    }
  }

  /** Major opcode and, for SPECIAL, the function in one table of 128 entries; then as deep as the patterns need. */
  private decode(): void {
    const { body, local } = this;
    const index = (each: Instruction): number =>
      each.match >>> 26 === SPECIAL_OPCODE ? 64 + (each.match & 63) : each.match >>> 26;
    const value = () => {
      body.get(local.word).i32(26).op('i32.shr_u').get(local.word).i32(63).op('i32.and').i32(64).op('i32.or');
      body.get(local.word).i32(26).op('i32.shr_u').select();
    };
    const tested = (each: Instruction): number => (each.match >>> 26 === SPECIAL_OPCODE ? 0xfc00003f : 0xfc000000);
    this.dispatch(value, 128, groupBy(instructions(this.isa, 'classic'), index), (group) => {
      const [first] = group;
      if (first !== undefined) this.among(group, tested(first));
    });
  }

  protected override transfer(statement: Extract<Statement, { kind: 'branch' | 'jump' | 'compactBranch' }>): void {
    if (statement.kind === 'compactBranch') this.compactBranch(statement);
    else this.branch(statement);
  }

  private branch(statement: Extract<Statement, { kind: 'branch' | 'jump' }>): void {
    const { body, local, width } = this;
    const go = () => {
      this.expression(statement.target);
      body.set(local.npc).i32(SLOT.afterLong).set(local.slot);
    };
    if (statement.kind === 'jump') {
      go();
      return;
    }
    this.expression(statement.condition);
    body.if(go, () => {
      if (statement.likely) body.get(local.npc).tee(local.pc).const(width, 4).op(`${width}.add`).set(local.npc);
      else body.i32(SLOT.afterLong).set(local.slot);
    });
  }

  private compactBranch({ condition, target }: Extract<Statement, { kind: 'compactBranch' }>): void {
    const { body, local, width } = this;
    const go = () => {
      this.expression(target);
      body.tee(local.pc).const(width, 4).op(`${width}.add`).set(local.npc);
      this.countVisit();
    };
    if (condition === undefined) {
      go();
      return;
    }
    this.expression(condition);
    body.if(go, () => body.i32(SLOT.afterLong).set(local.slot));
  }
}
