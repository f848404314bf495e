/** Verbs about one processor take `[root] <n>`: ROOT may be left out when only one machine is mounted. */
import type { Command } from 'commander';
import { findMachine } from './mounted-machines.js';
import { findProcessor, type Processor } from './processors.js';

export const ROOT = 'the directory that was given to mount; may be left out when only one machine is mounted';

/** Declares them; `rest` is shown in the usage behind them. */
export const processorArguments = (command: Command, rest = ''): Command =>
  command
    .argument('[root]', ROOT)
    .argument('[n]', 'N of remoteprocN, or the name of the processor, such as mips-cpu1')
    .usage(`[options] [root] <n>${rest}`);

/** Whether a verb was declared so. */
export const mayLackRoot = ({ registeredArguments: [first, second] }: Command): boolean =>
  first?.name() === 'root' && !first.required && second?.name() === 'n';

/** What was given for them, and what came behind. @throws CommandError; CommanderError for wrong usage. */
export async function processorOf(
  command: Command,
  given: readonly (string | undefined)[],
  most = 0,
): Promise<{ readonly processor: Processor; readonly rest: readonly string[] }> {
  const words = given.filter((word) => word !== undefined);
  const root = isRoot(words[0] ?? '') ? words.shift() : undefined;
  const [which, ...rest] = words;
  if (which === undefined) command.error("error: missing required argument 'n'");
  if (rest.length > most) command.error(`error: too many arguments: what is ${String(rest[most])}?`);
  const processor = await findProcessor(await findMachine(root), which);
  return { processor, rest };
}

/** A path, told from a number or a name: it has a slash, or is `.` or `..`. */
export const isRoot = (word: string): boolean => word.includes('/') || /^\.\.?$/.test(word);
