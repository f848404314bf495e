import type { Target } from '../wasm/interface.js';
import type { Context } from './context.js';
import type { Engine, TranslationService } from './engine.js';
import { Translator, type Job } from './translator.js';

/** Translates in the thread that asks, while it waits. */
export class LocalTranslation implements TranslationService {
  readonly #translator: Translator;

  constructor(
    target: Target,
    memory: SharedArrayBuffer,
    readonly isEager: boolean,
  ) {
    this.#translator = new Translator(target, memory);
  }

  request(engine: Engine, job: Job, context: Context): void {
    const { bytes, ...translation } = this.#translator.translate(job);
    const module = bytes.length === 0 ? undefined : new WebAssembly.Module(bytes);
    engine.install(job, context, { ...translation, module });
  }
}
