/** What the help lists stands in the README and in the man page, and documents link to files that are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { run } from './fs/mounted.js';
import { repository } from './support/repository.js';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const help = async (...verb: string[]): Promise<string> =>
  (await run(process.execPath, join(repository, 'bin/mips-rprocfs'), ...verb, '--help')).out;

const manual = read('man/mips-rprocfs.1').replaceAll('\\-', '-');
const listed = (await help()).split('Commands:')[1]?.split('A session:')[0] ?? '';
const verbs = [...listed.matchAll(/^ {2}([a-z]+) /gm)].map(([, verb = '']) => verb).filter((verb) => verb !== 'help');

t.ok(verbs.includes('mount') && verbs.includes('inspect'), 'the help lists the verbs');

for (const verb of verbs)
  t.test(verb, async (t) => {
    t.match(read('README.md'), `| \`${verb}`, 'the README has it');
    t.match(manual, new RegExp(`^\\.B[I]? "?${verb}`, 'm'), 'the man page has it');
    const options = [...(await help(verb)).matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = '']) => option);
    for (const option of options.filter((name) => name !== '--help'))
      t.match(manual, option, `the man page has ${option}`);
  });

const documents = [
  ...['README.md', 'CHANGELOG.md', 'fixtures/README.md'],
  ...readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

t.test('links between documents', (t) => {
  for (const document of documents)
    for (const [, target = ''] of read(document).matchAll(/\]\(([^)#:]+)\)/g))
      t.ok(existsSync(join(repository, dirname(document), target)), `${document} links to ${target}`);
  t.end();
});
