/** The command line: every verb is a file of its own. Help, the manual and completion are all made from these definitions. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { completeCommand, completionCommand } from './completion/index.js';
import { loadCommand, startCommand, stopCommand } from './control.js';
import { consoleCommand } from './console/index.js';
import { demoCommand } from './demo.js';
import { dmesgCommand } from './dmesg.js';
import { doctorCommand } from './doctor.js';
import { faultCommand } from './fault.js';
import { inspectCommand } from './inspect.js';
import { ENVIRONMENT, EXIT_STATUS, SESSION } from './manual/index.js';
import { mountCommand } from './mount.js';
import { rpmsgCommand } from './rpmsg/index.js';
import { runCommand } from './run.js';
import { statusCommand } from './status.js';
import { testCommand } from './test.js';
import { traceCommand } from './trace.js';
import { umountCommand } from './umount.js';
import { whyCommand } from './why.js';

/** In the order of the help. */
const VERBS = [
  mountCommand,
  runCommand,
  testCommand,
  umountCommand,
  statusCommand,
  loadCommand,
  startCommand,
  stopCommand,
  traceCommand,
  whyCommand,
  inspectCommand,
  dmesgCommand,
  consoleCommand,
  faultCommand,
  rpmsgCommand,
  doctorCommand,
  demoCommand,
  completionCommand,
];

function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const content: unknown = JSON.parse(text);
  if (typeof content !== 'object' || content === null) return 'unknown';
  return String(Reflect.get(content, 'version'));
}

export function createProgram(): Command {
  const program = new Command('mips-rprocfs')
    .description(
      'Linux remoteproc without a board: mounts a /sys tree whose files load, start and stop firmware on emulated MIPS coprocessors.',
    )
    .version(version())
    .addHelpText('after', `\nA session:\n${SESSION}\n\nExit status: ${EXIT_STATUS}\n${ENVIRONMENT}`)
    .showSuggestionAfterError()
    .showHelpAfterError('Run `mips-rprocfs help`, or `mips-rprocfs help <command>`, to see what there is.')
    .exitOverride();
  for (const verb of VERBS) program.addCommand(inheriting(verb(), program));
  program.addCommand(completeCommand(program).copyInheritedSettings(program), { hidden: true });
  return program;
}

/** With the settings of what it belongs to, also for the verbs below it. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const verb of command.commands) inheriting(verb, command);
  return command;
}
