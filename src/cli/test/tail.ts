import type { Readable } from 'node:stream';

const LONGEST = 16_384;

/** Collects the end of what a stream gives; the returned function tells what that is. */
export function tailOf(stream: Readable): () => string {
  const decoder = new TextDecoder();
  let kept = '';
  let left = 0;
  stream.on('data', (bytes: Buffer) => {
    const text = kept + decoder.decode(bytes, { stream: true });
    left += Math.max(0, text.length - LONGEST);
    kept = text.slice(-LONGEST);
  });
  return () => (left === 0 ? kept : `[the first ${left} characters are left out]\n${kept}`);
}
