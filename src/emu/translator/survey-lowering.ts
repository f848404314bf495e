/** The decisions of swift.ts: when a loop comes to its survey, and how many turns are done without checks then. */
import { CODE_GRANULE_SHIFT } from '../layout.js';
import type { FunctionBody, Local } from '../wasm/module.js';
import { alignedLeast } from './checks.js';
import { SliceLowering } from './slice-lowering.js';
import type { Progress } from './progress.js';
import { lowestOf, type Plan } from './swift.js';
import type { Assumptions } from './step-lowering.js';

/** Careful turns before the first survey, and after one that has found nothing. */
const FIRST_TURNS = 6;
const MORE_TURNS = 100;
/** Swift turns that are worth a survey, and the most of one. */
const FEWEST_TURNS = 4;
const MOST_TURNS = 1 << 14;
/** Turns of the first survey of a loop with stores, and how many times as many of the next: it looks at the map of code for each. */
const FIRST_STRETCH = 32;
const GROWTH = 4;
/** Granules that are looked at together. */
const AT_ONCE = 8;

/** Of a loop. */
interface Pacing {
  /** When the budget is less the header leads to the survey. */
  readonly limit: Local;
  /** Turns that the next survey finds at most. */
  readonly stretch: Local;
}

export abstract class SurveyLowering extends SliceLowering {
  private readonly pacings = new Map<number, Pacing>();
  private readonly turns: Local;
  private readonly scratch: Local;
  private readonly offset: Local;
  private readonly last: Local;
  private readonly found: Local;

  constructor(body: FunctionBody, assumptions: Assumptions) {
    super(body, assumptions);
    this.turns = body.local('i32');
    this.scratch = body.local('i32');
    this.offset = body.local(this.width);
    this.last = body.local('i32');
    this.found = body.local('i64');
  }

  /** Everything behind the header takes `longest` instructions, until the budget is looked at again. */
  protected beginLoop(plan: Plan, longest: number): void {
    const { stretch } = this.pacing(plan);
    this.body.i32(FIRST_STRETCH).set(stretch);
    this.comeBackAfter(plan, FIRST_TURNS * plan.longest, longest);
  }

  /** Leaves on the stack whether the loop is to go on at its survey. */
  protected isSurveyDue(plan: Plan): void {
    this.body.get(this.budget).get(this.pacing(plan).limit).op('i32.lt_s');
  }

  protected survey(plan: Plan, longest: number, go: Record<'leave' | 'swift' | 'careful', () => void>): void {
    const { body, turns } = this;
    this.isShort(longest);
    body.if(go.leave);
    body.block((careful) => {
      body.i32(MOST_TURNS).set(turns);
      for (const each of plan.progress) {
        const least = alignedLeast(each.fact);
        const register = this.register(each.register);
        this.isOutside(() => body.get(register), least, each.fact.end - least, each.fact.shift, this.offset);
        body.brIf(careful);
        if (each.step !== 0) this.limitTurns(() => this.turnsInWindow(each));
      }
      const stores = plan.progress.filter((each) => each.stores !== undefined);
      if (stores.length > 0) {
        const { stretch } = this.pacing(plan);
        this.limitTurns(() => body.get(stretch));
        body.get(turns).i32(GROWTH).op('i32.mul').set(stretch);
      }
      body.get(turns).i32(Math.max(FEWEST_TURNS, plan.round)).op('i32.lt_s').brIf(careful);
      for (const each of stores) {
        this.isToCode(each);
        body.brIf(careful);
      }
      // at the beginning of a round there are turns enough for all of it
      body
        .get(turns)
        .i32(plan.round - 1)
        .op('i32.sub')
        .i32(plan.shortest)
        .op('i32.mul')
        .i32(1)
        .op('i32.sub');
      body.set(this.scratch);
      this.comeBackAfter(plan, this.scratch, longest);
      go.swift();
    });
    this.comeBackAfter(plan, MORE_TURNS * plan.longest, longest);
    go.careful();
  }

  /** Finds the lowest host addresses that its turns access. */
  protected beginRound(plan: Plan): void {
    const { body } = this;
    for (const each of plan.progress) {
      this.low(this.register(each.register));
      body.get(this.distance).op('i32.add').i32(lowestOf(each, plan)).op('i32.add');
      body.set(this.lowest(plan.id, each.register));
    }
  }

  private pacing({ id }: Plan): Pacing {
    const known = this.pacings.get(id);
    if (known !== undefined) return known;
    const pacing = { limit: this.body.local('i32'), stretch: this.body.local('i32') };
    this.pacings.set(id, pacing);
    return pacing;
  }

  /** The survey is due after so many instructions, and in any case when fewer than `longest` are left. */
  private comeBackAfter(plan: Plan, instructions: Local | number, longest: number): void {
    const { body, budget } = this;
    const { limit } = this.pacing(plan);
    body.get(budget);
    if (typeof instructions === 'number') body.i32(instructions);
    else body.get(instructions);
    body.op('i32.sub').tee(limit).i32(longest).get(limit).i32(longest).op('i32.gt_s').select().set(limit);
  }

  private limitTurns(most: () => void): void {
    const { body, turns, scratch } = this;
    most();
    body.set(scratch).get(scratch).get(turns).get(scratch).get(turns).op('i32.lt_u').select().set(turns);
  }

  /** Leaves on the stack how many turns stay in the window, from `offset` on. */
  private turnsInWindow({ step, fact }: Progress): void {
    const { body } = this;
    if (step > 0) body.i32(this.assumptions.window.bytes - (fact.end - alignedLeast(fact)));
    body.get(this.offset);
    if (this.width === 'i64') body.op('i32.wrap_i64');
    if (step > 0) body.op('i32.sub');
    body.i32(Math.abs(step)).op('i32.div_u').i32(1).op('i32.add');
  }

  /** Leaves on the stack whether code was translated from where the turns store to, or from close behind. */
  private isToCode({ register, step, stores }: Progress): void {
    if (stores === undefined) throw new Error('no stores');
    const { body, scratch, last, found, turns } = this;
    /** The granule of an offset from the register, in the first turn or the last one. */
    const granule = (offset: number, isLast: boolean): void => {
      this.low(this.register(register));
      body.get(this.distance).op('i32.add').i32(offset).op('i32.add');
      if (isLast) body.get(turns).i32(1).op('i32.sub').i32(step).op('i32.mul').op('i32.add');
      body.i32(CODE_GRANULE_SHIFT).op('i32.shr_u');
    };
    granule(stores.least, step < 0);
    body.set(scratch);
    granule(stores.end - 1, step > 0);
    body.set(last).const('i64', 0).set(found);
    body.loop((again) => {
      body.get(found).get(scratch).memory('i64.load', this.assumptions.target.codeMap).op('i64.or').set(found);
      body.get(scratch).i32(AT_ONCE).op('i32.add').tee(scratch).get(last).op('i32.le_u').brIf(again);
    });
    body.get(found).const('i64', 0).op('i64.ne');
  }
}
