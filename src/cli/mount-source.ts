/** The source of a mount names the process that serves it. */
const PROGRAM = 'mips-rprocfs';

export const mountSource = (pid: number): string => `${PROGRAM}@${pid}`;

/** The process that serves a mount with this source; undefined when the mount is not ours. */
export function servingProcess(source: string): number | undefined {
  const pid = new RegExp(`^${PROGRAM}@([1-9]\\d*)$`).exec(source)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
