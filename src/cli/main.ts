/** The command: an error is one line and exit status 1, wrong usage is 2. */
import { CommanderError } from 'commander';
import { codeOf, MountError } from '../fs/index.js';
import { CommandError } from './command-error.js';
import { backgroundReport } from './daemon.js';
import { watchOutput } from './output.js';
import { createProgram } from './program.js';

const USAGE_ERROR = 2;

const report = backgroundReport();
const output = watchOutput();

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitStatus(error);
}
// lines of the log that a reader does not take would keep the process
if (process.stderr.writableLength > 0) process.exit();

function exitStatus(error: unknown): number {
  if (error === output.error) return codeOf(error) === 'EPIPE' ? 0 : 1;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
  if (!(error instanceof CommandError || error instanceof MountError)) throw error;
  report?.failed(error.message);
  console.error(`mips-rprocfs: ${error.message}`);
  return 1;
}
