import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { mayMount } from '../fs/index.js';
import { addBoardOptions, checkFirmwareDirectories, integer, type BoardChoice } from './machine-options.js';
import { starter } from './run/starter.js';
import { runAsNamespaceRoot } from './run/user-namespace.js';
import { seconds } from './seconds.js';

interface TestChoice extends BoardChoice {
  readonly jobs: number;
  readonly junit?: string;
  readonly timeout?: number;
}

const MOST_JOBS = 64;

export const testCommand = (): Command =>
  addBoardOptions(
    new Command('test')
      .description('run shell scripts, each on a fresh machine whose files stand at their real paths, and print TAP')
      .argument('<script...>', 'a program, or a script for sh')
      .option('--tap', 'print TAP 14 on standard output, which it does in any case')
      .option('--junit <file>', 'write JUnit XML to this file, too', (file: string) => resolve(file))
      .option('-j, --jobs <n>', 'how many scripts run at once', integer(1, MOST_JOBS), 1)
      .option('--timeout <seconds>', 'end a script after so long, which is a failure', seconds),
  )
    .addHelpText(
      'after',
      `
A script passes with exit status 0, is skipped with 77 (its last line of output says why), and fails with any other. What it
sees is told in the help of \`run\`. A failure comes with the ends of what the script printed, the kernel log of its machine,
and the traces of all firmware that ran on it.

Exit status: 0 when none failed, 1 when one did, 2 for wrong usage, 128 + N when signal N ended it.

Example: all of a directory, two at a time, for a CI system:
  $ mips-rprocfs test --firmware-dir build --timeout 60 --jobs 2 --junit results.xml tests/*.sh`,
    )
    .action(async (scripts: readonly string[], choice: TestChoice, command: Command) => {
      const missing = scripts.find((script) => !isReadableFile(script));
      if (missing !== undefined) command.error(`error: ${missing} is no file that can be read: name a script`);
      await checkFirmwareDirectories(choice);
      const from = starter();
      if (from === undefined && !(await mayMount())) {
        process.exitCode = await runAsNamespaceRoot();
        return;
      }
      const { runSeries } = await import('./test/index.js');
      process.exitCode = await runSeries(scripts, { ...choice, abandoned: from?.gone });
    });

function isReadableFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
