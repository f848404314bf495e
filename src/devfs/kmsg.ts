/** /dev/kmsg: the kernel log as a file of records, as Documentation/ABI/testing/dev-kmsg of Linux describes it. */
import { POLL, stream, type Stream, type StreamFile, type StreamRequest } from '../fs/index.js';
import { Errno, FACILITY, LEVEL, type KernelLog, type LogEntry } from '../kernel/index.js';

/** The longest write that is taken (LOG_LINE_MAX), bytes. */
const LONGEST_WRITE = 992;

export const kmsg = (log: KernelLog): Stream => stream({ mode: 0o644, open: () => new Reader(log) });

/** One open file. It keeps its place in the log, and nothing of the log. */
class Reader implements StreamFile {
  #next: number;
  /** Called at the next line: the kernel wants to hear of one change, however often it asked. */
  #wake: (() => void) | undefined;
  readonly #unsubscribe: () => void;

  constructor(private readonly log: KernelLog) {
    this.#next = log.oldest;
    this.#unsubscribe = log.subscribe(() => {
      const wake = this.#wake;
      this.#wake = undefined;
      wake?.();
    });
  }

  /** One record. @throws Errno EPIPE when records are lost, EINVAL for a buffer that is too small, EAGAIN, EINTR. */
  async read(size: number, { nonblock, signal }: StreamRequest): Promise<Uint8Array> {
    for (;;) {
      if (this.#lost) {
        this.#next = this.log.oldest;
        throw new Errno('EPIPE');
      }
      const entry = this.log.at(this.#next);
      if (entry !== undefined) {
        this.#next++;
        const record = encodeRecord(entry);
        if (record.length > size) throw new Errno('EINVAL');
        return record;
      }
      if (nonblock) throw new Errno('EAGAIN');
      await nextLine(this.log, signal);
    }
  }

  /** One line. @throws Errno EINVAL when it is too long. */
  write(data: Uint8Array): number {
    if (data.length > LONGEST_WRITE) throw new Errno('EINVAL');
    const { facility, level, text } = parseWrite(data);
    this.log.append(facility, level, text);
    return data.length;
  }

  poll(wake?: () => void): number {
    if (this.#lost) return POLL.IN | POLL.RDNORM | POLL.ERR | POLL.PRI;
    if (this.log.at(this.#next) !== undefined) return POLL.IN | POLL.RDNORM;
    this.#wake = wake ?? this.#wake;
    return 0;
  }

  release(): void {
    this.#unsubscribe();
  }

  get #lost(): boolean {
    return this.#next < this.log.oldest;
  }
}

/** @throws Errno EINTR when the signal comes first. */
function nextLine(log: KernelLog, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      stop();
      signal.removeEventListener('abort', interrupted);
      settle();
    };
    const interrupted = (): void => end(() => reject(new Errno('EINTR')));
    const stop = log.subscribe(() => end(resolve));
    if (signal.aborted) interrupted();
    else signal.addEventListener('abort', interrupted);
  });
}

const PRINTABLE = { first: 0x20, last: 0x7e } as const;

/** `priority,sequence,microseconds,-;text` and a newline; what is not printable, and the backslash, as `\xHH`. */
export function encodeRecord({ facility, level, sequence, time, text }: LogEntry): Uint8Array {
  const escaped = [...Buffer.from(text, 'latin1')].map((byte) => {
    const plain = byte >= PRINTABLE.first && byte <= PRINTABLE.last && byte !== 0x5c;
    return plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return Buffer.from(`${(facility << 3) | level},${sequence},${time},-;${escaped.join('')}\n`, 'latin1');
}

interface Written {
  readonly facility: number;
  readonly level: number;
  readonly text: string;
}

/**
 * What a program wrote: `<N>` in front of it says facility and level, but nobody else may speak as the kernel. It ends at
 * a NUL, and one newline at its end is not part of it.
 */
export function parseWrite(data: Uint8Array): Written {
  const all = Buffer.from(data).toString('latin1').split('\0', 1).join('');
  const [prefix = '', digits] = /^<([0-9]*)>/.exec(all) ?? [];
  const text = all.slice(prefix.length).replace(/\n$/, '');
  if (digits === undefined) return { facility: FACILITY.user, level: LEVEL.warn, text };
  const priority = Number(BigInt.asUintN(32, BigInt(digits === '' ? '0' : digits)));
  return { facility: (priority >>> 3) & 0xff || FACILITY.user, level: priority & 7, text };
}
