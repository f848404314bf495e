import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { codeOf } from '../fs/index.js';
import { CommandError } from './command-error.js';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such processor or fault; `ls` of its directory shows them',
  EINVAL: 'it takes no such value',
  ERANGE: 'the number is too large',
  EOPNOTSUPP: 'this processor cannot do it',
  EACCES: 'only root may',
};

export const faultCommand = (): Command =>
  new Command('fault')
    .description('make something go wrong with a remote processor of the machine that is mounted at ROOT')
    .argument('<root>', 'the directory that was given to mount')
    .argument('<n>', 'N of remoteprocN')
    .argument('<name>', 'the fault, such as start_err, start_delay_ms, lose_kicks, crash, freeze')
    .argument('<value>', 'its value: a number; errors may be followed by " once", as in "5 once"')
    .addHelpText(
      'after',
      '\nEvery fault is a file in ROOT/sys/kernel/debug/mips-rproc/remoteprocN, whose content is the present value.',
    )
    .action(async (root: string, n: string, name: string, value: string) => {
      const path = join(root, 'sys/kernel/debug/mips-rproc', `remoteproc${n}`, name);
      await writeFile(path, value, { flag: 'r+' }).catch((error: unknown) => {
        const code = String(codeOf(error));
        throw new CommandError(`${path} refuses "${value}" (${code}): ${WHY[code] ?? 'is a machine mounted there?'}`, {
          cause: error,
        });
      });
    });
