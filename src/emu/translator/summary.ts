/** Which registers calls between the regions of a module use and change, those of their callees included. */
import { ALL, NONE } from './effects.js';
import { effectsOfCall, flowOf, isCall, type CallEffects } from './flow.js';
import type { Block } from './block.js';
import type { Region } from './region.js';

const ANYTHING: CallEffects = { stored: ALL, changed: ALL };
const NOTHING: CallEffects = { stored: NONE, changed: NONE };

/** By the address that is called; undefined, or one that is none of these regions: anything may happen. */
export function callSummaries(regions: readonly Region[]): (target: number | undefined) => CallEffects {
  const summaries = new Map<number, CallEffects>(regions.map(({ entry }) => [entry, NOTHING]));
  const effects = (target: number | undefined): CallEffects =>
    target === undefined ? ANYTHING : (summaries.get(target) ?? ANYTHING);
  const ofCall = (block: Block): CallEffects => effectsOfCall(block, effects);
  for (let isStable = false; !isStable;) {
    isStable = true;
    for (const region of regions) {
      const before = effects(region.entry);
      let changed = before.changed;
      let stored = before.stored | flowOf(region, ofCall).live(region.entryKey);
      for (const block of region.blocks.values()) {
        for (const { effects: own } of block.steps) changed |= own.sets;
        if (!isCall(block)) continue;
        changed |= ofCall(block).changed;
        stored |= ofCall(block).stored;
      }
      stored |= changed;
      if (stored === before.stored && changed === before.changed) continue;
      summaries.set(region.entry, { stored, changed });
      isStable = false;
    }
  }
  return effects;
}
