/**
 * Finds a region: the code that can be reached from an entry, as basic blocks. Calls are not followed, but of small functions,
 * whose blocks stand in the region once more for each place that calls them (a frame).
 */
import type { Expr } from '../isa/ir.js';
import { Block, type End, type Place } from './block.js';
import { leadsToHandler } from './exceptions.js';
import { numberOf } from './fold.js';
import { tableTargets } from './jump-table.js';
import { wordsAt } from './decoder.js';
import type { Instruction } from './reader.js';
import type { Source } from './source.js';
import { Step } from './step.js';
import { inPlaceOf, linkOf, RA } from './transfer.js';

/** Instructions of a region, and of one block: a check of the budget covers what may be executed until the next one. */
const LARGEST_REGION = 1500;
const LONGEST_BLOCK = 200;
/** Instructions of a function that is taken in where it is called, and of all of them; calls within such calls. */
const LARGEST_INLINED = 50;
const MOST_INLINED = 600;
const DEEPEST_FRAME = 3;
/** Functions among which a call through a register is guessed: looking for one in the table takes longer than comparing with these. */
const MOST_GUESSED = 8;
/** Places that are looked at to find them. */
const MOST_SEEN = 32;

export interface Region {
  readonly entry: number;
  /** Of the block that begins there. */
  readonly entryKey: number;
  readonly blocks: ReadonlyMap<number, Block>;
  /** Addresses that it calls directly. */
  readonly calls: ReadonlySet<number>;
  /** Addresses of instructions that are the interpreter's, at the start of a block. */
  readonly foreign: ReadonlySet<number>;
  /** Every word that it was made from. */
  readonly words: ReadonlyMap<number, number>;
}

/** The region itself, or a function that is taken in at one place. */
interface Frame {
  readonly id: number;
  readonly entry: number;
  readonly caller: Frame | undefined;
  /** Where it returns to. */
  readonly back: Place | undefined;
  readonly depth: number;
}

/** A place that is reached, and whose block is to be found. */
interface Pending {
  readonly pc: number;
  readonly isBehindBranch: boolean;
  readonly frame: Frame;
}

/** A call through a register. What it calls is guessed when all places of its own function are known. */
interface RegisterCall {
  readonly block: number;
  readonly pc: number;
  readonly back: Place;
  readonly frame: Frame;
}

/** Keys of a frame: addresses are below 2 ** 32. */
const FRAME_KEYS = 2 ** 34;
const [BEHIND_BRANCH, OTHERWISE, INSIDE, TABLED, TABLE] = [1, 2, 3, 5, 6];
/** Execution can begin at the block's address. */
export const isPlace = ({ key }: Block): boolean => key % 4 === 0;
/** Nothing can be done there. */
export const isLeftAtOnce = (block: Block | undefined): boolean =>
  block === undefined || (block.steps.length === 0 && block.end.kind === 'leave');
/** Of the region itself, as opposed to a function that is taken in. */
export const isOwn = ({ key }: Block): boolean => key < FRAME_KEYS;
const keyOf = (frame: Frame, pc: number, what = 0): number => frame.id * FRAME_KEYS + 4 * (pc >>> 0) + what;

class Finder {
  readonly words = new Map<number, number>();
  readonly calls = new Set<number>();
  readonly foreign = new Set<number>();
  readonly #blocks = new Map<number, Block>();
  readonly #pending: Pending[] = [];
  readonly #registerCalls: RegisterCall[] = [];
  readonly #root: Frame;
  #frames = 0;
  #instructions = 0;
  #inlined = 0;

  constructor(
    private readonly source: Source,
    private readonly entry: number,
  ) {
    this.#root = { id: 0, entry, caller: undefined, back: undefined, depth: 0 };
  }

  find(): Region {
    const { entry, calls, foreign, words } = this;
    const entryKey = this.#later(this.#root, entry);
    this.#findPending();
    for (let call = this.#registerCalls.shift(); call !== undefined; call = this.#registerCalls.shift()) {
      this.#guessCalled(call);
      this.#findPending();
    }
    for (const block of this.#blocks.values()) this.#endAtNext(block);
    return { entry, entryKey, blocks: this.#blocks, calls, foreign, words };
  }

  /** A block ends where another begins, which was found later: a loop that is run into is to begin at its header in any case. */
  #endAtNext(block: Block): void {
    const { key, isBehindBranch, steps } = block;
    const frame = Math.floor(key / FRAME_KEYS) * FRAME_KEYS;
    const keyAt = (step: Step): number => frame + 4 * (step.pc >>> 0);
    const isNext = (step: Step): boolean => !step.isInDelaySlot && this.#blocks.has(keyAt(step));
    const at = steps.findIndex((step, index) => index > 0 && isNext(step));
    const next = steps[at];
    if (next === undefined || isBehindBranch) return;
    const own = steps.slice(0, at);
    const end: End = { kind: 'goto', to: keyAt(next) };
    this.#blocks.set(key, block.with({ steps: own, end }));
  }

  #findPending(): void {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const key = keyOf(next.frame, next.pc, next.isBehindBranch ? BEHIND_BRANCH : 0);
      if (!this.#blocks.has(key)) this.#blocks.set(key, this.#block(next, key));
    }
  }

  /** The key of the block at an address, which is made if there is none yet. */
  #later(frame: Frame, pc: number, isBehindBranch = false): number {
    this.#pending.push({ frame, pc, isBehindBranch });
    return keyOf(frame, pc, isBehindBranch ? BEHIND_BRANCH : 0);
  }

  #block({ pc: start, isBehindBranch, frame }: Pending, key: number): Block {
    if (isBehindBranch) return this.#behindBranch(start, frame, key);
    const isElsewhere = start !== frame.entry && this.source.isFunction(start);
    if (isElsewhere || this.#instructions >= LARGEST_REGION)
      return new Block(key, start, [], { kind: 'leave', to: start });
    const steps: Step[] = [];
    const finish = (end: End): Block => this.#finish(start, key, steps, end);
    let pc = start;
    for (;;) {
      const decoded = steps.length >= LONGEST_BLOCK ? undefined : this.#decode(pc);
      if (decoded !== undefined && this.#isInterpreted(pc, decoded)) {
        if (steps.length > 0) return finish({ kind: 'goto', to: this.#later(frame, pc) });
        return decoded.isPassed ? this.#interpreted(frame, pc, key, decoded) : this.#elsewhere(frame, pc, key, decoded);
      }
      if (decoded === undefined || decoded.effects.isForeign) {
        const isSplit = decoded === undefined && steps.length >= LONGEST_BLOCK;
        if (!isSplit) this.foreign.add(pc);
        return finish(isSplit ? { kind: 'goto', to: this.#later(frame, pc) } : { kind: 'leave', to: pc });
      }
      if (decoded.transfer !== undefined) {
        const end = this.#transfer(pc, decoded, steps, frame, key);
        if (end.kind === 'leave') this.foreign.add(pc);
        return finish(end);
      }
      steps.push(new Step(pc, pc, decoded));
      pc += decoded.bytes;
      // a block that begins here already is not made twice
      if (this.#blocks.has(keyOf(frame, pc))) return finish({ kind: 'goto', to: keyOf(frame, pc) });
    }
  }

  #isInterpreted(pc: number, { isPassed, accesses, effects, transfer }: Instruction): boolean {
    if (isPassed) return this.source.mayInterpret;
    return accesses.length === 1 && this.source.isElsewhere(pc) && !effects.isForeign && transfer === undefined;
  }

  #interpreted(frame: Frame, pc: number, key: number, { bytes, effects: { sets } }: Instruction): Block {
    this.#instructions++;
    const back = { address: pc + bytes, key: this.#later(frame, pc + bytes) };
    const end: End = { kind: 'interpret', bytes, sets, back };
    return new Block(key, pc, [], end);
  }

  /** An access that goes by the table of recent pages outside of the window, and is the interpreter's where that has none. */
  #elsewhere(frame: Frame, pc: number, key: number, decoded: Instruction): Block {
    const [access] = decoded.accesses;
    if (access === undefined) throw new Error('no access');
    const keys = (what: number): number => keyOf(frame, pc, what);
    const deciding = (key: number, end: End): Block => new Block(key, pc, [], end);
    const next: End = { kind: 'goto', to: this.#later(frame, pc + decoded.bytes) };
    const [inside, tabled] = [new Step(pc, pc, decoded), new Step(pc, pc, decoded, undefined, true)];
    const left: End = { kind: 'leave', to: pc };
    if (!this.source.mayInterpret) this.foreign.add(pc);
    const blocks = [
      this.#finish(pc, keys(INSIDE), [inside], next),
      deciding(keys(TABLE), { kind: 'tabled', access, inside: keys(TABLED), outside: keys(OTHERWISE) }),
      this.#finish(pc, keys(TABLED), [tabled], next),
      this.source.mayInterpret
        ? this.#interpreted(frame, pc, keys(OTHERWISE), decoded)
        : deciding(keys(OTHERWISE), left),
    ];
    for (const block of blocks) this.#blocks.set(block.key, block);
    return deciding(key, { kind: 'where', access, inside: keys(INSIDE), outside: keys(TABLE) });
  }

  #finish(pc: number, key: number, steps: readonly Step[], end: End): Block {
    this.#instructions += steps.length;
    return new Block(key, pc, steps, end);
  }

  /** Adds the branch and its delay slot to the steps, or leaves the branch to the interpreter. */
  #transfer(pc: number, decoded: Instruction, steps: Step[], frame: Frame, key: number): End {
    const { transfer } = decoded;
    if (transfer === undefined) throw new Error('no transfer');
    const next = pc + decoded.bytes;
    if (leadsToHandler(transfer)) {
      steps.push(new Step(pc, pc, decoded));
      return { kind: 'callRegister', back: { address: next, key: this.#later(frame, next) } };
    }
    const foreign: End = { kind: 'leave', to: pc };
    const isCompact = transfer.kind === 'compactBranch';
    const link = linkOf(decoded.statements);
    const target = numberOf(transfer.target);
    const condition = transfer.kind === 'jump' ? undefined : transfer.condition;
    const isConditional = condition !== undefined && numberOf(condition) !== 1;
    if (isConditional && (link !== undefined || target === undefined)) return foreign;
    const isLikely = transfer.kind === 'branch' && transfer.likely && isConditional;
    // no compact branch of a compressed set forbids anything
    const isForbidding = isCompact && isConditional && (pc & 1) === 0;
    const hasSlot = !isCompact || isForbidding;
    // executed again after an exit in its slot, it must find what it found
    if (hasSlot && (decoded.effects.uses & decoded.effects.sets) !== 0) return foreign;
    const slot = hasSlot ? this.#slot(pc, decoded) : undefined;
    if (hasSlot && slot === undefined) return foreign;
    const back = isCompact ? next : next + (slot?.bytes ?? 0);
    if (link !== undefined && link !== back) return foreign;
    const probably =
      target === undefined && link === undefined
        ? this.#guess(pc, inPlaceOf(transfer.target, decoded.statements), frame)
        : [];
    steps.push(new Step(pc, pc, decoded));
    if (slot !== undefined && !isLikely && !isForbidding) steps.push(slot);

    if (isConditional && target !== undefined)
      return {
        kind: 'branch',
        taken: isLikely ? this.#later(frame, pc, true) : this.#later(frame, target),
        otherwise: isForbidding ? this.#later(frame, pc, true) : this.#later(frame, back),
      };
    if (link !== undefined) {
      const place = { address: back, key: this.#later(frame, back) };
      if (target === undefined) {
        this.#registerCalls.push({ block: key, pc, back: place, frame });
        return { kind: 'callRegister', back: place };
      }
      const inner = this.#inline(target, place, frame);
      if (inner !== undefined) return { kind: 'goto', to: this.#later(inner, target) };
      this.calls.add(target);
      return { kind: 'call', target, back: place };
    }
    if (target === undefined) return { kind: 'jumpRegister', probably };
    return { kind: 'goto', to: this.#later(frame, target) };
  }

  /** What is probably called is taken in, and compared with before the call. */
  #guessCalled({ block: key, pc, back, frame }: RegisterCall): void {
    const block = this.#blocks.get(key);
    if (block === undefined) throw new Error('a call in no block');
    const probably = this.#probablyCalled(back.address, frame).flatMap((address) => {
      const inner = this.#inline(address, back, frame);
      return inner === undefined ? [] : [{ address, key: this.#later(inner, address) }];
    });
    if (probably.length === 0) return;
    const otherwise = keyOf(frame, pc, OTHERWISE);
    this.#blocks.set(key, block.with({ end: { kind: 'guess', probably, otherwise } }));
    this.#blocks.set(otherwise, new Block(otherwise, back.address, [], block.end));
  }

  /** If nothing is known of a call, those that are called elsewhere in the function: a pointer is often used at several places. */
  #probablyCalled(back: number, frame: Frame): readonly number[] {
    const own = this.#calledBefore(back, frame);
    if (own.length > 0) return own;
    const others = [...this.#blocks.values()].flatMap(({ end }) =>
      end.kind === 'callRegister' ? [end.back.address] : [],
    );
    const called = new Set(others.flatMap((address) => this.#calledBefore(address, frame)));
    return called.size <= MOST_GUESSED ? [...called] : [];
  }

  /** The functions that return to an address of this one; none, if they are too many to compare with. */
  #calledBefore(back: number, frame: Frame): readonly number[] {
    // $31 has stayed the same in this function behind the call, and in what was called until it returned
    const seen = this.source.returningTo(back).filter((address) => !this.#blocks.has(keyOf(frame, address)));
    if (seen.length > MOST_SEEN) return [];
    const has = (a: number, b: number): boolean => this.source.placesOf(a).has(b);
    const isInside = (address: number): boolean =>
      seen.some((other) => other !== address && has(other, address) && (other < address || !has(address, other)));
    const called = seen.filter((address) => !isInside(address));
    return called.length <= MOST_GUESSED ? called : [];
  }

  /** The frame of a function that is taken in. */
  #inline(target: number, back: Place, caller: Frame): Frame | undefined {
    if (caller.depth >= DEEPEST_FRAME) return undefined;
    for (let frame: Frame | undefined = caller; frame !== undefined; frame = frame.caller)
      if (frame.entry === target) return undefined;
    const size = this.source.sizeOf(target);
    if (size > LARGEST_INLINED || this.#inlined + size > MOST_INLINED) return undefined;
    this.#inlined += size;
    return { id: ++this.#frames, entry: target, caller, back, depth: caller.depth + 1 };
  }

  /** Where a jump to an address in a register probably leads. */
  #guess(pc: number, target: Expr, frame: Frame): Place[] {
    const isReturn = target.kind === 'gpr' && numberOf(target.number) === RA;
    if (isReturn) return frame.back === undefined ? [] : [frame.back];
    const addresses = tableTargets(pc, target, {
      instruction: (at) => this.source.read(at, at),
      data: (address) => this.source.data(address),
    });
    return addresses.map((address) => ({ address, key: this.#later(frame, address) }));
  }

  #slot(branch: number, { bytes }: Instruction): Step | undefined {
    const pc = branch + bytes;
    const decoded = this.#decode(pc, branch);
    if (decoded === undefined || decoded.effects.isForeign || decoded.transfer !== undefined) return undefined;
    return new Step(pc, branch, decoded);
  }

  #behindBranch(branch: number, frame: Frame, key: number): Block {
    const decoded = this.#decode(branch);
    const slot = decoded && this.#slot(branch, decoded);
    const target = decoded?.transfer === undefined ? undefined : numberOf(decoded.transfer.target);
    if (slot === undefined || target === undefined) throw new Error('a branch without a slot or a target');
    this.#instructions++;
    const to = decoded?.transfer?.kind === 'compactBranch' ? slot.pc + slot.bytes : target;
    return new Block(key, branch, [slot], { kind: 'goto', to: this.#later(frame, to) }, true);
  }

  #decode(pc: number, branchPc = pc): Instruction | undefined {
    const instruction = this.source.read(pc, branchPc);
    if (instruction === undefined) return undefined;
    if ((pc & 1) === 0) this.words.set(pc, instruction.word);
    else this.#keepWords(pc, instruction);
    return instruction;
  }

  /** Of an instruction of a compressed set, which need not be a word. */
  #keepWords(pc: number, { bytes }: Instruction): void {
    for (const address of wordsAt(pc, bytes)) {
      const word = this.source.word(address);
      if (word !== undefined) this.words.set(address, word);
    }
  }
}

export const findRegion = (source: Source, entry: number): Region => new Finder(source, entry).find();
