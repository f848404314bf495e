/**
 * Completion of command lines, made from the definitions of the command line.
 *
 * complete     what may stand next on a command line, whatever the shell
 * meanings     what a value is, told by the name that its definition gives it: `root`, `n`, `file`, …
 * scripts      for each shell the lines that ask `mips-rprocfs complete` and show its answer
 * verbs        `completion`, which prints a script, and the hidden `complete`
 *
 * An answer is lines: what else fits (`none`, `file`, `directory`, `program`), which the shell knows how to complete, and
 * then a candidate a line, with its description after a tab.
 */
export { complete, type Candidate, type Completion } from './complete.js';
export { completeCommand, completionCommand } from './verbs.js';
