import { spawn } from 'node:child_process';
import { closeSync, write, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import debug from 'debug';
import { descriptorSocket } from '../descriptor-socket.js';
import { openDevice } from '../device.js';
import { MountError, mountRefused } from '../mount-error.js';
import { codeOf } from '../node-error.js';
import { MESSAGE_ROOM } from './protocol.js';

const log = debug('mips-rprocfs:fs');

/** A mounted /dev/fuse. After the end, sending does nothing. */
export interface Channel {
  /** Sends one message that does not have to wait. */
  send(message: Buffer): void;
  /** Sends one from a thread of Node's pool, which waits as long as the kernel does. */
  sendAside(message: Buffer): Promise<void>;
  /** Closes the device: whoever still uses the mount gets ENOTCONN. Before that it serves on while a thread waits. */
  close(): Promise<void>;
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
export async function openChannel(mountpoint: string, name: string, events: ChannelEvents): Promise<Channel> {
  const fd = openDevice();
  try {
    await mountDevice(fd, mountpoint, name);
    return serveDevice(fd, events);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Milliseconds that a close waits for a thread; one that is in the kernel by then needs no number of the descriptor. */
const LONGEST_WAIT = 1000;

/** Serves a /dev/fuse that has been mounted, one message a read; closes it in the end. */
export function serveDevice(fd: number, events: ChannelEvents): Channel {
  const receive = (message: Buffer): true => {
    events.receive(message);
    return true;
  };
  let aside = Promise.resolve();
  const settled = (): Promise<void> => Promise.race([aside, delay(LONGEST_WAIT, undefined, { ref: false })]);
  const socket = descriptorSocket(fd, receive, MESSAGE_ROOM, settled);
  // ENODEV when the file system is unmounted: the end of the connection, as EOF is for a pipe
  socket.on('error', () => undefined);
  socket.on('end', () => socket.destroy());
  socket.on('close', () => events.ended());
  return {
    send: (message) => send(socket, fd, message),
    sendAside: (message) => (aside = aside.then(() => sendAside(socket, fd, message))),
    close: async () => {
      await settled();
      socket.destroy();
    },
  };
}

/** What mount(8) is told about a /dev/fuse that it has open as `fd`. */
export function mountOptions(fd: number): string {
  const owner = `user_id=${process.getuid?.() ?? 0},group_id=${process.getgid?.() ?? 0}`;
  return `fd=${fd},rootmode=40000,${owner},nosuid,nodev,noexec,noatime,allow_other,default_permissions`;
}

async function mountDevice(fd: number, mountpoint: string, name: string): Promise<void> {
  const child = spawn('mount', ['-i', '-t', 'fuse', '-o', mountOptions(3), name, mountpoint], {
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

/** ENOENT: the caller was killed, the connection aborted, or the kernel does not know what it is told to forget. */
const NOBODY_WAITS = new Set(['ENOENT', 'ENODEV', 'EPERM', 'ECONNABORTED', 'ENOTCONN']);

function send(socket: Socket, fd: number, message: Buffer): void {
  // the descriptor's number may belong to another file as soon as the socket is destroyed
  if (socket.destroyed) return;
  try {
    writeSync(fd, message);
  } catch (error) {
    checkSent(error);
  }
}

function sendAside(socket: Socket, fd: number, message: Buffer): Promise<void> {
  if (socket.destroyed) return Promise.resolve();
  return new Promise((resolve, reject) => {
    write(fd, message, (error) => {
      try {
        if (error !== null) checkSent(error);
        resolve();
      } catch (unexpected) {
        reject(unexpected instanceof Error ? unexpected : new Error(String(unexpected)));
      }
    });
  });
}

function checkSent(error: unknown): void {
  const code = codeOf(error);
  if (typeof code !== 'string' || !NOBODY_WAITS.has(code)) throw error;
  log('message dropped: %s', code);
}
