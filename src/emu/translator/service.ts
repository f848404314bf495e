import type { Context } from './context.js';
import type { CompiledTranslation } from './library.js';
import type { Job } from './translator.js';

/** Where an answer goes. */
export interface Asker {
  install(job: Job, context: Context, translation: CompiledTranslation): void;
}

/** Who translates: at once, or in a thread of its own. */
export interface TranslationService {
  /** Every place that is come to is translated before it is executed: for tests. */
  readonly isEager: boolean;
  /** WebAssembly that a core may have, bytes: its share of the machine's. */
  readonly mostBytes: number;
  /** False: whatever is hot, it is not worth a translator yet. */
  readonly isAwake: boolean;
  /** The answer comes by `install`, with the same job. */
  request(engine: Asker, job: Job, context: Context): void;
}
