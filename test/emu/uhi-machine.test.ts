/** UHI's files on a machine: what a firmware has open is closed however it ends. */
import { readdirSync, readlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MachineBench, until } from './machine-bench.js';
import { scratchDirectory } from './uhi-bench.js';

/** Descriptors of this process for what is in a directory. */
const held = (directory: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(directory) ? [path.slice(directory.length)] : [];
    } catch (error) {
      // the one that the directory was read by
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  });

t.test('files are closed', async (t) => {
  const root = scratchDirectory(t);
  const bench = new MachineBench('le', 3, undefined, { uhiRoot: root });
  let open = true;
  t.teardown(() => (open ? bench.machine.close() : undefined));
  t.strictSame(held(root), [''], 'the directory itself');
  for (const cpu of [1, 2]) {
    await bench.start('uhi-files', cpu);
    await until('the end of its calls', () => bench.trace(cpu).endsWith('done\n'));
  }
  t.match(bench.trace(1), 'output: 3\n');
  t.match(bench.trace(2), 'output: errno 17\n', 'both use one directory');
  t.strictSame(held(root).sort(), ['', '/output']);
  await bench.machine.halt(1);
  t.strictSame(held(root), [''], 'at a halt');
  // one that is left open
  unlinkSync(join(root, 'output'));
  await bench.start('uhi-files', 1);
  await until('the end of its calls', () => bench.trace(1).endsWith('done\n'));
  t.strictSame(held(root).length, 2);
  open = false;
  await bench.machine.close();
  t.strictSame(held(root), [], 'at the end of the machine');
});

t.test('a directory that is not there', (t) => {
  t.throws(() => new MachineBench('le', 2, undefined, { uhiRoot: join(scratchDirectory(t), 'no') }), {
    code: 'ENOENT',
  });
  t.end();
});
