/** The life cycle as commands, over a small tree: `server.js mount|daemon|umount ROOT [ADAPTER]`. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backgroundReport, CommandError, serveRoot, startDaemon, unmountRoot } from '../../src/cli/index.js';
import { attribute, directory, MountError } from '../../src/fs/index.js';

const [, script = '', verb, given = '', adapter = 'auto'] = process.argv;
const root = resolve(given);
const report = backgroundReport();

const value = () => directory(0o755, { value: attribute({ mode: 0o444, show: () => 'here\n' }) });

const VERBS: Readonly<Record<string, () => Promise<void>>> = {
  mount: () =>
    serveRoot(
      root,
      ['sys', 'dev'],
      () =>
        Promise.resolve({
          trees: { sys: value(), dev: value() },
          close: () => {
            console.log('closed');
            return Promise.resolve();
          },
        }),
      {
        adapter: adapter === 'direct' || adapter === 'native' ? adapter : 'auto',
        ready: () => (report === undefined ? console.log('ready') : report.ready()),
      },
    ),
  daemon: () => startDaemon([fileURLToPath(import.meta.url), 'mount', root, adapter]),
  crash: () => startDaemon([`${script}.missing`]),
  umount: () => unmountRoot(root),
};

try {
  await VERBS[verb ?? '']?.();
} catch (error) {
  if (!(error instanceof CommandError) && !(error instanceof MountError)) throw error;
  report?.failed(error.message);
  console.log(`error: ${error.message}`);
  process.exitCode = 1;
}
