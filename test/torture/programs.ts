/** The programs of gcc.c-torture/execute: what they are made of, and what they are compiled with. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { scriptFlags } from './directives.js';
import type { Sources } from './sources.js';

export interface Program {
  /** As in GCC's lists: `20000112-1`, `ieee/fp-cmp-1`. */
  readonly name: string;
  /** The first one has the directives. */
  readonly files: readonly string[];
  readonly text: string;
  readonly flags: readonly string[];
}

/** A directory of tests, with the flags that its driver (.exp) gives to all of them. */
interface Group {
  readonly directory: string;
  readonly flags: readonly string[];
  /** Files that a test consists of besides its own. */
  readonly others: (path: string) => readonly string[];
}

const GROUPS: readonly Group[] = [
  { directory: '', flags: [], others: () => [] },
  { directory: 'ieee', flags: ['-fno-inline'], others: () => [] },
  {
    directory: 'builtins',
    flags: [
      '-fno-tree-dse',
      '-fno-tree-loop-distribute-patterns',
      '-fno-tracer',
      '-fno-ipa-ra',
      '-fno-inline-functions',
    ],
    others: (path) => [path.replace(/\.c$/, '-lib.c'), join(path, '../lib/main.c')],
  },
];

/** -w: old C is full of what is warned about today. SIGNAL_SUPPRESS: there are no signals. */
const FLAGS = ['-w', '-DSIGNAL_SUPPRESS'];

async function group({ execute }: Sources, { directory, flags, others }: Group): Promise<Program[]> {
  const at = join(execute, directory);
  const names = (await readdir(at)).filter((name) => name.endsWith('.c') && !name.endsWith('-lib.c')).sort();
  return Promise.all(
    names.map(async (file) => {
      const path = join(at, file);
      const script = path.replace(/\.c$/, '.x');
      const own = existsSync(script) ? scriptFlags(await readFile(script, 'utf8')) : [];
      return {
        name: join(directory, basename(file, '.c')),
        files: [path, ...others(path)],
        text: await readFile(path, 'latin1'),
        flags: [...FLAGS, ...flags, ...own],
      };
    }),
  );
}

/** All of them, in a fixed order. */
export const programs = async (sources: Sources): Promise<Program[]> =>
  (await Promise.all(GROUPS.map((each) => group(sources, each)))).flat();
