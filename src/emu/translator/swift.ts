/**
 * Loops without checks. An innermost loop with accesses that go on by constants (progress.ts) is made twice: *careful*, as it
 * is, and *swift*, where those accesses are not checked, nor whether stores go to code. Between them stands the
 * *survey*: it finds out how many turns may be done without checks. The loop begins carefully, since most are short, and
 * comes to the survey after some turns; each swift stretch ends there, too.
 *
 *     begin -> careful header -> careful turn -> careful header ...
 *                    |
 *                  survey -> swift header -> swift turn -> swift header ...
 *                    |            |
 *             careful header    survey
 */
import { isCall } from './flow.js';
import { innermostLoops, type Loop } from './loops.js';
import { progressOf, turnLengths, type Progress } from './progress.js';
import type { Block, End, Place, Region } from './region.js';

/** What the survey has to know of a loop. */
export interface Plan {
  /** Unique in the region. */
  readonly id: number;
  readonly progress: readonly Progress[];
  /** Instructions of a turn, at least and at most. */
  readonly shortest: number;
  readonly longest: number;
}

/** A block that stands for no instruction, but for a decision how a loop goes on. */
export type Pace =
  | { readonly kind: 'begin'; readonly plan: Plan; readonly to: number }
  /** A header: on as before, or to the survey. */
  | { readonly kind: 'turn'; readonly plan: Plan; readonly to: number; readonly survey: number }
  | { readonly kind: 'survey'; readonly plan: Plan; readonly swift: number; readonly careful: number };

export const isPace = (end: End): end is Pace => end.kind === 'begin' || end.kind === 'turn' || end.kind === 'survey';

/** Keys of blocks that are made here: above all others. */
const KEYS = 2 ** 48;
const [BEGIN, CAREFUL, SURVEY, SWIFT, SWIFT_TURN] = [KEYS, 2 * KEYS, 3 * KEYS, 4 * KEYS, 5 * KEYS];
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
      blocks.set(key, { ...block, end: redirected(block.end, (to) => (to === loop.header ? header : to)) });
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
  const plan: Plan = { id: key, progress, ...turnLengths(region, loop) };
  const pacing = (kind: number, end: End): Block => ({
    key: key + kind,
    pc,
    isBehindBranch: false,
    steps: [],
    end,
    instructions: 0,
  });
  const inside = new Set(loop.blocks);
  const swiftKey = (to: number): number => (to === key ? key + SWIFT : inside.has(to) ? to + SWIFT_TURN : to);
  return [
    pacing(BEGIN, { kind: 'begin', plan, to: key + CAREFUL }),
    pacing(CAREFUL, { kind: 'turn', plan, to: key, survey: key + SURVEY }),
    pacing(SURVEY, { kind: 'survey', plan, swift: key + SWIFT, careful: key + CAREFUL }),
    pacing(SWIFT, { kind: 'turn', plan, to: key + SWIFT_TURN, survey: key + SURVEY }),
    ...own.map((block) => ({
      ...block,
      key: block.key + SWIFT_TURN,
      steps: block.steps.map((step) => (steps.has(step) ? step.surveyed(isLogged) : step)),
      end: redirected(block.end, swiftKey),
    })),
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
      return { ...end, inside: keyOf(end.inside), outside: keyOf(end.outside) };
    case 'jumpRegister':
      return { ...end, probably: end.probably.map(place) };
    case 'guess':
      return { ...end, probably: end.probably.map(place), otherwise: keyOf(end.otherwise) };
    case 'begin':
    case 'turn':
    case 'survey':
    case 'leave':
      return end;
  }
}
