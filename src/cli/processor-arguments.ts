/** Verbs about one processor take `[root] <n>`: ROOT may be left out when only one machine is mounted. */
import { statSync } from 'node:fs';
import { Command } from 'commander';
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

/** A processor that was named, the words behind it, and the command, which complains about what is wrong with them. */
interface Named {
  readonly processor: Processor;
  readonly rest: readonly string[];
  readonly command: Command;
}

/**
 * What the action of such a verb was called with: its arguments, its options, and the command.
 *
 * @param most how many words may come behind
 * @throws CommandError; CommanderError for wrong usage
 */
export async function processorOf(given: readonly unknown[], most = 0): Promise<Named> {
  const command = given.at(-1);
  if (!(command instanceof Command)) throw new TypeError('not the arguments of an action');
  const words = [...command.args];
  const [first = ''] = words;
  const root = isRoot(first) || (words.length > 1 && isDirectory(first)) ? words.shift() : undefined;
  const [which, ...rest] = words;
  if (which === undefined) return command.error("error: missing required argument 'n'");
  if (rest.length > most) command.error(`error: too many arguments: what is ${rest.slice(most).join(' ')}?`);
  return { processor: await findProcessor(await findMachine(root), which), rest, command };
}

/** A directory that is given by its name alone, and that is not a processor's. */
const isDirectory = (word: string): boolean =>
  !/^(?:remoteproc|mips-cpu)?\d+$/.test(word) && statSync(word, { throwIfNoEntry: false })?.isDirectory() === true;

/** A path, told from a number or a name: it has a slash, or is `.` or `..`. */
export const isRoot = (word: string): boolean => word.includes('/') || /^\.\.?$/.test(word);
