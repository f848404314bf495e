/** Finds a region: the code that can be reached from an entry without following calls, as basic blocks. */
import type { Isa } from '../isa/index.js';
import type { Statement } from '../isa/ir.js';
import type { WordDecoder } from './decoder.js';
import { effectsOf, type Effects } from './effects.js';
import { Folder, numberOf } from './fold.js';
import { successorsOf } from './flow.js';
import { components, Graph } from './graph.js';

/** Instructions of a region, and of one block: a check of the budget covers what may be executed until the next one. */
const LARGEST_REGION = 1500;
const LONGEST_BLOCK = 200;
const RA = 31;
const SLOT_BYTES = 4;

export type Transfer = Extract<Statement, { kind: 'branch' | 'jump' | 'compactBranch' }>;

/** One instruction. */
export interface Step {
  readonly pc: number;
  /** Without the transfer. */
  readonly statements: readonly Statement[];
  readonly transfer: Transfer | undefined;
  readonly effects: Effects;
  /** Where the interpreter goes on when this instruction is left to it: for a delay slot, the branch. */
  readonly resumeAt: number;
  /** Instructions of the block that are given back then: this one, or its branch, and all behind. */
  readonly refund: number;
}

/** How a block ends. Addresses of blocks are keys: see Block. */
export type End =
  | { readonly kind: 'goto'; readonly to: number }
  /** By the condition that the last transfer has evaluated. */
  | { readonly kind: 'branch'; readonly taken: number; readonly otherwise: number }
  | { readonly kind: 'call'; readonly target: number; readonly back: number }
  /** To the address that the last transfer has evaluated. */
  | { readonly kind: 'callRegister'; readonly back: number }
  | { readonly kind: 'jumpRegister' }
  /** To an address outside of the region, or to an instruction that is the interpreter's. */
  | { readonly kind: 'leave'; readonly to: number };

export interface Block {
  /**
   * The address of its first instruction. Of a block that is only the instruction behind a branch, the branch's plus one: the
   * delay slot of a likely branch, or the forbidden slot of a compact one, where an exception names the branch.
   */
  readonly key: number;
  readonly steps: readonly Step[];
  readonly end: End;
  readonly instructions: number;
}

export interface Region {
  readonly entry: number;
  readonly blocks: ReadonlyMap<number, Block>;
  /** Addresses that it calls directly. */
  readonly calls: ReadonlySet<number>;
  /** Addresses of instructions that are the interpreter's, at the start of a block. */
  readonly foreign: ReadonlySet<number>;
  /** Every word that it was made from. */
  readonly words: ReadonlyMap<number, number>;
}

export interface Source {
  readonly isa: Isa;
  readonly decoder: WordDecoder;
  readonly statusMask: number;
  readonly status: number;
  /** The word at an address, if it may be fetched from there. */
  word(pc: number): number | undefined;
  /** Known to be called: a jump there from elsewhere leaves the region. */
  isFunction(pc: number): boolean;
}

interface Decoded {
  readonly statements: readonly Statement[];
  readonly transfer: Transfer | undefined;
  readonly effects: Effects;
}

const isTransfer = (statement: Statement): statement is Transfer =>
  statement.kind === 'branch' || statement.kind === 'jump' || statement.kind === 'compactBranch';

class Finder {
  readonly words = new Map<number, number>();
  readonly calls = new Set<number>();
  readonly foreign = new Set<number>();
  readonly #blocks = new Map<number, Block>();
  readonly #todo: number[] = [];
  #instructions = 0;

  constructor(
    private readonly source: Source,
    private readonly entry: number,
  ) {}

  find(): Region {
    this.#todo.push(this.entry);
    for (let key = this.#todo.shift(); key !== undefined; key = this.#todo.shift())
      if (!this.#blocks.has(key)) this.#blocks.set(key, this.#block(key));
    return { entry: this.entry, blocks: this.#blocks, calls: this.calls, foreign: this.foreign, words: this.words };
  }

  #leave(key: number, to: number): Block {
    return { key, steps: [], end: { kind: 'leave', to }, instructions: 0 };
  }

  #block(key: number): Block {
    if ((key & 1) === 1) return this.#behindBranch(key);
    const isElsewhere = key !== this.entry && this.source.isFunction(key);
    if (isElsewhere || this.#instructions >= LARGEST_REGION) return this.#leave(key, key);
    const steps: Omit<Step, 'refund'>[] = [];
    let pc = key;
    for (;;) {
      const decoded = steps.length >= LONGEST_BLOCK ? undefined : this.#decode(pc, pc);
      if (decoded === undefined || decoded.effects.isForeign) {
        const isSplit = decoded === undefined && steps.length >= LONGEST_BLOCK;
        if (!isSplit) this.foreign.add(pc);
        return this.#finish(key, steps, isSplit ? this.#goto(pc) : { kind: 'leave', to: pc });
      }
      if (decoded.transfer !== undefined) {
        const end = this.#transfer(pc, decoded, steps);
        if (end.kind === 'leave') this.foreign.add(pc);
        return this.#finish(key, steps, end);
      }
      steps.push({ pc, ...decoded, resumeAt: pc });
      pc += 4;
      // a block that begins here already is not made twice
      if (this.#blocks.has(pc)) return this.#finish(key, steps, { kind: 'goto', to: pc });
    }
  }

  #finish(key: number, steps: readonly Omit<Step, 'refund'>[], end: End): Block {
    this.#instructions += steps.length;
    const numbered = steps.map((step, index) => {
      const first = step.resumeAt === step.pc ? index : index - 1;
      return { ...step, refund: steps.length - first };
    });
    return { key, steps: numbered, end, instructions: steps.length };
  }

  #goto(to: number): End {
    this.#todo.push(to);
    return { kind: 'goto', to };
  }

  /** Adds the branch and its delay slot to the steps, or leaves the branch to the interpreter. */
  #transfer(pc: number, decoded: Decoded, steps: Omit<Step, 'refund'>[]): End {
    const { transfer } = decoded;
    if (transfer === undefined) throw new Error('no transfer');
    const foreign: End = { kind: 'leave', to: pc };
    const isCompact = transfer.kind === 'compactBranch';
    const link = linkOf(decoded.statements);
    const target = numberOf(transfer.target);
    const condition = transfer.kind === 'jump' ? undefined : transfer.condition;
    const isConditional = condition !== undefined && numberOf(condition) !== 1;
    if (isConditional && (link !== undefined || target === undefined)) return foreign;
    // executed again after an exit in its delay slot, it must find what it found
    if ((decoded.effects.uses & decoded.effects.sets) !== 0) return foreign;
    const back = isCompact ? pc + 4 : pc + 2 * SLOT_BYTES;
    if (link !== undefined && link !== back) return foreign;

    const isLikely = transfer.kind === 'branch' && transfer.likely && isConditional;
    const slot = isCompact ? undefined : this.#slot(pc);
    if (!isCompact && slot === undefined) return foreign;
    if (isCompact && isConditional && this.#slot(pc) === undefined) return foreign;
    steps.push({ pc, ...decoded, resumeAt: pc });
    if (slot !== undefined && !isLikely) steps.push(slot);

    if (isConditional && target !== undefined) {
      const taken = isLikely ? pc + 1 : target;
      const otherwise = isCompact ? pc + 1 : back;
      this.#todo.push(taken, otherwise);
      return { kind: 'branch', taken, otherwise };
    }
    if (link !== undefined) {
      this.#todo.push(back);
      if (target === undefined) return { kind: 'callRegister', back };
      this.calls.add(target);
      return { kind: 'call', target, back };
    }
    return target === undefined ? { kind: 'jumpRegister' } : this.#goto(target);
  }

  #slot(branch: number): Omit<Step, 'refund'> | undefined {
    const pc = branch + SLOT_BYTES;
    const decoded = this.#decode(pc, branch);
    if (decoded === undefined || decoded.effects.isForeign || decoded.transfer !== undefined) return undefined;
    return { pc, ...decoded, resumeAt: branch };
  }

  #behindBranch(key: number): Block {
    const branch = key - 1;
    const slot = this.#slot(branch);
    const decoded = this.#decode(branch, branch);
    const target = decoded?.transfer === undefined ? undefined : numberOf(decoded.transfer.target);
    if (slot === undefined || target === undefined) throw new Error('a branch without a slot or a target');
    this.#instructions++;
    const to = decoded?.transfer?.kind === 'compactBranch' ? branch + 2 * SLOT_BYTES : target;
    // the branch is given back as well
    return { key, steps: [{ ...slot, refund: 2 }], end: this.#goto(to), instructions: 1 };
  }

  #decode(pc: number, branchPc: number): Decoded | undefined {
    const { source } = this;
    const word = source.word(pc);
    const row = word === undefined ? undefined : source.decoder.row(word);
    if (word === undefined || row === undefined) return undefined;
    this.words.set(pc, word);
    const folder = new Folder({ word, pc, branchPc, statusMask: source.statusMask, status: source.status });
    const statements = folder.statements(source.decoder.meaning(row));
    const transfer = statements.find(isTransfer);
    const effects = effectsOf(statements);
    const isLast = transfer === undefined || statements.at(-1) === transfer;
    return {
      statements: statements.filter((each) => each !== transfer),
      transfer,
      effects: isLast ? effects : { ...effects, isForeign: true },
    };
  }
}

/** The return address that a transfer leaves in $31 or elsewhere; not a number: none, or not a plain one. */
function linkOf(statements: readonly Statement[]): number | undefined {
  const set = statements.find((each) => each.kind === 'setGpr');
  if (set === undefined || numberOf(set.number) !== RA) return undefined;
  return numberOf(set.value);
}

export const findRegion = (source: Source, entry: number): Region => new Finder(source, entry).find();

/**
 * Of a region that begins in a loop, only that loop: what comes after it belongs to a region that has the whole of it. Any
 * other is what it was.
 */
export function loopOnly(region: Region): Region {
  const ids = new Map([...region.blocks.keys()].map((key, index) => [key, index]));
  const keys = [...ids.keys()];
  const graph = new Graph(
    [...region.blocks.values()].map((block) => successorsOf(block).map((key) => ids.get(key) ?? 0)),
    ids.get(region.entry) ?? 0,
    { reduce: false },
  );
  const root = graph.root;
  const loop = components(graph, new Set(ids.values())).find((component) => component.has(root));
  const isLoop = loop !== undefined && (loop.size > 1 || graph.node(root).edges.some(({ to }) => to === root));
  if (!isLoop) return region;
  const inside = new Set([...loop].map((id) => keys[id]));
  const blocks = new Map<number, Block>();
  const leave = (key: number): void => {
    if (inside.has(key) || blocks.has(key)) return;
    const block = outside(region, key);
    blocks.set(key, block);
    for (const to of successorsOf(block)) leave(to);
  };
  for (const [key, block] of region.blocks)
    if (inside.has(key)) {
      blocks.set(key, block);
      for (const to of successorsOf(block)) leave(to);
    }
  return { ...region, blocks };
}

/** Where a loop is left: to the address itself, unless that is no place to begin at. */
function outside(region: Region, key: number): Block {
  const block = region.blocks.get(key);
  if (block !== undefined && ((key & 1) === 1 || block.end.kind === 'leave')) return block;
  return { key, steps: [], end: { kind: 'leave', to: key }, instructions: 0 };
}
