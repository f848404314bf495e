/** What both interpreters share: the loop's locals, and the tree of jump tables that finds an instruction's row. */
import type { Instruction } from '../isa/index.js';
import type { Constraint, Unit } from '../isa/encoding.js';
import type { Bits } from '../isa/field.js';
import { EXCEPTION } from '../isa/exceptions.js';
import type { Isa } from '../isa/isa.js';
import { field, i32, type Statement } from '../isa/ir.js';
import { HOT, SLOT, STATE } from '../layout.js';
import { hotEntry } from './hot-places.js';
import type { Target } from './interface.js';
import { Lowering } from './lower.js';
import type { FunctionBody, Label, Local } from './module.js';

const WIDEST_TABLE = 6;

const RELATION_OPERATORS = { '==': 'i32.eq', '!=': 'i32.ne', '<': 'i32.lt_u', '>=': 'i32.ge_u' } as const;

export abstract class Decoder extends Lowering {
  protected readonly local = {
    budget: this.body.local('i32'),
    pc: this.body.local(this.width),
    npc: this.body.local(this.width),
    slot: this.body.local('i32'),
    current: this.body.local(this.width),
    currentSlot: this.body.local('i32'),
    word: this.body.local('i32'),
    fetchTag: this.body.local(this.width),
    fetchDistance: this.body.local('i32'),
  };
  #next: Label | undefined;

  /** @param units function indices of the units, whose instructions are not part of this function */
  constructor(
    body: FunctionBody,
    codeFor: Target,
    private readonly units: ReadonlyMap<Unit, number>,
  ) {
    super(body, body.param(0), body.local('i32'), codeFor);
  }

  /** Before the first instruction. */
  protected enter(): void {}

  /** Fetches, moves on to the next instruction, and executes; `goNext` repeats it. */
  protected abstract step(): void;

  generate(): void {
    const { body, local } = this;
    const fill = (to: Local, offset: number) => body.get(this.state).memory('i32.load', offset).set(to);
    const fillAddress = (to: Local, offset: number) =>
      body.get(this.state).memory(`${this.width}.load`, offset).set(to);
    fill(this.tables, STATE.tables);
    fill(local.budget, STATE.budget);
    fillAddress(local.pc, STATE.pc);
    fillAddress(local.npc, STATE.npc);
    fill(local.slot, STATE.slot);
    this.enter();
    body.const(this.width, -1).set(local.fetchTag);
    body.loop((next) => {
      this.#next = next;
      body.get(local.budget).op('i32.eqz');
      body.if(() => {
        this.keepPosition();
        body.return();
      });
      this.step();
    });
  }

  /** Begins an instruction: takes it off the budget, and its place from pc and slot. */
  protected begin(): void {
    const { body, local } = this;
    body.get(local.budget).i32(1).op('i32.sub').set(local.budget);
    body.get(local.pc).set(local.current);
    body.get(local.slot).set(local.currentSlot);
    body.i32(SLOT.none).set(local.slot);
  }

  /** In the delay slot of a branch that is taken, its target is where execution goes on. `bytes` leaves this instruction's length. */
  protected countTarget(bytes: () => void): void {
    const { body, local, width } = this;
    if (!this.codeFor.findsHotPlaces) return;
    body.get(local.currentSlot);
    body.if(() => {
      body.get(local.pc).get(local.current).op(`${width}.sub`);
      bytes();
      body.op(`${width}.ne`);
      body.if(() => this.countVisit());
    });
  }

  /** Counts that execution goes on at `pc`, and lets it stop there if that is often. */
  protected countVisit(): void {
    const { body, local, state, host } = this;
    if (!this.codeFor.findsHotPlaces) return;
    hotEntry(body, this.isa, () => this.low(local.pc));
    body
      .get(state)
      .op('i32.add')
      .tee(host)
      .memory('i32.load', STATE.hot + HOT.tag);
    this.low(local.pc);
    body.op('i32.ne');
    body.if(
      () => {
        body.get(host);
        this.low(local.pc);
        body.memory('i32.store', STATE.hot + HOT.tag);
        body
          .get(host)
          .i32(HOT.threshold)
          .memory('i32.store', STATE.hot + HOT.count);
        body
          .get(host)
          .i32(0)
          .memory('i32.store', STATE.hot + HOT.function);
      },
      () => {
        body.get(host).memory('i32.load', STATE.hot + HOT.count);
        body.if(
          () => {
            body
              .get(host)
              .get(host)
              .memory('i32.load', STATE.hot + HOT.count)
              .i32(1)
              .op('i32.sub');
            body.memory('i32.store', STATE.hot + HOT.count);
          },
          () => {
            body.get(local.budget).i32(HOT.leastBudget).op('i32.gt_s');
            body.if(() => {
              body.get(state).get(local.budget).memory('i32.store', STATE.reserve);
              body.i32(0).set(local.budget);
            });
          },
        );
      },
    );
  }

  /** Returns before an instruction that the other interpreter executes, as if it had not been looked at. */
  protected handOver(): void {
    const { body, local } = this;
    body.get(local.budget).i32(1).op('i32.add').set(local.budget);
    body.get(local.current).set(local.pc);
    body.get(local.currentSlot).set(local.slot);
    this.keepPosition();
    body.return();
  }

  /** The value, below `size`, chooses a group; none: reserved instruction. */
  protected dispatch(
    value: () => void,
    size: number,
    groups: ReadonlyMap<number, Instruction[]>,
    emit: (group: Instruction[]) => void,
  ): void {
    const { body } = this;
    const entries = [...groups];
    const nest = (
      rest: readonly [number, Instruction[]][],
      labels: readonly (readonly [number, Label])[],
      otherwise: Label,
    ): void => {
      const [head, ...tail] = rest;
      if (head === undefined) {
        const byValue = new Map(labels);
        value();
        body.brTable(
          Array.from({ length: size }, (_, value) => byValue.get(value) ?? otherwise),
          otherwise,
        );
        return;
      }
      const [key, group] = head;
      body.block((label) => nest(tail, [...labels, [key, label]], otherwise));
      emit(group);
    };
    body.block((otherwise) => nest(entries, [], otherwise));
    this.reserved();
  }

  /** Tells apart the instructions of one group, of which the bits in `tested` are known. */
  protected among(group: readonly Instruction[], tested: number): void {
    const unit = this.unitOf(group);
    if (unit !== undefined) {
      this.callUnit(unit);
      return;
    }
    const common = group.reduce((mask, each) => mask & each.mask, -1) & ~tested;
    const field = longestRun(common);
    if (group.length > 1 && field !== undefined) {
      const { low, width } = field;
      const valueOf = (word: number) => (word >>> low) & (2 ** width - 1);
      const known = ((2 ** width - 1) << low) | tested;
      this.dispatch(
        () => this.bits(field),
        2 ** width,
        groupBy(group, (each) => valueOf(each.match)),
        (inner) => this.among(inner, known),
      );
      return;
    }
    // one that is decided by more bits is a special case of one that is decided by fewer
    for (const each of [...group].sort((a, b) => bitsOf(b.mask) - bitsOf(a.mask))) this.leaf(each, tested);
    this.reserved();
  }

  /** The function that executes all of the group, if there is one. */
  private unitOf(group: readonly Instruction[]): number | undefined {
    const unit = group[0]?.unit;
    const isAll = unit !== undefined && group.every((each) => each.unit === unit && mayStandApart(each, this.isa));
    return isAll ? this.units.get(unit) : undefined;
  }

  private callUnit(index: number): void {
    const { body, state } = this;
    this.spill();
    body.get(state).call(index);
    body.get(state).memory('i32.load', STATE.leave);
    body.if(() => this.leave());
    this.goNext();
  }

  private leaf(each: Instruction, tested: number): void {
    const { body, local } = this;
    const mask = each.mask & ~tested;
    const { statements } = each.meaning(this.isa);
    if (mask === 0 && each.where.length === 0) {
      this.execute(statements);
      this.goNext();
      return;
    }
    body
      .get(local.word)
      .i32(mask)
      .op('i32.and')
      .i32(each.match & mask)
      .op('i32.eq');
    for (const constraint of each.where) this.constraint(each, constraint);
    body.if(() => {
      this.execute(statements);
      this.goNext();
    });
  }

  /** Leaves on the stack whether what is there and this relation hold. */
  private constraint({ fields }: Instruction, [a, relation, b]: Constraint): void {
    const { body } = this;
    this.expression(field(fields[a]));
    this.expression(typeof b === 'number' ? i32(b) : field(fields[b]));
    body.op(RELATION_OPERATORS[relation]).op('i32.and');
  }

  /** On Release 6 no instruction that changes the flow may stand in a delay slot or a forbidden slot. */
  private execute(statements: readonly Statement[]): void {
    const { body, local } = this;
    if (this.isa.release >= 6 && changesFlow(statements)) {
      body.get(local.currentSlot);
      body.if(() => this.instruction([raise(EXCEPTION.RI)]));
    }
    this.instruction(statements);
  }

  protected reserved(): void {
    this.instruction([{ kind: 'host', call: 'reserved', args: [], result: undefined }]);
    this.goNext();
  }

  protected goNext(): void {
    if (this.#next === undefined) throw new Error('no instruction outside the loop');
    this.body.br(this.#next);
  }

  protected override bits({ low, width }: Bits): void {
    const { body, local } = this;
    body.get(local.word);
    if (low > 0) body.i32(low).op('i32.shr_u');
    if (low + width < 32) body.i32(2 ** width - 1).op('i32.and');
  }

  protected override pc(branch: boolean): void {
    const { body, local, width } = this;
    body.get(local.current);
    if (!branch) return;
    body
      .get(local.currentSlot)
      .i32(SLOT.afterShort | SLOT.afterLong)
      .op('i32.and');
    if (width === 'i64') body.op('i64.extend_i32_u');
    body.op(`${width}.sub`);
  }

  protected override spill(): void {
    const { body, local, state } = this;
    this.keepAddress(local.current, STATE.current);
    body.get(state).get(local.currentSlot).memory('i32.store', STATE.currentSlot);
    body.get(state).get(local.word).memory('i32.store', STATE.word);
    this.keepPosition();
  }

  private keepPosition(): void {
    const { body, local, state } = this;
    this.keepAddress(local.pc, STATE.pc);
    this.keepAddress(local.npc, STATE.npc);
    body.get(state).get(local.slot).memory('i32.store', STATE.slot);
    body.get(state).get(local.budget).memory('i32.store', STATE.budget);
  }

  private keepAddress(address: Local, offset: number): void {
    const { body } = this;
    body.get(this.state).get(address);
    if (this.width === 'i32') body.op('i64.extend_i32_s');
    body.memory('i64.store', offset);
  }

  protected override leave(): void {
    this.body.return();
  }
}

const raise = (exception: number): Statement => ({
  kind: 'host',
  call: 'raise',
  args: [
    { kind: 'const', type: 'i32', value: exception },
    { kind: 'const', type: 'i32', value: 0 },
  ],
  result: undefined,
});

/** What changes the flow belongs into the loop. */
export const mayStandApart = (row: Instruction, isa: Isa): boolean => !changesFlow(row.meaning(isa).statements);

const ENDS_FLOW: readonly string[] = ['eret', 'eretnc', 'deret', 'wait'];

function changesFlow(statements: readonly Statement[]): boolean {
  return statements.some(
    (each) =>
      each.kind === 'branch' ||
      each.kind === 'jump' ||
      each.kind === 'compactBranch' ||
      (each.kind === 'host' && ENDS_FLOW.includes(each.call)) ||
      (each.kind === 'if' && (changesFlow(each.then) || changesFlow(each.otherwise))),
  );
}

export function groupBy(list: readonly Instruction[], key: (each: Instruction) => number): Map<number, Instruction[]> {
  const groups = new Map<number, Instruction[]>();
  for (const each of list) {
    const group = groups.get(key(each));
    if (group === undefined) groups.set(key(each), [each]);
    else group.push(each);
  }
  return groups;
}

const bitsOf = (mask: number): number => mask.toString(2).replaceAll('0', '').length;

/** The widest run of set bits that makes one table; undefined when there is none. */
function longestRun(mask: number): Bits | undefined {
  let best: Bits | undefined;
  for (let low = 0; low < 32; low++) {
    let width = 0;
    while (width < WIDEST_TABLE && low + width < 32 && ((mask >>> (low + width)) & 1) === 1) width++;
    if (width > (best?.width ?? 0)) best = { low, width };
  }
  return best;
}
