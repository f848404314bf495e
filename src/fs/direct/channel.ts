import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import debug from 'debug';
import type { MountSettings } from '../adapter.js';
import { descriptorSocket } from '../descriptor-socket.js';
import { openDevice } from '../device.js';
import { MountError, mountRefused } from '../mount-error.js';
import { codeOf } from '../node-error.js';
import { Attention } from './attention.js';
import { callerOf, MESSAGE_ROOM } from './protocol.js';

const log = debug('mips-rprocfs:fs');

/** A mounted /dev/fuse. */
export interface Channel {
  /** Sends one message; it never waits. After the end it does nothing. */
  send(message: Buffer): void;
  /** Closes the device: whoever still uses the mount gets ENOTCONN. */
  close(): void;
}

export interface ChannelEvents {
  /** One message of the kernel, in a buffer that is used again for the next. */
  receive(message: Buffer): void;
  /** The connection is gone: by close(), or because somebody else unmounted. */
  ended(): void;
}

/**
 * Opens /dev/fuse, has mount(8) mount it on `mountpoint`, and reads it through the event loop
 * (docs/reference/fuse.md 5, "raw recipe"). Throws MountError.
 */
export async function openChannel(
  mountpoint: string,
  settings: MountSettings,
  events: ChannelEvents,
): Promise<Channel> {
  const fd = openDevice();
  try {
    await mountDevice(fd, mountpoint, settings);
    return serveDevice(fd, events);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Serves a /dev/fuse that has been mounted, one message a read; closes it in the end. */
export function serveDevice(fd: number, events: ChannelEvents): Channel {
  const attention = new Attention();
  const receive = (message: Buffer): true => {
    const pid = callerOf(message);
    events.receive(message);
    attention.served(pid);
    return true;
  };
  const socket = descriptorSocket(fd, receive, MESSAGE_ROOM);
  // ENODEV when the file system is unmounted: the end of the connection, as EOF is for a pipe
  socket.on('error', () => undefined);
  socket.on('end', () => socket.destroy());
  socket.on('close', () => events.ended());
  return { send: (message) => send(socket, fd, message), close: () => socket.destroy() };
}

/** What mount(8) is told about a /dev/fuse that it has open as `fd`. */
export function mountOptions(fd: number, { allowOther }: Pick<MountSettings, 'allowOther'>): string {
  const owner = `user_id=${process.getuid?.() ?? 0},group_id=${process.getgid?.() ?? 0}`;
  // always default_permissions: without it whoever is let in may do everything
  const others = `${allowOther ? 'allow_other,' : ''}default_permissions`;
  return `fd=${fd},rootmode=40000,${owner},nosuid,nodev,noexec,noatime,${others}`;
}

async function mountDevice(fd: number, mountpoint: string, settings: MountSettings): Promise<void> {
  const child = spawn('mount', ['-i', '-t', 'fuse', '-o', mountOptions(3, settings), settings.name, mountpoint], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    env: { ...process.env, LC_ALL: 'C' },
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) =>
      reject(
        new MountError('refused', `mount(8) cannot be run (${error.message}): install util-linux`, { cause: error }),
      ),
    );
    child.on('close', resolve);
  });
  const { stderr } = child;
  // without a process there is no pipe, and exit tells why
  if (child.pid === undefined) await exit;
  if (stderr === null) throw new Error('no pipe to mount(8)');
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const status = await exit;
  if (status !== 0) throw mountRefused(mountpoint, complaint.trim());
}

/** ENOENT: the caller was killed or the connection aborted while the request was served; nobody waits for the reply. */
const NOBODY_WAITS = new Set(['ENOENT', 'ENODEV', 'EPERM', 'ECONNABORTED', 'ENOTCONN']);

function send(socket: Socket, fd: number, message: Buffer): void {
  // the descriptor's number may belong to another file as soon as the socket is destroyed
  if (socket.destroyed) return;
  try {
    writeSync(fd, message);
  } catch (error) {
    const code = codeOf(error);
    if (typeof code !== 'string' || !NOBODY_WAITS.has(code)) throw error;
    log('reply dropped: %s', code);
  }
}
