/**
 * The translator's thread: what host threads ask for comes through a port of each, and goes back compiled; then the doorbell of
 * the host thread is rung, which never returns to its event loop.
 */
import { setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { isMainThread, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import createDebug from 'debug';
import { NICENESS } from '../niceness.js';
import { sharedBuffer } from '../shared-buffer.js';
import type { Target } from '../wasm/interface.js';
import { CacheDirectory } from './cache-directory.js';
import type { Answer, Connection, Question } from './remote.js';
import { SharedTranslator } from './shared-translator.js';
import { TranslationCache } from './translation-cache.js';
import type { Translator } from './translator.js';

/** V8's compiler between the plain one and the optimizing one came with version 12: before, the plain one had better not wait. */
const hasNoMiddleTier = Number.parseInt(process.versions.v8) < 12;

const debug = createDebug('mips-rprocfs:translator');

export interface TranslatorData {
  readonly target: Target;
  readonly memory: WebAssembly.Memory;
  /** Directory of the host where translations are kept; undefined: they are not. */
  readonly cache: string | undefined;
  /** There will be something to translate, whatever is known already. */
  readonly isAlwaysUsed: boolean;
}

const isTranslatorData = (value: unknown): value is TranslatorData =>
  typeof value === 'object' && value !== null && 'target' in value && 'memory' in value;

export function listen(parent: MessagePort, { target, memory, cache, isAlwaysUsed }: TranslatorData): void {
  const buffer = sharedBuffer(memory);
  const say = (line: string): void => debug(line);
  let made: Promise<Translator> | undefined;
  const make = (): Promise<Translator> =>
    (made ??= import('./translator.js').then(({ Translator }) => new Translator(target, buffer)));
  let isWanted = false;
  const prepare = async (): Promise<void> => {
    try {
      const [translator, { practise }] = await Promise.all([make(), import('./practice.js')]);
      await practise(translator, () => isWanted);
    } catch (error) {
      // it translates without that as well
      say(`has not practised: ${String(error)}`);
    }
    parent.postMessage('prepared');
  };
  if (isAlwaysUsed) void prepare();
  const translator = new SharedTranslator({
    target,
    memory: buffer,
    cache: cache === undefined ? undefined : new TranslationCache(new CacheDirectory(cache, say)),
    translator: make,
    say,
  });
  const words = new Int32Array(buffer);
  // one after the other: each is done with all of the compiler's threads, and the next core may want the same
  let last = Promise.resolve();
  const serve = ({ port, doorbell }: Connection): void => {
    const answer = async ({ id, job }: Question): Promise<void> => {
      const message: Answer = { id, translation: await translator.answer(job) };
      port.postMessage(message);
      Atomics.add(words, doorbell, 1);
      Atomics.notify(words, doorbell);
    };
    port.on('message', (question: Question) => {
      isWanted ||= question.job.entries.length > 0;
      last = last.then(() => answer(question));
    });
  };
  parent.on('message', serve);
}

if (!isMainThread && parentPort !== null) {
  const data: unknown = workerData;
  if (!isTranslatorData(data)) throw new TypeError('the translator is started by the machine');
  if (hasNoMiddleTier) setFlagsFromString('--always-sparkplug');
  // like the cores: Linux's thread comes first
  setPriority(NICENESS);
  listen(parentPort, data);
}
