/** printk levels, the number that stands between < and > in front of a line. */
export const LEVEL = { emerg: 0, alert: 1, crit: 2, err: 3, warn: 4, notice: 5, info: 6, debug: 7 } as const;
export type LevelName = keyof typeof LEVEL;

/** Who speaks: the kernel itself, or a program that wrote to /dev/kmsg. */
export const FACILITY = { kern: 0, user: 1 } as const;

export interface LogEntry {
  /** Counts from 0 over the life of the log, also over entries that have been dropped. */
  readonly sequence: number;
  readonly level: number;
  /** As syslog(3) numbers them. */
  readonly facility: number;
  /** Microseconds since the log began. */
  readonly time: number;
  /** One line, without its newline. */
  readonly text: string;
}

/** Lines that a log keeps: more than a kernel's 128 KiB or 1 MiB. */
export const LOG_CAPACITY = 16384;

/** What one printk keeps of a text, over all its lines (LOG_LINE_MAX without the NUL, as the oracle's longest lines show). */
const LONGEST_RECORD = 1024 - 32 - 1;

/** The kernel log: a bounded ring of lines. Writing never waits; when it is full the oldest lines go. */
export class KernelLog {
  readonly #entries: LogEntry[] = [];
  readonly #listeners = new Set<(entry: LogEntry) => void>();
  readonly #began = process.hrtime.bigint();
  #first = 0;
  #next = 0;

  constructor(readonly capacity = LOG_CAPACITY) {}

  /** printk: a text of several lines becomes several entries; a text that ends in a newline ends in an empty one (kernel-abi.md 0.1). */
  print(level: LevelName, text: string): void {
    this.append(FACILITY.kern, LEVEL[level], text);
  }

  /** As {@link print}, for whoever speaks with another voice. */
  append(facility: number, level: number, text: string): void {
    const time = this.now;
    for (const line of text.slice(0, LONGEST_RECORD).split('\n'))
      this.#append({ sequence: this.#next++, level, facility, time, text: line });
  }

  /** Microseconds since the log began. */
  get now(): number {
    return Number((process.hrtime.bigint() - this.#began) / 1000n);
  }

  /** Sequence number of the oldest entry that is kept, or of the next one when there is none. */
  get oldest(): number {
    return this.#next - (this.#entries.length - this.#first);
  }

  /** The entry with this sequence number; nothing when it has gone, or is still to come. */
  at(sequence: number): LogEntry | undefined {
    return sequence < this.oldest ? undefined : this.#entries[this.#first + sequence - this.oldest];
  }

  /** Every entry still kept, oldest first. */
  entries(): LogEntry[] {
    return this.#entries.slice(this.#first);
  }

  /** Calls `listener` for every later entry until the returned function is called. */
  subscribe(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #append(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length - this.#first > this.capacity) this.#first++;
    if (this.#first > this.capacity) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
    for (const listener of this.#listeners) listener(entry);
  }
}

/** dev_err(), dev_warn(), dev_info(): every line begins with `<driver> <device>: ` (kernel-abi.md 0.1). */
export class DeviceLog {
  constructor(
    private readonly log: KernelLog,
    readonly prefix: string,
  ) {}

  err(text: string): void {
    this.log.print('err', `${this.prefix}: ${text}`);
  }

  warn(text: string): void {
    this.log.print('warn', `${this.prefix}: ${text}`);
  }

  info(text: string): void {
    this.log.print('info', `${this.prefix}: ${text}`);
  }
}
