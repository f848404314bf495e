/** The command: an error is one line and exit status 1, wrong usage is 2. */
import { CommanderError } from 'commander';
import { codeOf, MountError } from '../fs/index.js';
import { CommandError } from './command-error.js';
import { backgroundReport } from './daemon.js';
import { isUnserved } from './mounted-machines.js';
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
  const message = messageOf(error);
  report?.failed(message);
  console.error(`mips-rprocfs: ${message}`);
  return 1;
}

/** @throws what is no failure that a user has to know of, but a defect */
function messageOf(error: unknown): string {
  if (error instanceof CommandError || error instanceof MountError) return error.message;
  if (isUnserved(error)) return 'the process that served the machine has ended meanwhile';
  throw error;
}
