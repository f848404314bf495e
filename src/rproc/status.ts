/** What no file of Linux tells of a processor: docs/commands.md. */
import type { RemoteProc } from './remoteproc.js';

/** `mips-rproc/remoteproc<N>/status`: a key and its value a line. What there is nothing to say of is left out. */
export function statusText(rproc: RemoteProc): string {
  const { crash, options, host, startedAt, runs, power } = rproc;
  const { now } = host.log;
  const values = {
    time_us: now,
    starts: power,
    started_us: startedAt,
    uptime_us: runs && startedAt !== undefined ? now - startedAt : undefined,
    instructions: options.instructions?.(),
    crashes: crash.count,
    crash_time_us: crash.last?.time,
    crash_type: crash.last?.kind,
    crash_reason: crash.last?.reason,
  };
  return Object.entries(values)
    .map(([key, value]) => (value === undefined ? '' : `${key} ${value}\n`))
    .join('');
}
