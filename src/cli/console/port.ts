import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { codeOf, descriptorSocket } from '../../fs/index.js';
import { CommandError } from '../command-error.js';

const run = promisify(execFile);

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such port: it comes when firmware that has it is started',
  EBUSY: 'another program has it open',
  ENODEV: 'there is no console behind it: it comes when firmware that has one is started',
  ENXIO: 'it belongs to a console: use hvc0 or the like',
  EACCES: 'it is not yours',
};

export interface Port {
  /** Reads, a call each; false: nothing more until resume(). What is written to the socket goes to the port. */
  connect(receive: (bytes: Uint8Array) => boolean): Socket;
  /** Leaves the port as it was. */
  restore(): Promise<void>;
}

/** Opens a port. A terminal passes every byte as it is until it is restored. @throws CommandError */
export async function openPort(path: string): Promise<Port> {
  const fd = open(path);
  try {
    const restore = isatty(fd) ? await makeRaw(path) : () => Promise.resolve();
    return { connect: (receive) => descriptorSocket(fd, receive), restore };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch (error) {
    const code = String(codeOf(error));
    throw new CommandError(`${path} cannot be opened (${code})${WHY[code] === undefined ? '' : `: ${WHY[code]}`}`, {
      cause: error,
    });
  }
}

async function makeRaw(path: string): Promise<() => Promise<void>> {
  const stty = async (...settings: string[]): Promise<string> => (await run('stty', ['-F', path, ...settings])).stdout;
  try {
    const before = (await stty('-g')).trim();
    await stty('raw', '-echo');
    return async () => {
      // the terminal may have gone in the meantime
      await stty(before).catch(() => undefined);
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim() : String(error);
    throw new CommandError(`${path} cannot be made raw (${reason}): stty(1) is needed for that`, { cause: error });
  }
}
