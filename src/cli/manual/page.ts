import type { Argument, Command, Option } from 'commander';
import { escaped, item, prose, section, sentence, subsection, usage } from './roff.js';
import { ENVIRONMENT, EXIT_STATUS, FILES, SESSION } from './sections.js';

/** What is shown of a command: nothing hidden, and not the same `--help` each time. */
const verbsOf = (program: Command): Command[] =>
  program
    .createHelp()
    .visibleCommands(program)
    .filter((verb) => verb.name() !== 'help')
    .flatMap((verb) => (verb.commands.length > 0 ? verbsOf(verb) : [verb]));

/** With the verb that it is below, if any. */
const nameOf = (verb: Command): string => (verb.parent?.parent ? `${nameOf(verb.parent)} ${verb.name()}` : verb.name());

/** The page in roff, as man(7) shows it. */
export function manualPage(program: Command): string {
  const verbs = verbsOf(program);
  const [purpose = ''] = program.description().split(': ', 1);
  return [
    '.\\" Made from the definitions in src/cli by `npm run man`: change those.',
    '.TH MIPS\\-RPROCFS 1 "" "mips-rprocfs" "User Commands"',
    section('Name'),
    `${escaped(program.name())} \\- ${escaped(purpose)}`,
    section('Synopsis'),
    ...verbs.flatMap((verb) => [synopsis(verb, `${program.name()} `), '.br']).slice(0, -1),
    section('Description'),
    escaped(program.description()),
    section('Commands'),
    ...verbs.flatMap((verb) => [subsection(nameOf(verb)), ...description(verb)]),
    ...[...groupsOf(verbs)].flatMap(([heading, options]) => [
      section(titleOf(heading)),
      ...[...options.values()].flatMap(optionItem),
    ]),
    section('Files'),
    ...FILES.flatMap(([path, purpose]) => item(`\\fI${escaped(path)}\\fR`, purpose)),
    section('Environment'),
    escaped(ENVIRONMENT),
    section('Exit status'),
    escaped(EXIT_STATUS),
    section('Example'),
    ...prose(SESSION),
    '',
  ].join('\n');
}

/** Options that verbs share stand in a group, whose heading they name: by their flags, so that each is told once. */
function groupsOf(verbs: readonly Command[]): Map<string, Map<string, Option>> {
  const groups = new Map<string, Map<string, Option>>();
  for (const option of verbs.flatMap(({ options }) => options)) {
    const { helpGroupHeading: heading, flags } = option;
    if (heading === undefined) continue;
    const group = groups.get(heading) ?? new Map<string, Option>();
    groups.set(heading, group.set(flags, option));
  }
  return groups;
}

const titleOf = (heading: string): string => heading.replace(/:$/, '');

/** The verb and its arguments, in capitals as the text has them. Every verb has `--help`, which is no reason to speak of options. */
function synopsis(verb: Command, before = ''): string {
  const rest = verb
    .usage()
    .replace(/[<[][\w-]+(\.\.\.)?[>\]]/g, (argument) => (argument === '[options]' ? argument : argument.toUpperCase()));
  const shown = verb.options.length > 0 ? rest : rest.replace(/^\[options\] ?/, '');
  return usage(`${before}${nameOf(verb)} ${shown}`.trimEnd());
}

function description(verb: Command): string[] {
  const own = verb.options.filter(({ hidden, helpGroupHeading }) => !hidden && helpGroupHeading === undefined);
  const groups = new Set(verb.options.flatMap(({ helpGroupHeading = [] }) => helpGroupHeading));
  return [
    synopsis(verb),
    '.PP',
    escaped(sentence(verb.description())),
    ...verb.registeredArguments.filter((argument) => argument.description !== '').flatMap(argumentItem),
    ...own.flatMap(optionItem),
    ...(groups.size === 0
      ? []
      : ['.PP', escaped(`And the ${[...groups].map(titleOf).join(', ').toLowerCase()}, below.`)]),
    ...prose(textAfter(verb)),
  ];
}

const argumentItem = (argument: Argument): string[] =>
  item(
    `\\fI${escaped(argument.name().toUpperCase())}\\fR`,
    argument.description + choices(argument.argChoices, argument),
  );

const optionItem = (option: Option): string[] =>
  item(usage(option.flags), option.description + choices(option.argChoices, option));

interface WithDefault {
  readonly defaultValue?: unknown;
  readonly defaultValueDescription?: string;
}

/** What may be given, and what it is otherwise, as sentences of their own. */
function choices(
  allowed: readonly string[] | undefined,
  { defaultValue, defaultValueDescription }: WithDefault,
): string {
  const fallback = defaultValueDescription ?? textOf(defaultValue);
  return [
    allowed === undefined ? '' : `. One of ${allowed.join(', ')}`,
    fallback === undefined ? '' : `. Default: ${fallback}`,
  ].join('');
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** What addHelpText() puts after the help proper: commander shows it only when it prints all. */
function textAfter(verb: Command): string {
  let all = '';
  const output = verb.configureOutput();
  verb.configureOutput({ ...output, writeOut: (text) => (all += text) });
  verb.outputHelp();
  verb.configureOutput(output);
  const help = verb.helpInformation();
  return all.slice(all.indexOf(help) + help.length);
}
