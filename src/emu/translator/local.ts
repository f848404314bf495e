import type { Target } from '../wasm/interface.js';
import type { Context } from './context.js';
import type { Asker, TranslationService } from './service.js';
import { answerOf } from './known.js';
import { Translator, type Job } from './translator.js';

/** Translates in the thread that asks, while it waits. */
export class LocalTranslation implements TranslationService {
  readonly isAwake = true;
  readonly #translator: Translator;

  constructor(
    target: Target,
    memory: SharedArrayBuffer,
    readonly isEager: boolean,
    readonly mostBytes = Infinity,
  ) {
    this.#translator = new Translator(target, memory);
  }

  request(engine: Asker, job: Job, context: Context): void {
    const { bytes, ...made } = this.#translator.translate(job);
    const module = bytes.length === 0 ? undefined : this.compile(bytes);
    engine.install(job, context, answerOf(job, { ...made, size: bytes.length }, module));
  }

  protected compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
    return new WebAssembly.Module(bytes);
  }
}
