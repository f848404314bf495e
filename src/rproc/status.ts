/** What no file of Linux tells of a processor: docs/commands.md. */
import type { Linux } from './linux.js';
import type { RemoteProc } from './remoteproc.js';

/** `mips-rproc/machine`: what an image has to fit, and a line for each directory that it is looked up in. */
export function machineText({ machine, firmware }: Linux): string {
  const { cpu, endian, memory, clock } = machine;
  const values = { cpu, endian, memory, clock };
  const lines = Object.entries(values).map(([key, value]) => `${key} ${value}\n`);
  return [...lines, ...firmware.directories.map((directory) => `firmware_directory ${directory}\n`)].join('');
}

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
