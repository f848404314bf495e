/** Telling systemd how far the service is: sd_notify(3), by way of systemd-notify(1), as Node has no datagram sockets. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const SOCKET = 'NOTIFY_SOCKET';

export interface ServiceManager {
  /** Assignments such as `READY=1`. Returns when they have been taken: a messenger that is gone by then would not be known. */
  tell(...assignments: readonly string[]): Promise<void>;
}

/**
 * Undefined when nobody wants to know. The variable is taken away: children are no service. `warn` is told when it cannot be
 * done; the service goes on, but systemd will think that it does not.
 */
export function serviceManager(warn: (line: string) => void): ServiceManager | undefined {
  const { [SOCKET]: socket, ...env } = process.env;
  if (socket === undefined || socket === '') return undefined;
  Reflect.deleteProperty(process.env, SOCKET);
  return {
    tell: async (...assignments) => {
      try {
        await promisify(execFile)('systemd-notify', assignments, { env: { ...env, [SOCKET]: socket } });
      } catch (error) {
        const reason = error instanceof Error ? error.message.trim().replace(/\s*\n\s*/g, '; ') : String(error);
        warn(
          `systemd could not be told ${assignments.join(' ')} (${reason}): install systemd-notify, of the package systemd`,
        );
      }
    },
  };
}
