import type { Argument, Command, Option } from 'commander';
import { isRoot, mayLackRoot } from '../processor-arguments.js';
import { meaningOf, type Surroundings } from './meanings.js';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What fits besides, that a shell completes by itself. */
  readonly others: 'none' | 'file' | 'directory' | 'program';
}

export const NOTHING: Completion = { candidates: [], others: 'none' };

/** What may stand for the last of `words`, which is begun or empty. `words` are without the program's own name. */
export async function complete(
  program: Command,
  words: readonly string[],
  surroundings: Surroundings,
): Promise<Completion> {
  const last = words.at(-1) ?? '';
  const line = read(program, words.slice(0, -1));
  if (line === undefined) return NOTHING;
  const { command, given, awaiting, options } = line;
  const value = async (definition: Option | Argument | undefined, begun: string, prefix = '') =>
    matching(await valuesOf(definition, line, program, surroundings), begun, prefix);
  if (awaiting !== undefined) return value(awaiting, last);
  const [flag, begun] = splitOnce(last, '=');
  if (options && flag.startsWith('--') && begun !== undefined) return value(optionOf(command, flag), begun, `${flag}=`);
  if (options && last.startsWith('-')) return matching({ ...NOTHING, candidates: optionsOf(command) }, last);
  if (hasVerbs(command)) return matching({ ...NOTHING, candidates: verbsOf(command) }, last);
  return value(argumentAt(command, given.length), last);
}

interface Line {
  readonly command: Command;
  /** The arguments so far. */
  readonly given: string[];
  /** The option whose value comes next. */
  readonly awaiting: Option | undefined;
  /** Whether options may still come: not after `--`, nor behind a program to run. */
  readonly options: boolean;
}

/** Undefined when there is no such verb. `help` is one that commander makes itself, and shows only in the help. */
function read(program: Command, words: readonly string[]): Line | undefined {
  let command = program;
  let awaiting: Option | undefined;
  let options = true;
  const given: string[] = [];
  for (const word of words) {
    if (awaiting !== undefined) awaiting = undefined;
    else if (options && word === '--') options = false;
    else if (options && word.startsWith('-') && word !== '-') {
      const option = optionOf(command, word);
      if (option?.required === true) awaiting = option;
    } else if (hasVerbs(command)) {
      const verb = [...command.commands, ...visible(command)].find((one) => one.name() === word);
      if (verb === undefined) return undefined;
      command = verb;
    } else {
      given.push(word);
      options &&= !startsProgram(argumentAt(command, given.length - 1));
    }
  }
  // a ROOT that may be left out, and was
  if (mayLackRoot(command) && given[0] !== undefined && !isRoot(given[0])) given.unshift('');
  return { command, given, awaiting, options };
}

/** `run -- CMD ARGS…`: what follows belongs to CMD. */
const startsProgram = (argument: Argument | undefined): boolean => argument?.name() === 'cmd';

const hasVerbs = ({ commands }: Command): boolean => commands.length > 0;

const visible = (program: Command): Command[] => program.createHelp().visibleCommands(program);

const optionOf = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ short, long }) => flag === short || flag === long);

function argumentAt(command: Command, index: number): Argument | undefined {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic === true ? last : undefined);
}

const verbsOf = (program: Command): Candidate[] =>
  visible(program).map((verb) => ({ value: verb.name(), description: verb.summary() || verb.description() }));

const optionsOf = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));

async function valuesOf(
  definition: Option | Argument | undefined,
  { command, given }: Line,
  program: Command,
  surroundings: Surroundings,
): Promise<Completion> {
  if (definition === undefined) return NOTHING;
  if (definition.argChoices !== undefined)
    return { ...NOTHING, candidates: definition.argChoices.map((value) => ({ value, description: '' })) };
  if (definition.name() === 'command') return { ...NOTHING, candidates: verbsOf(program) };
  return meaningOf(definition, command)(surroundings, given);
}

function matching({ candidates, others }: Completion, begun: string, prefix = ''): Completion {
  const fitting = candidates.filter(({ value }) => value.startsWith(begun));
  return { candidates: fitting.map((one) => ({ ...one, value: prefix + one.value })), others };
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
