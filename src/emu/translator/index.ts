/**
 * The translator: hot code of a firmware becomes WebAssembly functions (docs/engines.md).
 *
 * region      code that is reached from an entry without following calls: one function
 * exit        leaving a region at an instruction that the interpreter does, as if it had not been begun
 * context     what translated code takes for granted: the mapping of addresses, bits of Status
 * window      addresses that a region reads and writes itself: one range of RAM
 * batch       a module of regions that were translated together
 * turn        of a loop: once from its header to its header
 * piece       of a function, where execution goes on in the middle of it: a small region
 *
 * round       turns of a loop without checks that are done at a time
 * link        what a module knows of a function of another module: its place in the table of functions
 *
 * In the thread of a core: engine.ts (what runs when), interpreting.ts, service.ts (who translates), context.ts, library.ts (what
 * there is), linker.ts with function-table.ts and instantiate.ts (how modules call each other), second-look.ts, wanted.ts and
 * places.ts (what there ought to be, and what not), hot-table.ts and code-map.ts (what it shares with the interpreter and with
 * other cores), remote.ts, activity.ts (whether it pays), verifier.ts and difference.ts (--engine verify).
 *
 * In the translator's thread: thread.ts, practice.ts (before there is anything to do), shared-translator.ts, which asks known.ts
 * (translations for several cores) and translation-cache.ts with cache-key.ts, cache-directory.ts, translation-file.ts (from run to
 * run) first; then translator.ts, and discovery.ts (which regions there are), with what they use: words.ts and reader.ts
 * (instructions), decoder.ts (rows), fold.ts (meanings with all that is known put in), exceptions.ts (system calls and returns in
 * place), arrange.ts (instructions of several accesses), jump-table.ts (where a switch leads), effects.ts (registers), region.ts
 * (blocks) with step.ts, source.ts and transfer.ts, piece.ts, graph.ts and structure.ts (control flow), flow.ts (dirty and live
 * registers), loops.ts, progress.ts and swift.ts (loops without checks), comparison.ts (branches), floats.ts (registers of the FPU),
 * checks.ts (addresses), path.ts (the budget), summary.ts (calls), float-lowering.ts and step-lowering.ts (steps),
 * slice-lowering.ts (how long a region may go on), survey-lowering.ts (how long without checks), switch.ts and lowering.ts
 * (regions), module.ts (all of it together).
 */
export { Engine } from './engine.js';
export type { TranslationService } from './service.js';
export { Verifier } from './verifier.js';
