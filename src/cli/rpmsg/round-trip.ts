import type { Endpoint } from './endpoint.js';

/** What a message begins with in OpenAMP's echo test; here it goes on counting, so that nothing can be shifted unseen. */
const PATTERN = 0xa5;

/** A message that is not like those before it, as far as its size allows. */
export const testMessage = (size: number, number: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, index) => (PATTERN + index + number) & 0xff));

export interface RoundTrip {
  readonly outcome: 'same' | 'different' | 'none' | 'unsent';
  /** ms */
  readonly time: number;
  /** What came last. */
  readonly answer: Buffer | undefined;
}

/** Sends a message, and waits until it comes back; what comes instead may be a late answer, and is passed over. */
export async function roundTrip(endpoint: Endpoint, message: Buffer, timeout: number): Promise<RoundTrip> {
  const began = performance.now();
  const passed = (): number => performance.now() - began;
  if (!(await endpoint.send(message, timeout))) return { outcome: 'unsent', time: passed(), answer: undefined };
  let last: Buffer | undefined;
  for (;;) {
    const answer = await endpoint.receive(Math.max(0, timeout - passed()));
    if (answer === undefined)
      return { outcome: last === undefined ? 'none' : 'different', time: passed(), answer: last };
    if (answer.equals(message)) return { outcome: 'same', time: passed(), answer };
    last = answer;
  }
}
