/** The package: built from the sources alone, installed somewhere else, and used there. */
import { cp, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { run, runWithin } from '../fs/mounted.js';
import { scratch } from '../support/board.js';
import { repository } from '../support/repository.js';

t.setTimeout(0);
/** Seconds: it compiles, and may download. */
const PATIENCE = 900;

/** What a clone has, with the packages that are installed here. */
async function clone(directory: string): Promise<void> {
  const { out } = await run('git', '-C', repository, 'ls-files', '-z', '--cached', '--others', '--exclude-standard');
  for (const name of out.split('\0').filter((one) => one !== '')) {
    await mkdir(join(directory, dirname(name)), { recursive: true });
    // what was deleted and not committed yet
    await cp(join(repository, name), join(directory, name)).catch((error: unknown) => {
      if (!(error instanceof Error && Reflect.get(error, 'code') === 'ENOENT')) throw error;
    });
  }
  await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
}

const UNREACHABLE = /ENOTCACHED|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/;

t.test('packed, installed, run', async (t) => {
  const place = await scratch(t);
  const [source, prefix] = [join(place, 'source'), join(place, 'prefix')];
  await clone(source);
  await mkdir(prefix);
  const packed = await runWithin(PATIENCE, 'npm', '--prefix', source, 'run', '--silent', 'package', '--', '--silent');
  t.equal(packed.status, 0, packed.err);
  const tarball = (await readdir(source)).find((name) => name.endsWith('.tgz')) ?? '';

  const { out: content } = await run('tar', '-tzf', join(source, tarball));
  const names = content.trimEnd().split('\n');
  for (const name of [
    'bin/mips-rprocfs',
    'dist/bundle/cli-main.js',
    'man/mips-rprocfs.1',
    'systemd/mips-rprocfs@.service',
  ])
    t.ok(names.includes(`package/${name}`), name);
  t.strictSame(
    names.filter(
      (name) => !/^package\/(bin|dist\/bundle|dist\/src\/emu|fixtures|docs|man|systemd)\/|^package\/[^/]+$/.test(name),
    ),
    [],
    'and nothing that a user has no use for',
  );

  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const install = await runWithin(
    PATIENCE,
    'npm',
    'install',
    '--global',
    '--prefix',
    prefix,
    ...options,
    join(source, tarball),
  );
  if (UNREACHABLE.test(install.err)) {
    t.comment('the packages that it depends on cannot be had here: it was not installed');
    return;
  }
  t.equal(install.status, 0, install.err);
  const command = join(prefix, 'bin/mips-rprocfs');
  t.match(await run(command, '--version'), { status: 0, out: /^\d+\.\d+\.\d+\n$/, err: '' });
  t.match(await runWithin(PATIENCE, command, 'demo'), { status: 0, err: '', out: /hello from mips-cpu1/ });
  t.ok((await stat(join(prefix, 'share/man/man1/mips-rprocfs.1'))).isFile(), 'the manual is where man(1) looks');
  const link = join(place, 'a link');
  await symlink(command, link);
  t.match(await run(link, 'status', '--json'), { err: '', out: /^\[/ }, 'also by a link to the link');
});
