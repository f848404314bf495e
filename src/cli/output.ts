import { codeOf } from '../fs/index.js';
import { inWords } from './errno-words.js';

/** What standard output would not take. */
export interface OutputFailure {
  /** The error that says so, once there is one. */
  error?: Error;
}

/**
 * Says once, in one line, why standard output takes nothing, such as a full disk; the exit status is then 1. A reader that goes
 * away has had enough, which is no failure. Without this the console would drop such errors, and a stream would throw them.
 */
export function watchOutput(): OutputFailure {
  const failure: OutputFailure = {};
  process.stdout.on('error', (error: Error) => {
    if (failure.error !== undefined) return;
    failure.error = error;
    if (codeOf(error) === 'EPIPE') return;
    console.error(`mips-rprocfs: the output could not be written: ${inWords(codeOf(error))}`);
    process.exitCode = 1;
  });
  return failure;
}
