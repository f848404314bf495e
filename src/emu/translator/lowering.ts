/**
 * The code of a region: a function (state, depth) that executes it from its entry on, with registers in locals, and gives the
 * address where execution goes on; everything else is in the state block then. Where an instruction can't be done here
 * (an exception, a device, memory outside of the window), all goes back to memory and the interpreter does it, from its start;
 * STATE.exited says so.
 */
import type { Statement } from '../isa/ir.js';
import type { FunctionBody, Label, Local } from '../wasm/module.js';
import type { Callees } from './callees.js';
import { Knowledge, knowledgeOf } from './checks.js';
import { inverseOf } from './comparison.js';
import { bitOf, type RegisterSet } from './effects.js';
import { effectsOfCall, flowOf, isCall, successorsOf, type CallEffects, type Flow } from './flow.js';
import { floatsOf } from './floats.js';
import { numberOf } from './fold.js';
import { Graph, orderOf, type Edge, type Order } from './graph.js';
import type { Block, Place } from './block.js';
import type { Region } from './region.js';
import { refundOf } from './step.js';
import { isPace, type Pace } from './swift.js';
import { pathLengths } from './path.js';
import { STATE } from '../layout.js';
import { ALIGNMENT, type Assumptions } from './step-lowering.js';
import { emitStructure } from './structure.js';
import { SurveyLowering } from './survey-lowering.js';
import { emitSelection, emitSwitch } from './switch.js';

const PROLOGUE = 0;

export class RegionLowering extends SurveyLowering {
  private readonly condition: Local;
  private readonly target: Local;
  private readonly exitPc: Local;
  private readonly refund: Local;
  private readonly selectors = new Map<number, Local>();
  private readonly blocks: readonly Block[];
  private readonly ids: ReadonlyMap<number, number>;
  private readonly graph: Graph;
  private readonly order: Order;
  private readonly flow: Flow;
  private readonly paths: ReadonlyMap<number, number>;
  private readonly known: ReadonlyMap<number, Knowledge>;
  private readonly behindCalls: ReadonlySet<number>;
  private readonly stubs = new Map<RegisterSet, Label>();
  private dirty: RegisterSet = 0;

  constructor(
    body: FunctionBody,
    private readonly region: Region,
    assumptions: Assumptions,
    private readonly callees: Callees,
  ) {
    super(body, assumptions);
    [this.condition, this.target] = [body.local('i32'), body.local(this.width)];
    [this.exitPc, this.refund] = [body.local('i32'), body.local('i32')];
    this.blocks = [...region.blocks.values()];
    this.behindCalls = new Set(this.blocks.filter(isCall).flatMap(successorsOf));
    this.ids = new Map(this.blocks.map(({ key }, index) => [key, index + 1]));
    this.graph = new Graph(
      [[this.idOf(region.entryKey)], ...this.blocks.map((block) => successorsOf(block).map((key) => this.idOf(key)))],
      PROLOGUE,
    );
    this.order = orderOf(this.graph);
    const callEffects = (block: Block): CallEffects => effectsOfCall(block, (target) => callees.effects(target));
    this.flow = flowOf(region, callEffects);
    this.known = knowledgeOf(region, callEffects);
    const floats = this.order.sequence.some(this.order.isLoopHeader)
      ? floatsOf(region, assumptions.wideFloats)
      : undefined;
    if (floats !== undefined) this.keepFloats(floats, assumptions.wideFloats);
    this.paths = pathLengths(this.graph, this.order, (id) => this.block(id));
  }

  generate(): void {
    const { body } = this;
    const sets = [...new Set(this.exits())];
    const nest = (rest: readonly RegisterSet[]): void => {
      const [set, ...others] = rest;
      if (set === undefined) {
        emitStructure(body, this.graph, this.order, { node: (id, follow) => this.node(id, follow) });
        body.unreachable();
        return;
      }
      body.block((label) => {
        this.stubs.set(set, label);
        nest(others);
      });
      this.stub(set);
    };
    nest(sets);
  }

  private idOf(key: number): number {
    const id = this.ids.get(key);
    if (id === undefined) throw new Error(`no block at ${key.toString(16)}`);
    return id;
  }

  private block(id: number): Block | undefined {
    return this.blocks[id - 1];
  }

  /** Dirty registers wherever the region may be left by a stub. */
  private *exits(): Generator<RegisterSet> {
    for (const id of this.order.sequence) {
      const block = this.block(id);
      if (block === undefined) continue;
      let dirty = this.flow.dirty(block.key);
      if (this.isChecked(id)) yield dirty;
      for (const { effects } of block.steps) {
        if (effects.mayExit) yield dirty;
        dirty |= effects.sets;
      }
      if (block.end.kind === 'survey' || (block.end.kind === 'leave' && !this.isElsewhere(block))) yield dirty;
    }
  }

  /** Puts back what is dirty, and leaves. */
  private stub(dirty: RegisterSet): void {
    const { body } = this;
    this.writeBack(dirty);
    this.writeFloats();
    body.get(this.budget).get(this.refund).op('i32.add').set(this.budget);
    this.keepBudget();
    this.interpretFrom(() => body.get(this.exitPc));
  }

  private node(id: number, follow: (edge: Edge) => void): void {
    const { edges } = this.graph.node(id);
    const go = (edge: Edge | undefined): void => {
      if (edge === undefined) throw new Error('a block has no such successor');
      for (const { node, value } of edge.selects) this.body.i32(value).set(this.selector(node));
      follow(edge);
    };
    if (id === PROLOGUE) {
      const { entry, entryKey } = this.region;
      this.begin(entry, this.paths.get(this.idOf(entryKey)) ?? 0, this.flow.live(entryKey));
      go(edges[0]);
      return;
    }
    const block = this.block(id);
    if (block === undefined) {
      emitSelection(this.body, this.selector(id), edges.length, (index) => go(edges[index]));
      return;
    }
    this.check(id, block);
    this.steps(block);
    if (isPace(block.end)) this.pace(block, block.end, edges, go);
    else this.end(block, block.end, edges, go);
  }

  private selector(node: number): Local {
    const known = this.selectors.get(node);
    if (known !== undefined) return known;
    const local = this.body.local('i32');
    this.selectors.set(node, local);
    return local;
  }

  /** Where the budget is looked at: at loop headers, behind dispatch nodes and calls. */
  private isChecked(id: number): boolean {
    const block = this.block(id);
    if (block !== undefined && isPace(block.end)) return false;
    if (this.order.isLoopHeader(id)) return true;
    if (block === undefined) return false;
    return this.isBehindCall(block.key) || this.isBehindDispatch(id);
  }

  private isBehindCall(key: number): boolean {
    return this.behindCalls.has(key);
  }

  private isBehindDispatch(id: number): boolean {
    return this.graph.nodes.slice(this.graph.firstDispatch).some(({ edges }) => edges.some(({ to }) => to === id));
  }

  private check(id: number, block: Block): void {
    if (!this.isChecked(id)) return;
    const { key, pc, isBehindBranch } = block;
    this.isShort(this.paths.get(id) ?? 0);
    // what is behind a branch is entered again at the branch
    this.body.if(() => this.leaveBy(this.flow.dirty(key), pc, isBehindBranch ? 1 : 0));
  }

  private steps(block: Block): void {
    const { body } = this;
    if (block.instructions > 0) body.get(this.budget).i32(block.instructions).op('i32.sub').set(this.budget);
    this.dirty = this.flow.dirty(block.key);
    this.knowledge = this.known.get(block.key) ?? new Knowledge();
    this.unwatched.clear();
    for (const [index, step] of block.steps.entries()) {
      this.upcoming = { steps: block.steps, index };
      this.instruction(step.statements);
      if (step.transfer !== undefined) this.transfer(step.transfer);
      this.dirty |= step.effects.sets;
      this.knowledge = this.knowledge.after(step);
      for (const register of this.unwatched.keys())
        if ((bitOf(register) & step.effects.sets) !== 0) this.unwatched.delete(register);
    }
    this.upcoming = { steps: [], index: 0 };
  }

  /** Leaves the addresses that an end needs in `condition` and `target`: the delay slot comes between. */
  protected override transfer(statement: Extract<Statement, { kind: 'branch' | 'jump' | 'compactBranch' }>): void {
    const { body } = this;
    if (numberOf(statement.target) === undefined) {
      this.expression(statement.target);
      body.set(this.target);
    }
    const condition = statement.kind === 'jump' ? undefined : statement.condition;
    if (condition === undefined || numberOf(condition) === 1) return;
    const better = inverseOf(condition, this.upcoming.steps, this.upcoming.index);
    this.expression(better?.inverse ?? condition);
    if (better?.isInverted === true) body.op('i32.eqz');
    body.set(this.condition);
  }

  private end(
    block: Block,
    end: Exclude<Block['end'], Pace>,
    edges: readonly Edge[],
    go: (edge: Edge | undefined) => void,
  ): void {
    const { body } = this;
    switch (end.kind) {
      case 'goto':
        go(edges[0]);
        return;
      case 'branch':
        body.get(this.condition);
        this.decide(edges, go);
        return;
      case 'leave':
        if (this.isElsewhere(block)) this.returnTo(() => body.i32(end.to));
        else this.leaveBy(this.dirty, end.to, 0);
        return;
      case 'jumpRegister':
        this.jump(end.probably, edges, go);
        return;
      case 'guess':
        for (const [index, { address }] of end.probably.entries()) {
          body.get(this.target).const(this.width, address).op(`${this.width}.eq`);
          body.if(() => go(edges[index]));
        }
        go(edges.at(-1));
        return;
      case 'call':
      case 'callRegister':
        this.call(end);
        go(edges[0]);
        return;
      case 'interpret':
        this.interpret(block, end);
        go(edges[0]);
        return;
      case 'where': {
        const { register, offset, size } = end.access;
        this.isOutside(() => body.get(this.register(register)), offset, size, ALIGNMENT[size]);
        body.op('i32.eqz');
        this.decide(edges, go);
        return;
      }
      case 'tabled':
        this.isTabled(end.access);
        if (!end.access.isStore && this.callees.loadFromDevice !== undefined)
          this.orFromDevice(end.access, this.callees.loadFromDevice);
        this.decide(edges, go);
        return;
    }
  }

  /** The first edge if what is on the stack is true, else the second. */
  private decide([first, second]: readonly Edge[], go: (edge: Edge | undefined) => void): void {
    this.body.if(
      () => go(first),
      () => go(second),
    );
    this.body.unreachable();
  }

  private pace({ key, pc }: Block, end: Pace, edges: readonly Edge[], go: (edge: Edge | undefined) => void): void {
    const { body } = this;
    const [first, second] = edges;
    const path = Math.max(...successorsOf({ end }).map((header) => this.paths.get(this.idOf(header)) ?? 0));
    switch (end.kind) {
      case 'begin':
        this.beginLoop(end.plan, path);
        go(first);
        return;
      case 'turn':
        this.isSurveyDue(end.plan);
        body.if(() => go(second));
        go(first);
        return;
      case 'round':
        this.isSurveyDue(end.plan);
        body.if(() => go(second));
        this.beginRound(end.plan);
        go(first);
        return;
      case 'survey':
        this.survey(end.plan, path, {
          leave: () => this.leaveBy(this.flow.dirty(key), pc, 0),
          swift: () => go(first),
          careful: () => go(second),
        });
        return;
    }
  }

  /** A place where a region of its own may begin, as opposed to an instruction that is the interpreter's. */
  private isElsewhere({ pc, end, steps }: Block): boolean {
    return end.kind === 'leave' && steps.length === 0 && end.to === pc && !this.region.foreign.has(pc);
  }

  /** To the address in `target`. */
  private jump(probably: readonly Place[], edges: readonly Edge[], go: (edge: Edge | undefined) => void): void {
    const { body, width, dirty } = this;
    const [first] = probably;
    if (probably.length === 1 && first !== undefined) {
      body.get(this.target).const(width, first.address).op(`${width}.eq`);
      body.if(() => go(edges[0]));
    } else if (probably.length > 1) emitSwitch(body, this.target, probably, (index) => go(edges[index]));
    // the blocks that were generated on the way had their own
    this.dirty = dirty;
    this.returnTo(() => undefined);
  }

  /** `low` leaves a 32-bit address on the stack; nothing: it is in `target`. */
  private returnTo(low: () => FunctionBody | undefined): void {
    const { body } = this;
    this.writeBack(this.dirty);
    this.writeFloats();
    this.keepBudget();
    if (low() === undefined) body.get(this.target);
    else this.widen();
    body.return();
  }

  private call(end: Extract<Block['end'], { kind: 'call' | 'callRegister' }>): void {
    const { body, state, width } = this;
    const target = end.kind === 'call' ? end.target : undefined;
    const { stored, changed } = this.callees.effects(target);
    this.writeBack(this.dirty & stored);
    this.writeFloats();
    this.keepBudget();
    body.get(state);
    const index = target === undefined ? undefined : this.callees.direct(target);
    if (index === undefined) {
      if (target === undefined) body.get(this.target);
      else body.const(width, target);
      body.get(this.depth).i32(1).op('i32.sub').call(this.callees.invoke);
    } else body.get(this.depth).i32(1).op('i32.sub').call(index);
    body.tee(this.target).const(width, end.back.address).op(`${width}.ne`);
    body.if(() => {
      this.writeBack(this.dirty & ~stored & ~changed);
      body.get(this.target).return();
    });
    this.readBudget();
    this.readBack(this.flow.live(end.back.key) & changed);
    this.readFloats();
  }

  /** Has the interpreter execute one instruction, and goes on unless something asks to leave. */
  private interpret({ pc }: Block, { sets, back }: Extract<Block['end'], { kind: 'interpret' }>): void {
    const { body, state, width } = this;
    this.writeBack(this.dirty);
    this.writeFloats();
    this.callInterpreter(pc, (pc & 1) === 0 ? this.callees.interpret : this.callees.interpretCompressed);
    this.isOffCourse(back.address);
    body.if(() => {
      this.putAside();
      body.get(state).memory(`${width}.load`, STATE.pc).return();
    });
    this.readBack(this.flow.live(back.key) & sets);
    this.readFloats();
  }

  /** Leaves by the stub for these registers; `refund` instructions have not been executed. */
  private leaveBy(dirty: RegisterSet, pc: number, refund: number): void {
    const { body } = this;
    const label = this.stubs.get(dirty);
    if (label === undefined) throw new Error('no stub for these registers');
    body.i32(pc).set(this.exitPc).i32(refund).set(this.refund).br(label);
  }

  /** The instruction is the interpreter's. */
  protected override exit(): void {
    const { steps, index } = this.upcoming;
    const step = steps[index];
    if (step === undefined) throw new Error('no instruction to leave');
    this.leaveBy(this.dirty, step.resumeAt, refundOf(steps, index));
  }
}
