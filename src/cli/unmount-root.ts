import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, detach, health, mounts, type Mount } from '../fs/index.js';
import { CommandError } from './command-error.js';
import { servingProcess } from './mount-source.js';
import { identify, servesFuse, waitUntilGone, type ProcessIdentity } from './process-identity.js';

/** How long an orderly end may take, ms: processors are stopped before the server ends. */
const LONGEST_END = 10_000;

/**
 * Ends whoever serves `root`, waits until that process is gone, and takes away what is still mounted, as a process that
 * was killed leaves it. Throws CommandError when nothing on `root` is ours.
 */
export async function unmountRoot(root: string): Promise<void> {
  const ours = await mountsBelow(root);
  if (ours.length === 0)
    throw new CommandError(`${root} is not mounted by mips-rprocfs: \`findmnt -t fuse\` shows what is mounted where`);
  const servers = await serversOf(ours);
  for (const { pid } of servers) end(pid, root);
  for (const server of servers)
    if (!(await waitUntilGone(server, LONGEST_END)))
      throw new CommandError(
        `process ${server.pid} still serves ${root}: end it by \`kill -9 ${server.pid}\`, then try again`,
      );
  // what a dead server left, or one that cannot be signalled from here
  for (const { mountpoint } of (await mountsBelow(root)).reverse()) await detach(mountpoint);
}

function end(pid: number, root: string): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // ESRCH: it has just ended by itself
    if (codeOf(error) !== 'ESRCH')
      throw new CommandError(`process ${pid}, which serves ${root}, belongs to another user: run this as root`, {
        cause: error,
      });
  }
}

/** Our mounts on `root` or directly in it, in the order in which they were made. */
async function mountsBelow(root: string): Promise<Mount[]> {
  const path = await realpath(root).catch((error: unknown) => {
    throw new CommandError(`${root} is no directory that could be unmounted`, { cause: error });
  });
  const inside = (mountpoint: string) => mountpoint === path || dirname(mountpoint) === path;
  return (await mounts()).filter(
    ({ mountpoint, type, source }) =>
      inside(mountpoint) && type.startsWith('fuse') && servingProcess(source) !== undefined,
  );
}

/** The processes that serve these mounts and answer to us. */
async function serversOf(ours: readonly Mount[]): Promise<ProcessIdentity[]> {
  const found = new Map<number, ProcessIdentity>();
  for (const { mountpoint, source } of ours) {
    const pid = servingProcess(source);
    if (pid === undefined || found.has(pid) || (await health(mountpoint)) === 'stale') continue;
    const server = await identify(pid);
    if (server !== undefined && (await servesFuse(pid))) found.set(pid, server);
  }
  return [...found.values()];
}
