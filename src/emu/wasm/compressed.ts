/** The interpreter of microMIPS or MIPS16e: half words and pairs of them at odd addresses, whose bit 0 is the ISA mode. */
import type { Unit } from '../isa/encoding.js';
import { instructions } from '../isa/index.js';
import type { Statement } from '../isa/ir.js';
import { SLOT } from '../layout.js';
import { Decoder } from './decoder.js';
import type { Target } from './interface.js';
import type { FunctionBody, Local } from './module.js';

const LAST_HALF_OF_PAGE = 0xffe;

export class CompressedInterpreter extends Decoder {
  /** Bytes of the instruction in execution. */
  private readonly bytes: Local;
  private readonly second: Local;
  private readonly fetchAddress: Local;

  constructor(body: FunctionBody, codeFor: Target, units: ReadonlyMap<Unit, number>) {
    super(body, codeFor, units);
    this.bytes = body.local('i32');
    this.second = body.local('i32');
    this.fetchAddress = body.local(this.width);
  }

  protected override step(): void {
    const { body } = this;
    this.begin();
    this.fetch();
    this.moveOn();
    this.countTarget(() => this.length());
    const table = instructions(this.isa, 'compressed');
    body.get(this.bytes).i32(2).op('i32.eq');
    body.if(() =>
      this.among(
        table.filter((each) => each.bytes === 2),
        0xffff0000,
      ),
    );
    this.among(
      table.filter((each) => each.bytes === 4),
      0,
    );
  }

  private fetch(): void {
    const { body, local, width } = this;
    body
      .get(local.current)
      .const(width, -4096 | 1)
      .op(`${width}.and`)
      .get(local.fetchTag)
      .op(`${width}.ne`);
    body.if(() => {
      this.low(local.current);
      body.i32(1).op('i32.and').op('i32.eqz');
      body.if(() => this.handOver());
      this.fetchFrom(0);
      body
        .get(local.current)
        .const(width, -4096 | 1)
        .op(`${width}.and`)
        .set(local.fetchTag);
      body.get(this.host);
      this.low(local.current);
      body.op('i32.sub').i32(1).op('i32.add').set(local.fetchDistance);
    });
    this.low(local.current);
    body.i32(1).op('i32.sub').get(local.fetchDistance).op('i32.add').tee(this.host);
    this.readHalf(local.word);
    body.i32(2).set(this.bytes);
    this.isLong();
    body.if(() => {
      body.i32(4).set(this.bytes);
      this.low(local.current);
      body.i32(LAST_HALF_OF_PAGE).op('i32.and').i32(LAST_HALF_OF_PAGE).op('i32.eq');
      body.if(
        () => this.fetchFrom(2),
        () => body.get(this.host).i32(2).op('i32.add').set(this.host),
      );
      body.get(this.host);
      this.readHalf(this.second);
      body.get(local.word).i32(16).op('i32.shl').get(this.second).op('i32.or').set(local.word);
    });
  }

  /** Leaves in `host` where the half word lies that is `distance` bytes after the instruction's start. */
  private fetchFrom(distance: number): void {
    const { body, local, width } = this;
    body
      .get(local.current)
      .const(width, distance - 1)
      .op(`${width}.add`)
      .set(this.fetchAddress);
    this.address(this.fetchAddress, 'fetch', 2);
  }

  /** Reads the half word at the host address on the stack. */
  private readHalf(to: Local): void {
    const { body } = this;
    body.memory('i32.load16_u').set(to);
    if (this.isa.endian !== 'be') return;
    body.get(to).i32(8).op('i32.shr_u').get(to).i32(8).op('i32.shl').op('i32.or').i32(0xffff).op('i32.and').set(to);
  }

  /** Leaves on the stack whether the half word in `word` begins an instruction of two. */
  private isLong(): void {
    const { body, local } = this;
    if (this.isa.compressed === 'mips16') {
      // EXTEND and JAL(X)
      body.get(local.word).i32(11).op('i32.shr_u').i32(0b11110).op('i32.eq');
      body.get(local.word).i32(11).op('i32.shr_u').i32(0b00011).op('i32.eq').op('i32.or');
      return;
    }
    // the low bits of the major opcode are 1, 2 or 3 in a short one
    body.get(local.word).i32(10).op('i32.shr_u').i32(1).op('i32.sub').i32(7).op('i32.and').i32(3).op('i32.ge_u');
  }

  /** pc becomes the address after this instruction, or where the branch goes that this is the delay slot of. */
  private moveOn(): void {
    const { body, local, width } = this;
    body.get(local.npc);
    body.get(local.current);
    this.length();
    body.op(`${width}.add`);
    body
      .get(local.currentSlot)
      .i32(SLOT.afterShort | SLOT.afterLong | SLOT.notTaken)
      .op('i32.and')
      .i32(1)
      .op('i32.sub')
      .i32(SLOT.notTaken - 1)
      .op('i32.lt_u');
    body.select().set(local.pc);
  }

  /** Leaves the bytes of this instruction on the stack, as wide as an address. */
  private length(): void {
    this.body.get(this.bytes);
    if (this.width === 'i64') this.body.op('i64.extend_i32_u');
  }

  protected override transfer(statement: Extract<Statement, { kind: 'branch' | 'jump' | 'compactBranch' }>): void {
    const { body, local } = this;
    const go = () => {
      this.expression(statement.target);
      if (statement.kind === 'compactBranch') {
        body.set(local.pc);
        this.countVisit();
      } else body.set(local.npc).get(this.bytes).set(local.slot);
    };
    if (statement.kind === 'jump' || statement.condition === undefined) {
      go();
      return;
    }
    this.expression(statement.condition);
    body.if(
      go,
      statement.kind === 'compactBranch'
        ? undefined
        : () => body.get(this.bytes).i32(SLOT.notTaken).op('i32.or').set(local.slot),
    );
  }
}
