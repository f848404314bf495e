/** Messages between the machine (Linux's thread) and its host threads. */
import type { DumpLine } from './cpu/dump-line.js';
import type { MessagePort } from 'node:worker_threads';
import type { Endian, Entry } from './hardware.js';
import type { Layout } from './layout.js';

export interface ThreadData {
  readonly index: number;
  readonly memory: WebAssembly.Memory;
  /** Name of the core model (cpu/models). */
  readonly model: string;
  readonly endian: Endian;
  readonly clock: 'real' | 'virtual';
  readonly cpus: number;
  readonly ramBytes: number;
  readonly layout: Omit<Layout, 'coreState'>;
  readonly vectors: number;
  /** clock.ts */
  readonly epoch: number;
  /** Descriptor of the directory that UHI's files are confined to. */
  readonly uhiRoot: number | undefined;
  /** Whether hot code is translated: never, from the start on, or once cores of the thread have computed for a while. */
  readonly translation: 'never' | 'always' | 'later';
}

export type Request =
  | {
      readonly kind: 'start';
      readonly cpu: number;
      readonly entry: Entry;
      readonly interpreter: WebAssembly.Module;
      /** One that reads the log of accesses, for translated code to be compared with. */
      readonly verifying: WebAssembly.Module | undefined;
    }
  /** The way to the translator. */
  | { readonly kind: 'translator'; readonly port: MessagePort }
  | { readonly kind: 'halt'; readonly cpu: number };

export type Report =
  | { readonly kind: 'started'; readonly cpu: number; readonly error: string | undefined }
  | { readonly kind: 'halted'; readonly cpu: number }
  /** The thread asks for a way to the translator. */
  | { readonly kind: 'translatorWanted' }
  /** Something for CPU 0 is pending in the GIC. */
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'fault'; readonly cpu: number; readonly reason: string; readonly registers: readonly DumpLine[] }
  | { readonly kind: 'exit'; readonly cpu: number; readonly code: number }
  | { readonly kind: 'output'; readonly cpu: number; readonly text: string };
