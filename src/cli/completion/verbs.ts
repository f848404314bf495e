import { Argument, Command } from 'commander';
import { bashWords } from './bash-words.js';
import { complete } from './complete.js';
import { HERE } from './meanings.js';
import { SCRIPTS, SHELLS, type Shell } from './scripts.js';

const shell = (): Argument => new Argument('<shell>', 'the shell that it is for').choices(SHELLS);

export const completionCommand = (): Command =>
  new Command('completion')
    .description('print a script that makes a shell complete verbs, options, ROOTs and processors')
    .addArgument(shell())
    .addHelpText(
      'after',
      `
For this session of bash, for all of them, for zsh, and for fish:
  $ eval "$(mips-rprocfs completion bash)"
  $ mips-rprocfs completion bash > ~/.local/share/bash-completion/completions/mips-rprocfs
  $ mips-rprocfs completion zsh > "\${fpath[1]}/_mips-rprocfs"
  $ mips-rprocfs completion fish > ~/.config/fish/completions/mips-rprocfs.fish`,
    )
    .action((name: Shell) => void process.stdout.write(SCRIPTS[name]));

/** What the scripts ask: not for users. */
export const completeCommand = (program: Command): Command =>
  new Command('complete')
    .addArgument(shell())
    .argument('<words...>', 'the command line up to the cursor, without the program')
    .action(async (name: Shell, words: readonly string[]) => {
      const { candidates, others } = await complete(program, name === 'bash' ? bashWords(words) : words, HERE);
      const lines = candidates.map(({ value, description }) => `${value}\t${description}`);
      process.stdout.write([others, ...lines, ''].join('\n'));
    });
