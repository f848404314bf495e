import type { Clock } from '../clock.js';
import type { Bus } from '../devices/bus.js';
import type { Gic } from '../devices/gic.js';
import type { Isa } from '../isa/index.js';
import type { CodeLayout } from '../layout.js';
import type { TranslationService } from '../translator/index.js';
import type { UhiSession } from '../uhi/index.js';
import type { DumpLine } from './dump-line.js';
import type { CoreModel } from './models/index.js';

/** What a core tells the machine. */
export interface CoreEvents {
  fault(reason: string, registers: readonly DumpLine[]): void;
  exit(code: number): void;
  /** False when Linux has not kept up with earlier output: the call is to be made again later. */
  output(text: string): boolean;
}

export interface CoreOptions {
  readonly cpu: number;
  readonly model: CoreModel;
  /** The model's, with the machine's byte order. */
  readonly isa: Isa;
  readonly ramBytes: number;
  readonly memory: WebAssembly.Memory;
  readonly stateBase: number;
  readonly interpreter: WebAssembly.Module;
  /** Without one, all is done by the interpreter. */
  readonly translation?: TranslationService | undefined;
  /** An interpreter that reads the log of accesses, which translated code is compared with; without one, it is with nothing. */
  readonly verifying?: WebAssembly.Module | undefined;
  readonly layout: CodeLayout;
  /** A virtual one (InstructionClock) follows this core. */
  readonly clock: Clock;
  readonly gic: Gic;
  readonly bus: Bus;
  /** Physical page of the exception vectors that Linux leaves in EBase: a firmware that gets there has no handler. */
  readonly vectors: number;
  readonly events: CoreEvents;
  /** What UHI keeps of this run; by default there are no files. Whoever makes it closes it. */
  readonly uhi?: UhiSession;
}
