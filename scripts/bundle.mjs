// Puts the modules of the compiled program together into a few files, dist/bundle: Node takes a millisecond or two for each
// file that it loads, and a command would load a hundred of them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const sources = 'dist/src';
const bundle = 'dist/bundle';
const modules = readdirSync(sources, { recursive: true })
  .map((name) => join(sources, String(name)))
  .filter((name) => name.endsWith('.js') && existsSync(name.replace(/^dist\/(.*)\.js$/, '$1.ts')));

/** `new URL('./x.js', import.meta.url)`: the module of a thread. */
const ENTRY = /new URL\('(\.[^']*\.js)', import\.meta\.url\)/g;
const nameOf = (file) => relative(sources, file).replace(/\.js$/, '').replaceAll('/', '-');
const threads = modules.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(ENTRY)].map(([, target]) => join(dirname(file), target)),
);
const entries = [join(sources, 'cli/main.js'), ...threads];

/** All files of the bundle lie in one directory: threads are started from there, and whatever else is looked for is beside the original. */
const places = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\/dist\/src\/.*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const original = `new URL('${relative(resolve(bundle), path)}', import.meta.url).href`;
      const moved = text.split(/(new URL\('\.[^']*\.js', import\.meta\.url\))/).map((part) => {
        const [match] = part.matchAll(ENTRY);
        if (match === undefined) return part.replaceAll('import.meta.url', original);
        return `new URL('./${nameOf(relative('.', join(dirname(path), match[1])))}.js', import.meta.url)`;
      });
      return { contents: moved.join('') };
    });
  },
};

const { outputFiles } = await build({
  entryPoints: Object.fromEntries(entries.map((file) => [nameOf(file), file])),
  ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20', packages: 'external' },
  ...{ outdir: bundle, chunkNames: 'part-[hash]', write: false, legalComments: 'none', logLevel: 'warning' },
  plugins: [places],
});
mkdirSync(bundle, { recursive: true });
for (const { path, contents } of outputFiles) writeFileSync(path, contents);
const wanted = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(bundle)) if (!wanted.has(name)) rmSync(join(bundle, name));
