/** The command: every verb is a file of its own; an error is one line and exit status 1, wrong usage is 2. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { MountError } from '../fs/index.js';
import { CommandError } from './command-error.js';
import { backgroundReport } from './daemon.js';
import { demoCommand } from './demo.js';
import { dmesgCommand } from './dmesg.js';
import { faultCommand } from './fault.js';
import { inspectCommand } from './inspect.js';
import { mountCommand } from './mount.js';
import { umountCommand } from './umount.js';

const USAGE_ERROR = 2;

function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const content: unknown = JSON.parse(text);
  if (typeof content !== 'object' || content === null) return 'unknown';
  return String(Reflect.get(content, 'version'));
}

const program = new Command('mips-rprocfs')
  .description(
    'Linux remoteproc without a board: mounts a /sys tree whose files load, start and stop firmware on emulated MIPS coprocessors.',
  )
  .version(version())
  .addHelpText(
    'after',
    `
A session:
  $ mips-rprocfs mount /tmp/board --daemon
  $ cp my.elf /tmp/board/lib/firmware/
  $ cd /tmp/board/sys/class/remoteproc/remoteproc0
  $ echo my.elf > firmware
  $ echo start > state
  $ cat /tmp/board/sys/kernel/debug/remoteproc/remoteproc0/trace0
  $ echo stop > state
  $ mips-rprocfs dmesg /tmp/board
  $ mips-rprocfs umount /tmp/board

Exit status: 0 done, 1 it failed (one line says why), 2 the command line was wrong.
Set DEBUG=mips-rprocfs:* to see what happens inside.`,
  )
  .showSuggestionAfterError()
  .showHelpAfterError('Run `mips-rprocfs help`, or `mips-rprocfs help <command>`, to see what there is.')
  .exitOverride();

for (const command of [
  mountCommand(),
  umountCommand(),
  inspectCommand(),
  dmesgCommand(),
  faultCommand(),
  demoCommand(),
])
  program.addCommand(command.copyInheritedSettings(program));

const report = backgroundReport();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitStatus(error);
}
// lines of the log that a reader does not take would keep the process
if (process.stderr.writableLength > 0) process.exit();

function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
  if (!(error instanceof CommandError || error instanceof MountError)) throw error;
  report?.failed(error.message);
  console.error(`mips-rprocfs: ${error.message}`);
  return 1;
}
