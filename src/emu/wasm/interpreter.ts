/**
 * Makes the interpreter: one WebAssembly function `run(state)` that executes the slice in STATE.budget, generated from the
 * instruction table. It returns when the slice is used up, or when the core's own code has set STATE.leave.
 */
import { instructions, type Instruction } from '../isa/index.js';
import type { Field, Statement } from '../isa/ir.js';
import { STATE } from '../layout.js';
import { IMPORTS } from './interface.js';
import { Lowering } from './lower.js';
import { encodeModule, FunctionBody, type Label, type Local } from './module.js';

const WIDTH = 'i32';
const SPECIAL_OPCODE = 0;

class Interpreter extends Lowering {
  private readonly local = {
    budget: this.body.local('i32'),
    pc: this.body.local('i32'),
    npc: this.body.local('i32'),
    slot: this.body.local('i32'),
    current: this.body.local('i32'),
    currentSlot: this.body.local('i32'),
    word: this.body.local('i32'),
    fetchTag: this.body.local('i32'),
    fetchDistance: this.body.local('i32'),
  };
  #next: Label | undefined;

  constructor(
    body: FunctionBody,
    private readonly endian: 'le' | 'be',
  ) {
    super(body, body.param(0), body.local('i32'), endian === 'be');
  }

  generate(): void {
    const { body, local } = this;
    const fill = (to: Local, offset: number) => body.get(this.state).memory('i32.load', offset).set(to);
    fill(this.tables, STATE.tables);
    fill(local.budget, STATE.budget);
    fill(local.pc, STATE.pc);
    fill(local.npc, STATE.npc);
    fill(local.slot, STATE.slot);
    body.i32(-1).set(local.fetchTag);
    body.loop((next) => {
      this.#next = next;
      body.get(local.budget).op('i32.eqz');
      body.if(() => {
        this.keepPosition();
        body.return();
      });
      body.get(local.budget).i32(1).op('i32.sub').set(local.budget);
      body.get(local.pc).set(local.current);
      body.get(local.slot).set(local.currentSlot);
      body.i32(0).set(local.slot);
      this.fetch();
      body.get(local.npc).set(local.pc);
      body.get(local.npc).i32(4).op('i32.add').set(local.npc);
      this.decode();
    });
  }

  /** Reads the word at `current`; the page of the instruction before is checked first. */
  private fetch(): void {
    const { body, local } = this;
    body
      .get(local.current)
      .i32(-4096 | 3)
      .op('i32.and')
      .get(local.fetchTag)
      .op('i32.ne');
    body.if(() => {
      this.address(local.current, 'fetch', 4);
      body.get(local.current).i32(-4096).op('i32.and').set(local.fetchTag);
      body.get(this.host).get(local.current).op('i32.sub').set(local.fetchDistance);
    });
    body.get(local.current).get(local.fetchDistance).op('i32.add').memory('i32.load').set(local.word);
    if (this.endian === 'be') {
      body.get(local.word).i32(8).op('i32.rotl').i32(0x00ff00ff).op('i32.and');
      body.get(local.word).i32(8).op('i32.rotr').i32(0xff00ff00).op('i32.and').op('i32.or').set(local.word);
    }
  }

  /** Major opcode and, for SPECIAL, the function in one table of 128 entries; then as deep as the patterns need. */
  private decode(): void {
    const { body, local } = this;
    const table = instructions(this.endian);
    const index = (each: Instruction): number =>
      each.match >>> 26 === SPECIAL_OPCODE ? 64 + (each.match & 63) : each.match >>> 26;
    const value = () => {
      body.get(local.word).i32(26).op('i32.shr_u').get(local.word).i32(63).op('i32.and').i32(64).op('i32.or');
      body.get(local.word).i32(26).op('i32.shr_u').select();
    };
    const tested = (each: Instruction): number => (each.match >>> 26 === SPECIAL_OPCODE ? 0xfc00003f : 0xfc000000);
    this.dispatch(value, 128, groupBy(table, index), (group) => {
      const [first] = group;
      if (first !== undefined) this.among(group, tested(first));
    });
  }

  /** The value, below `size`, chooses a group; none: reserved instruction. */
  private dispatch(
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
  private among(group: readonly Instruction[], tested: number): void {
    const common = group.reduce((mask, each) => mask & each.mask, -1) & ~tested;
    const field = longestRun(common);
    if (group.length > 1 && field !== undefined) {
      const { low, width } = field;
      const valueOf = (word: number) => (word >>> low) & (2 ** width - 1);
      const bits = ((2 ** width - 1) << low) | tested;
      this.dispatch(
        () => this.bits(low, width),
        2 ** width,
        groupBy(group, (each) => valueOf(each.match)),
        (inner) => this.among(inner, bits),
      );
      return;
    }
    for (const each of group) this.leaf(each, tested);
    this.reserved();
  }

  private leaf(each: Instruction, tested: number): void {
    const { body, local } = this;
    const mask = each.mask & ~tested;
    const execute = () => {
      this.instruction(each.meaning(WIDTH).statements);
      this.goNext();
    };
    if (mask === 0) {
      execute();
      return;
    }
    body
      .get(local.word)
      .i32(mask)
      .op('i32.and')
      .i32(each.match & mask)
      .op('i32.eq');
    body.if(execute);
  }

  private reserved(): void {
    const raise: Statement = { kind: 'host', call: 'reserved', args: [], result: undefined };
    this.instruction([raise]);
    this.goNext();
  }

  private goNext(): void {
    if (this.#next === undefined) throw new Error('no instruction outside the loop');
    this.body.br(this.#next);
  }

  private bits(low: number, width: number): void {
    const { body, local } = this;
    body.get(local.word);
    if (low > 0) body.i32(low).op('i32.shr_u');
    if (low + width < 32) body.i32(2 ** width - 1).op('i32.and');
  }

  protected override field({ low, width }: Field): void {
    this.bits(low, width);
  }

  protected override pc(): void {
    this.body.get(this.local.current);
  }

  protected override spill(): void {
    const { body, local, state } = this;
    body.get(state).get(local.current).memory('i32.store', STATE.current);
    body.get(state).get(local.currentSlot).memory('i32.store', STATE.currentSlot);
    body.get(state).get(local.word).memory('i32.store', STATE.word);
    this.keepPosition();
  }

  private keepPosition(): void {
    const { body, local, state } = this;
    body.get(state).get(local.pc).memory('i32.store', STATE.pc);
    body.get(state).get(local.npc).memory('i32.store', STATE.npc);
    body.get(state).get(local.slot).memory('i32.store', STATE.slot);
    body.get(state).get(local.budget).memory('i32.store', STATE.budget);
  }

  protected override leave(): void {
    this.body.return();
  }

  protected override branch(statement: Extract<Statement, { kind: 'branch' | 'jump' }>): void {
    const { body, local } = this;
    const go = () => {
      this.expression(statement.target);
      body.set(local.npc).i32(1).set(local.slot);
    };
    if (statement.kind === 'jump') {
      go();
      return;
    }
    this.expression(statement.condition);
    body.if(go, () => {
      if (statement.likely) {
        body.get(local.npc).tee(local.pc).i32(4).op('i32.add').set(local.npc);
      } else body.i32(1).set(local.slot);
    });
  }
}

function groupBy(list: readonly Instruction[], key: (each: Instruction) => number): Map<number, Instruction[]> {
  const groups = new Map<number, Instruction[]>();
  for (const each of list) {
    const group = groups.get(key(each));
    if (group === undefined) groups.set(key(each), [each]);
    else group.push(each);
  }
  return groups;
}

/** The widest run of set bits, at most six wide; undefined when there is none. */
function longestRun(mask: number): { low: number; width: number } | undefined {
  let best: { low: number; width: number } | undefined;
  for (let low = 0; low < 32; low++) {
    let width = 0;
    while (width < 6 && low + width < 32 && ((mask >>> (low + width)) & 1) === 1) width++;
    if (width > (best?.width ?? 0)) best = { low, width };
  }
  return best;
}

/** The interpreter's module for a memory of `pages` pages of 64 KiB. */
export function interpreterModule(endian: 'le' | 'be', pages: number): Uint8Array<ArrayBuffer> {
  const body = new FunctionBody({ params: ['i32'], results: [] });
  new Interpreter(body, endian).generate();
  return encodeModule({
    memory: { initial: pages, maximum: pages },
    imports: IMPORTS,
    functions: [{ name: 'run', body }],
  });
}
