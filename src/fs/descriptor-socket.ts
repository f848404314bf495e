import { Socket } from 'node:net';

type Class = (...parameters: unknown[]) => unknown;
const isFunction = (value: unknown): value is Class => typeof value === 'function';
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const READ_SIZE = 4096;

/**
 * Node's internal class of pipe handles: what it opens it reads and writes through epoll, and so without ever waiting,
 * which nothing public does for character devices. A socket has one as soon as it looks for a path.
 */
function pipeClass(): Class {
  const socket = new Socket().on('error', () => undefined);
  socket.connect({ path: '/dev/null/nothing' });
  const handle: unknown = Reflect.get(socket, '_handle');
  socket.destroy();
  if (isObject(handle) && isFunction(handle.constructor)) return handle.constructor;
  throw new Error('this version of Node does not show the handle of a socket');
}

/**
 * A character device, such as the master of a pty, as a socket, which owns the descriptor from here on: write() as usual.
 *
 * @param receive Called with what was read, in a buffer that is used again. False: nothing more until resume().
 */
export function descriptorSocket(fd: number, receive: (bytes: Uint8Array) => boolean): Socket {
  const handle: unknown = Reflect.construct(pipeClass(), [0]);
  const open: unknown = isObject(handle) ? Reflect.get(handle, 'open') : undefined;
  if (!isFunction(open)) throw new Error('a pipe handle of this version of Node cannot open a descriptor');
  Reflect.apply(open, handle, [fd]);
  const buffer = Buffer.alloc(READ_SIZE);
  const onread = { buffer, callback: (size: number) => receive(buffer.subarray(0, size)) };
  const socket: unknown = Reflect.construct(Socket, [{ handle, onread }]);
  if (!(socket instanceof Socket)) throw new Error('no socket');
  socket.read(0);
  return socket;
}
