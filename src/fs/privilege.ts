import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const CAP_SYS_ADMIN = 21n;

/**
 * Whether this process may mount by mount(8), in its own user namespace at least: that wants root, whatever capabilities
 * another user has, as podman's --cap-add gives them.
 */
export async function mayMount(): Promise<boolean> {
  if (process.getuid?.() !== 0 || process.geteuid?.() !== 0) return false;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

/** Whether the program is in the search path. */
export async function installed(program: string): Promise<boolean> {
  const places = (process.env.PATH ?? '').split(':').map((directory) => join(directory, program));
  const found = await Promise.all(
    places.map((path) =>
      access(path, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
