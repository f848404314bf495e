/** Imports go one way: cli → {sysfs, debugfs, devfs} → {rproc, virtio} → emu, with fs and kernel below the trees. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { repository } from './support/repository.js';

const belowTrees = ['rproc', 'virtio', 'emu', 'fs', 'kernel'];

/** What each folder of src may import, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  cli: ['sysfs', 'debugfs', 'devfs', ...belowTrees],
  sysfs: belowTrees,
  debugfs: belowTrees,
  devfs: belowTrees,
  rproc: ['virtio', 'emu', 'kernel'],
  virtio: ['rproc', 'emu', 'kernel'],
  emu: ['kernel'],
  fs: ['kernel'],
  kernel: [],
};

/** The machine is behind one interface, so that another one can be put there: rproc and virtio see nothing else of emu. */
const machine = 'emu/hardware.js';

interface Source {
  /** Path below src, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Paths below src that `source` imports, re-exports, or loads with import(). */
function importsOf(source: Source): string[] {
  const root = resolve('/src');
  return ts
    .preProcessFile(source.text, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) =>
      relative(root, resolve(root, dirname(source.path), name))
        .split(sep)
        .join('/'),
    );
}

function violations(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const folder = source.path.split('/')[0] ?? '';
    const allowed = mayImport[folder];
    if (!allowed || !source.path.includes('/')) return [`${source.path}: no rule for where this file is`];
    return importsOf(source)
      .filter((path) => {
        const target = path.split('/')[0] ?? '';
        if (target === folder) return false;
        if (target === 'emu' && (folder === 'rproc' || folder === 'virtio')) return path !== machine;
        return !allowed.includes(target);
      })
      .map((path) => `${source.path} imports ${path}`);
  });
}

const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({
    path: path.split(sep).join('/'),
    text: readFileSync(join(repository, 'src', path), 'utf8'),
  }));

t.test('the sources keep to it', (t) => {
  t.ok(sources.length > 20, `${sources.length} files read`);
  t.same(violations(sources), []);
  t.end();
});

t.test('what is not allowed is found', (t) => {
  const found = (path: string, text: string): string[] => violations([{ path, text }]);

  t.same(found('fs/a.ts', `import { x } from '../rproc/index.js';`), ['fs/a.ts imports rproc/index.js']);
  t.same(found('emu/cpu/a.ts', `export * from '../../fs/index.js';`), ['emu/cpu/a.ts imports fs/index.js']);
  t.same(found('kernel/a.ts', `const x = await import('../emu/hardware.js');`), [
    'kernel/a.ts imports emu/hardware.js',
  ]);
  t.same(found('rproc/a.ts', `import type { Node } from '../fs/index.js';`), ['rproc/a.ts imports fs/index.js']);
  t.same(found('rproc/a.ts', `import { Core } from '../emu/core.js';`), ['rproc/a.ts imports emu/core.js']);
  t.same(found('sysfs/a.ts', `import { x } from '../cli/index.js';`), ['sysfs/a.ts imports cli/index.js']);
  t.same(found('emu/a.ts', `import x from '../../test/x.js';`), ['emu/a.ts imports ../test/x.js']);
  t.same(found('other/a.ts', ''), ['other/a.ts: no rule for where this file is']);
  t.same(found('a.ts', ''), ['a.ts: no rule for where this file is']);

  t.same(found('rproc/drivers/a.ts', `import type { Machine } from '../../emu/hardware.js';`), []);
  t.same(found('cli/a.ts', `import '../sysfs/index.js'; import fs from 'node:fs';`), []);
  t.same(found('fs/direct/a.ts', `import { Errno } from '../../kernel/index.js'; import { b } from '../b.js';`), []);
  t.end();
});
