/**
 * Loops without checks. An innermost loop with accesses that go on by constants (progress.ts) is made twice: *careful*, as it
 * is, and *swift*, where those accesses are not checked, nor whether stores go to code. Between them stands the
 * *survey*: it finds out how many turns may be done without checks. The loop begins carefully, since most are short, and
 * comes to the survey after some turns; each swift stretch ends there, too. A short turn is made several times in the swift loop:
 * a round, which is asked for once whether there are enough turns for it.
 *
 *     begin -> careful header -> careful turn -> careful header ...
 *                    |
 *                  survey -> swift header -> swift turn -> ... -> swift turn -> swift header ...
 *                    |            |
 *             careful header    survey
 */
import { isCall } from './flow.js';
import { innermostLoops, type Loop } from './loops.js';
import { progressOf, turnLengths, type Progress } from './progress.js';
import { Block, type End, type Place } from './block.js';
import type { Region } from './region.js';
import type { Step } from './step.js';

/** What the survey has to know of a loop. */
export interface Plan {
  /** Unique in the region. */
  readonly id: number;
  readonly progress: readonly Progress[];
  /** Instructions of a turn, at least and at most. */
  readonly shortest: number;
  readonly longest: number;
  /** Turns of a swift round. */
  readonly round: number;
}

/** The place near a progress's register that is the lowest in a round of turns, from the value that the register has when it begins. */
export const lowestOf = ({ fact, step }: Progress, { round }: Pick<Plan, 'round'>): number =>
  fact.least + Math.min(0, (round - 1) * step);

/** A block that stands for no instruction, but for a decision how a loop goes on. */
export type Pace =
  | { readonly kind: 'begin'; readonly plan: Plan; readonly to: number }
  /** A header: on as before, or to the survey. */
  | { readonly kind: 'turn'; readonly plan: Plan; readonly to: number; readonly survey: number }
  /** The same of the swift loop. */
  | { readonly kind: 'round'; readonly plan: Plan; readonly to: number; readonly survey: number }
  | { readonly kind: 'survey'; readonly plan: Plan; readonly swift: number; readonly careful: number };

export const isPace = (end: End): end is Pace =>
  end.kind === 'begin' || end.kind === 'turn' || end.kind === 'round' || end.kind === 'survey';

/** Keys of blocks that are made here: above all others. */
const KEYS = 2 ** 48;
const [BEGIN, CAREFUL, SURVEY, SWIFT, SWIFT_TURN] = [KEYS, 2 * KEYS, 3 * KEYS, 4 * KEYS, 5 * KEYS];
/** Turns of a round, and the instructions that it may have. */
const MOST_TURNS = 4;
const LONGEST_ROUND = 60;
/** Registers that the accesses of a loop may be at: each makes the survey longer. */
const MOST_REGISTERS = 4;

/** `isLogged`: every access may still be left, since there may be no room to write it down. */
export function withSwiftLoops(region: Region, isLogged: boolean): Region {
  const blocks = new Map(region.blocks);
  let { entryKey } = region;
  for (const loop of innermostLoops(region)) {
    const made = swiftLoop({ ...region, blocks }, loop, isLogged);
    if (made === undefined) continue;
    const inside = new Set(loop.blocks);
    for (const [key, block] of blocks) {
      const header = loop.header + (inside.has(key) ? CAREFUL : BEGIN);
      const end = redirected(block.end, (to) => (to === loop.header ? header : to));
      blocks.set(key, block.with({ end }));
    }
    for (const block of made) blocks.set(block.key, block);
    if (entryKey === loop.header) entryKey += BEGIN;
  }
  return { ...region, blocks, entryKey };
}

/** The blocks that are new; undefined if the loop had better stay as it is. */
function swiftLoop(region: Region, loop: Loop, isLogged: boolean): readonly Block[] | undefined {
  const own = loop.blocks.flatMap((key) => region.blocks.get(key) ?? []);
  const [header] = own;
  if (header === undefined || header.isBehindBranch || own.some(isCall)) return undefined;
  const { all: progress, steps } = progressOf(region, loop);
  if (progress.length === 0 || progress.length > MOST_REGISTERS) return undefined;
  const { key, pc } = header;
  const lengths = turnLengths(region, loop);
  const round = Math.max(1, Math.min(MOST_TURNS, Math.floor(LONGEST_ROUND / lengths.longest)));
  const plan: Plan = { id: key, progress, ...lengths, round };
  const byRegister = new Map(progress.map((each) => [each.register, each]));
  const pacing = (kind: number, end: End): Block => new Block(key + kind, pc, [], end);
  const inside = new Set(loop.blocks);
  const turnKey = (to: number, turn: number): number => to + SWIFT_TURN + turn * KEYS;
  const swiftKey = (to: number, turn: number): number => {
    if (to === key) return turn + 1 < round ? turnKey(key, turn + 1) : key + SWIFT;
    return inside.has(to) ? turnKey(to, turn) : to;
  };
  const swift = (step: Step, turn: number): Step => {
    const place = steps.get(step);
    const each = place && byRegister.get(place.register);
    if (place === undefined || each === undefined) return step;
    const distance = place.offset + turn * each.step - lowestOf(each, plan);
    return step.withoutCheck({ loop: key, register: place.register, distance }, isLogged);
  };
  return [
    pacing(BEGIN, { kind: 'begin', plan, to: key + CAREFUL }),
    pacing(CAREFUL, { kind: 'turn', plan, to: key, survey: key + SURVEY }),
    pacing(SURVEY, { kind: 'survey', plan, swift: key + SWIFT, careful: key + CAREFUL }),
    pacing(SWIFT, { kind: 'round', plan, to: turnKey(key, 0), survey: key + SURVEY }),
    ...Array.from({ length: round }, (_, turn) =>
      own.map((block) =>
        block.with({
          key: turnKey(block.key, turn),
          steps: block.steps.map((step) => swift(step, turn)),
          end: redirected(block.end, (to) => swiftKey(to, turn)),
        }),
      ),
    ).flat(),
  ];
}

/** Other blocks by other keys. */
function redirected(end: End, keyOf: (key: number) => number): End {
  const place = ({ address, key }: Place): Place => ({ address, key: keyOf(key) });
  switch (end.kind) {
    case 'goto':
      return { ...end, to: keyOf(end.to) };
    case 'branch':
      return { ...end, taken: keyOf(end.taken), otherwise: keyOf(end.otherwise) };
    case 'call':
    case 'callRegister':
    case 'interpret':
      return { ...end, back: place(end.back) };
    case 'where':
    case 'tabled':
      return { ...end, inside: keyOf(end.inside), outside: keyOf(end.outside) };
    case 'jumpRegister':
      return { ...end, probably: end.probably.map(place) };
    case 'guess':
      return { ...end, probably: end.probably.map(place), otherwise: keyOf(end.otherwise) };
    case 'begin':
    case 'turn':
    case 'round':
    case 'survey':
    case 'leave':
      return end;
  }
}
