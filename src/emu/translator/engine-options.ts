import type { CodeLayout } from '../layout.js';
import type { Verifier } from './verifier.js';

export interface EngineOptions {
  readonly memory: WebAssembly.Memory;
  readonly layout: CodeLayout;
  readonly ramBytes: number;
  /** As many instructions are executed as were asked for: time is made of them. */
  readonly isExact: boolean;
  /** Translated code is executed again by the interpreter, and compared. */
  readonly verifier?: Verifier | undefined;
}
