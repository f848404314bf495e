/** What the help lists stands in the README, the man page is made from it, and documents link to files that are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { manualPage } from '../src/cli/manual/index.js';
import { createProgram } from '../src/cli/program.js';
import { run } from './fs/mounted.js';
import { installed } from './support/fixtures.js';
import { repository } from './support/repository.js';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const program = createProgram();
const verbs = program
  .createHelp()
  .visibleCommands(program)
  .map((verb) => verb.name())
  .filter((verb) => verb !== 'help');

t.ok(verbs.includes('mount') && verbs.includes('inspect'), 'the help lists the verbs');

for (const verb of verbs) t.match(read('README.md'), `| \`${verb}`, `the README has ${verb}`);

t.equal(read('man/mips-rprocfs.1'), manualPage(program), 'the manual is made from the definitions: `npm run man`');

const skip = !installed('groff') && 'groff is not installed: the manual was not looked at as it is shown';
t.test('the manual as it is shown', { skip }, async (t) => {
  const { status, out, err } = await run('groff', '-man', '-ww', '-Tascii', join(repository, 'man/mips-rprocfs.1'));
  t.strictSame([status, err], [0, ''], 'groff has no complaint');
  // bold is a letter over itself
  const shown = out.replaceAll(/.\x08/g, '');
  for (const verb of verbs) t.match(shown, new RegExp(`^ {3}${verb}(?: |$)`, 'm'), `it has a section ${verb}`);
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
