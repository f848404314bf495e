/** For users who may not mount: the same command again, as root of a user namespace of its own. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { checkDevice } from '../../fs/index.js';
import { CommandError } from '../command-error.js';
import { accompany } from './job.js';
import { endsWithStarter } from './starter.js';

const UNSHARE = ['--user', '--map-root-user', '--'] as const;

/** Runs this program with the same arguments there; gives its exit status. Throws CommandError, MountError. */
export async function runAsNamespaceRoot(): Promise<number> {
  checkDevice();
  await checkUserNamespaces();
  const child = spawn('unshare', [...UNSHARE, process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...endsWithStarter(['inherit', 'inherit', 'inherit']),
  });
  return accompany(child);
}

async function checkUserNamespaces(): Promise<void> {
  try {
    await promisify(execFile)('unshare', [...UNSHARE, 'true'], { env: { ...process.env, LC_ALL: 'C' } });
  } catch (error) {
    const said: unknown = error instanceof Error ? Reflect.get(error, 'stderr') : undefined;
    const reason = typeof said === 'string' && said !== '' ? said.trim() : 'unshare(1) is missing: install util-linux';
    // root that lacks CAP_SYS_ADMIN: in a container
    if (process.getuid?.() === 0)
      throw new CommandError(
        `root has no CAP_SYS_ADMIN here, and may make no user namespace (${reason}): give the container \`--cap-add SYS_ADMIN\``,
        { cause: error },
      );
    throw new CommandError(
      `this host lets ordinary users make no user namespace (${reason}): run it as root, or see \`sysctl user.max_user_namespaces kernel.unprivileged_userns_clone kernel.apparmor_restrict_unprivileged_userns\``,
      { cause: error },
    );
  }
}
