/**
 * The translator's thread: what host threads ask for comes through a port of each, and goes back compiled; then the doorbell of
 * the host thread is rung, which never returns to its event loop.
 */
import { setPriority } from 'node:os';
import { isMainThread, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { NICENESS } from '../niceness.js';
import type { Target } from '../wasm/interface.js';
import type { Answer, Connection, Question } from './remote.js';
import type { Translator } from './translator.js';

export interface TranslatorData {
  readonly target: Target;
  readonly memory: WebAssembly.Memory;
}

const isTranslatorData = (value: unknown): value is TranslatorData =>
  typeof value === 'object' && value !== null && 'target' in value && 'memory' in value;

function serve(translator: () => Promise<Translator>, words: Int32Array, { port, doorbell }: Connection): void {
  // one after the other: each is done with all of the compiler's threads
  let last = Promise.resolve();
  const answer = async ({ id, job }: Question): Promise<void> => {
    const { bytes, ...translation } = (await translator()).translate(job);
    const module = bytes.length === 0 ? undefined : await WebAssembly.compile(bytes);
    const message: Answer = { id, translation: { ...translation, module } };
    port.postMessage(message);
    Atomics.add(words, doorbell, 1);
    Atomics.notify(words, doorbell);
  };
  port.on('message', (question: Question) => {
    last = last.then(() => answer(question));
  });
}

export function listen(port: MessagePort, { target, memory }: TranslatorData): void {
  const { buffer } = memory;
  if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('the machine needs shared memory');
  let made: Promise<Translator> | undefined;
  // with it comes the table of all instructions: what starts first needs the processor more
  const translator = (): Promise<Translator> =>
    (made ??= import('./translator.js').then(({ Translator }) => new Translator(target, buffer)));
  const words = new Int32Array(buffer);
  port.on('message', (connection: Connection) => serve(translator, words, connection));
}

if (!isMainThread && parentPort !== null) {
  const data: unknown = workerData;
  if (!isTranslatorData(data)) throw new TypeError('the translator is started by the machine');
  // like the cores: Linux's thread comes first
  setPriority(NICENESS);
  listen(parentPort, data);
}
