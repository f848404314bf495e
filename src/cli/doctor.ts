import { constants } from 'node:os';
import { Command } from 'commander';
import type { Finding } from './doctor/index.js';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const SIGNALLED = 128;

export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('try what `mount` and `run` need of this host, and tell how to get it; status 1 if one will not work')
    .option('--json', 'print it as JSON, whose keys docs/commands.md explains')
    .addHelpText(
      'after',
      `
Every line is \`ok\`, \`not ok\`, or \`limited\`: something is missing that neither \`mount\` nor \`run\` needs, for this user.

Example: what an ordinary user may do here:
  $ sudo -u nobody mips-rprocfs doctor`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { examine } = await import('./doctor/index.js');
      const findings: Finding[] = [];
      let signal: (typeof ENDING_SIGNALS)[number] | undefined;
      // what a probe has made goes when it ends
      for (const name of ENDING_SIGNALS) process.on(name, () => (signal = name));
      for await (const finding of examine()) {
        if (signal !== undefined) {
          process.exitCode = SIGNALLED + constants.signals[signal];
          return;
        }
        findings.push(finding);
        if (json !== true) console.log(textOf(finding));
      }
      const works = (name: string): boolean => findings.some((one) => one.name === name && one.result === 'ok');
      const verdict = { mount: works('mount'), run: works('run') };
      if (json === true) console.log(JSON.stringify({ ...verdict, findings }, null, 2));
      if (!verdict.mount || !verdict.run) process.exitCode = 1;
    });

const RESULT_WIDTH = 'limited'.length;
const NAME_WIDTH = 'overlayfs of users'.length;

function textOf({ name, result, found, remedy }: Finding): string {
  const line = `${result.padEnd(RESULT_WIDTH)}  ${name.padEnd(NAME_WIDTH)}  ${found}`;
  return remedy === null ? line : `${line}\n${' '.repeat(RESULT_WIDTH + NAME_WIDTH + 4)}→ ${remedy}`;
}
