/**
 * `test`: shell scripts, each on a machine of its own.
 *
 * Trial     one script under `run`, as a process of its own that ends with this one, and how that ended.
 * Verdict   what a trial means: passed, failed, skipped, with the reason.
 * Series    trials in the order of the arguments, several at a time; what interrupts one ends them all.
 * tap, junit   verdicts as the Test Anything Protocol and as JUnit's XML have them.
 */
export { runSeries, type SeriesOptions } from './series.js';
