import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MountError } from '../mount-error.js';

const run = promisify(execFile);

export const FUSERMOUNT = 'fusermount';

/** It refuses what it does not know, so that nothing is mounted by asking. */
const UNKNOWN_OPTION = 'only_asking';

/**
 * Asks fusermount whether it lets an ordinary user let others in: only it knows where its configuration is, and reads it
 * whatever its mode. @throws MountError
 */
export async function checkAllowOther(mountpoint: string): Promise<void> {
  // it looks at options only where it is told of a socket for /dev/fuse, which it comes to when it has mounted
  const env = { ...process.env, LC_ALL: 'C', _FUSE_COMMFD: '0' };
  try {
    await run(FUSERMOUNT, ['-o', `allow_other,${UNKNOWN_OPTION}`, '--', mountpoint], { env });
  } catch (error) {
    const complaint: unknown = error instanceof Error ? Reflect.get(error, 'stderr') : undefined;
    const configuration = /'user_allow_other' is set in (\S+)/.exec(String(complaint))?.[1];
    // whatever else it says, it will say when it is to mount
    if (configuration === undefined) return;
    throw new MountError(
      'no-permission',
      `${mountpoint}: an ordinary user may not let others use a mount: have root put the line \`user_allow_other\` into ${configuration}, or mount it for yourself alone`,
      { cause: error },
    );
  }
}
