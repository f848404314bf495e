/** What a machine leaves behind for whoever asks why a command failed on it: the kernel log, and what the firmware wrote. */
import type { KernelLog } from '../../kernel/index.js';
import type { Linux, RemoteProc } from '../../rproc/index.js';
import { formatEntry } from '../dmesg-format.js';

/** One trace buffer as one run of a firmware left it. */
export interface TraceText {
  /** `remoteproc0` */
  readonly device: string;
  readonly name: string;
  readonly firmware: string;
  /** `trace0` */
  readonly file: string;
  readonly text: string;
}

export interface Evidence {
  readonly log: readonly string[];
  readonly traces: readonly TraceText[];
}

/** Bounds of what a machine may leave: a test may start firmware without end, and log without end. */
const MOST_LINES = 2000;
const MOST_RUNS = 4;
const LONGEST_TRACE = 16_384;

const CRASHED = /^remoteproc (remoteproc\d+): crash detected in /;

/** Collects from when it is made. */
export class Collector {
  /** By trace buffer: its last runs, the oldest first, each with when it was started. */
  readonly #runs = new Map<string, Map<number | undefined, TraceText>>();

  /**
   * A trace goes with its firmware, and a recovery starts another one over it: so it is copied when it goes, and at a crash,
   * of which nothing but the log tells.
   */
  constructor(
    private readonly kernelLog: KernelLog,
    linux: Linux,
  ) {
    linux.notifier.subscribe((event) => {
      if (event.type === 'trace-removed') this.#copy(event.rproc, event.index);
    });
    kernelLog.subscribe(({ text }) => {
      const device = CRASHED.exec(text)?.[1];
      if (device === undefined) return;
      const rproc = linux.rprocs.find(({ deviceName }) => deviceName === device);
      if (rproc !== undefined) for (const index of rproc.resources.traces.keys()) this.#copy(rproc, index);
    });
  }

  /** The kernel log until now. */
  log(): string[] {
    const entries = this.kernelLog.entries().slice(-MOST_LINES);
    return entries.map((entry) => decoded(Buffer.from(formatEntry(entry), 'latin1')));
  }

  /** What firmware wrote that runs no more: all of it, when the machine has been closed. */
  traces(): TraceText[] {
    return [...this.#runs.values()].flatMap((runs) => [...runs.values()]);
  }

  #copy({ deviceName: device, name, firmware, startedAt, resources }: RemoteProc, index: number): void {
    const text = decoded(resources.traceText(index));
    // of a start that failed: the run before it keeps its own
    if (text === '') return;
    const file = `trace${index}`;
    const key = `${device} ${name} ${file}`;
    const runs = this.#runs.get(key) ?? new Map<number | undefined, TraceText>();
    this.#runs.set(key, runs.set(startedAt, { device, name, firmware, file, text: tail(text) }));
    const [oldest] = runs.keys();
    if (runs.size > MOST_RUNS) runs.delete(oldest);
  }
}

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const tail = (text: string): string =>
  text.length > LONGEST_TRACE
    ? `[the first ${text.length - LONGEST_TRACE} characters are left out]\n${text.slice(-LONGEST_TRACE)}`
    : text;
