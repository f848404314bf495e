import { Command } from 'commander';
import { mayMount } from '../fs/index.js';
import { addBoardOptions, checkFirmwareDirectories, type BoardChoice } from './machine-options.js';
import { starter, type Starter } from './run/starter.js';
import { runAsNamespaceRoot } from './run/user-namespace.js';
import { seconds } from './seconds.js';

interface RunChoice extends BoardChoice {
  readonly timeout?: number;
}

export const runCommand = (): Command =>
  addBoardOptions(
    new Command('run')
      .description('run a command, for which alone the files of a machine stand at their real paths')
      .usage('[options] -- <cmd> [args...]')
      .argument('<cmd...>', 'the command and its arguments')
      .option('--timeout <seconds>', 'end the command after so long; the exit status is then 124', seconds),
  )
    .addHelpText(
      'after',
      `
What it sees of /sys/class/remoteproc, /sys/kernel/debug/remoteproc, /dev and their like is the machine, besides all else
that this host has there. It may change /lib/firmware, which shows the directories of --firmware-dir, too: only itself sees that.
Nobody else sees any of it, and with the last process of the command all is gone.

Exit status: the command's, 128 + N when signal N ended it, 124 after --timeout; 1 when it could not be run.

Example: a test script that knows nothing of this program:
  $ mips-rprocfs run --firmware-dir build --timeout 60 -- ./test.sh`,
    )
    .action(async (command: readonly string[], choice: RunChoice) => {
      await checkFirmwareDirectories(choice);
      const from = starter();
      if (from === undefined && !(await mayMount())) process.exitCode = await runAsNamespaceRoot();
      else process.exitCode = await serve(command, choice, from);
    });

/** What makes a machine takes time to load, which the starter of this process in a namespace need not. */
async function serve(command: readonly string[], choice: RunChoice, from?: Starter): Promise<number> {
  const [{ runInNamespace }, { readMachineFile }] = await Promise.all([
    import('./run/session.js'),
    import('./machine-file.js'),
  ]);
  const { machine: file, ...options } = choice;
  const machine = file === undefined ? {} : { machine: await readMachineFile(file) };
  return runInNamespace(command, { ...options, ...machine, starter: from });
}
