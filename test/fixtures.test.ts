/** The committed ELF files are what their sources build. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { fixturesDirectory } from './support/fixtures.js';

const check = spawnSync(join(fixturesDirectory, 'check'), { encoding: 'utf8' });
if (check.status === 77) t.pass('skipped', { skip: check.stderr.trim() });
else t.equal(check.status, 0, check.stdout + check.stderr);
