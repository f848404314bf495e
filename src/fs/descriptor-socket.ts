import { Socket } from 'node:net';

type Class = (...parameters: unknown[]) => unknown;
const isFunction = (value: unknown): value is Class => typeof value === 'function';
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Enough for a terminal. */
const READ_SIZE = 4096;

/**
 * Node reads sockets and pipes with epoll, and any other descriptor on its thread pool, at three times the cost and with
 * threads that wait. A character device that can be polled works as a pipe, but nothing public makes one of a descriptor
 * whose kind Node does not recognise; its internal class of pipe handles does. A socket has one as soon as it looks for a
 * path. What is taken from it is checked here, at run time.
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
 * A character device, such as /dev/fuse or the master of a pty, as a socket, which owns the descriptor from here on.
 *
 * @param receive Called with what one read gave, in a buffer that is used again. False: nothing more until resume().
 * @param readSize Bytes that are read at a time.
 */
export function descriptorSocket(fd: number, receive: (bytes: Buffer) => boolean, readSize = READ_SIZE): Socket {
  const handle: unknown = Reflect.construct(pipeClass(), [0]);
  const open: unknown = isObject(handle) ? Reflect.get(handle, 'open') : undefined;
  if (!isFunction(open)) throw new Error('a pipe handle of this version of Node cannot open a descriptor');
  Reflect.apply(open, handle, [fd]);
  const buffer = Buffer.alloc(readSize);
  const onread = { buffer, callback: (size: number) => receive(buffer.subarray(0, size)) };
  const socket: unknown = Reflect.construct(Socket, [{ handle, onread }]);
  if (!(socket instanceof Socket)) throw new Error('no socket');
  socket.read(0);
  return socket;
}
