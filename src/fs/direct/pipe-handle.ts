import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { MESSAGE_ROOM } from './protocol.js';

/**
 * Node reads sockets and pipes with epoll, and any other descriptor on its thread pool, at three times the cost. A
 * character device that can be polled works as a pipe, but nothing public makes a pipe of a descriptor whose kind Node
 * does not recognise; its internal handle class does. What is taken from it is checked here, at run time.
 */
export type PipeClass = (...parameters: unknown[]) => unknown;

const isFunction = (value: unknown): value is PipeClass => typeof value === 'function';
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The class of the handle below a pipe to a child process. */
export function pipeClassOf(pipe: Readable): PipeClass {
  const handle: unknown = Reflect.get(pipe, '_handle');
  if (isObject(handle) && isFunction(handle.constructor)) return handle.constructor;
  throw new Error('this version of Node does not show the handle of a pipe: use the native adapter');
}

/** Reads `fd`, one message a callback, until the connection ends. The socket owns the descriptor from here on. */
export function readThrough(
  Pipe: PipeClass,
  fd: number,
  events: { receive(message: Buffer): void; ended(): void },
): Socket {
  const handle: unknown = Reflect.construct(Pipe, [0]);
  const open: unknown = isObject(handle) ? Reflect.get(handle, 'open') : undefined;
  if (!isFunction(open)) throw new Error('a pipe handle of this version of Node cannot open a descriptor');
  Reflect.apply(open, handle, [fd]);
  const buffer = Buffer.alloc(MESSAGE_ROOM);
  const onread = {
    buffer,
    callback: (size: number) => {
      events.receive(buffer.subarray(0, size));
      return true;
    },
  };
  const socket: unknown = Reflect.construct(Socket, [{ handle, onread }]);
  if (!(socket instanceof Socket)) throw new Error('no socket');
  // ENODEV when the file system is unmounted: the end of the connection, as EOF is for a pipe
  socket.on('error', () => undefined);
  socket.on('end', () => socket.destroy());
  socket.on('close', () => events.ended());
  socket.read(0);
  return socket;
}
