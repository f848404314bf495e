/** Translations from one mount to the next: the second one does not translate what the first one has. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Board, scratch } from '../support/board.js';

const BELOW = 'mips-rprocfs/translations';
const MADE = /mips-rprocfs:translator (?:translated|from the cache): \d+ functions/;

const mount = (t: Test, environment: readonly string[], ...args: string[]): Promise<Board> =>
  Board.mount(t, {
    args: ['--engine', 'translator', ...args],
    under: ['env', 'DEBUG=mips-rprocfs:translator', ...environment],
  });

/** How the first translation of a firmware was come by. */
async function first(board: Board): Promise<string> {
  await board.start(0, 'work');
  for (;;) {
    const line = await board.log.line(() => 'a translation');
    if (line === '') throw new Error('the log ended before there was a translation');
    const [made] = MADE.exec(line) ?? [];
    if (made !== undefined) return made;
  }
}

const kept = async (directory: string): Promise<string[]> =>
  (await readdir(directory)).filter((name) => !name.startsWith('.'));

t.test('in the cache of the user', async (t) => {
  const caches = await scratch(t);
  const environment = [`XDG_CACHE_HOME=${caches}`];
  t.match(await first(await mount(t, environment)), /translated/);
  t.ok((await kept(join(caches, BELOW))).length > 0);
  t.equal((await stat(join(caches, BELOW))).mode & 0o777, 0o700);
  t.match(await first(await mount(t, environment)), /from the cache/);
});

t.test('in a directory of one’s own, or in none', async (t) => {
  const top = await scratch(t);
  const environment = [`XDG_CACHE_HOME=${join(top, 'unused')}`];
  const own = ['--translation-cache', join(top, 'own')];
  t.match(await first(await mount(t, environment, ...own)), /translated/);
  t.ok((await kept(join(top, 'own/translations'))).length > 0);
  t.match(await first(await mount(t, environment, '--translation-cache', 'none')), /translated/);
  t.same(await readdir(top).then((names) => names.filter((name) => !name.startsWith('mips'))), ['own']);
});
