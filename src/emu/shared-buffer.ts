/** The bytes of a memory that several threads have. */
export function sharedBuffer({ buffer }: WebAssembly.Memory): SharedArrayBuffer {
  if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('the machine needs shared memory');
  return buffer;
}
